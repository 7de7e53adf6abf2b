"""How far a comparison is, with what methods tell of their own work."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.events import Clock, Emit, Event, Progress
from ..methods import Method
from .taken import Measuring


def weight(methods: Sequence[Method], how: Measuring, rows: int, pieces: int) -> float:
    """Return how many stages `measured` has, weighed as it weighs them."""
    many = len(methods)
    maps = many * (2 if how.untrained else 1) + 1
    once = many * (2 if how.untrained else 1) + 1 + maps / 2
    shaken = (how.shakes + bool(how.shakes)) * min(how.shaken_rows, rows) / max(rows, 1)
    return pieces * (once + many * shaken)


class Work:
    """How much of the work is done; what methods tell of theirs becomes a share of it."""

    UNITS = 1000

    def __init__(self, total: float, emit: Emit) -> None:
        self._total, self._emit = total, emit
        self._done, self._weight, self._text = 0.0, 0.0, ""
        self._shown = 0
        self._clock = Clock(self.UNITS)

    def stage(self, weight: float, text: str) -> Emit:
        """Begin a stage."""
        self._done += self._weight
        self._weight, self._text = weight, text
        self._tell(0.0)

        def told(event: Event) -> None:
            if isinstance(event, Progress):
                self._tell(event.done / max(event.total, 1))

        return told

    def end(self) -> None:
        """Tell that all is done."""
        self._done, self._weight, self._text = self._total, 0.0, ""
        self._tell(0.0)

    def _tell(self, share: float) -> None:
        whole = self.UNITS * min((self._done + share * self._weight) / self._total, 1.0)
        self._shown = max(self._shown, int(whole))
        if self._clock.due() or self._shown == self.UNITS:
            self._emit(
                Progress(
                    step="explain",
                    done=self._shown,
                    total=self.UNITS,
                    remaining=self._clock.remaining(whole),
                    text=self._text,
                )
            )
