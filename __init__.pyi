from . import core as core
from . import explain as explain
from . import fairness as fairness
from ._version import __version__ as __version__
from .errors import PellucidError as PellucidError
from .pipeline import execute as execute
from .recipe import Recipe as Recipe

__all__ = ["PellucidError", "Recipe", "__version__", "core", "execute", "explain", "fairness"]
