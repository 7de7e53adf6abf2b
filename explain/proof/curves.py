"""Deletion and insertion curves of many rows and maps, and the figures that are read off them.

Petsiuk, Das & Saenko, *RISE* (BMVC 2018): segments are taken away from a sample, or put into its
baseline, first those that spoke most for the answer. DeYoung et al., *ERASER* (ACL 2020):
comprehensiveness and sufficiency are points of the same two curves. All copies of all maps of many
rows go through the model together, and none goes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pieces import Keep
from ..value import Value
from .measures import COMPREHENSIVENESS, DELETION, GAIN, INSERTION, SUFFICIENCY
from .order import SHARES, Ints, counts, first_alone, rationales, without_first

Floats = NDArray[np.float64]
Answers = Callable[[Floats, int], Floats]
"""``answers(numbers, target)``: from all numbers of copies, (copies, numbers), to (copies,)."""

ASKED = 16_384
"""Copies that the value function is asked for at a time."""

GRID = np.linspace(0, 1, 41)
"""Shares of the segments at which curves of different rows are averaged."""


@dataclass(frozen=True, eq=False)
class Curve:
    """What a model answers while a sample's segments go, and while they come.

    Attributes
    ----------
    many
        After how many segments, rising from none to all; shape (points,).
    deletion
        Answers without the first so many segments.
    insertion
        Answers with these alone.
    drawn
        Which of the points belong to the curve; the others are there for rationales.
    """

    many: Ints
    deletion: Floats
    insertion: Floats
    drawn: NDArray[np.bool_]

    def figures(self, shares: Sequence[float] | None = SHARES) -> dict[str, float]:
        """Return the areas, and the figures of ERASER over some shares of the segments."""
        segments = int(self.many[-1])
        at = np.searchsorted(self.many, rationales(segments, shares))
        whole = float(self.deletion[0])
        x = self.many[self.drawn] / segments
        deletion = float(np.trapezoid(self.deletion[self.drawn], x))
        insertion = float(np.trapezoid(self.insertion[self.drawn], x))
        return {
            GAIN: insertion - deletion,
            INSERTION: insertion,
            DELETION: deletion,
            COMPREHENSIVENESS: float(np.mean(whole - self.deletion[at])),
            SUFFICIENCY: float(np.mean(whole - self.insertion[at])),
        }

    def on_grid(self) -> tuple[Floats, Floats]:
        """Return deletion and insertion at the shares of `GRID`."""
        x = self.many[self.drawn] / self.many[-1]
        deletion, insertion = (
            np.interp(GRID, x, one[self.drawn]) for one in (self.deletion, self.insertion)
        )
        return deletion, insertion


def curves(
    value: Value,
    orders: Mapping[int, Sequence[Ints]],
    answers: Answers,
    *,
    points: int,
    shares: Sequence[float] | None = SHARES,
) -> dict[int, list[Curve]]:
    """Measure the curves of several orders of each row's segments.

    Parameters
    ----------
    value
        Of the subject whose rows these are.
    orders
        By row its orders (`order.ordered`), of at least one segment.
    answers
        Makes the answer that is measured of the model's numbers.
    points
        Most steps of a curve.
    shares
        Shares of the segments that rationales hold; every number of segments if left out.

    Returns
    -------
    dict
        By row the curves of its orders.
    """
    found: dict[int, list[Curve]] = {}
    for rows in _portions(orders, points):
        asked: list[tuple[int, Keep]] = []
        for row in rows:
            many, _ = _many(len(orders[row][0]), points, shares)
            masks = [
                make(order, many) for order in orders[row] for make in (without_first, first_alone)
            ]
            asked.append((row, np.concatenate(masks)))
        for (row, _), numbers in zip(asked, value.numbers(asked), strict=True):
            many, drawn = _many(len(orders[row][0]), points, shares)
            target = int(value.subject.targets[row])
            read = answers(numbers, target).reshape(len(orders[row]), 2, len(many))
            found[row] = [Curve(many, deletion, insertion, drawn) for deletion, insertion in read]
    return found


def _many(
    segments: int, points: int, shares: Sequence[float] | None
) -> tuple[Ints, NDArray[np.bool_]]:
    curve = counts(segments, points)
    many = np.union1d(curve, rationales(segments, shares))
    return many, np.isin(many, curve)


def _portions(orders: Mapping[int, Sequence[Ints]], points: int) -> Iterator[list[int]]:
    """Split rows so that few of their copies are held at a time."""
    part: list[int] = []
    held = 0
    for row, own in orders.items():
        copies = 2 * len(own) * (min(len(own[0]), points) + 1)
        if part and held + copies > ASKED:
            yield part
            part, held = [], 0
        part.append(row)
        held += copies
    if part:
        yield part
