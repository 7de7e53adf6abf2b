from .attribute import attribute as attribute
from .attribution import Attribution as Attribution
from .attribution import read_attributions as read_attributions
from .attribution import write_attributions as write_attributions
from .importance import Importance as Importance
from .importance import importance as importance
from .integrated_gradients import integrated_gradients as integrated_gradients
from .section import sections as sections

__all__ = [
    "Attribution",
    "Importance",
    "attribute",
    "importance",
    "integrated_gradients",
    "read_attributions",
    "sections",
    "write_attributions",
]
