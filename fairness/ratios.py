"""Ratios of rates of two groups that share no row, with intervals from those of the rates."""

from __future__ import annotations

import numpy as np

from .block import Figures, Numbers, measured
from .counts import Share
from .uncertainty import wilson


def rate_ratios(share: Share, reference: int, confidence: float) -> Figures:
    """Return the ratio of each group's rate to that of the reference group.

    Parameters
    ----------
    share
        The rate of each group.
    reference
        Position of the reference group, whose own ratio is 1 for sure.
    confidence
        Level of the intervals.

    Returns
    -------
    tuple of Measured
        NaN where the reference group's rate is 0 or not defined; `n` are the group's rows that the
        rate counts.
    """
    rates, ends = share.value, wilson(share.successes, share.rows, confidence)
    at = np.full(len(rates), reference)
    known = rates[at] > 0
    value = np.divide(rates, rates[at], out=np.full(len(rates), np.nan), where=known)
    low, high = mover_ratio(rates, ends, rates[at], (ends[0][at], ends[1][at]))
    low[reference] = high[reference] = value[reference]
    return measured(value, (low, high), share.rows, "mover")


def mover_ratio(
    own: Numbers, own_ends: tuple[Numbers, Numbers], other: Numbers, ends: tuple[Numbers, Numbers]
) -> tuple[Numbers, Numbers]:
    """Return the interval of the ratio of two figures that share no row, from their own ones.

    Unlike resampled rows it keeps a width where a rate is 0 or 1, and covers in small groups too.

    Parameters
    ----------
    own, other
        The figures, not negative, shape (groups,).
    own_ends, ends
        Low and high ends of their intervals.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends of own over other, shape (groups,); NaN where other is not above 0.

    References
    ----------
    Donner and Zou (2012), Closed-form confidence intervals for functions of the normal mean and
    standard deviation. Statistical Methods in Medical Research 21; for proportions with Wilson's
    ends: Fagerland and Newcombe (2013), Confidence intervals for odds ratio and relative risk based
    on the inverse hyperbolic sine transformation. Statistics in Medicine 32.
    """
    product = own * other
    out = []
    for (near, far), sign in zip(zip(own_ends, ends[::-1], strict=True), (-1, 1), strict=True):
        above, below = near * (2 * own - near), far * (2 * other - far)
        root = np.sqrt(np.maximum(product**2 - above * below, 0.0))
        # The low end in the form that does not divide by what may be zero.
        over, under = (above, product + root) if sign < 0 else (product + root, below)
        end = np.full_like(product, np.nan)
        np.divide(over, under, out=end, where=(other > 0) & (under > 0))
        # Where the rate is 0, so is the low end.
        out.append(np.where((sign < 0) & (own == 0) & (other > 0), 0.0, end))
    return out[0], out[1]
