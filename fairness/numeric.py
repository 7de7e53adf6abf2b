"""Figures of predicted numbers in each group.

- ``mean_label``, ``mean_prediction``: mean of what is true and of what was predicted.
- ``mean_error``: mean of prediction minus label; above zero the model predicts too much.
- ``mean_absolute_error``: mean of its size.
- ``root_mean_squared_error``: root of the mean of its square.
"""

from __future__ import annotations

import numpy as np

from ..core.measured import Measured
from .block import Block, Compared, Numbers
from .means import Summed
from .scored import mean_block
from .tally import Tally

NUMERIC = ("mean_label", "mean_prediction", "mean_error", "mean_absolute_error")

_SQUARE, _ROOT = "mean_squared_error", "root_mean_squared_error"


def numeric_sums(tally: Tally, true: Numbers, predicted: Numbers) -> dict[str, Summed]:
    """Add up what the figures need of labels and predictions, shape (rows,) each."""
    error = predicted - true
    values = (true, predicted, error, np.abs(error), error**2)
    return {
        name: Summed.of(tally, value)
        for name, value in zip((*NUMERIC, _SQUARE), values, strict=True)
    }


def numeric_block(sums: dict[str, Summed], compared: Compared) -> Block:
    """Measure every figure of one grouping."""
    found = {name: one.by(compared.grouping) for name, one in sums.items()}
    block = mean_block(found, compared)
    block.metrics[_ROOT] = tuple(_root(one) for one in block.metrics[_SQUARE])
    block.overall[_ROOT] = _root(block.overall[_SQUARE])
    for part in (block.metrics, block.rest, block.to_rest, block.to_reference, block.p_values):
        part.pop(_SQUARE, None)
    block.overall.pop(_SQUARE)
    block.gaps.pop(f"{_SQUARE}_difference")
    return block


def _root(figure: Measured) -> Measured:
    if figure.low is None or figure.high is None:
        return Measured(float(np.sqrt(figure.value)), n=figure.n)
    low, high = (float(np.sqrt(max(end, 0.0))) for end in (figure.low, figure.high))
    return Measured(float(np.sqrt(figure.value)), low, high, figure.n, figure.method)
