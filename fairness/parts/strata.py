"""Groups compared among rows that are alike in a control column."""

from __future__ import annotations

import numpy as np

from ...core.report.tree import Block, Cell, Section, Table, Text
from ..audit import Audit
from ..conditional import Conditional
from ..words import TITLES, slug

_STRATA = 12


def strata(audit: Audit) -> Section | None:
    """Return the section; None where no control column was named."""
    if not audit.conditional:
        return None
    blocks: list[Block | Section] = [
        Text(
            "Groups may be answered differently because they differ in something that is allowed "
            "to count. Here they are compared only with rows that are alike in the control column. "
            "Whether that column may count is for people to say: one that itself stems from "
            "unequal treatment hides it."
        )
    ]
    # The favourable class is what people ask about first.
    ordered = sorted(audit.conditional, key=lambda one: one.label != audit.positive)
    blocks += [block for one in ordered for block in _tables(audit, one)]
    controls = ", ".join(dict.fromkeys(one.control for one in audit.conditional))
    return Section(
        f"Among rows that are alike in {controls}", f"audit-within-{slug(controls)}", tuple(blocks)
    )


def _tables(audit: Audit, one: Conditional) -> list[Block]:
    crude = audit.groupings[one.column]
    if crude.label != one.label:
        crude = crude.per_class[one.label]
    metrics = [name for name in one.pooled if name in crude.to_rest]
    rows: list[tuple[Cell, ...]] = []
    for i, name in enumerate(one.names):
        row: list[Cell] = [name]
        for metric in metrics:
            row += [crude.to_rest[metric][i], one.pooled[metric][i]]
        rows.append(tuple(row))
    columns = [one.column]
    for metric in metrics:
        title = TITLES[metric].split(" (")[0]
        columns += [f"{title}: difference", f"within {one.control}"]
    largest = np.argsort(-one.n.sum(axis=1), kind="stable")[:_STRATA]
    label = f", “{one.label}”"
    inside: list[tuple[Cell, ...]] = [
        (
            one.strata[at],
            *(
                f"{one.rates['selection_rate'][at, i]:.3f} ({one.n[at, i]:,})"
                if one.n[at, i]
                else "no row"
                for i in range(len(one.names))
            ),
        )
        for at in sorted(largest)
    ]
    left = len(one.strata) - len(inside)
    return [
        Table(
            f"{one.column} within {one.control}{label}",
            tuple(columns),
            tuple(rows),
            "Difference: each group minus all other rows. Within: the same among rows of one value "
            f"of {one.control}, pooled over its values (Mantel and Haenszel).",
            marked=crude.small,
            signed=frozenset(range(1, len(columns))),
        ),
        Table(
            f"Selection rate by {one.control} and {one.column}{label}",
            (one.control, *one.names),
            tuple(inside),
            "In brackets: rows."
            + (f" {left:,} rarer values stand in audit.json." if left > 0 else ""),
        ),
    ]
