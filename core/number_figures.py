"""Figures of predicted numbers: beside the true ones, and how far off they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .report.tree import Line, LineFigure

if TYPE_CHECKING:
    import pandas as pd

POINTS = 800
"""Rows that are drawn; of more rows an even share is."""

BINS = 40


def number_figures(predictions: pd.DataFrame) -> tuple[LineFigure, ...]:
    """Draw predicted against true numbers, and a histogram of what lies between them.

    Parameters
    ----------
    predictions
        Columns label and prediction; rows where one of them is no number are left out.
    """
    import pandas as pd

    both = [
        pd.to_numeric(predictions[name], errors="coerce").to_numpy(np.float64)
        for name in ("label", "prediction")
    ]
    known = np.isfinite(both[0]) & np.isfinite(both[1])
    true, predicted = (column[known] for column in both)
    if not len(true):
        return ()
    return _beside(true, predicted), _residuals(predicted - true)


def _beside(true: NDArray[np.float64], predicted: NDArray[np.float64]) -> LineFigure:
    drawn = np.arange(len(true))
    if len(drawn) > POINTS:
        drawn = np.unique(np.linspace(0, len(true) - 1, POINTS).round().astype(np.int64))
    ends = np.array([min(true.min(), predicted.min()), max(true.max(), predicted.max())])
    rows = f"{len(drawn):,} of {len(true):,} rows" if len(drawn) < len(true) else "rows"
    near = np.median(np.abs(predicted - true))
    return LineFigure(
        "Predicted and true numbers",
        "True number",
        "Predicted number",
        (
            Line(rows, true[drawn], predicted[drawn], points=True),
            Line("predicted as it is", ends, ends, dashed=True),
        ),
        f"Predicted against true numbers of {len(true):,} rows; half of them are at most "
        f"{near:.3g} off the line on which both are equal.",
    )


def _residuals(gap: NDArray[np.float64]) -> LineFigure:
    bins = min(BINS, max(8, math.ceil(2 * len(gap) ** (1 / 3))))
    counts, edges = np.histogram(gap, bins=bins)
    below = float((gap < 0).mean())
    return LineFigure(
        "How far off the predictions are",
        "Predicted minus true number",
        "Rows",
        (
            Line(
                "rows",
                np.concatenate([edges[:1], edges]),
                np.concatenate([[0.0], counts.astype(np.float64), [0.0]]),
                step=True,
            ),
        ),
        f"Histogram of predicted minus true number: from {gap.min():.3g} to {gap.max():.3g}, "
        f"{np.mean(gap):.3g} on average; {below:.0%} of the rows are predicted too low.",
    )
