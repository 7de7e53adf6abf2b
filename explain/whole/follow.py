"""How far answers follow one segment: it is left out of rows, and kept alone in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.events import Clock, Emit, Progress, silent
from ...core.measured import Measured
from ..attribution import Attribution
from ..subject import Subject
from ..value import Value
from .mean import rate, ratio
from .spots import Spot, spots

ROWS = 24
"""Rows with a segment that are tried, at most; of more, so many spread evenly."""


@dataclass(frozen=True)
class Follow:
    """How far the answers of some rows follow one segment.

    Attributes
    ----------
    rows
        Rows that were tried: answered with the class, and holding the segment.
    changed
        Share of them whose answer is another one without the segment (Wilson, 95%).
    alone
        Share of them that are answered with the class where only the segment is left.
    nothing
        Share of them that are so answered where nothing is left, by which `alone` is to be judged.
    without, only
        Share of the difference between the outputs on sample and baseline, over all rows together,
        that is lost without the segment, and that is reached by it alone (`mean.ratio`, 95%).
    """

    rows: int
    changed: Measured
    alone: Measured
    nothing: float
    without: Measured
    only: Measured

    @property
    def extent(self) -> float:
        """How far the answers follow, from 0 to 1.

        The mean of `changed`, of `alone` less `nothing`, of `without` and of `only`, each cut to
        the range from 0 to 1; those that are not defined are left out.
        """
        gained = self.alone.value - self.nothing
        ends = np.array([self.changed.value, gained, self.without.value, self.only.value])
        known = ends[np.isfinite(ends)]
        return float(np.clip(known, 0, 1).mean()) if len(known) else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        named = {name: getattr(self, name).as_json() for name in MEASURED}
        return {"rows": self.rows, "nothing": self.nothing, **named}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Follow:
        """Read what `as_json` wrote."""
        return cls(**{**raw, **{name: Measured.from_json(raw[name]) for name in MEASURED}})


MEASURED = ("changed", "alone", "without", "only")


def follow(
    subject: Subject,
    attributions: Sequence[Attribution],
    asked: Sequence[tuple[Spot, NDArray[np.int64]]],
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Follow]:
    """Leave segments out of rows, and keep them alone in them.

    Parameters
    ----------
    subject
        Its targets are the classes that are asked about.
    attributions
        Of the subject's rows.
    asked
        Segments, each with the numbers of rows to try.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """
    value = Value(subject, check=check)
    clock, total = Clock(len(asked)), len(asked)
    out = []
    for done, (spot, rows) in enumerate(asked, 1):
        tried: list[tuple[int, NDArray[np.bool_]]] = []
        for row in _spread(rows):
            inside = _inside(attributions[row], spot)
            if len(inside):
                keep = np.zeros((4, len(attributions[row].segments)), bool)
                keep[0] = keep[1] = True
                keep[1, inside] = False
                keep[2, inside] = True
                tried.append((int(row), keep))
        out.append(_told(subject, [row for row, _ in tried], value.numbers(tried)))
        if clock.due() or done == total:
            emit(
                Progress(step="shortcuts", done=done, total=total, remaining=clock.remaining(done))
            )
    return out


def _told(subject: Subject, rows: Sequence[int], answers: Sequence[NDArray[np.float64]]) -> Follow:
    """Sum up; each of `answers` has the numbers for all, without, alone and nothing."""
    if not rows:
        undefined = rate(0, 0)
        return Follow(0, undefined, undefined, float("nan"), undefined, undefined)
    found = np.stack(answers)
    targets = subject.targets[np.array(rows)]
    said = found.argmax(axis=2) == targets[:, None]
    own = np.take_along_axis(found, targets[:, None, None], 2)[:, :, 0]
    whole, without, alone, nothing = own.T
    count = len(rows)
    return Follow(
        count,
        rate(int((said[:, 0] & ~said[:, 1]).sum()), count),
        rate(int(said[:, 2].sum()), count),
        float(said[:, 3].mean()),
        ratio(whole - without, whole - nothing),
        ratio(alone - nothing, whole - nothing),
    )


def _inside(one: Attribution, spot: Spot) -> NDArray[np.int64]:
    found = spots(one).inside(spot)
    return found if len(found) else spots(one, whole=True).inside(spot)


def _spread(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(rows) <= ROWS:
        return rows
    places = np.unique(np.linspace(0, len(rows) - 1, ROWS).round().astype(np.int64))
    return np.asarray(rows[places], np.int64)
