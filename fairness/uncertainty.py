"""How sure a rate, a difference of rates and a largest gap are.

Every rate of an audit is a proportion, so its interval has a closed form (Wilson), and so has the
difference of two groups that share no row (Newcombe). The largest gap between groups has none that
can be trusted: it is never negative, so that an interval around it nearly always excludes zero.
Its question is another one: how often would so large a gap arise if groups were given to the same
rows at random? A permutation test counts just that.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_DRAWS = 4_000_000  # table cells drawn at once: bounds the memory of a million permutations


def wilson(
    successes: NDArray[np.int64], rows: NDArray[np.int64], confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Return the Wilson score interval of proportions.

    Parameters
    ----------
    successes, rows
        Counts of shape (groups,); `successes` is at most `rows`.
    confidence
        Level, between 0 and 1.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends in [0, 1], shape (groups,); NaN where there are no rows.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference. JASA 22.
    """
    z = normal_quantile(confidence)
    n = np.where(rows > 0, rows, np.nan).astype(float)
    p = successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # Exact at the edges, where rounding would leave 1e-17 or 1 - 1e-16.
    low = np.where(successes == 0, 0.0 * n, middle - half)
    high = np.where(successes == rows, 0.0 * n + 1, middle + half)
    return low, high


def newcombe(
    successes: NDArray[np.int64],
    rows: NDArray[np.int64],
    other_successes: NDArray[np.int64],
    other_rows: NDArray[np.int64],
    confidence: float = 0.95,
) -> tuple[Numbers, Numbers]:
    """Return Newcombe's hybrid score interval of the difference of two independent proportions.

    Parameters
    ----------
    successes, rows, other_successes, other_rows
        Counts of shape (groups,); the two samples share no row.
    confidence
        Level, between 0 and 1.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends in [-1, 1] of first minus other, shape (groups,); NaN where one of the
        two has no rows.

    References
    ----------
    Newcombe (1998), Interval estimation for the difference between independent proportions:
    comparison of eleven methods. Statistics in Medicine 17, method 10.
    """
    low, high = wilson(successes, rows, confidence)
    other_low, other_high = wilson(other_successes, other_rows, confidence)
    p = successes / np.where(rows > 0, rows, np.nan)
    q = other_successes / np.where(other_rows > 0, other_rows, np.nan)
    return (
        p - q - np.sqrt((p - low) ** 2 + (other_high - q) ** 2),
        p - q + np.sqrt((high - p) ** 2 + (q - other_low) ** 2),
    )


def permuted_range(
    successes: NDArray[np.int64],
    rows: NDArray[np.int64],
    permutations: int,
    rng: np.random.Generator,
) -> tuple[Numbers, Numbers]:
    """Return the smallest and the largest proportion of any group, groups shuffled over the rows.

    Shuffling the groups of the rows that a proportion counts leaves each group's number of rows
    and the total of successes as they are; the successes of the groups then follow a multivariate
    hypergeometric distribution. Drawing from that is the same test as shuffling, at a cost that
    does not depend on the number of rows.

    Parameters
    ----------
    successes, rows
        Counts of shape (groups,); groups without rows are left out.
    permutations
        How many times the groups are shuffled.
    rng
        Source of randomness.

    Returns
    -------
    tuple of numpy.ndarray
        Smallest and largest proportion, shape (permutations,) each.
    """
    n = rows[rows > 0]
    total = int(successes.sum())
    low, high = np.empty(permutations), np.empty(permutations)
    step = max(1, _DRAWS // max(1, len(n)))
    for start in range(0, permutations, step):
        part = slice(start, min(start + step, permutations))
        drawn = rng.multivariate_hypergeometric(
            n, total, size=part.stop - part.start, method="marginals"
        )
        rates = drawn / n
        low[part], high[part] = rates.min(axis=1), rates.max(axis=1)
    return low, high


def permutation_p_value(observed: float, permuted: Numbers) -> float:
    """Return the share of permutations at least as large as what was observed, itself included.

    Parameters
    ----------
    observed
        The figure in the data.
    permuted
        The same figure under each permutation, shape (permutations,).

    References
    ----------
    Phipson and Smyth (2010), Permutation p-values should never be zero.
    """
    # Equal gaps can differ in the last bit, because they are differences of other fractions.
    at_least = int(np.count_nonzero(permuted >= observed - 1e-12))
    return (1 + at_least) / (1 + len(permuted))


def auc_interval(
    auc: float, positives: int, negatives: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Return `auc_intervals` of one area."""
    counts = np.array([positives]), np.array([negatives])
    low, high = auc_intervals(np.array([auc]), *counts, confidence)
    return float(low[0]), float(high[0])


def auc_intervals(
    auc: Numbers,
    positives: NDArray[np.int64],
    negatives: NDArray[np.int64],
    confidence: float = 0.95,
) -> tuple[Numbers, Numbers]:
    """Return score intervals of areas under ROC curves.

    Unlike the usual estimate plus or minus a multiple of its standard error they stay within
    [0, 1] and keep a width where a small group is ranked without a fault.

    Parameters
    ----------
    auc
        Areas under the curve, in [0, 1], shape (groups,).
    positives, negatives
        Rows of either class, shape (groups,).
    confidence
        Level, between 0 and 1.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends, shape (groups,); NaN where the area is.

    References
    ----------
    Newcombe (2006), Confidence intervals for an effect size measure based on the Mann-Whitney
    statistic, part 2. Statistics in Medicine 25, method 5; variance of Hanley and McNeil (1982).
    """
    z = normal_quantile(confidence)
    pull = (positives + negatives) / 2 - 1
    pairs = np.maximum(positives * negatives, 1)

    def far(theta: Numbers) -> NDArray[np.bool_]:
        spread = 1 + pull * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return np.asarray(np.abs(auc - theta) > z * np.sqrt(theta * (1 - theta) * spread / pairs))

    def edge(outside: Numbers) -> Numbers:
        inside = auc
        for _ in range(60):  # halves the way between a value that is far and one that is not
            middle = (outside + inside) / 2
            is_far = far(middle)
            outside, inside = np.where(is_far, middle, outside), np.where(is_far, inside, middle)
        return inside

    return edge(np.zeros_like(auc)), edge(np.ones_like(auc))


def average_precision_intervals(
    average: Numbers, positives: NDArray[np.int64], confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """Return intervals of average precisions, symmetric in their log odds.

    Parameters
    ----------
    average
        Average precisions, shape (groups,).
    positives
        Positive rows, shape (groups,).
    confidence
        Level, between 0 and 1.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends, shape (groups,); at an average precision of 1 Wilson's low end.

    References
    ----------
    Boyd, Eng and Page (2013), Area under the precision-recall curve: point estimates and confidence
    intervals. ECML PKDD, the logit interval.
    """
    z = normal_quantile(confidence)
    inner = np.clip(average, 1e-12, 1 - 1e-12)
    half = np.minimum(z / np.sqrt(np.maximum(positives, 1) * inner * (1 - inner)), 500.0)
    odds = np.log(inner / (1 - inner))
    low, high = 1 / (1 + np.exp(half - odds)), 1 / (1 + np.exp(-half - odds))
    edge = average >= 1 - 1e-12
    least, _ = wilson(positives, positives, confidence)
    return np.where(edge, least, low), np.where(edge, 1.0, high)


def mover(
    own: Numbers, own_ends: tuple[Numbers, Numbers], other: Numbers, ends: tuple[Numbers, Numbers]
) -> tuple[Numbers, Numbers]:
    """Return the interval of the difference of two figures that share no row, from their own ones.

    Parameters
    ----------
    own, other
        The figures, shape (groups,).
    own_ends, ends
        Low and high ends of their intervals.

    Returns
    -------
    tuple of numpy.ndarray
        Low and high ends of own minus other, shape (groups,). Newcombe's interval is the case of
        two proportions with Wilson's.

    References
    ----------
    Zou and Donner (2008), Construction of confidence limits about effect measures: a general
    approach. Statistics in Medicine 27.
    """
    gap = own - other
    return (
        gap - np.sqrt((own - own_ends[0]) ** 2 + (ends[1] - other) ** 2),
        gap + np.sqrt((own_ends[1] - own) ** 2 + (other - ends[0]) ** 2),
    )


def p_value_of_interval(gap: Numbers, ends: tuple[Numbers, Numbers], confidence: float) -> Numbers:
    """Return the two-sided p-value of no difference that an interval stands for.

    The half of the interval that looks towards zero is taken for a multiple of a standard error.
    """
    from scipy.special import ndtr

    half = np.where(gap > 0, gap - ends[0], ends[1] - gap)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = 2 * ndtr(-np.abs(gap) / half * normal_quantile(confidence))
    return np.where(gap == 0, 1.0, found)


def normal_quantile(confidence: float) -> float:
    """Return how many standard errors an interval of a level reaches to either side."""
    return NormalDist().inv_cdf((1 + confidence) / 2)
