"""Every number of the audit."""

from __future__ import annotations

import math

from ...core.report.tree import Block, Cell, Section, Table
from ..audit import Audit
from ..table import GroupTable
from ..words import TITLES, chance, of_class

_MOST = 400
"""Rows of the appendix; audit.json holds all."""


def appendix(audit: Audit) -> Section:
    """Return the section: one row for each group and figure."""
    blocks: list[Block | Section] = []
    listed = left = 0
    for table in audit.groupings.values():
        for one in table.tables():
            rows = _rows(one)
            room = max(_MOST - listed, 0)
            listed += min(len(rows), room)
            left += max(len(rows) - room, 0)
            if room:
                blocks.append(
                    Table(
                        f"All figures by {one.column}{of_class(one)}",
                        ("Group", "Figure", "Value", "Counted", "Minus all others", "p, adjusted"),
                        tuple(rows[:room]),
                        signed=frozenset({4}),
                    )
                )
    note = f" {left:,} more rows stand in audit.json." if left else ""
    return Section(
        "Appendix: every number",
        "audit-appendix",
        tuple(blocks),
        "Names, definitions and formulas of the figures stand in the documentation of "
        f"pellucid.fairness.{note}",
    )


def _rows(table: GroupTable) -> list[tuple[Cell, ...]]:
    out: list[tuple[Cell, ...]] = []
    for i, group in enumerate(table.names):
        for metric, figures in table.metrics.items():
            if metric == "count":
                continue
            difference = table.to_rest[metric][i] if metric in table.to_rest else None
            p_value = table.adjusted[metric][i] if metric in table.adjusted else float("nan")
            shown = None if math.isnan(p_value) else chance(float(p_value))
            out.append((group, TITLES[metric], figures[i], figures[i].n, difference, shown))
    return out
