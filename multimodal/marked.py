"""Segments that are left out as scores, by which pictures and sounds draw them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def marked(count: int, left_out: Iterable[int]) -> NDArray[np.float64]:
    """Return 1 for each segment that is left out and 0 for the others; shape (segments,)."""
    out = np.zeros(count)
    out[list(left_out)] = 1.0
    return out
