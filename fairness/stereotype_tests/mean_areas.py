"""How sure the generalised means of areas over identity terms are.

Rows are drawn anew with replacement, and all areas are computed of each such table from counts of
rows per score. A generalised mean with a negative power leans towards the lowest areas, and so
towards those that chance has made low: its estimate lies too low, and its resamples lie as far
below the estimate again. The interval is therefore the basic one, which mirrors the resamples at
the estimate (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 5.2).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ..subgroups import AREAS, generalised_mean
from .likelihood import Floats
from .spec import StereotypeSpec

LEVELS = 4096
"""Most distinct scores that are told apart in a resample; neighbours count as tied beyond that."""


def mean_areas(
    toxic: NDArray[np.bool_],
    scores: Floats,
    terms: NDArray[np.object_],
    values: Mapping[str, Sequence[float]],
    spec: StereotypeSpec,
) -> dict[str, Measured]:
    """Return the generalised mean over terms of each area with its interval.

    Parameters
    ----------
    toxic, scores, terms
        Label, score and term of each row, the latter empty where it names none; shape (rows,).
    values
        The areas of the terms (`subgroups.AREAS`).
    spec
        Level, replicates and seed.

    Returns
    -------
    Means by the areas' names; n is the number of terms.
    """
    kept = sorted({str(one) for one in terms if one})
    number = {name: at for at, name in enumerate(kept)}
    group = np.array([number.get(one, len(kept)) for one in terms], np.int64)
    level = _levels(scores)
    shape = (2, len(kept) + 1, int(level.max()) + 1)
    cell = np.ravel_multi_index((toxic.astype(np.int64), group, level), shape)
    rng = np.random.default_rng([spec.seed % 2**63, 3])
    drawn = np.empty((spec.replicates, len(AREAS)))
    for one in range(spec.replicates):
        rows = rng.integers(0, len(cell), len(cell))
        counts = np.bincount(cell[rows], minlength=np.prod(shape)).reshape(shape)
        drawn[one] = [generalised_mean(areas) for areas in _areas(counts.astype(float))]
    tail = (1 - spec.confidence) / 2
    out = {}
    for at, name in enumerate(AREAS):
        known = np.asarray(values[name], np.float64)
        value, count = generalised_mean(known), len(known)
        sure = drawn[~np.isnan(drawn[:, at]), at]
        if np.isnan(value) or len(sure) < spec.replicates / 2:
            out[name] = Measured(value, n=count)
            continue
        high, low = 2 * value - np.quantile(sure, [tail, 1 - tail])
        ends = max(float(low), 0.0), min(float(high), 1.0)
        out[name] = Measured(value, *ends, count, "bootstrap")
    return out


def _levels(scores: Floats) -> NDArray[np.int64]:
    """Return the rank of each distinct score, neighbours together where there are many."""
    distinct, level, count = np.unique(scores, return_inverse=True, return_counts=True)
    if len(distinct) <= LEVELS:
        return level.astype(np.int64)
    middle = np.cumsum(count) - count / 2
    step = np.floor(middle / len(scores) * LEVELS).astype(np.int64)
    return step[level]


def _areas(counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return subgroup, BPSN and BNSP AUC of every term but the last, which stands for none.

    Parameters
    ----------
    counts
        Rows by label, term and level of score; shape (2, terms + 1, levels).
    """
    (every_negative, every_positive), inside = counts.sum(axis=1), counts[:, :-1]
    negative, positive = inside
    below = np.cumsum(negative, axis=1) - negative / 2
    every_below = np.cumsum(every_negative) - every_negative / 2
    own = (positive * below).sum(axis=1)
    n, p = negative.sum(axis=1), positive.sum(axis=1)
    others_n, others_p = every_negative.sum() - n, every_positive.sum() - p
    with np.errstate(invalid="ignore", divide="ignore"):
        return (
            own / (p * n),
            (below @ every_positive - own) / (others_p * n),
            (positive @ every_below - own) / (p * others_n),
        )
