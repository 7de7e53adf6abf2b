"""The areas and the curve of some ranked rows, read in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .passes import BLOCK

Numbers = NDArray[np.float64]


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


def read_group(
    packed: NDArray[np.integer],
    tied: bool,
    scores: NDArray[np.floating],
    places: NDArray[np.integer],
    positives: int,
    most: int,
) -> Group:
    """Read some rows, given their places in rising order.

    Parameters
    ----------
    packed
        Twice the number of the score's level, and 1 where the row is positive, shape (rows,).
    tied
        Whether rows may have the same score; if not, only the last bit of `packed` counts.
    scores
        Falling scores of all rows, shape (rows,).
    places
        Those of the group, shape (members,).
    positives
        How many of them are positive.
    most
        Points of the curves that are kept, at even steps of positives and of negatives.
    """
    points = _Points(most, positives, len(places) - positives)
    pairs = steps = 0.0
    hit = end = 0.0
    for hits, ends in _runs(packed, tied, places):
        upto, answered = hits.astype(np.float64), ends.astype(np.float64)
        gained, lost = np.diff(upto, prepend=hit), np.diff(answered, prepend=end)
        lost -= gained
        # Positives above a run, and half of its own, stand above each of its negatives.
        # Sums, not dot products: those of BLAS wait for its threads.
        pairs += float((lost * (upto - gained / 2)).sum())
        steps += float((gained * (upto / answered)).sum())
        hit, end = float(upto[-1]), float(answered[-1])
        points.take(hits, ends)
    kept, ends = points.kept()
    thresholds = scores[places[ends - 1]].astype(np.float64)
    return Group(positives, pairs, steps, kept, ends - kept, thresholds)


def _runs(
    packed: NDArray[np.integer], tied: bool, places: NDArray[np.integer]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Go through the runs of rows with the same score: positives and rows up to their ends."""
    seen, members = 0, len(places)
    for start in range(0, members, BLOCK):
        # One row more tells whether the last run ends here.
        own = np.take(packed, places[start : start + BLOCK + 1])
        part = own[:BLOCK]
        hits = np.cumsum(part & 1, dtype=np.int64)
        hits += seen
        seen = int(hits[-1])
        if not tied:
            yield hits, np.arange(start + 1, start + len(part) + 1)
            continue
        last = np.flatnonzero((own[1:] ^ own[:-1]) > 1)
        if start + BLOCK >= members:
            last = np.append(last, len(part) - 1)
        if len(last):
            yield hits[last], last + (start + 1)


class _Points:
    """Chooses points of a curve as its runs go by."""

    def __init__(self, most: int, positives: int, negatives: int) -> None:
        self.most = most
        half = max(most // 2, 2)
        self.wanted = [np.linspace(0, count, half) for count in (positives, negatives)]
        self.reached = [0, 0]
        self.every: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self.some: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        nothing = np.empty(0, np.int64)
        self.last = nothing, nothing
        self.count = 0

    def take(self, hits: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
        """Look at the next runs."""
        if not self.most:
            return
        self.count += len(ends)
        if self.count <= self.most:
            self.every.append((hits, ends))
        chosen = []
        for i, upto in enumerate((hits, ends - hits)):
            first = self.reached[i]
            self.reached[i] = int(np.searchsorted(self.wanted[i], upto[-1], side="right"))
            chosen.append(np.searchsorted(upto, self.wanted[i][first : self.reached[i]]))
        at = np.unique(np.concatenate(chosen))
        self.some.append((hits[at], ends[at]))
        self.last = hits[-1:], ends[-1:]

    def kept(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return positives and rows up to each point."""
        runs = self.every if self.count <= self.most else [*self.some, self.last]
        hits, ends = (np.concatenate(part) for part in zip(self.last, *runs, strict=True))
        # The last run stands first as well, for where there is no other one.
        _, first = np.unique(ends, return_index=True)
        return hits[first], ends[first]
