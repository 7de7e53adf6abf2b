"""One contingency table per grouping, from which every rate follows.

The rows are counted once, by group, label and prediction. Selection rate, recall and all the
others are then ratios of sums of these few counts, so that their cost no longer depends on the
number of rows. The names and definitions are those of scikit-learn and fairlearn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .groups import Codes

Counts = NDArray[np.int64]

TP, FP, FN, TN = range(4)

# Metric: the cells counted as successes, and the cells they are a share of.
_CELLS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "base_rate": ((TP, FN), (TP, FP, FN, TN)),
    "selection_rate": ((TP, FP), (TP, FP, FN, TN)),
    "accuracy": ((TP, TN), (TP, FP, FN, TN)),
    "true_positive_rate": ((TP,), (TP, FN)),
    "false_positive_rate": ((FP,), (FP, TN)),
    "true_negative_rate": ((TN,), (FP, TN)),
    "false_negative_rate": ((FN,), (TP, FN)),
    "precision": ((TP,), (TP, FP)),
}

RATES: tuple[str, ...] = tuple(_CELLS)
CLASS_RATES: tuple[str, ...] = tuple(name for name in RATES if name != "accuracy")


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


def contingency(groups: Codes, cells: Codes, n_groups: int, n_classes: int) -> Counts:
    """Count the rows of every group by label and prediction.

    Parameters
    ----------
    groups
        Group of each row, shape (rows,).
    cells
        ``label * n_classes + prediction`` of each row, shape (rows,); see `outcome_cells`.
    n_groups, n_classes
        Number of groups and of classes.

    Returns
    -------
    numpy.ndarray
        Counts of shape (groups, labels, predictions).
    """
    size = n_classes * n_classes
    flat = np.bincount(groups * size + cells, minlength=n_groups * size)
    return flat.reshape(n_groups, n_classes, n_classes).astype(np.int64, copy=False)


def outcome_cells(true: Codes, predicted: Codes, n_classes: int) -> Codes:
    """Give every pair of label and prediction a number, once for all groupings."""
    return true * n_classes + predicted


def one_vs_rest(counts: Counts, index: int) -> Counts:
    """Read one class as positive and all others as negative.

    Parameters
    ----------
    counts
        Shape (groups, labels, predictions).
    index
        The positive class.

    Returns
    -------
    numpy.ndarray
        Shape (groups, 4): true positives, false positives, false negatives, true negatives.
    """
    tp = counts[:, index, index]
    fp = counts[:, :, index].sum(axis=1) - tp
    fn = counts[:, index, :].sum(axis=1) - tp
    tn = counts.sum(axis=(1, 2)) - tp - fp - fn
    return np.stack([tp, fp, fn, tn], axis=1)


def accuracy_share(counts: Counts) -> Share:
    """Return the share of rows whose prediction equals the label, whatever the class."""
    return Share(np.trace(counts, axis1=1, axis2=2), counts.sum(axis=(1, 2)))


def shares(cells: Counts, metrics: Iterable[str] = CLASS_RATES) -> dict[str, Share]:
    """Return successes and rows of each metric.

    Parameters
    ----------
    cells
        Shape (groups, 4), from `one_vs_rest`.
    metrics
        Names out of `RATES`.
    """
    return {
        name: Share(
            cells[:, list(_CELLS[name][0])].sum(axis=1),
            cells[:, list(_CELLS[name][1])].sum(axis=1),
        )
        for name in metrics
    }
