from .counterfactuals import KINDS as KINDS
from .counterfactuals import counterfactuals as counterfactuals
from .found import Counterfactual as Counterfactual
from .found import LeftOut as LeftOut
from .found import Neighbour as Neighbour
from .found import Swap as Swap
from .found import add_counterfactuals as add_counterfactuals
from .found import read_counterfactuals as read_counterfactuals
from .found import write_counterfactuals as write_counterfactuals
from .section import sections as sections
from .what_if import WhatIf as WhatIf
from .what_if import what_if as what_if

__all__ = [
    "KINDS",
    "Counterfactual",
    "LeftOut",
    "Neighbour",
    "Swap",
    "WhatIf",
    "add_counterfactuals",
    "counterfactuals",
    "read_counterfactuals",
    "sections",
    "what_if",
    "write_counterfactuals",
]
