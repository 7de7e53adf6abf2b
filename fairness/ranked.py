"""Rows sorted by their score once, from which the areas and curves of any groups are read.

Sorting is what takes time, so it is done once for all groupings. A grouping then brings the rows of
each of its groups together by a stable sort of whole numbers, which keeps their order by score;
what remains are running sums. Rows of the same score count half, as in scikit-learn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .groups import Codes

Numbers = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 1 << 16
_SMALL = ((1 << 8, np.uint8), (1 << 16, np.uint16))  # numpy sorts these in linear time


@dataclass(frozen=True, eq=False)
class Ranked:
    """Rows from the highest score down.

    Attributes
    ----------
    order
        Row at each place, shape (rows,).
    positive
        Whether the row at each place is positive, shape (rows,).
    scores
        Its score, shape (rows,), falling.
    level
        Number of the different score that it has, from 0, shape (rows,); None where all differ.
    """

    order: NDArray[np.integer]
    positive: NDArray[np.bool_]
    scores: Numbers
    level: NDArray[np.int32] | None

    @classmethod
    def of(cls, positive: NDArray[np.bool_], scores: Numbers) -> Ranked:
        """Sort rows.

        Parameters
        ----------
        positive
            Whether each row is positive, shape (rows,).
        scores
            Its score, shape (rows,), finite.
        """
        order = _sorted(scores)
        ordered = scores[order]
        first = np.empty(len(order), np.bool_)
        first[:1] = True
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
        level = None if first.all() else np.cumsum(first, dtype=np.int32) - np.int32(1)
        return cls(order, positive[order], ordered, level)

    def by_group(self, codes: Codes, groups: int, most: int = 0) -> Segments:
        """Bring the rows of each group together and read their areas and curves.

        Parameters
        ----------
        codes
            Group of each row, in the rows' own order, shape (rows,).
        groups
            Number of groups.
        most
            Points of each group's curves that are kept, at even steps of positives and negatives.
        """
        kind = next((kind for size, kind in _SMALL if groups <= size), np.int64)
        placed = np.take(codes.astype(kind), self.order)
        places = np.argsort(placed, kind="stable") if groups > 1 else np.arange(len(placed))
        sizes = np.bincount(placed, minlength=groups)
        parts = np.split(places, np.cumsum(sizes)[:-1])
        return Segments.of([self._group(part, most) for part in parts], sizes)

    def _group(self, places: NDArray[np.intp], most: int) -> Group:
        """Read the areas and curves of some rows, given their places in rising order."""
        packed = np.take(self.packed, places)
        hits = np.cumsum(packed & 1, dtype=np.int32)
        if self.level is None:
            ends = np.arange(len(places), dtype=np.int32)
        else:
            last = np.ones(len(places), np.bool_)
            np.greater(packed[1:] ^ packed[:-1], 1, out=last[:-1])
            ends = np.flatnonzero(last).astype(np.int32)
            hits = np.take(hits, ends)
        if not len(hits):
            return Group(0, 0.0, 0.0, hits, ends, np.empty(0))
        pairs, steps = _areas(hits, ends)
        kept = _kept(hits, ends, most)
        scores = np.take(self.scores, np.take(places, ends[kept]))
        return Group(int(hits[-1]), pairs, steps, hits[kept], ends[kept] + 1 - hits[kept], scores)

    @cached_property
    def packed(self) -> NDArray[np.integer]:
        """Twice the level of the row at each place, and 1 where it is positive."""
        if self.level is None:
            return self.positive.view(np.uint8)
        return self.level * np.int32(2) + self.positive

    def above(self) -> Numbers:
        """Return how many positives have a higher score than the row at each place.

        Those of the same score count half.
        """
        return self._beyond(self.positive)

    def below(self) -> Numbers:
        """Return how many negatives have a lower score than the row at each place, ties half."""
        negative = ~self.positive
        before = self._beyond(negative)
        if self.level is None:
            return np.asarray(negative.sum() - before - negative, np.float64)
        return np.asarray(negative.sum() - before, np.float64)

    def _beyond(self, counted: NDArray[np.bool_]) -> Numbers:
        hits = np.cumsum(counted, dtype=np.int64)
        if self.level is None:
            return np.asarray(hits - counted, np.float64)
        ends = np.flatnonzero(np.append(self.level[1:] != self.level[:-1], True))
        upto = hits[ends]
        before = np.concatenate([[0], upto[:-1]])
        return np.asarray(((before + upto) / 2)[self.level], np.float64)


@dataclass(frozen=True, eq=False)
class Group:
    """What was read of one group's rows.

    Attributes
    ----------
    positives
        Its positive rows.
    pairs
        Pairs of a positive and a negative in which the positive scores higher, ties half.
    steps
        Average precision times the positives.
    hits, alarms, thresholds
        Points of its curves: positives and negatives with a score of at least each threshold, from
        the highest down.
    """

    positives: int
    pairs: float
    steps: float
    hits: NDArray[np.integer]
    alarms: NDArray[np.integer]
    thresholds: Numbers


@dataclass(frozen=True, eq=False)
class Segments:
    """Areas and curves of every group; all arrays have the shape (groups,).

    Attributes
    ----------
    sizes, positives
        Rows and positive rows of each group.
    pairs
        Pairs of a positive and a negative of the group in which the positive scores higher, ties
        half.
    average_precision
        Sum of the steps in recall times the precision they reach; NaN without positives.
    groups
        What was read of each group.
    """

    sizes: Ints
    positives: Ints
    pairs: Numbers
    average_precision: Numbers
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, groups: Sequence[Group], sizes: NDArray[np.intp]) -> Segments:
        """Put groups together."""
        positives = np.array([one.positives for one in groups], np.int64)
        steps = np.array([one.steps for one in groups])
        average = np.divide(steps, positives, out=np.full(len(steps), np.nan), where=positives > 0)
        pairs = np.array([one.pairs for one in groups])
        return cls(sizes.astype(np.int64), positives, pairs, average, tuple(groups))


def _areas(hits: NDArray[np.integer], ends: NDArray[np.integer]) -> tuple[float, float]:
    """Return the pairs that are ranked rightly and the sum of precision over positives.

    Goes through the runs in blocks that fit a processor's cache.
    """
    pairs = steps = 0.0
    hit = end = 0
    for start in range(0, len(hits), _BLOCK):
        upto = hits[start : start + _BLOCK].astype(np.float64)
        answered = ends[start : start + _BLOCK] + 1.0
        gained, lost = np.diff(upto, prepend=hit), np.diff(answered, prepend=end)
        lost -= gained
        # Positives above a run, and half of its own, stand above each of its negatives.
        # Sums, not dot products: those of BLAS wait for its threads.
        pairs += float((lost * (upto - gained / 2)).sum())
        steps += float((gained * (upto / answered)).sum())
        hit, end = upto[-1], answered[-1]
    return pairs, steps


def _kept(
    hits: NDArray[np.integer], ends: NDArray[np.integer], most: int
) -> NDArray[np.integer] | slice:
    """Choose points of a curve at about even steps of positives and of negatives."""
    if len(ends) <= most or not most:
        return slice(0, len(ends) if most else 0)
    half = max(most // 2, 2)
    steps = [np.linspace(0, count, half) for count in (hits[-1], ends[-1] + 1 - hits[-1])]
    found = [np.searchsorted(hits, steps[0]), _alarms_reached(hits, ends, steps[1])]
    return np.unique(np.minimum(np.concatenate([*found, [len(ends) - 1]]), len(ends) - 1))


def _alarms_reached(
    hits: NDArray[np.integer], ends: NDArray[np.integer], alarms: Numbers
) -> NDArray[np.intp]:
    """Return the first run up to which there are so many negatives, by halving."""
    low, high = np.zeros(len(alarms), np.intp), np.full(len(alarms), len(ends) - 1)
    while (low < high).any():
        middle = (low + high) // 2
        reached = ends[middle] + 1 - hits[middle] >= alarms
        low, high = np.where(reached, low, middle + 1), np.where(reached, middle, high)
    return low


def _sorted(scores: Numbers) -> NDArray[np.integer]:
    """Return the rows from the highest score down; equal ones in any order."""
    halves = scores.astype(np.float32)
    if len(scores) < 1 << 32 and bool((halves == scores).all()):
        # Numbers of 32 bits and the row's own number are sorted together as one of 64 bits, which
        # takes half the time of asking for the order.
        bits = (halves + np.float32(0)).view(np.int32)  # no -0
        keys = np.where(bits < 0, bits ^ np.int32(0x7FFFFFFF), bits).astype(np.int64)
        np.negative(keys, out=keys)
        keys <<= 32
        keys |= np.arange(len(scores), dtype=np.int64)
        keys.sort()
        return (keys & 0xFFFFFFFF).astype(np.uint32)
    return np.argsort(-scores)
