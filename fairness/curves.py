"""ROC and precision-recall curve of every group, and the areas under them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..core.curves import POINTS, Curve, Ranking, pr_curve, rank, roc_curve, thin
from ..core.measured import Measured
from .groups import Grouping
from .uncertainty import auc_interval


@dataclass(frozen=True, eq=False)
class GroupCurve:
    """How one group's rows are ranked by the score of one class.

    Attributes
    ----------
    column, group, label
        Grouping, group, and the class that counts as positive.
    positives, negatives
        Rows of the group with and without that label.
    roc
        False against true positive rate; None where the group lacks positives or negatives.
    pr
        Recall against precision; None where the group lacks positives.
    roc_auc
        Area under the ROC curve, with Newcombe's score interval.
    average_precision
        scikit-learn's step-wise area under the precision-recall curve.
    """

    column: str
    group: str
    label: str
    positives: int
    negatives: int
    roc: Curve | None
    pr: Curve | None
    roc_auc: Measured
    average_precision: Measured


def group_curves(
    grouping: Grouping,
    label: str,
    positive: NDArray[np.bool_],
    scores: NDArray[np.float64],
    confidence: float,
) -> tuple[GroupCurve, ...]:
    """Draw both curves for every group.

    Parameters
    ----------
    grouping
        The groups of the rows.
    label
        Name of the positive class.
    positive
        Whether a row's label is that class, shape (rows,).
    scores
        Score of that class, shape (rows,), finite; only its order counts.
    confidence
        Level of the interval of the area under the ROC curve.
    """
    order = np.argsort(grouping.codes, kind="stable")
    ends = np.cumsum(np.bincount(grouping.codes, minlength=len(grouping.names)))
    rows = np.split(order, ends[:-1])
    return tuple(
        _curve(grouping, name, label, rank(positive[row], scores[row]), confidence)
        for name, row in zip(grouping.names, rows, strict=True)
    )


def curves_table(curves: Sequence[GroupCurve]) -> pd.DataFrame:
    """Return all curves as one long table, thinned where they are long.

    Returns
    -------
    pandas.DataFrame
        Columns column, group, label, curve (``roc`` or ``pr``), x, y, threshold. For ``roc`` x is
        the false and y the true positive rate, for ``pr`` x is the recall and y the precision.
        The threshold is infinite at the first point of a curve, where no row is positive.
    """
    columns = ["column", "group", "label", "curve", "x", "y", "threshold"]
    drawn = [(one, curve) for one in curves for curve in (one.roc, one.pr) if curve is not None]
    parts = []
    for one, curve in drawn:
        kept = thin(curve, POINTS // len(drawn))
        words = (one.column, one.group, one.label, curve.kind)
        points = {"x": kept.x, "y": kept.y, "threshold": kept.thresholds}
        parts.append(pd.DataFrame({**dict(zip(columns, words, strict=False)), **points}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _curve(
    grouping: Grouping,
    group: str,
    label: str,
    ranking: Ranking,
    confidence: float,
) -> GroupCurve:
    positives, negatives = int(ranking.positives.sum()), int(ranking.negatives.sum())
    n = positives + negatives
    roc = pr = None
    area = average = Measured(math.nan, n=n)
    if positives and negatives:
        roc = roc_curve(group, ranking)
        low, high = auc_interval(roc.area, positives, negatives, confidence)
        area = Measured(roc.area, low, high, n, "newcombe")
    if positives:
        pr = pr_curve(group, ranking)
        average = Measured(pr.area, n=n)
    column = grouping.column
    return GroupCurve(column, group, label, positives, negatives, roc, pr, area, average)
