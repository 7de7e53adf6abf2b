"""How sure a difference is that is measured on the same rows, and one between such differences."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .proportions import proportion
from .uncertainty import wilson

Numbers = NDArray[np.float64]


def rate(hits: NDArray[np.bool_], confidence: float) -> Measured:
    """Return a share of rows with its Wilson interval; not defined without rows."""
    return proportion(int(hits.sum()), len(hits), confidence)


def paired_difference(
    first: NDArray[np.bool_], second: NDArray[np.bool_], confidence: float
) -> Measured:
    """Return how much larger a share of the same rows is with its interval.

    Parameters
    ----------
    first, second
        Whether each row counts, the same rows in the same order; shape (rows,).
    confidence
        Level, between 0 and 1.

    Returns
    -------
    Measured
        Share of the first minus that of the second, in [-1, 1].

    References
    ----------
    Newcombe (1998), Improved confidence intervals for the difference between binomial proportions
    based on paired data. Statistics in Medicine 17, method 10: square-and-add of Wilson intervals,
    with a correlation that is corrected for continuity.
    """
    rows = len(first)
    if not rows:
        return Measured(math.nan, n=0)
    both = int((first & second).sum())
    lost, gained = int((first & ~second).sum()), int((~first & second).sum())
    value, low, high = newcombe_paired(both, lost, gained, rows - both - lost - gained, confidence)
    return Measured(value, low, high, rows, "newcombe-paired")


def newcombe_paired(
    both: int, first: int, second: int, neither: int, confidence: float
) -> tuple[float, float, float]:
    """Return difference, low and high end from the counts of a paired table of at least one row."""
    rows = both + first + second + neither
    counts = np.array([both + first, both + second])
    p, q = counts / rows
    (low_p, low_q), (high_p, high_q) = wilson(counts, np.array([rows, rows]), confidence)
    phi = _phi(both, first, second, neither)

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(one**2 - 2 * phi * one * other + other**2, 0.0))

    value = (first - second) / rows
    low = value - reach(p - low_p, high_q - q)
    high = value + reach(high_p - p, q - low_q)
    return value, max(float(low), -1.0), min(float(high), 1.0)


def mean_difference(values: Numbers, confidence: float) -> Measured:
    """Return the mean of a number that is a difference on each row, with Student's t interval."""
    from scipy.stats import t

    rows = len(values)
    if not rows:
        return Measured(math.nan, n=0)
    value = float(values.mean())
    if rows < 2:
        return Measured(value, n=rows)
    half = float(t.ppf((1 + confidence) / 2, rows - 1) * values.std(ddof=1) / math.sqrt(rows))
    return Measured(value, value - half, value + half, rows, "student-t")


def between(one: Measured, other: Measured) -> Measured:
    """Return the difference of two figures of separate rows, from their intervals.

    References
    ----------
    Zou and Donner (2008), Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27 (method of variance estimates recovery).
    """
    value = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return Measured(value, n=one.n)
    low = value - math.hypot(one.value - one.low, other.high - other.value)
    high = value + math.hypot(one.high - one.value, other.value - other.low)
    return Measured(value, low, high, one.n, "mover")


def average(figures: list[Measured]) -> Measured:
    """Return the mean of figures of the same rows; its interval is at least wide enough.

    Figures of the same rows go up and down together to an unknown degree. The mean's standard
    error is at most the mean of theirs, so the means of the ends are taken.
    """
    value = math.fsum(one.value for one in figures) / len(figures)
    if any(one.low is None or one.high is None for one in figures):
        return Measured(value, n=figures[0].n)
    low, high = (
        math.fsum(getattr(one, end) for one in figures) / len(figures) for end in ("low", "high")
    )
    return Measured(value, low, high, figures[0].n, "mean of ends")


def permuted(
    values: Numbers, codes: NDArray[np.intp], groups: int, times: int, rng: np.random.Generator
) -> Numbers:
    """Return how far each group's mean lies from that of all others, groups given out at random.

    Parameters
    ----------
    values
        A number of each row; shape (rows,).
    codes
        Group of each row; shape (rows,).
    groups
        How many there are, at least two of them with rows.
    times
        How often groups are shuffled over the rows.
    rng
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (times + 1, groups); the first line is what is in the data.
    """
    sizes = np.bincount(codes, minlength=groups)
    total = values.sum()
    out = np.empty((times + 1, groups))
    drawn = values
    for time in range(times + 1):
        sums = np.bincount(codes, drawn, groups)
        with np.errstate(invalid="ignore", divide="ignore"):
            out[time] = sums / sizes - (total - sums) / (len(values) - sizes)
        drawn = rng.permutation(values)
    return out


def _phi(both: int, first: int, second: int, neither: int) -> float:
    sides = (both + first, second + neither, both + second, first + neither)
    product = math.prod(sides)
    if product == 0:
        return 0.0
    rows = both + first + second + neither
    covariance = float(both * neither - first * second)
    if covariance > 0:
        covariance = max(covariance - rows / 2, 0.0)
    return covariance / math.sqrt(product)
