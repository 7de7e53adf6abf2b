"""Rows sorted by their score once, from which the areas and curves of any groups are read.

Sorting is what takes time, so it is done once for all groupings. A grouping then brings the rows of
each of its groups together by a stable sort of whole numbers, which keeps their order by score;
what remains are running sums. Rows of the same score count half, as in scikit-learn.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .passes import Codes, counted, looked_up, together
from .ranked_group import Group, Numbers, read_group

Ints = NDArray[np.int64]

_ALL = slice(None)
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
        Its score, shape (rows,), falling; in 32 bits where they hold it.
    level
        Number of the different score that it has, from 0, shape (rows,); None where all differ.
    """

    order: NDArray[np.integer]
    positive: NDArray[np.bool_]
    scores: NDArray[np.floating]
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
        order, ordered = _sorted(scores)
        first = np.empty(len(order), np.bool_)
        first[:1] = True
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
        level = None if first.all() else np.cumsum(first, dtype=np.int32) - np.int32(1)
        return cls(order, looked_up(positive, order), ordered, level)

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
        return self.by_placed(looked_up(codes, self.order), groups, most)

    def by_placed(self, codes: Codes, groups: int, most: int = 0) -> Segments:
        """Do the same, given the group at each place."""
        places = _by_code(codes, groups)
        outcomes = counted(
            lambda part: 2 * codes[part].astype(np.intp) + self.positive[part],
            len(codes),
            2 * groups,
        ).reshape(groups, 2)
        sizes = outcomes.sum(axis=1)
        parts = np.split(places, np.cumsum(sizes)[:-1])
        tied = self.level is not None
        read = [
            read_group(self.packed, tied, self.scores, part, int(hits), most)
            for part, hits in zip(parts, outcomes[:, 1], strict=True)
        ]
        return Segments.of(read, sizes)

    @cached_property
    def packed(self) -> NDArray[np.integer]:
        """Twice the level of the row at each place, and 1 where it is positive."""
        if self.level is None:
            return self.positive.view(np.uint8)
        return self.level * np.int32(2) + self.positive

    def above(self, part: slice = _ALL) -> Numbers:
        """Return how many positives have a higher score than the rows at some places.

        Those of the same score, a positive row itself among them, count half.
        """
        before, upto, _, _ = self._runs(part)
        return (before + upto) / 2

    def below(self, part: slice = _ALL) -> Numbers:
        """Return how many negatives have a lower score than the rows at some places, ties half."""
        before, upto, start, end = self._runs(part)
        negatives = len(self.positive) - int(self._hits[-1])
        return np.asarray(negatives - (start - before + end - upto) / 2, np.float64)

    def _runs(self, part: slice) -> tuple[Ints, Ints, Ints, Ints]:
        """Return positives before and up to the end of each row's run, and rows likewise."""
        if self.level is None:
            upto = self._hits[part].astype(np.int64)
            start = np.arange(len(self.positive))[part]
            return upto - self.positive[part], upto, start, start + 1
        level = self.level[part]
        starts = self._starts
        start, end = starts[level], starts[level + 1]
        before = np.where(start > 0, self._hits[start - 1], 0)
        return before, self._hits[end - 1].astype(np.int64), start, end

    @cached_property
    def _hits(self) -> NDArray[np.int32]:
        """Positives up to each place."""
        return np.cumsum(self.positive, dtype=np.int32)

    @cached_property
    def _starts(self) -> Ints:
        """Place at which each run begins, and the number of rows."""
        assert self.level is not None
        begins = np.flatnonzero(np.diff(self.level, prepend=np.int32(-1)))
        return np.append(begins, len(self.level))


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
    def of(cls, groups: Sequence[Group], sizes: Ints) -> Segments:
        """Put groups together."""
        positives = np.array([one.positives for one in groups], np.int64)
        steps = np.array([one.steps for one in groups])
        average = np.divide(steps, positives, out=np.full(len(steps), np.nan), where=positives > 0)
        pairs = np.array([one.pairs for one in groups])
        return cls(sizes, positives, pairs, average, tuple(groups))


def areas_by_group(
    positive: NDArray[np.bool_], scores: Numbers, codes: Codes, groups: int
) -> Segments:
    """Read the areas of each group alone, without ranking all rows.

    Parameters
    ----------
    positive
        Whether each row is positive, shape (rows,).
    scores
        Its score, shape (rows,), finite.
    codes
        Its group, shape (rows,).
    groups
        Number of groups.
    """
    bits = _bits(scores)
    if bits is None:
        return Ranked.of(positive, scores).by_group(codes, groups)
    # A score and its outcome in one number, the highest score first: what is sorted needs no order.
    keys = np.subtract(np.iinfo(np.int32).max, bits, dtype=np.int64)
    if bits.min() >= 0:
        keys = keys.astype(np.uint32)
    keys = (keys << 1) | positive
    keys = keys[_by_code(codes, groups)]
    sizes = counted(codes.__getitem__, len(codes), groups)

    def read(part: NDArray[np.integer]) -> Group:
        part.sort()
        positives = int(np.count_nonzero(part & 1))
        return read_group(part, True, scores, np.arange(len(part)), positives, 0)

    return Segments.of(together(read, np.split(keys, np.cumsum(sizes)[:-1])), sizes)


def _by_code(codes: Codes, groups: int) -> NDArray[np.intp]:
    """Return places by their group, those of a group in their own order."""
    if groups == 1:
        return np.arange(len(codes))
    kind = next((kind for size, kind in _SMALL if groups <= size), np.int64)
    return np.argsort(codes.astype(kind), kind="stable")


def _sorted(scores: Numbers) -> tuple[NDArray[np.integer], NDArray[np.floating]]:
    """Return the rows from the highest score down, equal ones in any order, and their scores."""
    bits = _bits(scores)
    if bits is None or len(scores) >= 1 << 32:
        order = np.argsort(-scores)
        return order, scores[order]
    # Numbers of 32 bits and the row's own number are sorted together as one of 64 bits, which
    # takes half the time of asking for the order.
    keys = bits.astype(np.int64)
    keys *= -(1 << 32)
    rows, high = _halves(keys)
    rows[:] = np.arange(len(scores), dtype=np.uint32)
    half = len(keys) // 2
    together(np.ndarray.sort, [keys[:half], keys[half:]])
    keys.sort(kind="stable")  # which finds both halves sorted and merges them
    return rows.copy(), _flipped(-high).view(np.float32)


def _halves(keys: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return the lower and the upper 32 bits of each number, as they lie in memory."""
    low = 0 if sys.byteorder == "little" else 1
    return keys.view(np.uint32)[low::2], keys.view(np.int32)[1 - low :: 2]


def _bits(scores: Numbers) -> NDArray[np.int32] | None:
    """Return whole numbers in the order of the scores; None where 32 bits don't hold them."""
    halves = scores.astype(np.float32)
    if not bool((halves == scores).all()):
        return None
    return _flipped((halves + np.float32(0)).view(np.int32))  # no -0


def _flipped(bits: NDArray[np.int32]) -> NDArray[np.int32]:
    """Turn the bits of floating numbers into whole numbers of the same order, or back."""
    return bits ^ ((bits >> 31) & np.int32(0x7FFFFFFF))
