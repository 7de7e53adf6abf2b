"""ROC and precision-recall curve of every group, and the areas under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.curves import POINTS, Curve, thin
from ..core.measured import Measured
from .block import Figures
from .groups import Grouping
from .ranked import Segments


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
        scikit-learn's step-wise area under the precision-recall curve, with its logit interval.
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
    grouping: Grouping, label: str, segments: Segments, areas: Mapping[str, Figures]
) -> tuple[GroupCurve, ...]:
    """Draw both curves for every group.

    Parameters
    ----------
    grouping
        The groups of the rows.
    label
        Name of the positive class.
    segments
        What was read of the rows of each group.
    areas
        ``roc_auc`` and ``average_precision`` of each group.
    """
    pairs = zip(areas["roc_auc"], areas["average_precision"], strict=True)
    return tuple(_curve(grouping, i, label, segments, *pair) for i, pair in enumerate(pairs))


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
    at: int,
    label: str,
    segments: Segments,
    area: Measured,
    average: Measured,
) -> GroupCurve:
    group = grouping.names[at]
    positives = int(segments.positives[at])
    negatives = int(segments.sizes[at]) - positives
    roc = pr = None
    if positives:
        read = segments.groups[at]
        hits, alarms = read.hits, read.alarms
        named = np.concatenate([[np.inf], read.thresholds])
        recall = np.concatenate([[0.0], hits / positives])
        precision = np.concatenate([[1.0], hits / (hits + alarms)])
        pr = Curve(group, "pr", recall, precision, named, average.value)
        if negatives:
            false = np.concatenate([[0.0], alarms / negatives])
            roc = Curve(group, "roc", false, recall, named, area.value)
    return GroupCurve(grouping.column, group, label, positives, negatives, roc, pr, area, average)
