"""Means of scores over rows, and how exactly they are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured


def standard_error(values: NDArray[np.float64]) -> float:
    """Return the standard error of a mean of at least two values."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def mean(values: NDArray[np.float64]) -> Measured:
    """Return a mean with its 95% interval from Student's t distribution.

    Parameters
    ----------
    values
        Shape (rows,); of a single one there is no interval.
    """
    from scipy.stats import t

    value = float(values.mean())
    if len(values) < 2:
        return Measured(value, n=len(values))
    half = float(t.ppf(0.975, len(values) - 1)) * standard_error(values)
    return Measured(value, value - half, value + half, len(values), "student-t")


def ratio(parts: NDArray[np.float64], wholes: NDArray[np.float64]) -> Measured:
    """Return the sum of some numbers as a share of the sum of others, with its 95% interval.

    A mean of shares would be ruled by rows whose whole is nearly 0. The interval is that of a ratio
    estimator by linearisation (Cochran 1977, section 6.4), with Student's t distribution.

    Parameters
    ----------
    parts, wholes
        Of the same rows; shape (rows,). Not defined where the wholes do not sum to more than 0.
    """
    from scipy.stats import t

    rows, whole = len(wholes), float(wholes.sum())
    if whole <= 0:
        return Measured(float("nan"), n=rows)
    share = float(parts.sum()) / whole
    if rows < 2:
        return Measured(share, n=rows)
    off = float((parts - share * wholes).std(ddof=1)) * np.sqrt(rows) / whole
    half = float(t.ppf(0.975, rows - 1) * off)
    return Measured(share, share - half, share + half, rows, "ratio")


def rate(hits: int, rows: int) -> Measured:
    """Return a share of rows with its 95% interval (Wilson 1927); not defined without rows."""
    if not rows:
        return Measured(float("nan"), n=0)
    z2 = 1.959963984540054**2
    share = hits / rows
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = np.sqrt(z2 * (share * (1 - share) / rows + z2 / (4 * rows**2))) / (1 + z2 / rows)
    # The ends of none and all are rounded to where they are.
    low = 0.0 if hits == 0 else float(middle - half)
    high = 1.0 if hits == rows else float(middle + half)
    return Measured(share, low, high, rows, "wilson")
