from .attributed.measure import compare_attributions as compare_attributions
from .attributed.spec import AttributedSpec as AttributedSpec
from .audit import Audit as Audit
from .audit import Finding as Finding
from .audit import audit as audit
from .audit_pairs.measure import compare_audits as compare_audits
from .audit_pairs.record import AuditPair as AuditPair
from .curves import GroupCurve as GroupCurve
from .curves import curves_table as curves_table
from .findings import findings as findings
from .gaps import Gap as Gap
from .group_rates import group_areas as group_areas
from .group_rates import group_rates as group_rates
from .metadata import metadata_groups as metadata_groups
from .perturbed.measure import perturb as perturb
from .perturbed.spec import PerturbSpec as PerturbSpec
from .predictions import read_predictions as read_predictions
from .privacy.check import privacy as privacy
from .remedies.compare import compare_remedies as compare_remedies
from .remedies.spec import RemedySpec as RemedySpec
from .section import sections as sections
from .spec import AuditSpec as AuditSpec
from .stereotype_tests.run import stereotypes as stereotypes
from .swapped.spec import SwapSpec as SwapSpec
from .swapped.swapped import largest_shifts as largest_shifts
from .swapped.swapped import swap_test as swap_test
from .table import GroupTable as GroupTable
from .terms.grouped import term_groups as term_groups
from .terms.lists import term_lists as term_lists
from .terms.swap import swap as swap

__all__ = [
    "AttributedSpec",
    "Audit",
    "AuditPair",
    "AuditSpec",
    "Finding",
    "Gap",
    "GroupCurve",
    "GroupTable",
    "PerturbSpec",
    "RemedySpec",
    "SwapSpec",
    "audit",
    "compare_attributions",
    "compare_audits",
    "compare_remedies",
    "curves_table",
    "findings",
    "group_areas",
    "group_rates",
    "largest_shifts",
    "metadata_groups",
    "perturb",
    "privacy",
    "read_predictions",
    "sections",
    "stereotypes",
    "swap",
    "swap_test",
    "term_groups",
    "term_lists",
]
