"""The audit as report sections: scope first, then differences, columns, intersections, numbers."""

from __future__ import annotations

from ..core.report.tree import Section
from .audit import Audit
from .curves import GroupCurve
from .parts.appendix import appendix
from .parts.column import column_section, crossed_section
from .parts.crossed import heatmaps
from .parts.differences import differences
from .parts.scope import scope
from .parts.strata import strata
from .shared_thresholds import GroupScores


def sections(audit: Audit) -> tuple[Section, ...]:
    """Return the report's sections of an audit.

    Parameters
    ----------
    audit
        The audit.

    Returns
    -------
    tuple of Section
        What the audit can't tell; where groups differ most; one section per sensitive column, one
        for intersections and one for control columns where there are any; every number.
    """
    curves: dict[tuple[str, str], list[GroupCurve]] = {}
    for curve in audit.curves:
        curves.setdefault((curve.column, curve.label), []).append(curve)
    scores: dict[tuple[str, str], list[GroupScores]] = {}
    for one in audit.scores:
        scores.setdefault((one.column, one.label), []).append(one)
    singles = [table for table in audit.groupings.values() if len(table.columns) == 1]
    crossed = [table for table in audit.groupings.values() if len(table.columns) > 1]
    out = [scope(audit), differences(audit)]
    out += [column_section(audit, table, curves, scores, i) for i, table in enumerate(singles)]
    if crossed:
        out.append(
            Section(
                "Intersections of groups",
                "audit-intersections",
                tuple(
                    crossed_section(audit, table, i, heatmaps(audit, table))
                    for i, table in enumerate(crossed)
                ),
                "A model can treat two groups alike on average and still fail the rows where two "
                "of them meet.",
            )
        )
    out += [strata(audit), appendix(audit)]
    return tuple(section for section in out if section is not None)
