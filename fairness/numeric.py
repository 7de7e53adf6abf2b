"""Figures of predicted numbers in each group.

- ``mean_label``, ``mean_prediction``: mean of what is true and of what was predicted.
- ``mean_error``: mean of prediction minus label; above zero the model predicts too much.
- ``mean_absolute_error``: mean of its size.
- ``root_mean_squared_error``: root of the mean of its square. A few large errors make up most of
  that mean, so that Student's interval holds it too seldom; Hall's takes their skewness into
  account.

References
----------
Hall (1992), On the removal of skewness by transformation. JRSS B 54.
"""

from __future__ import annotations

import numpy as np

from .block import Block, Compared, Figures, Numbers, measured
from .counts import Share
from .means import Means, Summed
from .rates import rate_block
from .scored import mean_block
from .written import SHARES

NUMERIC = ("mean_label", "mean_prediction", "mean_error", "mean_absolute_error")

_SQUARE, _ROOT = "mean_squared_error", "root_mean_squared_error"
_CUBE = "cubes of squares less their mean"


def numeric_figures(true: Numbers, predicted: Numbers) -> dict[str, Numbers]:
    """Return what the figures need of each row's label and prediction, shape (rows,) each."""
    error = predicted - true
    square = error**2
    known = ~np.isnan(square)
    cube = (square - square[known].mean()) ** 3
    values = (true, predicted, error, np.abs(error), square, cube)
    return dict(zip((*NUMERIC, _SQUARE, _CUBE), values, strict=True))


def numeric_block(sums: dict[str, Summed], compared: Compared) -> Block:
    """Measure the mean of each number of rows in one grouping, and the root of mean squares."""
    found = {name: one.by(compared.grouping) for name, one in sums.items()}
    square, cube = found.pop(_SQUARE, None), found.pop(_CUBE, None)
    shares = {name: _share(found.pop(name)) for name in SHARES if name in found}
    block = Block.joined([rate_block(shares, compared), mean_block(found, compared)])
    if square is None or cube is None:
        return block
    level = compared.spec.confidence
    block.metrics[_ROOT] = _roots(square, cube, level)
    block.overall[_ROOT] = _roots(square.whole, cube.whole, level)[0]
    return block


def _share(one: Means) -> Share:
    """Read a number that is 0 or 1 as a proportion."""
    return Share(np.rint(np.where(one.n > 0, one.value * one.n, 0)).astype(np.int64), one.n)


def _roots(square: Means, cube: Means, confidence: float) -> Figures:
    """Return roots of means of squares, with Hall's interval."""
    value = square.value
    low, high = square.interval(confidence)
    n = np.where(square.n > 1, square.n, np.nan).astype(np.float64)
    mean = square.total / n
    variance = square.squares / n - mean**2
    third = cube.value - 3 * mean * square.squares / n + 2 * mean**3
    spread = np.sqrt(np.where(variance > 0, variance, np.nan))
    skew, reach = third / spread**3, (high - low) / 2 / spread

    def turned(statistic: Numbers) -> Numbers:
        """Return the standardised mean that Hall's cubic sends to a value."""
        bent = np.where(np.abs(skew) > 1e-6, skew, 1e-6)
        root = np.cbrt(1 + bent * (statistic - bent / (6 * n)))
        return np.asarray(3 / bent * (root - 1), np.float64)

    # Where nothing scatters, there is no skewness, and Student's ends meet.
    least = np.where(np.isnan(spread), low, value - spread * turned(reach))
    most = np.where(np.isnan(spread), high, value - spread * turned(-reach))
    ends = np.sqrt(np.maximum(least, 0.0)), np.sqrt(np.maximum(most, 0.0))
    return measured(np.sqrt(value), ends, square.n, "hall")
