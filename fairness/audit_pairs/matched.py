"""The rows of two audits that both models answered, and how sure changes on the same rows are.

A change of a rate whose rows are the same before and after has Newcombe's interval of paired
proportions; that of an area under the ROC curve DeLong's; that of a mean Student's. What changes
its own rows (the precision counts what is predicted positive) and largest gaps are measured on rows
that are drawn anew, the same ones for both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ..block import Figures
from ..counts import COMPLEMENTS
from ..frame import Outcomes
from ..groups import intersections
from ..paired import between, mean_difference, newcombe_paired
from ..prepared import Prepared
from ..remedies.resampling import spread
from . import kinds
from .areas import area_change
from .kinds import Counts, Mask, Numbers


@dataclass(frozen=True, eq=False)
class Shift:
    """By how much a figure changed: in each group, in its difference to all others, in all rows."""

    own: Figures
    apart: Figures
    overall: Measured


@dataclass(frozen=True, eq=False)
class Shifts:
    """What changed of one grouping and class, with the changes of largest gaps on drawn rows."""

    of: Mapping[str, Shift]
    gaps: Mapping[str, Numbers] = field(default_factory=dict)


class Matched:
    """The same rows as two models answered them.

    Parameters
    ----------
    before, after
        The rows of each.
    order
        Place in `after` of each row of `before`, shape (rows,).
    confidence, replicates, seed
        Of the intervals.
    """

    def __init__(
        self,
        before: Prepared,
        after: Prepared,
        order: NDArray[np.intp],
        *,
        confidence: float,
        replicates: int,
        seed: int,
    ) -> None:
        self._before, self._after, self._order = before.outcomes, after.outcomes, order
        self._confidence, self._replicates, self._seed = confidence, replicates, seed
        groups = before.outcomes.groups
        crossed = intersections(groups, before.spec.depth)
        self._groupings = {one.column: one for one in (*groups, *crossed)}

    def shifts(self, column: str, label: str | None, *, class_free: bool) -> Shifts | None:
        """Measure one grouping; None where its rows are not known.

        Parameters
        ----------
        column, label
            The grouping, and the class; None for numbers.
        class_free
            Whether accuracy speaks of all classes.
        """
        grouping = self._groupings.get(column)
        if grouping is None:
            return None
        masks = [grouping.codes == code for code in range(len(grouping.names))]
        if self._before.figures:
            return Shifts({name: self._mean(one, masks) for name, one in self._changes().items()})
        out: dict[str, Shift] = {}
        gaps: dict[str, Numbers] = {}
        if label is not None:
            true, first, second = self._answers(label)
            rows = kinds.count_kinds(grouping.codes, len(masks), true, first, second)
            out, gaps = self._of_class(rows)
            out |= self._of_scores(label, true, masks)
        if class_free:
            out.pop("accuracy", None)
            gaps.pop("accuracy", None)
        if class_free and self._before.kind == "classes":
            right = [_right(one) for one in (self._before, self._after)]
            rows = kinds.count_kinds(
                grouping.codes, len(masks), np.ones_like(right[0]), right[0], right[1][self._order]
            )
            shift, drawn = self._of_class(rows)
            out["accuracy"], gaps["accuracy"] = shift["true_positive_rate"], drawn["accuracy"]
        return Shifts(out, gaps)

    def _answers(self, label: str) -> tuple[Mask, Mask, Mask]:
        """Return which rows are of a class, and are predicted so before and after."""
        first = _is(self._before, label)
        return (*first, _is(self._after, label)[1][self._order])

    def _of_class(self, cells: Counts) -> tuple[dict[str, Shift], dict[str, Numbers]]:
        total = cells.sum(axis=0)
        out: dict[str, Shift] = {}
        for metric in kinds.FIXED:
            own, rest = (
                tuple(self._paired(metric, one) for one in part) for part in (cells, total - cells)
            )
            out[metric] = Shift(own, _apart(own, rest), self._paired(metric, total))
        found = kinds.drawn(cells, self._replicates, self._seed)
        for metric in kinds.MOVING:
            own_drawn, rest_drawn, all_drawn = found.moving[metric]
            value, others, whole = (
                kinds.change(metric, part) for part in (cells, total - cells, total[None])
            )
            counted = [kinds.counted(metric, part) for part in (cells, total[None])]

            def figures(values: Numbers, replicates: Numbers, rows: Counts) -> tuple[Measured, ...]:
                return tuple(
                    spread(float(one), replicates[:, at], self._confidence, int(rows[at]))
                    for at, one in enumerate(values)
                )

            out[metric] = Shift(
                figures(value, own_drawn, counted[0]),
                figures(value - others, own_drawn - rest_drawn, counted[0]),
                figures(whole, all_drawn, counted[1])[0],
            )
        for metric, like in COMPLEMENTS.items():
            out[metric] = _mirrored(out[like])
        same = tuple(Measured(0.0, n=int(one.sum())) for one in cells)
        out["base_rate"] = Shift(same, same, Measured(0.0, n=int(total.sum())))
        return out, dict(found.gaps)

    def _paired(self, metric: str, cells: Counts) -> Measured:
        inside = kinds.denominator(metric, kinds.BEFORE)
        before = kinds.numerator(metric, kinds.BEFORE)[inside]
        after = kinds.numerator(metric, kinds.AFTER)[inside]
        counts = cells[inside]
        table = [
            int(counts[one].sum())
            for one in (after & before, after & ~before, ~after & before, ~after & ~before)
        ]
        rows = sum(table)
        if not rows:
            return Measured(math.nan, n=0)
        value, low, high = newcombe_paired(table[0], table[1], table[2], table[3], self._confidence)
        return Measured(value, low, high, rows, "newcombe-paired")

    def _of_scores(self, label: str, true: Mask, masks: list[Mask]) -> dict[str, Shift]:
        if label not in self._before.scores or label not in self._after.scores:
            return {}
        first, second = self._before.scores[label], self._after.scores[label][self._order]

        def area(rows: Mask) -> Measured:
            return area_change(true[rows], first[rows], second[rows], self._confidence)

        return {
            "roc_auc": self._shift(area, masks),
            "brier_score": self._mean((second - true) ** 2 - (first - true) ** 2, masks),
        }

    def _changes(self) -> dict[str, Numbers]:
        """Return by how much each row's numbers changed; NaN where one of the two has none."""
        after = self._after.figures
        return {
            name: after[name][self._order] - one
            for name, one in self._before.figures.items()
            if name in after
        }

    def _mean(self, by: Numbers, masks: list[Mask]) -> Shift:
        known = ~np.isnan(by)
        return self._shift(lambda rows: mean_difference(by[rows & known], self._confidence), masks)

    def _shift(self, change: Callable[[Mask], Measured], masks: list[Mask]) -> Shift:
        own, rest = tuple(map(change, masks)), tuple(change(~rows) for rows in masks)
        return Shift(own, _apart(own, rest), change(np.ones_like(masks[0])))


def _apart(own: Figures, rest: Figures) -> Figures:
    return tuple(between(one, other) for one, other in zip(own, rest, strict=True))


def _mirrored(shift: Shift) -> Shift:
    def turned(one: Measured) -> Measured:
        low, high = (None if end is None else -end for end in (one.high, one.low))
        return Measured(-one.value, low, high, one.n, one.method)

    own, apart = (tuple(map(turned, part)) for part in (shift.own, shift.apart))
    return Shift(own, apart, turned(shift.overall))


def _is(outcomes: Outcomes, label: str) -> tuple[Mask, Mask]:
    at = outcomes.labels.index(label)
    if outcomes.kind == "label_sets":
        return outcomes.true[:, at], outcomes.predicted[:, at]
    return outcomes.true == at, outcomes.predicted == at


def _right(outcomes: Outcomes) -> Mask:
    return np.asarray(outcomes.true == outcomes.predicted)
