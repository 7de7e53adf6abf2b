"""The widest differences of the whole audit, with their intervals and the rows behind them."""

from __future__ import annotations

from ...core.report.tree import Block, Cell, IntervalFigure, Section, Table, Text
from ..audit import Audit, Finding
from ..groups import CROSS
from ..words import GAPS, TITLES, chance, inner, level, rows_of

_DRAWN = 20
_LISTED = 60
_GAPS = 20


def differences(audit: Audit) -> Section | None:
    """Return the section; None where there is nothing to compare."""
    gaps = _gaps(audit)
    if not audit.comparisons and not gaps.rows:
        return None
    alarms = audit.alarms()
    blocks: list[Block | Section] = []
    if alarms:
        shown = alarms[:_DRAWN]
        names = tuple(_named(audit, one) for one in shown)
        said = "; ".join(
            f"{name} {one.difference.show(signed=True)}"
            for name, one in zip(names, shown, strict=True)
        )
        title = "The widest differences to all other rows"
        blocks += [
            IntervalFigure(
                title,
                f"the group minus all other rows ({level(audit)} interval)",
                names,
                tuple(one.difference for one in shown),
                f"{title}: {said}.",
                reference=0.0,
            ),
            _table(audit, alarms),
        ]
    elif not audit.comparisons:
        blocks.append(
            Text(
                f"All groups have fewer than {audit.spec.small} rows: no difference of one of them "
                "to all other rows was tested."
            )
        )
    else:
        blocks.append(
            Text(
                f"None of {audit.comparisons:,} differences between a group and all other rows "
                "stands the adjustment for having looked at so many. That is no proof that there "
                "is none: the table of visible gaps says how small one could be and not show."
            )
        )
    if gaps.rows:
        blocks.append(gaps)
    return Section(
        "Where groups differ",
        "audit-differences",
        tuple(blocks),
        f"The widest differences in {rows_of(audit, audit.rows)}, over all columns, classes and "
        "figures.",
    )


def _named(audit: Audit, one: Finding) -> str:
    label = "" if one.label is None or one.label == audit.positive else f", “{one.label}”"
    return f"{_grouped(one)}: {inner(one.metric)}{label}"


def _grouped(one: Finding) -> str:
    """Name a group; those that were crossed tell their columns, and the room is small."""
    return one.group if CROSS in one.column else f"{one.column} {one.group}"


def _table(audit: Audit, alarms: tuple[Finding, ...]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            _grouped(one),
            TITLES[one.metric].split(" (")[0] + ("" if one.label is None else f", “{one.label}”"),
            one.rate,
            one.rest,
            one.difference,
            one.rows,
            chance(one.adjusted),
        )
        for one in alarms[:_LISTED]
    ]
    left = len(alarms) - len(rows)
    return Table(
        "Differences that stand the adjustment",
        ("Group", "Figure", "In the group", "In all others", "Difference", "Rows", "p"),
        tuple(rows),
        f"p: how often so wide a difference would come up by chance, adjusted for "
        f"{audit.comparisons:,} comparisons (Benjamini and Hochberg). Many rest on the same rows, "
        "so they are not separate pieces of evidence."
        + (f" {left:,} more stand in the appendix and in audit.json." if left > 0 else ""),
        signed=frozenset({4}),
    )


def _gaps(audit: Audit) -> Table:
    """List the largest gap of every column, one row for each yardstick."""
    rows: list[tuple[Cell, ...]] = []
    for table in audit.groupings.values():
        for one in table.tables() if audit.positive is None else (table,):
            for key, title in GAPS.items():
                gap = one.gaps.get(f"{key}_difference")
                if gap is None or gap.p_value is None or key in ("base_rate", "mean_label"):
                    continue
                where = table.column if one.label is None else f"{table.column}, “{one.label}”"
                name = title.split(" (")[0]
                ends = (gap.lowest, gap.highest)
                rows.append((where, name, gap.figure, gap.corrected, chance(gap.p_value), *ends))
    rows.sort(key=lambda row: -(row[3] if isinstance(row[3], float) else 0.0))
    left = len(rows) - _GAPS
    return Table(
        "Largest gaps between any two groups",
        ("Column", "Yardstick", "Gap", "Without chance", "p", "Lowest in", "Highest in"),
        tuple(rows[:_GAPS]),
        "Gap: largest minus smallest group. Without chance: less what chance adds to the widest of "
        "several gaps. p: how often a gap would be at least as wide were groups given to the rows "
        "at random; it is not adjusted."
        + (f" {left:,} narrower ones stand with their columns." if left > 0 else ""),
    )
