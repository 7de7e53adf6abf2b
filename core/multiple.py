"""P-values of many comparisons, adjusted for one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def adjusted(p_values: Floats) -> Floats:
    """Return Benjamini and Hochberg's adjusted p-values.

    Parameters
    ----------
    p_values
        Of all comparisons, shape (comparisons,); NaN where there was none, which stays so.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate. JRSS B 57.
    """
    from scipy.stats import false_discovery_control

    out = np.full(len(p_values), np.nan)
    known = ~np.isnan(p_values)
    if known.any():
        out[known] = false_discovery_control(np.clip(p_values[known], 0, 1), method="bh")
    return out
