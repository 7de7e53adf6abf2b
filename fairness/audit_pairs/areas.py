"""Areas under ROC curves of the same rows by two models' scores.

References
----------
DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated receiver
operating characteristic curves. Biometrics 44.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ..uncertainty import normal_quantile

Numbers = NDArray[np.float64]
Mask = NDArray[np.bool_]


def area_change(true: Mask, before: Numbers, after: Numbers, confidence: float) -> Measured:
    """Return how much larger the area under the ROC curve is by other scores of the same rows.

    Parameters
    ----------
    true
        Whether each row is positive, shape (rows,).
    before, after
        Scores, shape (rows,).
    confidence
        Level, between 0 and 1.

    Returns
    -------
    Measured
        In [-1, 1], with DeLong's interval; not defined without rows of both kinds.
    """
    positives, negatives = int(true.sum()), int((~true).sum())
    if not positives or not negatives:
        return Measured(math.nan, n=len(true))
    above = [_placements(true, scores) for scores in (before, after)]
    moved = [second - first for first, second in zip(*above, strict=True)]
    value = float(moved[0].mean())
    if positives < 2 or negatives < 2:
        return Measured(value, n=len(true))
    half = normal_quantile(confidence) * math.sqrt(sum(one.var(ddof=1) / len(one) for one in moved))
    return Measured(value, max(value - half, -1.0), min(value + half, 1.0), len(true), "delong")


def _placements(true: Mask, scores: Numbers) -> tuple[Numbers, Numbers]:
    """Return for each row the share of rows of the other kind that it is on the right side of."""
    from scipy.stats import rankdata

    ranks = rankdata(scores)
    up, down = scores[true], scores[~true]
    return (
        (ranks[true] - rankdata(up)) / len(down),
        1 - (ranks[~true] - rankdata(down)) / len(up),
    )
