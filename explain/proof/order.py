"""Segments in the order of their scores, and the copies of a sample that follow from it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..pieces import Keep

Ints = NDArray[np.int64]

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the segments that comprehensiveness and sufficiency are averaged over (ERASER)."""


def ordered(scores: NDArray[np.float64], rng: np.random.Generator) -> Ints:
    """Return the numbers of the segments, first the one that speaks most for the answer.

    Equal scores are put in an order drawn at random: by their places, a map that says nothing
    would be credited with whatever stands first in samples.

    Parameters
    ----------
    scores
        Shape (segments,).
    rng
        Draws the order of equal scores.
    """
    return np.lexsort((rng.random(len(scores)), -np.asarray(scores))).astype(np.int64)


def counts(segments: int, points: int) -> Ints:
    """Return after how many segments a curve is measured: from none to all, evenly spread.

    Parameters
    ----------
    segments
        How many there are.
    points
        Most steps; as many as segments if there are fewer.
    """
    steps = min(segments, points)
    return np.unique(np.linspace(0, segments, steps + 1).round().astype(np.int64))


def rationales(segments: int, shares: Sequence[float] | None) -> Ints:
    """Return how many segments each share of them is, rounded up; shape (shares,).

    Parameters
    ----------
    segments
        How many there are, at least one.
    shares
        Above 0 and at most 1; every number of segments if left out.
    """
    if shares is None:
        return np.arange(1, segments + 1)
    # What floating point adds to a whole number must not round it up.
    found = np.ceil(np.asarray(shares) * segments - 1e-9).astype(np.int64)
    return np.clip(found, 1, segments)


def without_first(order: Ints, many: Ints) -> Keep:
    """Return masks that leave out the first so many segments; shape (many, segments)."""
    return _place(order) >= many[:, None]


def first_alone(order: Ints, many: Ints) -> Keep:
    """Return masks that keep nothing but the first so many segments; shape (many, segments)."""
    return _place(order) < many[:, None]


def _place(order: Ints) -> Ints:
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place
