"""Four counts for each group and class, from which every rate follows.

The rows are counted once, by group, label and prediction. Selection rate, recall and all the
others are then ratios of sums of these few counts, so that their cost no longer depends on the
number of rows. The names and definitions are those of scikit-learn and fairlearn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .passes import Codes, Read
from .tally import Counts, Tallied, Tally

TP, FP, FN, TN = range(4)

# Metric: the cells counted as successes, and the cells they are a share of.
CELLS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "base_rate": ((TP, FN), (TP, FP, FN, TN)),
    "selection_rate": ((TP, FP), (TP, FP, FN, TN)),
    "accuracy": ((TP, TN), (TP, FP, FN, TN)),
    "true_positive_rate": ((TP,), (TP, FN)),
    "false_positive_rate": ((FP,), (FP, TN)),
    "true_negative_rate": ((TN,), (FP, TN)),
    "false_negative_rate": ((FN,), (TP, FN)),
    "precision": ((TP,), (TP, FP)),
    "negative_predictive_value": ((TN,), (FN, TN)),
    "false_discovery_rate": ((FP,), (TP, FP)),
    "false_omission_rate": ((FN,), (FN, TN)),
}

# Rates that are 1 minus another one.
COMPLEMENTS = {
    "false_negative_rate": "true_positive_rate",
    "true_negative_rate": "false_positive_rate",
    "false_discovery_rate": "precision",
    "false_omission_rate": "negative_predictive_value",
}

RATES: tuple[str, ...] = tuple(CELLS)
CLASS_RATES: tuple[str, ...] = tuple(name for name in RATES if name != "accuracy")


# With more classes, counting each class by itself takes less than counting pairs of classes.
_SQUARED = 16


@dataclass(frozen=True, eq=False)
class Counted:
    """Counts of all classes.

    Attributes
    ----------
    by_class
        For each class the rows of every group by `TP`, `FP`, `FN`, `TN`.
    right
        Rows whose prediction differs from the label, and those where it equals it.
    """

    by_class: tuple[Tallied, ...]
    right: Tallied


@dataclass(frozen=True, eq=False)
class Share:
    """A proportion in each group: `successes` out of `rows`, both of shape (groups,)."""

    successes: Counts
    rows: Counts

    @property
    def value(self) -> NDArray[np.float64]:
        """The proportion of each group; NaN where it has no row to count."""
        out = np.full(len(self.rows), np.nan)
        np.divide(self.successes, self.rows, out=out, where=self.rows > 0)
        return out

    @property
    def rest(self) -> Share:
        """The same proportion in all rows outside of each group."""
        return Share(
            self.successes.sum() - self.successes,
            self.rows.sum() - self.rows,
        )


def class_counts(
    tally: Tally, true: NDArray[Any], predicted: NDArray[Any], classes: int
) -> Counted:
    """Count every class against all others, in every group of a tally.

    Parameters
    ----------
    tally
        The rows' groups.
    true, predicted
        Class of each row, shape (rows,), or whether it has each label, shape (rows, classes).
    classes
        Number of classes.
    """
    if true.ndim == 1 and classes <= _SQUARED:
        # Pairs of label and prediction are counted once for all classes.
        pairs = tally.count(_pairs(true, predicted, classes), classes * classes)
        square = pairs.then(lambda table: table.reshape(-1, classes, classes))
        return Counted(
            tuple(square.then(partial(_one_vs_rest, index=i)) for i in range(classes)),
            square.then(_right),
        )
    same = true == predicted
    right = same.all(axis=1) if same.ndim == 2 else same
    return Counted(
        tuple(tally.count(one_class(true, predicted, i).__getitem__, 4) for i in range(classes)),
        tally.count(right.__getitem__, 2),
    )


def shares(cells: Counts, metrics: Iterable[str] = CLASS_RATES) -> dict[str, Share]:
    """Return successes and rows of each metric.

    Parameters
    ----------
    cells
        Shape (groups, 4): true positives, false positives, false negatives, true negatives.
    metrics
        Names out of `RATES`.
    """
    return {
        name: Share(
            cells[:, list(CELLS[name][0])].sum(axis=1),
            cells[:, list(CELLS[name][1])].sum(axis=1),
        )
        for name in metrics
    }


def one_class(true: NDArray[Any], predicted: NDArray[Any], index: int) -> NDArray[np.int8]:
    """Give every row the number of its cell, one class being positive and all others negative.

    Parameters
    ----------
    true, predicted
        Class of each row, shape (rows,), or whether it has each label, shape (rows, classes).
    index
        The class.

    Returns
    -------
    numpy.ndarray
        `TP`, `FP`, `FN` or `TN` of each row, shape (rows,).
    """
    there, said = (
        part[:, index] if part.ndim == 2 else part == index for part in (true, predicted)
    )
    return np.asarray(TN - there.view(np.int8) - 2 * said.view(np.int8), np.int8)


def _pairs(true: Codes, predicted: Codes, classes: int) -> Read:
    """Give every row the number of its pair of label and prediction."""
    return lambda part: np.multiply(true[part], classes, dtype=np.intp) + predicted[part]


def accuracy_share(right: Counts) -> Share:
    """Return the share of rows whose prediction equals the label, whatever the class.

    Parameters
    ----------
    right
        Rows where they differ and where they are equal, shape (groups, 2).
    """
    return Share(right[:, 1], right.sum(axis=1))


def _one_vs_rest(square: Counts, index: int) -> Counts:
    """Read one class of counts by label and prediction as positive, all others as negative."""
    tp = square[:, index, index]
    fp = square[:, :, index].sum(axis=1) - tp
    fn = square[:, index, :].sum(axis=1) - tp
    tn = square.sum(axis=(1, 2)) - tp - fp - fn
    return np.stack([tp, fp, fn, tn], axis=1)


def _right(square: Counts) -> Counts:
    """Return wrong and right predictions of counts by label and prediction."""
    right = np.trace(square, axis1=1, axis2=2)
    return np.stack([square.sum(axis=(1, 2)) - right, right], axis=1)
