"""An audit as a document of its own, for whoever has to read, keep or sign it."""

from __future__ import annotations

from collections.abc import Iterator

from .._version import __version__
from ..core.report.tree import Report
from .audit import Audit
from .audit_pairs.record import AuditPair
from .audit_pairs.section import findings as findings_of_pair
from .audit_pairs.section import sections as sections_of_pair
from .findings import findings
from .reported import Found
from .section import sections
from .words import level, rows_of


def document(audit: Audit, title: str, source: str, found: Found | None = None) -> Report:
    """Build the whole report of an audit.

    Parameters
    ----------
    audit
        The comparison of groups.
    title
        Of the report.
    source
        The run or the table whose rows were audited.
    found
        Sections and findings, where there is more than the comparison of groups
        (`reported.reported`).
    """
    parts, said = found or (sections(audit), findings(audit))
    columns = [name for name, table in audit.groupings.items() if len(table.columns) == 1]
    return Report(
        title=title,
        subtitle=f"Audit of {rows_of(audit, audit.rows)} over {', '.join(columns)}",
        summary=tuple(said),
        sections=tuple(parts),
        facts=(("Audited", source), *_facts(audit)),
    )


def pair_document(pair: AuditPair) -> Report:
    """Build the report of two audits beside each other."""
    counted = (f"{rows:,}" for rows in pair.rows)
    return Report(
        title="Before and after",
        subtitle=f"The audits of {pair.before} and {pair.after} beside each other",
        summary=findings_of_pair(pair),
        sections=sections_of_pair(pair),
        facts=(
            ("Before, after", f"{pair.before}, {pair.after}"),
            ("Rows", ", ".join(counted) + (", the same ones" if pair.paired else "")),
            ("Favourable class", ", ".join(one or "every class" for one in pair.positive)),
            ("Level of intervals", f"{pair.confidence * 100:g}%"),
            ("Drawn", f"{pair.replicates:,} replicates, seed {pair.seed}"),
            ("Pellucid", __version__),
        ),
    )


def _facts(audit: Audit) -> Iterator[tuple[str, str]]:
    """Name what someone needs in order to make the audit again."""
    spec = audit.spec
    yield "Rows", f"{audit.rows:,}" + (f", {audit.dropped:,} left out" if audit.dropped else "")
    if audit.has_classes:
        yield "Favourable class", audit.positive or "none; every class in turn"
    if spec.cut:
        yield "Cut into bands", "; ".join(f"{name}: {_cut(at)}" for name, at in spec.cut.items())
    if spec.control:
        yield "Control columns", ", ".join(spec.control)
    references = [
        f"{name}: {table.reference}"
        for name, table in audit.groupings.items()
        if len(table.columns) == 1
    ]
    yield "Reference groups", "; ".join(references)
    yield "Columns crossed", str(spec.depth)
    yield "Small groups", f"fewer than {spec.small} rows"
    yield "Level of intervals", level(audit)
    yield (
        "Drawn",
        f"{spec.permutations:,} permutations, {spec.replicates:,} replicates, seed {spec.seed}",
    )
    yield "Pellucid", __version__


def _cut(at: int | list[float]) -> str:
    return f"{at} bands" if isinstance(at, int) else "at " + ", ".join(f"{edge:g}" for edge in at)
