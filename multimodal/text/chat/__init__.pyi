from .choosing import choose
from .export import as_hosted, check_lines, faults
from .formats import Format, read, recognise
from .messages import Conversation, Unreadable
from .samples import sequences, shown
from .template import Refused, Template

__all__ = [
    "Conversation",
    "Format",
    "Refused",
    "Template",
    "Unreadable",
    "as_hosted",
    "check_lines",
    "choose",
    "faults",
    "read",
    "recognise",
    "sequences",
    "shown",
]
