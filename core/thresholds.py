"""What a threshold on one class's score would answer: counted once, then looked up.

The scores are sorted once, apart for each group and for positives and negatives. How many rows a
threshold answers is then a binary search, so a threshold can be dragged over a million rows: a
step costs as much as it does over a hundred.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Goal = Literal["accuracy", "balanced_accuracy", "f1", "youden_j"]


class Groups(NamedTuple):
    """A grouping: the group of each row as a number from 0, of shape (n,), and their names."""

    codes: NDArray[np.integer]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """Rows by truth and answer: true and false positives, true and false negatives."""

    tp: int
    fp: int
    tn: int
    fn: int

    @property
    def n(self) -> int:
        """Number of rows."""
        return self.tp + self.fp + self.tn + self.fn

    def rates(self) -> dict[str, float]:
        """Return every rate by scikit-learn's and fairlearn's names; NaN where it is of nothing."""
        tp, fp, tn, fn = (np.float64(each) for each in (self.tp, self.fp, self.tn, self.fn))
        return {name: float(value) for name, value in _rates(tp, fp, tn, fn).items()}


@dataclass(frozen=True)
class Histogram:
    """Scores by class: `edges` of shape (bins + 1,), rows of each class of shape (bins,)."""

    edges: Floats
    positives: Ints
    negatives: Ints


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Scores in segments, one behind the other, each rising.

    Segment 2g holds the negatives of group g and segment 2g + 1 its positives; `starts` says
    where each begins and has the end of the last one behind it.
    """

    scores: Floats
    starts: Ints

    def answered(self, threshold: float) -> Ints:
        """Return how many scores of each segment are at least the threshold."""
        low, high = self.starts[:-1].copy(), self.starts[1:].copy()
        # A binary search in all segments at once, whatever the number of groups.
        for _ in range(int((high - low).max(initial=0)).bit_length()):
            open_, middle = low < high, (low + high) // 2
            below = open_ & (self.scores.take(middle, mode="clip") < threshold)
            low = np.where(below, middle + 1, low)
            high = np.where(open_ & ~below, middle, high)
        out: Ints = self.starts[1:] - low
        return out

    def counts(self, threshold: float) -> list[Counts]:
        """Return what the threshold comes to in each group."""
        answered, sizes = self.answered(threshold), np.diff(self.starts)
        rest = sizes - answered
        return [
            Counts(tp, fp, tn, fn)
            for tp, fp, tn, fn in zip(
                answered[1::2].tolist(),
                answered[::2].tolist(),
                rest[::2].tolist(),
                rest[1::2].tolist(),
                strict=True,
            )
        ]


@dataclass(frozen=True, eq=False)
class ThresholdView:
    """Rows whose answers follow a threshold: positive where the score reaches it.

    Memory is that of the scores, once over all rows and once for each grouping.

    Examples
    --------
    >>> view = ThresholdView.of([0.2, 0.6, 0.9], [False, False, True])
    >>> view.at(0.5)
    Counts(tp=1, fp=1, tn=1, fn=0)
    """

    _all: _Sorted
    _groups: Mapping[str, tuple[tuple[str, ...], _Sorted]]

    @classmethod
    def of(
        cls,
        scores: ArrayLike,
        positive: ArrayLike,
        groups: Mapping[str, Groups] | None = None,
    ) -> ThresholdView:
        """Sort rows.

        Parameters
        ----------
        scores
            Score of the positive class, finite; shape (n,).
        positive
            Whether each row is of the positive class; shape (n,).
        groups
            Groupings by their names.

        Raises
        ------
        ValueError
            If a score is no finite number, a group has no name, or the shapes differ.
        """
        values, truth = np.asarray(scores, np.float64), np.asarray(positive, np.bool_)
        if values.ndim != 1 or values.shape != truth.shape:
            raise ValueError(f"scores of shape {values.shape}, classes of shape {truth.shape}")
        if not np.isfinite(values).all():
            raise ValueError("a score is no finite number")
        order = np.argsort(values)
        ordered, ranked = values[order], truth[order]
        known = {}
        for column, (codes, names) in (groups or {}).items():
            found = np.asarray(codes)
            if found.shape != values.shape:
                raise ValueError(f"{column}: codes of shape {found.shape}, not {values.shape}")
            if len(found) and not 0 <= found.min() <= found.max() < len(names):
                raise ValueError(f"{column}: codes outside 0 to {len(names) - 1}")
            parts = _segments(ordered, ranked, found[order], len(names))
            known[column] = (tuple(names), parts)
        nobody = np.zeros(len(values), np.uint8)
        return cls(_segments(ordered, ranked, nobody, 1), known)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the groupings."""
        return tuple(self._groups)

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self._all.scores)

    def at(self, threshold: float) -> Counts:
        """Return what a threshold comes to over all rows."""
        return self._all.counts(threshold)[0]

    def rates(self, threshold: float) -> dict[str, float]:
        """Return the rates of a threshold over all rows; `Counts.rates` says which."""
        return self.at(threshold).rates()

    def groups_at(self, column: str, threshold: float) -> dict[str, Counts]:
        """Return what a threshold comes to in each group of a grouping."""
        names, parts = self._groups[column]
        return dict(zip(names, parts.counts(threshold), strict=True))

    def roc(self, threshold: float) -> tuple[float, float]:
        """Return the point on the ROC curve: false positive rate, true positive rate."""
        found = self.rates(threshold)
        return found["false_positive_rate"], found["true_positive_rate"]

    def pr(self, threshold: float) -> tuple[float, float]:
        """Return the point on the precision-recall curve: recall, precision.

        Where no row is answered the precision is 1, as on the curve's first point.
        """
        counts = self.at(threshold)
        found = counts.rates()
        return found["recall"], found["precision"] if counts.tp + counts.fp else 1.0

    def histogram(self, bins: int = 40) -> Histogram:
        """Count scores by class in bins of equal width, as `numpy.histogram` does.

        They reach from 0 to 1, or over all scores where some lie outside.
        """
        positives, negatives = self._classes()
        low, high = self._all.scores.min(initial=0.0), self._all.scores.max(initial=1.0)
        edges = np.linspace(low, high, bins + 1)
        found = []
        for scores in (positives, negatives):
            below = np.searchsorted(scores, edges, side="left")
            below[-1] = len(scores)  # the last bin holds its upper edge
            found.append(np.diff(below).astype(np.int64))
        return Histogram(edges, *found)

    def best(self, goal: Goal) -> float:
        """Return the threshold that makes a figure largest on these rows.

        Every score that occurs is tried, and one above all of them, which answers no row. Of
        thresholds that do equally well the highest is returned.

        Parameters
        ----------
        goal
            ``accuracy``, ``balanced_accuracy``, ``f1``, or ``youden_j``: true minus false positive
            rate (Youden, *Index for rating diagnostic tests*, Cancer 1950).

        Raises
        ------
        ValueError
            If the figure is defined at no threshold, as without rows of both classes.
        """
        positives, negatives = self._classes()
        tried = np.unique(self._all.scores)[::-1]
        tried = np.concatenate([np.nextafter(tried[:1], np.inf), tried])
        tp = (len(positives) - np.searchsorted(positives, tried)).astype(np.float64)
        fp = (len(negatives) - np.searchsorted(negatives, tried)).astype(np.float64)
        values = _rates(tp, fp, len(negatives) - fp, len(positives) - tp)[goal]
        if np.isnan(values).all():
            raise ValueError(f"{goal} is not defined on these rows")
        return float(tried[np.nanargmax(values)])

    def _classes(self) -> tuple[Floats, Floats]:
        """Return the scores of positives and of negatives, rising."""
        middle = int(self._all.starts[1])
        return self._all.scores[middle:], self._all.scores[:middle]


def _segments(
    ordered: Floats, positive: NDArray[np.bool_], codes: NDArray[np.integer], groups: int
) -> _Sorted:
    """Part rising scores by group and class; they stay in order."""
    # The narrowest numbers are sorted by their digits, in a fraction of the time.
    kind = np.min_scalar_type(max(2 * groups - 1, 1))
    part = codes.astype(kind) * kind.type(2) + positive.astype(kind)
    place = np.argsort(part, kind="stable")
    sizes = np.bincount(part, minlength=2 * groups)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return _Sorted(ordered[place], starts)


def _rates(
    tp: NDArray[np.float64] | np.float64,
    fp: NDArray[np.float64] | np.float64,
    tn: NDArray[np.float64] | np.float64,
    fn: NDArray[np.float64] | np.float64,
) -> dict[str, NDArray[np.float64] | np.float64]:
    """Return rates of counts, one or many; NaN where nothing is divided by nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, negative = tp / (tp + fn), tn / (fp + tn)
        return {
            "accuracy": (tp + tn) / (tp + fp + tn + fn),
            "balanced_accuracy": (recall + negative) / 2,
            "precision": tp / (tp + fp),
            "recall": recall,
            "f1": 2 * tp / (2 * tp + fp + fn),
            "selection_rate": (tp + fp) / (tp + fp + tn + fn),
            "true_positive_rate": recall,
            "false_positive_rate": fp / (fp + tn),
            "true_negative_rate": negative,
            "false_negative_rate": fn / (tp + fn),
            "youden_j": recall + negative - 1,
        }
