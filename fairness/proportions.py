"""Shares of rows as figures, with Wilson's interval."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .uncertainty import wilson


def proportion(hits: int, rows: int, confidence: float = 0.95) -> Measured:
    """Return a share of rows; not defined where there are no rows."""
    return proportions(np.array([hits]), np.array([rows]), confidence)[0]


def proportions(
    hits: NDArray[np.int64], rows: NDArray[np.int64], confidence: float = 0.95
) -> tuple[Measured, ...]:
    """Return shares of rows; not defined where there are no rows.

    Parameters
    ----------
    hits, rows
        Rows that count, and all of them, shape (groups,).
    confidence
        Level of the intervals.
    """
    low, high = wilson(hits, rows, confidence)
    return tuple(
        Measured(float(hit / n), float(least), float(most), int(n), "wilson")
        if n
        else Measured(math.nan, n=0)
        for hit, n, least, most in zip(hits, rows, low, high, strict=True)
    )
