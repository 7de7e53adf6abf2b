"""How far numbers that were predicted are from the true ones.

All but Spearman's correlation are functions of what a few numbers of each row add up to
(`core.row_bootstrap`). Spearman's is Pearson's of ranks, and in a resample the ranks are others:
rows that stand in it w times share w places, so their rank follows from cumulative weights.

Names and definitions are scikit-learn's and SciPy's. R² compares the squared errors with those of
the evaluated rows' own mean; it has no lower bound.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, paragraph
from .bootstrap import measure
from .evaluated_rows import SplitRows, evaluated_rows
from .evaluation import Evaluation, SplitEvaluation
from .measured import Measured
from .row_bootstrap import compare_rows, measure_rows, resamples
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]

SUMMED = ("mean_absolute_error", "root_mean_squared_error", "r2", "pearson_r")
VALIDATED = ("loss", *SUMMED, "spearman_r")
COMPARED = ("mean_absolute_error", "root_mean_squared_error", "r2")
"""Metrics whose difference to each baseline is measured on the same resampled rows."""


def row_sums(true: Floats, predicted: Floats) -> dict[str, Floats]:
    """Return what each row adds to the figures; shape (rows,) each.

    Both are counted from the mean of the true values, which changes no figure and keeps squares of
    large numbers from swallowing small differences.
    """
    middle = true.mean() if len(true) else 0.0
    y, p = true - middle, predicted - middle
    return {
        "rows": np.ones(len(y)),
        "absolute": np.abs(p - y),
        "squared": (p - y) ** 2,
        "y": y,
        "yy": y * y,
        "p": p,
        "pp": p * p,
        "yp": y * p,
    }


def figures(sums: Mapping[str, Any]) -> dict[str, float]:
    """Return every figure in `SUMMED` from sums; NaN where nothing varies."""
    n = sums["rows"]
    spread = sums["yy"] - sums["y"] ** 2 / n
    other = sums["pp"] - sums["p"] ** 2 / n
    shared = sums["yp"] - sums["y"] * sums["p"] / n
    # What should be 0 is not quite, where all values are alike.
    varies = spread > 1e-12 * sums["yy"]
    both = varies and other > 1e-12 * sums["pp"]
    return {
        "mean_absolute_error": sums["absolute"] / n,
        "root_mean_squared_error": math.sqrt(sums["squared"] / n),
        "r2": 1 - sums["squared"] / spread if varies else math.nan,
        "pearson_r": shared / math.sqrt(spread * other) if both else math.nan,
    }


def spearman(true: Floats, predicted: Floats, weights: Floats | None = None) -> Floats:
    """Return Spearman's rank correlation where each row stands so many times.

    Parameters
    ----------
    true, predicted
        Numbers of shape (rows,).
    weights
        How often each row stands in each resample, of shape (resamples, rows); once in one if left
        out.

    Returns
    -------
    numpy.ndarray
        Shape (resamples,); NaN where the rows have but one true value, or one prediction.
    """
    shares = np.ones((1, len(true))) if weights is None else weights
    total = shares.sum(axis=1, keepdims=True)
    ranks = []
    for values in (true, predicted):
        _, first, group = np.unique(np.sort(values), return_index=True, return_inverse=True)
        order = np.argsort(values, kind="stable")
        group[order] = group.copy()
        counts = np.add.reduceat(shares[:, order], first, axis=1)
        # The middle of the places that a group takes, counted from the middle of all places.
        middle = np.cumsum(counts, axis=1) - counts / 2 - total / 2
        ranks.append(middle[:, group])
    one, other = ranks
    with np.errstate(all="ignore"):
        shared = (shares * one * other).sum(axis=1)
        spread = (shares * one**2).sum(axis=1) * (shares * other**2).sum(axis=1)
        return np.where(spread > 0, shared / np.sqrt(spread), np.nan)


def validation_metrics(true: ArrayLike, predicted: ArrayLike, scale: float = 1.0) -> dict[str, Any]:
    """Return the metrics that training watches, without intervals.

    Parameters
    ----------
    true, predicted
        Numbers of shape (rows,).
    scale
        The unit of the loss: the deviation of the training rows, so that validation loss and
        training loss can be compared.

    Returns
    -------
    A number for each name in `VALIDATED`.
    """
    y, p = np.asarray(true, np.float64), np.asarray(predicted, np.float64)
    sums = {name: part.sum() for name, part in row_sums(y, p).items()}
    return {
        "loss": float(sums["squared"] / sums["rows"]) / scale**2,
        **figures(sums),
        "spearman_r": float(spearman(y, p)[0]),
    }


def evaluate(
    predictions: pd.DataFrame, spec: EvaluateSpec, beside: Mapping[str, pd.DataFrame | str]
) -> Evaluation:
    """Measure predicted numbers against the true ones.

    Parameters
    ----------
    predictions
        Columns id, split, label and prediction; rows without a label are left out, and the notes
        say how many.
    spec
        Which splits, and how the intervals are found.
    beside
        Predictions of the baselines for the same rows, or the reason why there are none.

    Raises
    ------
    DataError
        If a column is missing, a cell is no number, or a baseline's rows are not the model's.
    """
    return Evaluation(
        {part.split: _split(part, spec) for part in evaluated_rows(predictions, spec, beside)}
    )


def _split(part: SplitRows, spec: EvaluateSpec) -> SplitEvaluation:
    true = numbers(part.own, "label")
    own = row_sums(true, numbers(part.own, "prediction"))
    others = {
        name: row_sums(true, numbers(frame, "prediction")) for name, frame in part.beside.items()
    }
    notes = [*part.notes]
    if np.ptp(true) == 0:
        notes.append(
            f"Every {part.split} row has the same value, so R² and correlations are not defined."
        )
    return SplitEvaluation(
        rows=len(true),
        metrics=_measured(true, part.own, own, part, spec),
        baselines={
            name: _measured(true, part.beside[name], sums, part, spec)
            for name, sums in others.items()
        },
        versus_baseline={
            name: compare_rows(own, sums, figures, spec, part.stream, names=COMPARED)
            for name, sums in others.items()
        },
        confidence=spec.confidence,
        replicates=spec.replicates,
        seed=spec.seed,
        notes=tuple(notes),
    )


def _measured(
    true: Floats, frame: pd.DataFrame, sums: dict[str, Floats], part: SplitRows, spec: EvaluateSpec
) -> dict[str, Measured]:
    out = measure_rows(sums, figures, spec, part.stream)
    predicted = numbers(frame, "prediction")
    drawn = [
        spearman(true, predicted, weights) for weights in resamples(len(true), spec, part.stream)
    ]
    value = float(spearman(true, predicted)[0])
    out["spearman_r"] = measure(value, np.concatenate(drawn), spec.confidence, len(true))
    return out


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """Return a column of predictions as numbers.

    Raises
    ------
    DataError
        Naming the first row whose cell is no finite number.
    """
    import pandas as pd

    found = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    bad = np.flatnonzero(~np.isfinite(found))
    if len(bad):
        row = int(bad[0])
        raise DataError(
            paragraph(
                f"predictions, row {frame['id'].iloc[row]!r}, column {column!r}",
                f"found {frame[column].iloc[row]!r}, expected a number",
                "Predict the rows once more; if it stays so, the model's weights are damaged",
            )
        )
    return found
