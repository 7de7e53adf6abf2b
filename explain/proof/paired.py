"""Means over rows with intervals, and differences between methods that were measured on the same.

Intervals are percentile bootstrap over rows, all methods on the same resamples
(`core.row_bootstrap`). Whether a difference is told from chance is asked by flipping the signs of
the rows' differences at random (Fisher's randomisation test): were the two methods exchangeable,
either sign would be as likely. Where many differences are looked at, their p-values are adjusted as
Benjamini & Hochberg (1995) have it, which holds the expected share of false ones among those called
significant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.bootstrap import measure, measure_share
from ...core.measured import Measured
from ...core.row_bootstrap import resamples
from ...core.spec import EvaluateSpec

Floats = NDArray[np.float64]

FLIPS = 9999
"""Draws of signs; all of them are tried where rows are so few that there are no more."""

STREAM = 7
"""Which random numbers the resamples are drawn by."""


def means(table: Floats, spec: EvaluateSpec, *, shares: Sequence[int] = ()) -> list[Measured]:
    """Return the mean of each column with its interval.

    Parameters
    ----------
    table
        Figures of shape (rows, columns); NaN where a row doesn't define one.
    spec
        Confidence, number of replicates and seed.
    shares
        Columns that say yes or no of each row, whose interval is Wilson's where all rows agree.
    """
    rows, columns = table.shape
    there = ~np.isnan(table)
    counts = there.sum(axis=0)
    if not rows:
        return [Measured(math.nan, n=0)] * columns
    filled = np.where(there, table, 0.0)
    drawn = []
    with np.errstate(invalid="ignore", divide="ignore"):
        values = filled.sum(axis=0) / counts
        for weights in resamples(rows, spec, STREAM):
            drawn.append((weights @ filled) / (weights @ there))
    replicates = np.concatenate(drawn)
    out = []
    for column, (value, count) in enumerate(zip(values, counts, strict=True)):
        make = measure_share if column in shares else measure
        known = count > 1  # of one row all resamples are alike
        out.append(
            make(float(value), replicates[:, column], spec.confidence, int(count))
            if known
            else Measured(float(value) if count else math.nan, n=int(count))
        )
    return out


def p_values(differences: Floats, seed: int) -> Floats:
    """Return how likely so large a mean difference is where signs are a matter of chance.

    Parameters
    ----------
    differences
        Of shape (rows, columns); NaN where a row doesn't define one.
    seed
        Draws the signs.

    Returns
    -------
    numpy.ndarray
        Two-sided, shape (columns,); NaN where no row defines a difference.
    """
    there = ~np.isnan(differences)
    filled = np.where(there, differences, 0.0)
    rows, columns = filled.shape
    found = np.abs(filled.sum(axis=0))
    # What floating point adds must not make equal sums different.
    found -= 1e-9 * np.abs(filled).sum(axis=0)
    exact = 2**rows - 1 <= FLIPS if rows < 32 else False
    total = 2**rows if exact else FLIPS
    above = np.zeros(columns)
    rng = np.random.default_rng([seed, STREAM])
    for first in range(0, total, 1024):
        many = min(1024, total - first)
        if exact:
            bits = (np.arange(first, first + many)[:, None] >> np.arange(rows)) & 1
        else:
            bits = rng.integers(0, 2, (many, rows))
        above += (np.abs((2.0 * bits - 1) @ filled) >= found).sum(axis=0)
    out = above / total if exact else (above + 1) / (total + 1)
    return np.where(there.any(axis=0), out, np.nan)
