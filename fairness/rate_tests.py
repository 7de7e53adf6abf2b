"""P-values of differences of rates between groups."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .counts import Share

Numbers = NDArray[np.float64]

_EXACT = 2000  # rows or successes of the smaller side up to which every table is weighed


def rate_p_values(own: Share, other: Share) -> Numbers:
    """Return the two-sided p-value of equal proportions in two samples that share no row.

    With few rows it is Fisher's exact one (twice the smaller tail), with many the chi-square test
    with Yates' correction, which is as cautious.

    Parameters
    ----------
    own, other
        Proportions of shape (groups,).

    Returns
    -------
    numpy.ndarray
        Shape (groups,); NaN where one of the two has no rows.

    References
    ----------
    Fisher (1935), The logic of inductive inference; Yates (1934), Contingency tables involving
    small numbers and the chi-square test.
    """
    out = np.full(len(own.rows), np.nan)
    for at in np.flatnonzero((own.rows > 0) & (other.rows > 0)):
        counts = (own.successes[at], own.rows[at], other.successes[at], other.rows[at])
        out[at] = _two_sided(*(int(count) for count in counts))
    return out


def _two_sided(successes: int, rows: int, other_successes: int, other_rows: int) -> float:
    from scipy.special import gammaln, ndtr

    total, n = successes + other_successes, rows + other_rows
    least, most = max(0, total - other_rows), min(total, rows)
    if least == most:
        return 1.0
    if most - least <= _EXACT:
        k = np.arange(least, most + 1)
        logs = -(
            gammaln(k + 1)
            + gammaln(rows - k + 1)
            + gammaln(total - k + 1)
            + gammaln(other_rows - total + k + 1)
        )
        chances = np.exp(logs - logs.max())
        chances /= chances.sum()
        at = successes - least
        return float(min(1.0, 2 * min(chances[: at + 1].sum(), chances[at:].sum())))
    pooled = total / n
    gap = abs(successes / rows - other_successes / other_rows)
    gap = max(gap - (1 / rows + 1 / other_rows) / 2, 0.0)
    error = np.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / other_rows))
    return float(2 * ndtr(-gap / error))
