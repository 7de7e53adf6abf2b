"""What all methods here share: rows taken together, answers to their copies, progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ...core.events import Clock, Emit, Progress
from ..scores import Scores
from ..subject import KEPT, Subject
from ..value import Value

HELD = 1 << 27
"""Bytes of masks that are held at a time."""


class Work:
    """Rows of a subject in groups whose copies go through the model together.

    Parameters
    ----------
    subject
        What is explained.
    copies
        ``copies(segments)``: how many copies of a row of so many segments the model answers at
        most.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """

    def __init__(
        self,
        subject: Subject,
        copies: Callable[[int], int],
        emit: Emit,
        check: Callable[[], None],
    ) -> None:
        self.subject = subject
        self.value = Value(subject, check=self._tell)
        self._copies, self._emit, self._check = copies, emit, check
        self._total = int(subject.lengths.sum())
        self._clock = Clock(self._total)
        self._closed, self._own, self._before, self._planned = 0, 0, 0, 1

    def groups(self) -> Iterator[list[int]]:
        """Give rows in their order, as many at a time as their masks have room in memory."""
        group: list[int] = []
        held = planned = 0
        for row in range(len(self.subject)):
            full = len(group) == KEPT  # told before cutting one more, or the first is forgotten
            count = 0 if full else len(self.subject.cut(row))
            if full or (group and held + self._copies(count) * count > HELD):
                yield from self._open(group, planned)
                group, held, planned = [], 0, 0
                count = len(self.subject.cut(row))
            own = self._copies(count)
            group.append(row)
            held += own * count
            planned += own
        if group:
            yield from self._open(group, planned)

    def ends(self, rows: list[int]) -> dict[int, tuple[float, float]]:
        """Return the target's number on each row's sample and on its baseline."""
        asked = [
            (row, np.stack([np.ones(count, bool), np.zeros(count, bool)]))
            for row, count in ((row, len(self.subject.cut(row))) for row in rows)
        ]
        found = self.value.many(asked)
        return {row: (float(one[0]), float(one[1])) for row, one in zip(rows, found, strict=True)}

    def scores(self, row: int, scores: NDArray[np.float64], ends: tuple[float, float]) -> Scores:
        """Return a row's scores as a method does."""
        return Scores(scores, 0.0, *ends, int(self.value.answered[row]))

    def _open(self, group: list[int], planned: int) -> Iterator[list[int]]:
        self._own = int(self.subject.lengths[group].sum())
        self._before, self._planned = self.value.evaluations, max(planned, 1)
        yield group
        self._closed += self._own
        self._own = 0
        self._report()

    def _tell(self) -> None:
        self._check()
        if self._clock.due():
            self._report()

    def _report(self) -> None:
        share = min((self.value.evaluations - self._before) / self._planned, 1.0)
        done = self._closed + self._own * share
        self._emit(
            Progress(
                step="explain",
                done=int(done),
                total=self._total,
                remaining=self._clock.remaining(done),
                text=f"{self.value.evaluations:,} copies answered",
            )
        )
