from .attack import Attack as Attack
from .attack import attack as attack
from .check import privacy as privacy
from .exposure import Exposures as Exposures
from .findings import findings as findings
from .membership import Membership as Membership
from .overlap import Overlap as Overlap
from .personal import Personal as Personal
from .personal import find_personal as find_personal
from .record import Privacy as Privacy
from .record import read_privacy as read_privacy
from .record import write_privacy as write_privacy
from .section import sections as sections
from .spec import PrivacySpec as PrivacySpec

__all__ = [
    "Attack",
    "Exposures",
    "Membership",
    "Overlap",
    "Personal",
    "Privacy",
    "PrivacySpec",
    "attack",
    "find_personal",
    "findings",
    "privacy",
    "read_privacy",
    "sections",
    "write_privacy",
]
