"""Which rows of two runs are the same: by their ids, with the same labels and groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..frame import Outcomes
from ..prepared import Prepared
from .matched import Matched
from .sides import Side


def match(
    first: Side, second: Side, replicates: int, seed: int
) -> tuple[Matched | None, tuple[str, ...]]:
    """Match the rows of two runs; else say why they are taken as separate ones."""
    before, after = first.prepared(), second.prepared()
    if before is None or after is None:
        return None, (
            "At least one of the two is no run, so rows can't be matched: the intervals take the "
            "rows of both as separate ones, and are wider than needed where they are the same.",
        )
    order, why = _order(before, after)
    if order is None:
        return None, (f"{why} The intervals take the rows of both as separate ones.",)
    return Matched(
        before,
        after,
        order,
        confidence=first.confidence,
        replicates=replicates,
        seed=seed,
    ), ()


def _order(before: Prepared, after: Prepared) -> tuple[NDArray[np.intp] | None, str]:
    """Return the place of each row of the one in the other, or None and why there is none."""
    if before.ids is None or after.ids is None:
        return None, "Rows without a label or a prediction were left out."
    rows = before.ids.tolist()
    places = {row: at for at, row in enumerate(after.ids.tolist())}
    if len(places) < len(after.ids) or len(set(rows)) < len(rows):
        return None, "Ids stand more than once among the rows."
    same = sum(row in places for row in rows)
    if not same == len(rows) == len(after.ids):
        return None, f"{same:,} rows are in both."
    order = np.array([places[row] for row in rows], np.intp)
    other = _otherwise(before.outcomes, after.outcomes, order)
    return (order, "") if other is None else (None, other)


def _otherwise(old: Outcomes, new: Outcomes, order: NDArray[np.intp]) -> str | None:
    """Say what differs of rows of the same ids beside the predictions."""
    if old.kind != new.kind or old.labels != new.labels:
        return "The two answer with other classes."
    if not np.array_equal(old.true, new.true[order]) or _relabelled(old, new, order):
        return "Rows of the same id have other labels."
    there = {one.column: one for one in new.groups}
    for one in old.groups:
        like = there.get(one.column, one)
        codes = one.codes if like is one else like.codes[order]
        if one.names != like.names or not np.array_equal(one.codes, codes):
            return f"Rows of the same id are in other groups of {one.column}."
    return None


def _relabelled(old: Outcomes, new: Outcomes, order: NDArray[np.intp]) -> bool:
    """Say whether numbers to be predicted differ."""
    labels = [one.figures.get("mean_label") for one in (old, new)]
    return (
        labels[0] is not None
        and labels[1] is not None
        and not np.array_equal(labels[0], labels[1][order])
    )
