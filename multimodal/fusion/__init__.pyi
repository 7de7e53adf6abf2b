from .load import auto_for as auto_for
from .load import joined as joined
from .modeling import FusedConfig as FusedConfig
from .modeling import FusedModel as FusedModel

__all__ = ["FusedConfig", "FusedModel", "auto_for", "joined"]
