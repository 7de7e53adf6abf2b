"""How sure a calibration error is.

The error adds up distances of many bands of scores, none of which is negative, so that noise alone
makes it large: an interval of resampled rows lies above the truth, most of all where there is none.
Here the question is turned round: which errors could have led to the one that was found? Errors are
tried whose bands stand to each other as those in the data do.
"""

from __future__ import annotations

import numpy as np

from .block import Numbers
from .tally import Counts
from .uncertainty import normal_quantile

_HALVINGS = 40


def calibration_intervals(
    counts: Counts, sums: Numbers, confidence: float
) -> tuple[Numbers, Numbers]:
    """Return intervals of expected calibration errors.

    The gap of each band is taken for normal around its true one; the sum of their sizes is then a
    sum of folded normals, whose mean and variance have a closed form. An end of the interval is the
    error under which the one found lies as many standard deviations off as the level asks for; it
    is 0 where even perfect calibration does not contradict what was found.

    Parameters
    ----------
    counts
        Rows by outcome (negatives of every band, then positives), shape (groups, 2 * bands).
    sums
        Sum of the scores of these rows, of the same shape.
    confidence
        Level of the intervals.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends in [0, 1], shape (groups,); NaN where a group has no rows.

    References
    ----------
    Test inversion: Carpenter (1999), Test inversion bootstrap confidence intervals. JRSS B 61.
    Moments: Leone, Nelson and Nottingham (1961), The folded normal distribution. Technometrics 3.
    """
    bands = counts.shape[-1] // 2
    n, positives = counts[:, :bands] + counts[:, bands:], counts[:, bands:]
    scores = sums[:, :bands] + sums[:, bands:]
    gaps = scores - positives
    rows = n.sum(axis=1, keepdims=True).astype(np.float64)
    rows[rows == 0] = np.nan
    some = np.maximum(n, 1)
    # One row more, of the band's mean score: a band of one outcome alone is not sure to stay so.
    share = (positives + scores / some) / (n + 1)
    spread = np.sqrt(n * (share * (1 - share) + (gaps / some) ** 2 * (1 - n / rows)))
    found = np.abs(gaps).sum(axis=1)
    z = normal_quantile(confidence)
    low = _factor(found, gaps, spread, z) * found / rows[:, 0]
    high = _factor(found, gaps, spread, -z) * found / rows[:, 0]
    return low, np.minimum(high, 1.0)


def _factor(found: Numbers, gaps: Numbers, spread: Numbers, reach: float) -> Numbers:
    """Return how far all gaps are stretched where the sum found lies `reach` deviations too high.

    Where no stretch is that small, it is 0.
    """

    def short(factor: Numbers) -> Numbers:
        mean, deviation = _folded(factor[:, None] * gaps, spread)
        return np.asarray(mean + reach * deviation < found, np.bool_)

    low, high = np.zeros_like(found), np.ones_like(found)
    for _ in range(_HALVINGS):
        if not (more := short(high)).any():
            break
        high = np.where(more, 2 * high, high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        more = short(middle)
        low, high = np.where(more, middle, low), np.where(more, high, middle)
    return np.where(np.isnan(found), np.nan, low)


def _folded(means: Numbers, spread: Numbers) -> tuple[Numbers, Numbers]:
    """Return mean and standard deviation of sums of sizes of normal numbers, shape (groups,)."""
    from scipy.special import ndtr

    size = np.abs(means)
    far = np.divide(size, spread, out=np.full_like(size, np.inf), where=spread > 0)
    folded = spread * np.sqrt(2 / np.pi) * np.exp(-(far**2) / 2) + size * (1 - 2 * ndtr(-far))
    variance = np.maximum(size**2 + spread**2 - folded**2, 0.0)
    return folded.sum(axis=1), np.sqrt(variance.sum(axis=1))
