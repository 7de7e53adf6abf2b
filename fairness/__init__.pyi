from .audit import Audit as Audit
from .audit import Finding as Finding
from .audit import audit as audit
from .curves import GroupCurve as GroupCurve
from .curves import curves_table as curves_table
from .findings import findings as findings
from .frame import read_predictions as read_predictions
from .gaps import Gap as Gap
from .section import sections as sections
from .spec import AuditSpec as AuditSpec
from .table import GroupTable as GroupTable

__all__ = [
    "Audit",
    "AuditSpec",
    "Finding",
    "Gap",
    "GroupCurve",
    "GroupTable",
    "audit",
    "curves_table",
    "findings",
    "read_predictions",
    "sections",
]
