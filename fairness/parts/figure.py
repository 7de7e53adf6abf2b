"""One figure of one sensitive column: its groups beside each other, and beside all others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from ...core.report.tree import Cell, IntervalFigure, Table
from ..audit import Audit
from ..block import Figures
from ..table import GroupTable
from ..words import TITLES, chance, inner, level, of_class

Against = Literal["rest", "reference", "overall"]
"""What each group is compared with: all other rows, the reference group, all rows."""

DRAWN = 40
"""Groups that a figure draws, those with the most rows."""


def words(table: GroupTable) -> Mapping[Against, str]:
    """Return what each group is compared with, in words."""
    return {"rest": "all other rows", "reference": table.reference, "overall": "all rows"}


def largest(table: GroupTable) -> list[int]:
    """Return the places of the groups with the most rows, in the order of the table."""
    by_size = sorted(range(len(table.names)), key=lambda at: -table.n[at])
    return sorted(by_size[:DRAWN])


def compared(table: GroupTable, metric: str, against: Against) -> Figures | None:
    """Return the differences of one figure; None where they are not measured."""
    found = {
        "rest": table.to_rest,
        "reference": table.to_reference,
        "overall": table.to_overall,
    }[against]
    return found.get(metric)


def values_figure(audit: Audit, table: GroupTable, metric: str) -> IntervalFigure:
    """Draw the figure of every group."""
    figures, drawn = table.metrics[metric], largest(table)
    title = f"{TITLES[metric]} by {table.column}{of_class(table)}"
    said = "; ".join(f"{table.names[at]} {figures[at].show()}" for at in drawn)
    return IntervalFigure(
        title,
        f"{inner(metric)} ({level(audit)} interval)",
        tuple(_named(table, metric, at) for at in drawn),
        tuple(figures[at] for at in drawn),
        f"{title}. {said}.",
        marked=_marked(table, drawn),
    )


def differences_figure(
    audit: Audit, table: GroupTable, metric: str, against: Against = "rest"
) -> IntervalFigure | None:
    """Draw the differences of one figure; None where they are not measured."""
    figures = compared(table, metric, against)
    if figures is None:
        return None
    drawn = [at for at in largest(table) if against != "reference" or _other(table, at)]
    title = f"{TITLES[metric]}{of_class(table)}: each group minus {words(table)[against]}"
    said = "; ".join(f"{table.names[at]} {figures[at].show(signed=True)}" for at in drawn)
    return IntervalFigure(
        title,
        f"difference ({level(audit)} interval); rows: those counted",
        tuple(table.names[at] for at in drawn),
        tuple(figures[at] for at in drawn),
        f"{title}. {said}.",
        reference=0.0,
        marked=_marked(table, drawn),
    )


def differences_table(
    audit: Audit, table: GroupTable, metric: str, against: Against = "rest"
) -> Table | None:
    """List the differences of one figure with what can be said of them; None without any.

    Only the differences to all other rows are tested, so that each group is counted once among the
    comparisons that are adjusted for one another.
    """
    figures = compared(table, metric, against)
    if figures is None:
        return None
    tested = against == "rest" and metric in table.adjusted
    columns = [table.column, "Rows", "Counted", TITLES[metric]]
    columns += [f"Minus {words(table)[against]}"]
    columns += ["p, adjusted", "Stands the adjustment"] if tested else []
    columns += ["Ratio"] if against == "reference" and metric in table.ratios else []
    columns += ["Shrunk"] if metric in table.shrunk else []
    columns += ["Smallest visible gap"] if metric in table.detectable else []
    rows: list[tuple[Cell, ...]] = []
    for at, name in enumerate(table.names):
        own = table.metrics[metric][at]
        row: list[Cell] = [name, table.n[at], own.n, own]
        compares = against != "reference" or _other(table, at)
        row.append(figures[at] if compares else None)
        if tested:
            p_value = float(table.adjusted[metric][at])
            row += [
                None if math.isnan(p_value) else chance(p_value),
                _stands(audit, table, at, p_value),
            ]
        if "Ratio" in columns:
            row.append(table.ratios[metric][at] if compares else None)
        if metric in table.shrunk:
            row.append(_number(table.shrunk[metric][at]))
        if metric in table.detectable:
            row.append(_number(table.detectable[metric][at]))
        rows.append(tuple(row))
    return Table(
        f"{TITLES[metric]}{of_class(table)}: groups beside {words(table)[against]}",
        tuple(columns),
        tuple(rows),
        _note(audit, table, columns),
        marked=table.small,
        signed=frozenset({4}),
    )


def _note(audit: Audit, table: GroupTable, columns: list[str]) -> str:
    said = [
        f"In brackets: {level(audit)} intervals. Counted: rows of the group that the figure counts."
    ]
    if "p, adjusted" in columns:
        said.append(
            f"Adjusted for {audit.comparisons:,} comparisons (Benjamini and Hochberg); small "
            "groups are left out of what is called a finding."
        )
    if "Shrunk" in columns:
        said.append(
            "Shrunk: drawn towards all groups, the further the fewer rows (empirical Bayes)."
        )
    if "Smallest visible gap" in columns:
        said.append("Smallest visible gap: what the rows would show four times out of five.")
    if table.small:
        said.append(f"Marked: fewer than {audit.spec.small} rows.")
    return " ".join(said)


def _stands(audit: Audit, table: GroupTable, at: int, p_value: float) -> str:
    if math.isnan(p_value):
        return "not tested"
    if p_value > 1 - audit.spec.confidence:
        return "no"
    return "few rows" if at in table.small else "yes"


def _number(value: float) -> Cell:
    return None if math.isnan(value) else round(float(value), 3)


def _other(table: GroupTable, at: int) -> bool:
    return table.names[at] != table.reference


def _marked(table: GroupTable, drawn: list[int]) -> frozenset[int]:
    return frozenset(place for place, at in enumerate(drawn) if at in table.small)


def _named(table: GroupTable, metric: str, at: int) -> str:
    counted = table.metrics[metric][at].n
    return f"{table.names[at]} ({table.n[at] if counted is None else counted:,})"
