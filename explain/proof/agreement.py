"""Whether two maps of one sample agree, and whether a map points at what is known to matter."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .order import Ints

Floats = NDArray[np.float64]

TOP = 0.2
"""Share of the segments that count as a map's first ones."""


def rank_correlation(first: Floats, second: Floats) -> float:
    """Return Spearman's rank correlation of two maps; NaN where one of them is all alike."""
    from scipy.stats import rankdata

    one, other = (rankdata(scores) - (len(scores) + 1) / 2 for scores in (first, second))
    scale = math.sqrt(float(one @ one) * float(other @ other))
    return float(one @ other) / scale if scale else math.nan


def top_overlap(first: Ints, second: Ints, top: float = TOP) -> float:
    """Return the share of the first segments that two orders have in common.

    Parameters
    ----------
    first, second
        Orders of the same segments (`order.ordered`).
    top
        Share of the segments that count as the first ones, rounded up. Two random orders have this
        share of them in common on average.
    """
    many = max(math.ceil(top * len(first) - 1e-9), 1)
    return len(np.intersect1d(first[:many], second[:many])) / many


def points_at(order: Ints, truth: NDArray[np.bool_]) -> float:
    """Return 1 where the first segment is one that is known to matter, else 0.

    Zhang et al., *Top-down Neural Attention by Excitation Backprop* (ECCV 2016).

    Parameters
    ----------
    order
        Of the segments.
    truth
        Which segments matter; shape (segments,).

    Returns
    -------
    float
        NaN where none of them is known to matter.
    """
    return float(truth[order[0]]) if truth.any() else math.nan
