"""Metrics of a classifier as pure functions of counts and scores.

Everything that only asks who was right is a function of the confusion matrix, and everything that
the confusion matrix is asked for is a function of three counts per class: how often a class is
true, how often it was predicted, and how often both at once. The functions here take those counts
with any number of leading axes, so that a thousand bootstrap replicates are one call.

Conventions are scikit-learn's with ``zero_division=0``: a ratio of nothing to nothing counts as 0;
macro averages run over the classes that stand in the truth or among the predictions; balanced
accuracy runs over the classes that stand in the truth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Counts = NDArray[np.int64] | NDArray[np.float64]

COUNTED = (
    "accuracy",
    "balanced_accuracy",
    "precision_macro",
    "precision_weighted",
    "recall_macro",
    "recall_weighted",
    "f1_macro",
    "f1_weighted",
)
VALIDATED = ("log_loss", "accuracy", "balanced_accuracy", "f1_macro")


class Marginals(NamedTuple):
    """Counts per class, each of shape (..., k).

    Attributes
    ----------
    hits
        Rows of the class that were predicted as it.
    support
        Rows of the class.
    predicted
        Rows predicted as the class.
    """

    hits: Counts
    support: Counts
    predicted: Counts


def confusion(true: ArrayLike, predicted: ArrayLike, k: int) -> Ints:
    """Count rows by true class (matrix rows) and predicted class (matrix columns).

    Parameters
    ----------
    true, predicted
        Class codes of shape (n,), from 0 to k - 1.
    k
        Number of classes.

    Returns
    -------
    Counts of shape (k, k), as `sklearn.metrics.confusion_matrix` with ``labels=range(k)``.

    Raises
    ------
    ValueError
        Where a code is outside 0 to k - 1.
    """
    rows, columns = np.asarray(true, np.int64), np.asarray(predicted, np.int64)
    for codes in (rows, columns):
        if codes.size and (codes.min() < 0 or codes.max() >= k):
            found = f"from {codes.min()} to {codes.max()}"
            raise ValueError(f"class codes run {found}, expected 0 to {k - 1}")
    return np.bincount(rows * k + columns, minlength=k * k).reshape(k, k)


def marginals(counts: ArrayLike) -> Marginals:
    """Reduce confusion matrices of shape (..., k, k) to counts per class of shape (..., k)."""
    matrix = np.asarray(counts, np.int64)
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    return Marginals(hits, matrix.sum(axis=-1), matrix.sum(axis=-2))


def from_confusion(counts: ArrayLike) -> dict[str, Floats]:
    """Return every figure in `COUNTED` from confusion matrices.

    Parameters
    ----------
    counts
        Counts of shape (..., k, k), true classes in rows.

    Returns
    -------
    A figure of shape (...) for each name; NaN where a matrix holds no rows.
    """
    return from_marginals(marginals(counts))


def from_marginals(counts: Marginals) -> dict[str, Floats]:
    """Return every figure in `COUNTED` from counts per class of shape (..., k)."""
    hits, support, predicted = counts
    each = per_class(counts)
    rows = support.sum(axis=-1)
    known = support > 0
    seen = known | (predicted > 0)
    out = {
        "accuracy": _ratio(hits.sum(axis=-1), rows, np.nan),
        "balanced_accuracy": _ratio(
            (each["recall"] * known).sum(axis=-1), known.sum(axis=-1), np.nan
        ),
    }
    for name in ("precision", "recall", "f1"):
        # A class outside `seen` has the value 0 by convention: only the divisor leaves it out.
        out[f"{name}_macro"] = _ratio(each[name].sum(axis=-1), seen.sum(axis=-1), np.nan)
        out[f"{name}_weighted"] = _ratio((each[name] * support).sum(axis=-1), rows, np.nan)
    return out


def per_class(counts: Marginals, undefined: float = 0.0) -> dict[str, Floats]:
    """Return precision, recall, F1 and support of every class.

    Parameters
    ----------
    counts
        Counts per class of shape (..., k).
    undefined
        What stands for a ratio of nothing to nothing: 0 as in scikit-learn, or NaN to tell such
        classes apart (the bootstrap leaves them out).

    Returns
    -------
    ``precision``, ``recall``, ``f1`` and ``support``, each of shape (..., k).
    """
    hits, support, predicted = counts
    return {
        "precision": _ratio(hits, predicted, undefined),
        "recall": _ratio(hits, support, undefined),
        "f1": _ratio(2 * hits, support + predicted, undefined),
        "support": np.asarray(support, np.float64),
    }


def row_losses(true: ArrayLike, scores: ArrayLike) -> Floats:
    """Return minus the logarithm of the score that each row gave to its true class.

    Scores are clipped to [eps, 1 - eps] of their number format, as `sklearn.metrics.log_loss`
    does, so that one confident mistake costs about 36 and not infinity.

    Parameters
    ----------
    true
        Class codes of shape (n,).
    scores
        Probabilities of shape (n, k).
    """
    table = np.asarray(scores)
    codes = np.asarray(true, np.int64)
    eps = np.finfo(table.dtype if table.dtype.kind == "f" else np.float64).eps
    chosen = table[np.arange(len(codes)), codes]
    losses: Floats = -np.log(np.clip(chosen, eps, 1 - eps)).astype(np.float64)
    return losses


def log_loss(true: ArrayLike, scores: ArrayLike) -> float:
    """Return the mean of `row_losses`: cross-entropy in nats; NaN without rows."""
    losses = row_losses(true, scores)
    return float(losses.mean()) if losses.size else float("nan")


def validation_metrics(true: ArrayLike, scores: ArrayLike) -> dict[str, float]:
    """Return the metrics that training watches after each epoch, without intervals.

    Parameters
    ----------
    true
        Class codes of shape (n,).
    scores
        Probabilities of shape (n, k); the prediction of a row is its first highest score.

    Returns
    -------
    A number for each name in `VALIDATED`.
    """
    table = np.asarray(scores)
    k = table.shape[1]
    figures = from_confusion(confusion(true, table.argmax(axis=1), k))
    counted = {name: float(figures[name]) for name in VALIDATED if name in figures}
    return {"log_loss": log_loss(true, table), **counted}


LOWER_IS_BETTER = ("loss", "error", "perplexity", "median_rank")
"""How the names of metrics end whose smaller values are the better ones."""


def higher_is_better(name: str) -> bool:
    """Return whether a larger value of a metric is the better one; see `LOWER_IS_BETTER`."""
    return not name.endswith(LOWER_IS_BETTER)


def _ratio(part: ArrayLike, whole: ArrayLike, undefined: float) -> Floats:
    parts, wholes = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    blank = np.full(np.broadcast_shapes(parts.shape, wholes.shape), undefined)
    out: Floats = np.divide(parts, wholes, out=blank, where=wholes != 0)
    return out
