"""All that a run's folder holds of an audit, as report nodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..core.report.tree import Section, Text
from .attributed import findings as attributed_findings
from .attributed import section as attributed
from .attributed.record import FILE as ATTRIBUTED
from .attributed.record import read_attributed
from .audit import Audit
from .audit_pairs import section as paired
from .audit_pairs.record import read_pair
from .findings import findings as found_in_groups
from .perturbed import findings as perturbed_findings
from .perturbed import section as perturbed
from .perturbed.record import FILE as PERTURBED
from .perturbed.record import read_perturbed
from .privacy import section as private
from .privacy.findings import findings as found_in_privacy
from .privacy.record import read_privacy
from .remedies import section as remedied
from .remedies.record import read_remedies
from .section import sections as sections_of_groups
from .stereotype_tests import section as stereotyped
from .stereotype_tests.record import FILE as STEREOTYPES
from .stereotype_tests.record import read_stereotypes
from .swapped import section as swapped
from .swapped.record import FILE as SWAPS
from .swapped.record import read_swaps

Found = tuple[list[Section], list[Text]]
"""Parts of a report, and what of them belongs into its summary."""


def reported(
    folder: Path,
    audit: Audit | None,
    *,
    cells: Callable[[str], Mapping[str, str]],
    modalities: Mapping[str, str],
) -> Found:
    """Build the report's parts on whom the model treats worse, and what can be done about it.

    Parameters
    ----------
    folder
        A run's folder; what isn't in it is left out.
    audit
        The comparison of groups, where there is one.
    cells
        The cells of a row by column, by the row's id.
    modalities
        Modality of each column.

    Returns
    -------
    sections, findings
        In the report's order.
    """
    sections: list[Section] = []
    findings: list[Text] = []
    if audit is not None:
        sections += sections_of_groups(audit)
        findings += found_in_groups(audit)
    pair = read_pair(folder)
    if pair is not None:
        sections += paired.sections(pair)
        findings += paired.findings(pair)
    if (folder / SWAPS).is_file():
        swaps = read_swaps(folder / SWAPS)
        sections += swapped.sections(swaps)
        findings += swapped.findings(swaps)
    if (folder / STEREOTYPES).is_file():
        tests = read_stereotypes(folder / STEREOTYPES)
        sections += stereotyped.sections(tests)
        findings += stereotyped.findings(tests)
    if (folder / PERTURBED).is_file():
        changed = read_perturbed(folder / PERTURBED)
        sections += perturbed.sections(changed, cells=cells, modalities=modalities)
        findings += perturbed_findings.findings(changed)
    if (folder / ATTRIBUTED).is_file():
        shares = read_attributed(folder / ATTRIBUTED)
        sections += attributed.sections(shares)
        findings += attributed_findings.findings(shares)
    remedies = read_remedies(folder)
    if remedies is not None:
        sections += remedied.sections(remedies)
        findings += remedied.findings(remedies)
    exposed = read_privacy(folder)
    if exposed is not None:
        sections += private.sections(exposed)
        findings += found_in_privacy(exposed)
    return sections, findings
