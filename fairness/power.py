"""How small a gap the rows at hand could show, and how many rows a stated gap would take."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

POWER = 0.8
"""Chance with which a gap of that size would be seen."""


def smallest_gap(
    rate: Numbers, rows: NDArray[np.int64], other_rows: NDArray[np.int64], confidence: float
) -> Numbers:
    """Return the smallest difference of proportions that rows would show four times in five.

    Parameters
    ----------
    rate
        Proportion that both are taken to have, shape (groups,).
    rows, other_rows
        Rows of each group, and those it is compared with, shape (groups,).
    confidence
        Level of the interval that has to exclude zero.

    Returns
    -------
    numpy.ndarray
        Shape (groups,); at most 1; NaN where one side has no rows.

    References
    ----------
    Fleiss, Levin & Paik (2003), Statistical methods for rates and proportions, chapter 4; both
    variances taken at `rate`.
    """
    n = np.where(rows > 0, rows, np.nan).astype(float)
    m = np.where(other_rows > 0, other_rows, np.nan).astype(float)
    return np.minimum(_sum(confidence) * np.sqrt(rate * (1 - rate) * (1 / n + 1 / m)), 1.0)


def rows_needed(rate: float, gap: float, confidence: float, *, share: float = 0.5) -> float:
    """Return the rows of a group that would show a stated gap four times in five.

    Parameters
    ----------
    rate
        Proportion in all rows, in (0, 1).
    gap
        The difference, in (0, 1].
    confidence
        Level of the interval.
    share
        Share of the group among all rows that are compared; half: two groups of equal size.

    Returns
    -------
    float
        Rows, rounded up.
    """
    rows = (_sum(confidence) / gap) ** 2 * rate * (1 - rate) * (1 + share / (1 - share))
    return float(np.ceil(rows))


def _sum(confidence: float) -> float:
    normal = NormalDist()
    return normal.inv_cdf((1 + confidence) / 2) + normal.inv_cdf(POWER)
