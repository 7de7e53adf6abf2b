"""Partition SHAP: Owen values over a hierarchy of segments, groups before their members.

Owen, *Values of Games with a Priori Unions* (1977), computed as `shap.PartitionExplainer` does it,
but for many rows at once: in each round every row asks about its most telling groups, and all their
copies go through the model together.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit, silent
from ...multimodal.hierarchy import Hierarchy
from ..pieces import Keep
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .work import Work

AT_ONCE = 32
"""Copies that a row asks about in a round."""


def partition_shap(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    hierarchy: Callable[[int], Hierarchy] | None = None,
    at_once: int = AT_ONCE,
) -> list[Scores]:
    """Attribute to each segment its Owen value, as far as `evaluations` go.

    Beginning with the whole sample, the group whose members gain most is divided into its two, with
    and without all that stands beside it, until `evaluations` are spent; what a group gains that
    was not divided is shared among its segments evenly. The scores add up to the difference between
    the answers on sample and baseline, and are those of `shap.PartitionExplainer` with the same
    hierarchy, ``max_evals`` and ``batch_size``.

    Parameters
    ----------
    subject
        What is explained.
    spec
        `evaluations` of a row, sample and baseline counted.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    hierarchy
        ``hierarchy(row)`` groups the segments of a row (`multimodal.hierarchy`); words as sentences
        are built, pictures and sounds by halves (`explain.pieces.Pieces.hierarchy`) if left out.
    at_once
        Copies that a row asks about before it looks again which group gains most; makes no
        difference where all groups are divided.

    Returns
    -------
    list of Scores
        In the rows' order.
    """
    work = Work(subject, lambda _: spec.evaluations, emit, check)
    out: list[Scores] = []
    for rows in work.groups():
        ends = work.ends(rows)
        trees = {
            row: Owen(
                subject.cut(row).hierarchy if hierarchy is None else hierarchy(row),
                *ends[row],
                spec.evaluations - 2,
            )
            for row in rows
            if len(subject.cut(row))
        }
        while asked := [
            (row, keep) for row, tree in trees.items() if len(keep := tree.ask(at_once))
        ]:
            for (row, _), found in zip(asked, work.value.many(asked), strict=True):
                trees[row].take(found)
        for row in rows:
            found = trees[row].scores() if row in trees else np.empty(0)
            out.append(work.scores(row, found, ends[row]))
    return out


class Owen:
    """Owen values of one row, found by asking and being answered in turn.

    Parameters
    ----------
    hierarchy
        Of the row's segments (`multimodal.hierarchy`).
    full, nothing
        The target's number on the sample and on the baseline.
    evaluations
        Most copies that are asked about.
    """

    def __init__(self, hierarchy: Hierarchy, full: float, nothing: float, evaluations: int) -> None:
        self._pairs: list[list[int]] = hierarchy[:, :2].astype(np.int64).tolist()
        self._count = len(self._pairs) + 1
        self._left = evaluations
        self._order, self._spans = _spans(self._pairs, self._count)
        self._gains = np.zeros(2 * self._count - 1)
        self._number = itertools.count()  # decides between groups that gain the same
        self._queue: list[tuple[float, int, _Group]] = []
        self._asked: list[_Group] = []
        without = np.zeros(self._count, bool)
        self._put(_Group(2 * self._count - 2, without, nothing, full, 1.0))

    def ask(self, copies: int) -> Keep:
        """Return which segments the next copies keep; shape (copies, segments), none at the end."""
        self._asked = []
        masks: list[NDArray[np.bool_]] = []
        while self._queue and len(masks) < copies and len(masks) + 2 <= self._left:
            _, _, group = heapq.heappop(self._queue)
            self._asked.append(group)
            masks += [self._with(group.without, part) for part in self._parts(group)]
        self._left -= len(masks)
        return np.stack(masks) if masks else np.empty((0, self._count), bool)

    def take(self, answers: NDArray[np.float64]) -> None:
        """Take the target's numbers on the copies that were asked about; shape (copies,)."""
        pairs = answers.reshape(-1, 2).tolist()
        for group, (first, second) in zip(self._asked, pairs, strict=True):
            left, right = self._parts(group)
            low, high, half = group.low, group.high, group.weight / 2
            with_left = self._with(group.without, left)
            with_right = self._with(group.without, right)
            self._put(_Group(left, group.without, low, first, half))
            self._put(_Group(right, group.without, low, second, half))
            self._put(_Group(left, with_right, second, high, half))
            self._put(_Group(right, with_left, first, high, half))

    def scores(self) -> NDArray[np.float64]:
        """Return the scores of the segments, groups that were not divided shared evenly."""
        gains = self._gains.copy()
        for _, _, group in self._queue:
            gains[group.node] += (group.high - group.low) * group.weight
        # Pairs stand behind their members, so what comes from above is known in time.
        for node in range(len(gains) - 1, self._count - 1, -1):
            first, last = self._spans[node]
            for part in self._pairs[node - self._count]:
                begin, end = self._spans[part]
                gains[part] += gains[node] * (end - begin) / (last - first)
        return gains[: self._count]

    def _put(self, group: _Group) -> None:
        """Note what a group gains: of a single segment for good, of others until it is divided."""
        gain = (group.high - group.low) * group.weight
        if group.node < self._count:
            self._gains[group.node] += gain
        else:
            heapq.heappush(self._queue, (-abs(gain), next(self._number), group))

    def _parts(self, group: _Group) -> list[int]:
        return self._pairs[group.node - self._count]

    def _with(self, kept: NDArray[np.bool_], node: int) -> NDArray[np.bool_]:
        first, last = self._spans[node]
        out = kept.copy()
        out[self._order[first:last]] = True
        return out


class _Group:
    """A group of segments beside certain others, and the answers without it and with it."""

    __slots__ = ("high", "low", "node", "weight", "without")

    def __init__(
        self, node: int, without: NDArray[np.bool_], low: float, high: float, weight: float
    ) -> None:
        self.node, self.without = node, without
        self.low, self.high, self.weight = low, high, weight


def _spans(pairs: list[list[int]], count: int) -> tuple[NDArray[np.int64], list[tuple[int, int]]]:
    """Order segments so that those of each group follow on one another; say where each stands."""
    sizes = [1] * count
    for left, right in pairs:
        sizes.append(sizes[left] + sizes[right])
    first = [0] * len(sizes)
    for node in range(len(sizes) - 1, count - 1, -1):
        left, right = pairs[node - count]
        first[left], first[right] = first[node], first[node] + sizes[left]
    order = np.empty(count, np.int64)
    order[first[:count]] = np.arange(count)
    return order, [(one, one + size) for one, size in zip(first, sizes, strict=True)]
