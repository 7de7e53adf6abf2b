"""The fewest segments that change an answer, or that alone keep it.

No method finds them for sure without trying all subsets, whose number doubles with each segment.
What segments do one by one is measured first; taken as if it added up, which it does in a linear
model, it says in which order they matter for each other class. The shortest beginning of such an
order that does it is then undercut: by all smaller subsets where these are few, else by a beam
search. At last every segment goes back that isn't needed.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from ..pieces import Keep
from .answers import Numbers, lead, leads

CHUNK = 8
"""Beginnings of an order that are tried at a time at first; twice as many each time after that."""

Set = frozenset[int]
Search = Generator[Keep, Numbers, "Fewest"]


@dataclass(frozen=True)
class Limits:
    """How long to search.

    Attributes
    ----------
    beam, branch
        Sets that are gone on with, and segments that each is tried with.
    depth
        Largest set of a beam search.
    rivals
        Other classes for which segments are put in an order.
    exhaust
        Subsets up to which all are tried.
    """

    beam: int = 4
    branch: int = 12
    depth: int = 4
    rivals: int = 3
    exhaust: int = 256


@dataclass(frozen=True, eq=False)
class Fewest:
    """What a search found.

    Attributes
    ----------
    segments
        Their numbers, in order; None where there are none that do it.
    proven
        Whether all smaller sets were tried; of no set, whether all were.
    numbers
        What the model answers without them (with them alone); shape (classes,).
    """

    segments: tuple[int, ...] | None
    proven: bool
    numbers: NDArray[np.float64]


def fewest_removed(count: int, target: int, limits: Limits | None = None) -> Search:
    """Search for the fewest segments without which a class is not answered any more.

    A generator that yields masks of shape (copies, segments) and is sent the logits of these
    copies, shape (copies, classes); see `lockstep.together`.

    Parameters
    ----------
    count
        Number of segments.
    target
        The class that is answered to the whole sample.
    limits
        How long to search.

    Returns
    -------
    Fewest
        No segment of it can be put back.
    """
    return _search(_Side(count, target, keeps=False), limits or Limits())


def fewest_kept(count: int, target: int, limits: Limits | None = None) -> Search:
    """Search for the fewest segments that alone, all others left out, keep a class the answer.

    As `fewest_removed`; no segments are enough where the sample without all of them is answered so.
    """
    return _search(_Side(count, target, keeps=True), limits or Limits())


@dataclass(frozen=True)
class _Side:
    """One of both questions: sets are left out, or (`keeps`) kept alone."""

    count: int
    target: int
    keeps: bool

    def masks(self, sets: list[Set]) -> Keep:
        out = np.full((len(sets), self.count), not self.keeps)
        for one, chosen in zip(out, sets, strict=True):
            one[list(chosen)] = self.keeps
        return out

    def done(self, numbers: Numbers) -> NDArray[np.bool_]:
        """Say which copies are answered as they should be; equal scores go to the first class."""
        return np.asarray((numbers.argmax(axis=1) == self.target) == self.keeps)

    def missing(self, numbers: Numbers) -> NDArray[np.float64]:
        """Return how much each copy lacks, in logits; below zero where it lacks nothing."""
        found = lead(numbers, self.target)
        return -found if self.keeps else found

    def best(self, sets: list[Set], numbers: Numbers) -> Set | None:
        """Return the smallest set that does it; of several the one that does it most clearly."""
        done, missing = self.done(numbers), self.missing(numbers)
        found = [(len(sets[at]), missing[at], at) for at in np.flatnonzero(done)]
        return sets[min(found)[2]] if found else None


def _search(side: _Side, limits: Limits) -> Search:
    nothing: Set = frozenset()
    start = yield side.masks([nothing])
    if side.done(start)[0] or not side.count:
        return Fewest(() if side.done(start)[0] else None, True, start[0])
    alone = [frozenset({one}) for one in range(side.count)]
    singles = yield side.masks(alone)
    best, proven = side.best(alone, singles), True
    if best is None:
        orders = _orders(side, start, singles, limits)
        if side.keeps:
            # Alone a segment says little; what is missed without it says more.
            whole = yield ~side.masks([nothing])
            without = yield ~side.masks(alone)
            orders.append(np.argsort(side.missing(whole) - side.missing(without), kind="stable"))
        best = yield from _beginning(side, orders)
        best, proven = yield from _smaller(side, orders, alone, singles, best, limits)
    if best is None:
        return Fewest(None, proven, start[0])
    best = yield from _pruned(side, best)
    numbers = yield side.masks([best])
    return Fewest(tuple(sorted(best)), proven or len(best) <= 2, numbers[0])


def _orders(
    side: _Side, start: Numbers, singles: Numbers, limits: Limits
) -> list[NDArray[np.int64]]:
    """Return orders in which segments matter, one for each of the classes that matter most.

    As if what segments do added up: of classes that could be answered instead, those come first
    that need the fewest segments left out; of those that would have to be beaten, those that lead
    most, and after them all together.
    """
    before, after = leads(start, side.target)[0], leads(singles, side.target)
    others = np.flatnonzero(np.isfinite(before))
    effect = after[:, others] - before[others]
    effect = effect if side.keeps else -effect
    sorted_effect = -np.sort(-effect, axis=0)
    if side.keeps:
        rivals = np.argsort(before[others], kind="stable")[: limits.rivals]
    else:
        left = before[others] - np.cumsum(sorted_effect, axis=0)
        needed = np.where((left < 0).any(axis=0), (left < 0).argmax(axis=0), side.count)
        rivals = np.lexsort((left.min(axis=0), needed))[: limits.rivals]
    columns = [effect[:, one] for one in rivals]
    if side.keeps and len(others) > 1:
        columns.append(effect.mean(axis=1))
    return [np.argsort(-column, kind="stable") for column in columns]


def _beginning(
    side: _Side, orders: list[NDArray[np.int64]]
) -> Generator[Keep, Numbers, Set | None]:
    """Find the shortest beginning of an order that does it."""
    first, chunk = 2, CHUNK
    while first <= side.count:
        lengths = range(first, min(first + chunk, side.count + 1))
        sets = [frozenset(order[:length].tolist()) for length in lengths for order in orders]
        sets = list(dict.fromkeys(sets))
        best = side.best(sets, (yield side.masks(sets)))
        if best is not None:
            return best
        first, chunk = lengths.stop, 2 * chunk
    return None


def _smaller(
    side: _Side,
    orders: list[NDArray[np.int64]],
    alone: list[Set],
    singles: Numbers,
    best: Set | None,
    limits: Limits,
) -> Generator[Keep, Numbers, tuple[Set | None, bool]]:
    """Search for a set smaller than the best; say too whether all smaller ones were tried."""
    most = side.count if best is None else len(best) - 1
    if sum(comb(side.count, size) for size in range(2, most + 1)) <= limits.exhaust:
        for size in range(2, most + 1):
            sets = [frozenset(one) for one in combinations(range(side.count), size)]
            found = side.best(sets, (yield side.masks(sets)))
            if found is not None:
                return found, True
        return best, True
    branch = list(dict.fromkeys(int(one) for ranks in zip(*orders, strict=True) for one in ranks))
    missing = side.missing(singles)
    beam = [alone[at] for at in np.argsort(missing, kind="stable")[: limits.beam]]
    for _ in range(2, min(limits.depth, most) + 1):
        sets = [one | {new} for one in beam for new in branch[: limits.branch] if new not in one]
        sets = list(dict.fromkeys(sets))
        numbers = yield side.masks(sets)
        found = side.best(sets, numbers)
        if found is not None:
            return found, False
        order = np.argsort(side.missing(numbers), kind="stable")
        beam = [sets[at] for at in order[: limits.beam]]
    return best, False


def _pruned(side: _Side, chosen: Set) -> Generator[Keep, Numbers, Set]:
    """Take out of a set what isn't needed, until each of the rest is."""
    while len(chosen) > 1:
        order = sorted(chosen)
        numbers = yield side.masks([chosen - {one} for one in order])
        missing = side.missing(numbers)
        spare = [order[at] for at in np.argsort(missing, kind="stable") if side.done(numbers)[at]]
        if not spare:
            return chosen
        # Several of them may go at once, but maybe not all.
        sets = [
            chosen - set(spare[:some]) for some in range(1, min(len(spare), len(order) - 1) + 1)
        ]
        done = side.done((yield side.masks(sets)))
        chosen = sets[int(np.flatnonzero(done).max())]
    return chosen
