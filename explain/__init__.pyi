from .attribute import attribute as attribute
from .attribution import Attribution as Attribution
from .attribution import read_attributions as read_attributions
from .attribution import write_attributions as write_attributions
from .generation.explain import explain_writing as explain_writing
from .generation.writing import Writing as Writing
from .generation.writing import read_writings as read_writings
from .generation.writing import write_writings as write_writings
from .methods import methods as methods
from .section import sections as sections
from .whole.before import before as before
from .whole.beside import beside as beside
from .whole.clusters import clusters as clusters
from .whole.difference import difference as difference
from .whole.heat import heat_maps as heat_maps
from .whole.importance import Importance as Importance
from .whole.importance import importance as importance
from .whole.importance import importance_by_group as importance_by_group
from .whole.influence import influence as influence
from .whole.shortcuts import shortcuts as shortcuts

__all__ = [
    "Attribution",
    "Importance",
    "Writing",
    "attribute",
    "before",
    "beside",
    "clusters",
    "difference",
    "explain_writing",
    "heat_maps",
    "importance",
    "importance_by_group",
    "influence",
    "methods",
    "read_attributions",
    "read_writings",
    "sections",
    "shortcuts",
    "write_attributions",
    "write_writings",
]
