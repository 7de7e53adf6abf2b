"""What the rate of a small group is likely to be, given the rates of all others.

The rate of a group of twelve rows lies far from the others for no other reason than chance.
Empirical Bayes draws every rate towards the mean of all groups, the further the fewer rows it rests
on and the less the groups scatter beyond chance. Groups are shrunk, never hidden.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .counts import Share

Numbers = NDArray[np.float64]


def prior(share: Share) -> tuple[float, float]:
    """Return mean and strength of the Beta distribution that the groups' rates come from.

    Parameters
    ----------
    share
        Proportion in each group.

    Returns
    -------
    mean, strength
        Strength is the number of rows that the mean counts for; infinite where the groups scatter
        no more than chance would have them. NaN without two groups that have rows.

    References
    ----------
    Kleinman (1973), Proportions with extraneous variance: single and independent samples. JASA 68;
    method of moments with weights equal to the rows.
    """
    kept = share.rows > 0
    n, x = share.rows[kept].astype(float), share.successes[kept].astype(float)
    groups, rows = len(n), n.sum()
    if groups < 2:
        return math.nan, math.nan
    mean = x.sum() / rows
    spread = mean * (1 - mean)
    if spread == 0:
        return mean, math.inf
    between = float((n * (x / n - mean) ** 2).sum())
    slack = rows - (n**2).sum() / rows - (groups - 1)
    correlation = (between - spread * (groups - 1)) / (spread * slack) if slack > 0 else 0.0
    if correlation <= 0:
        return mean, math.inf
    return mean, max(1 / correlation - 1, 0.0)


def shrunk(share: Share) -> Numbers:
    """Return the posterior mean of each group's rate, shape (groups,); NaN without two groups."""
    mean, strength = prior(share)
    if math.isnan(mean):
        return np.full(len(share.rows), np.nan)
    if math.isinf(strength):
        return np.full(len(share.rows), mean)
    return np.asarray(
        (share.successes + strength * mean) / (share.rows + strength)
        if strength > 0
        else np.where(share.rows > 0, share.successes / np.maximum(share.rows, 1), mean),
        np.float64,
    )


def shrunk_means(values: Numbers, errors: Numbers) -> Numbers:
    """Return figures drawn towards their mean by how much they scatter beyond their errors.

    Parameters
    ----------
    values, errors
        Figure of each group and its standard error, shape (groups,); those without stay as they
        are.

    References
    ----------
    DerSimonian and Laird (1986), Meta-analysis in clinical trials. Controlled Clinical Trials 7.
    """
    out = values.copy()
    kept = ~np.isnan(values) & (errors**2 >= np.finfo(float).tiny)  # not of NaN either
    if kept.sum() < 2:
        return out
    x, variance = values[kept], errors[kept] ** 2
    weights = 1 / variance
    mean = (weights * x).sum() / weights.sum()
    excess = (weights * (x - mean) ** 2).sum() - (len(x) - 1)
    scale = weights.sum() - (weights**2).sum() / weights.sum()
    if scale <= 0:  # one group is known so much better that rounding leaves nothing of the others
        return out
    between = max(excess / scale, 0.0)
    out[kept] = mean + (x - mean) * between / (between + variance)
    return out
