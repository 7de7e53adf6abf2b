"""Rows that two models answered, counted by what is true and what each of them predicted.

A row is of one of eight kinds: whether it is positive, whether it was predicted so before, and
after. Every rate before and after, and every change, is a ratio of sums of such counts; so is that
of rows that are drawn anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..counts import CELLS

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]
Counts = NDArray[np.int64]

FIXED = ("accuracy", "selection_rate", "true_positive_rate", "false_positive_rate")
"""Rates whose rows are the same before and after."""

MOVING = ("precision", "negative_predictive_value", "f1")
"""Figures whose rows change with the predictions."""

_AT_ONCE = 4_000_000  # counts drawn at once

_TRUE, BEFORE, AFTER = np.indices((2, 2, 2)).reshape(3, -1).astype(bool)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Changes on drawn rows: of moving figures (own, rest, overall), and of largest gaps."""

    moving: Mapping[str, tuple[Numbers, ...]]
    gaps: Mapping[str, Numbers]


def _measured_on(counts: Counts) -> Drawn:
    total = counts.sum(axis=1, keepdims=True)
    moving = {
        metric: (
            change(metric, counts),
            change(metric, total - counts),
            change(metric, total),
        )
        for metric in MOVING
    }
    widths = {
        metric: [_width(figure(metric, counts, side)) for side in (BEFORE, AFTER)]
        for metric in (*FIXED, "precision")
    }
    widths["equalized_odds"] = [
        np.fmax(widths["true_positive_rate"][at], widths["false_positive_rate"][at])
        for at in (0, 1)
    ]
    return Drawn(moving, {name: after - before for name, (before, after) in widths.items()})


def _width(rates: Numbers) -> Numbers:
    """Return the largest gap of each draw; shape (draws,)."""
    known = np.isfinite(rates)
    high = np.where(known, rates, -np.inf).max(axis=1)
    low = np.where(known, rates, np.inf).min(axis=1)
    return np.where(known.sum(axis=1) > 1, high - low, np.nan)


def _quadrants(side: Mask) -> list[Mask]:
    """Return true positives, false positives, false negatives and true negatives of one side."""
    return [_TRUE & side, ~_TRUE & side, _TRUE & ~side, ~_TRUE & ~side]


def numerator(metric: str, side: Mask) -> Mask:
    """Return which kinds a rate counts as successes, before or after; shape (8,)."""
    parts = _quadrants(side)
    return np.asarray(np.any([parts[cell] for cell in CELLS[metric][0]], axis=0))


def denominator(metric: str, side: Mask) -> Mask:
    """Return which kinds a rate counts at all, before or after; shape (8,)."""
    parts = _quadrants(side)
    return np.asarray(np.any([parts[cell] for cell in CELLS[metric][1]], axis=0))


def figure(metric: str, cells: Counts, side: Mask) -> Numbers:
    """Return a figure from counts of shape (..., 8)."""
    if metric == "f1":
        hits, wrong = _TRUE & side, _TRUE ^ side
        above, below = 2 * cells[..., hits].sum(-1), cells[..., wrong].sum(-1)
        below = above + below
    else:
        above = cells[..., numerator(metric, side)].sum(-1)
        below = cells[..., denominator(metric, side)].sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(above / below, np.float64)


def change(metric: str, cells: Counts) -> Numbers:
    """Return a figure after less before, of counts of shape (..., 8)."""
    return figure(metric, cells, AFTER) - figure(metric, cells, BEFORE)


def counted(metric: str, cells: Counts) -> Counts:
    """Return how many rows a figure counts after, of counts of shape (..., 8)."""
    inside = _TRUE | AFTER if metric == "f1" else denominator(metric, AFTER)
    return np.asarray(cells[..., inside].sum(-1))


def count_kinds(codes: NDArray[Any], groups: int, true: Mask, before: Mask, after: Mask) -> Counts:
    """Count the rows of each group by the eight kinds; shape (groups, 8)."""
    kinds = (codes.astype(np.intp) * 2 + true) * 4 + before * 2 + after
    return np.bincount(kinds, minlength=groups * 8).reshape(groups, 8)


def drawn(cells: Counts, replicates: int, seed: int) -> Drawn:
    """Draw the rows anew, the same for both, and measure changes on them.

    Parameters
    ----------
    cells
        Shape (groups, 8).
    replicates, seed
        How often, and the seed.
    """
    rng = np.random.default_rng(seed)
    total = int(cells.sum())
    parts: list[Drawn] = []
    for size in _chunks(replicates, cells.size):
        counts = rng.multinomial(total, cells.ravel() / total, size=size)
        parts.append(_measured_on(counts.reshape(size, *cells.shape)))
    return Drawn(
        {
            metric: tuple(
                np.concatenate([one.moving[metric][at] for one in parts]) for at in range(3)
            )
            for metric in MOVING
        },
        {name: np.concatenate([one.gaps[name] for one in parts]) for name in parts[0].gaps},
    )


def _chunks(replicates: int, width: int) -> Iterator[int]:
    most = max(1, _AT_ONCE // max(width, 1))
    for first in range(0, replicates, most):
        yield min(most, replicates - first)
