"""What the audit looked at, and what it can't tell: the first thing that a reader has to know."""

from __future__ import annotations

import math

import numpy as np

from ...core.report.tree import Block, Cell, Section, Table, Text
from ..audit import Audit
from ..findings import comparisons_note
from ..power import POWER, rows_needed
from ..table import GroupTable
from ..words import TITLES, inner, level, rows_of

_POWER_OF = ("true_positive_rate", "selection_rate", "accuracy", "exact_match")


def scope(audit: Audit) -> Section:
    """Return the section."""
    singles = [table for table in audit.groupings.values() if len(table.columns) == 1]
    favourable = "" if audit.positive is None else f", of which “{audit.positive}” is favourable"
    what = {
        "classes": f"one of {len(audit.labels)} classes{favourable}",
        "label_sets": "a set of labels",
        "numbers": "a number",
        "texts": "a text, or guesses the words of one",
        "spans": "a part of a text",
    }[audit.kind]
    columns = ", ".join(f"{one.column} ({len(one.names)} groups)" for one in singles)
    blocks: list[Block | Section] = [
        Text(
            f"Compared were {rows_of(audit, audit.rows)} by {columns}. For each row the model "
            f"answers {what}. Intervals have a level of {level(audit)}."
        ),
        *(Text(text) for text in (*_BOTH, *([_YARDSTICKS] if audit.has_classes else []))),
        Text(
            "It can't tell anything sure about small groups. Those with fewer than "
            f"{audit.spec.small} rows are marked; a missing value is a group of its own, "
            "“(missing)”."
        ),
        comparisons_note(audit),
    ]
    blocks += [block for table in singles for block in _power(audit, table)]
    return Section(
        "Scope and limits of the audit",
        "audit-limits",
        tuple(blocks),
        "What this audit can't tell is as much a part of it as what it found.",
    )


_BOTH = (
    "It can't tell why groups differ. A difference is not a cause: the groups may differ in what "
    "they were asked, in how their labels came about, or in how many rows the model "
    "learnt from.",
    "It can't tell whether the labels are fair. Every figure but the selection rate takes them for "
    "the truth.",
)
_YARDSTICKS = (
    "It can't tell which yardstick is right. Where base rates differ, demographic parity, "
    "equalized odds and equal precision can't all hold at once unless predictions are perfect; "
    "people have to choose."
)


def _power(audit: Audit, table: GroupTable) -> list[Block]:
    """Say what gaps the rows could show."""
    if len(table.names) < 2:
        return []
    shown = table if table.label is not None else next(iter(table.per_class.values()), table)
    metric = next((name for name in _POWER_OF if name in shown.detectable), None)
    if metric is None:
        return []
    gaps = shown.detectable[metric]
    rate = shown.overall[metric]
    rows: list[tuple[Cell, ...]] = []
    for i, name in enumerate(shown.names):
        figure = shown.metrics[metric][i]
        seen = "not defined" if math.isnan(gaps[i]) else round(float(gaps[i]), 3)
        rows.append((name, shown.n[i], figure.n, seen))
    needed = ""
    if rate.defined and 0 < rate.value < 1:
        share = min(max(float(np.median(_shares(shown, metric))), 0.001), 0.5)
        count = rows_needed(rate.value, audit.spec.gap, audit.spec.confidence, share=share)
        needed = (
            f" A gap of {audit.spec.gap:g} would be seen {POWER:.0%} of the time in a group with "
            f"{count:,.0f} counted rows (one that holds {share:.0%} of them)."
        )
    label = "" if shown.label is None else f", “{shown.label}”"
    return [
        Table(
            f"What gaps the rows by {table.column} could show: {inner(metric)}{label}",
            (table.column, TITLES["count"], "Rows that it counts", "Smallest visible gap"),
            tuple(rows),
            "The smallest difference to all others whose interval would exclude zero in "
            f"{POWER:.0%} of such samples, were the rate that of all rows. Smaller gaps may be "
            f"there and not show.{needed}",
            marked=table.small,
        )
    ]


def _shares(table: GroupTable, metric: str) -> list[float]:
    counted = [figure.n or 0 for figure in table.metrics[metric]]
    return [count / max(sum(counted), 1) for count in counted]
