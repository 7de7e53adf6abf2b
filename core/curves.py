"""ROC and precision-recall curves, one-vs-rest, micro and macro, with their areas.

Scores are sorted once. What remains is a `Ranking`: the distinct scores from the highest down, and
how many positives and negatives carry each. Curves, areas and every bootstrap replicate of them are
cumulative sums over those counts.

- A class's curve asks whether a row is of that class or of any other (one-vs-rest). A class without
  rows has no curve, and none has an ROC curve without other rows.
- Micro: every pair of a row and a class is one question; all are ranked together.
- Macro ROC: the mean of the classes' true positive rates, interpolated at the union of their false
  positive rates (scikit-learn's example "Multiclass Receiver Operating Characteristic"). Its area
  is the mean of the classes' areas, as `sklearn.metrics.roc_auc_score` computes it.
- Macro precision-recall: the mean of the classes' precisions at the union of their recalls, where a
  class's precision at a recall is the one of the first threshold that reaches it (the steps that
  average precision adds up). Its area is the mean of the classes' average precisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
Kind = Literal["roc", "pr", "recall"]

MICRO, MACRO = "micro", "macro"
GRID: Floats = np.linspace(0.0, 1.0, 101)
POINTS = 200_000
"""Points kept of all curves of one kind together; longer curves are thinned."""
_COLUMNS = ("kind", "name", "average", "area", "x", "y", "threshold", "low", "high")


@dataclass(frozen=True, eq=False)
class Curve:
    """One curve; all arrays have the shape (points,), x rises from 0 to 1.

    Attributes
    ----------
    name
        Label of the class, or ``micro`` or ``macro`` where `average` is true.
    kind
        ``roc`` (x: false positive rate, y: true positive rate), ``pr`` (x: recall, y: precision) or
        ``recall`` (x: candidates, from 1; y: recall; `core.recall_curves`).
    thresholds
        Lowest score that counts as positive at each point; infinite where none does, NaN on macro
        curves, which have none.
    area
        Area under the ROC curve, average precision, or recall at 1.
    low, high
        Ends of the bootstrap interval of y at x, or None where none was computed.
    average
        Whether this is an average over classes.
    """

    name: str
    kind: Kind
    x: Floats
    y: Floats
    thresholds: Floats
    area: float
    low: Floats | None = None
    high: Floats | None = None
    average: bool = False

    def with_band(self, low: Floats, high: Floats) -> Curve:
        """Return the curve with a band given on `GRID`, carried to its points by interpolation."""
        return replace(self, low=np.interp(self.x, GRID, low), high=np.interp(self.x, GRID, high))


@dataclass(frozen=True, eq=False)
class Ranking:
    """Scores in tie groups, the highest first.

    Attributes
    ----------
    thresholds
        The distinct scores, falling, of shape (groups,).
    positives, negatives
        Positive and negative entries with each score, of shape (groups,).
    group
        Which group each entry belongs to, of shape (entries,).
    """

    thresholds: Floats
    positives: Floats
    negatives: Floats
    group: NDArray[np.int32]

    @property
    def has_both(self) -> bool:
        """Whether there are positives and negatives, without which there is no ROC curve."""
        return bool(self.positives.any() and self.negatives.any())


def rank(positive: NDArray[np.bool_], score: Floats) -> Ranking:
    """Sort entries into tie groups.

    Parameters
    ----------
    positive
        Whether each entry is positive, of shape (entries,), at least one entry.
    score
        Its score, finite; higher means more likely positive.
    """
    order = np.argsort(score)[::-1]
    ordered = score[order]
    first = np.empty(len(order), np.bool_)
    first[0] = True
    np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
    index = np.cumsum(first, dtype=np.int32) - 1
    group = np.empty(len(order), np.int32)
    group[order] = index
    positives = np.bincount(index, weights=positive[order]).astype(np.float64)
    negatives = np.bincount(index).astype(np.float64) - positives
    return Ranking(ordered[first], positives, negatives, group)


def areas(positives: NDArray[np.generic], negatives: NDArray[np.generic]) -> tuple[Floats, Floats]:
    """Return the area under the ROC curve and the average precision of rankings.

    Ties count half for the former; the latter is the sum of the steps in recall times the precision
    that each reaches. Both as `sklearn.metrics.roc_auc_score` and `average_precision_score`.

    Parameters
    ----------
    positives, negatives
        Weight in each tie group, the highest score first, of shape (groups, ...).

    Returns
    -------
    Two arrays of shape (...); NaN where positives, or for the first one negatives, are missing.
    """
    pos, neg = np.asarray(positives, np.float64), np.asarray(negatives, np.float64)
    hits = np.cumsum(pos, axis=0)
    alarms = np.cumsum(neg, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        roc = (neg * (hits - pos / 2)).sum(axis=0) / (hits[-1] * alarms[-1])
        answered = hits + alarms
        precision = np.divide(hits, answered, out=np.zeros_like(hits), where=answered > 0)
        average = (pos * precision).sum(axis=0) / hits[-1]
    return roc, average


def on_grid(
    positives: NDArray[np.generic], negatives: NDArray[np.generic]
) -> tuple[Floats, Floats]:
    """Return true positive rates and precisions of rankings at the 101 points of `GRID`.

    Parameters
    ----------
    positives, negatives
        Weight in each tie group, the highest score first, of shape (groups, rankings).

    Returns
    -------
    The true positive rate at each false positive rate (interpolated linearly) and the precision at
    each recall (of the first threshold that reaches it), each of shape (rankings, 101); NaN where
    positives, or for the first one negatives, are missing.
    """
    hits = np.cumsum(np.asarray(positives, np.float64).T, axis=1)
    alarms = np.cumsum(np.asarray(negatives, np.float64).T, axis=1)
    rates = np.full((len(hits), len(GRID)), np.nan)
    precisions = np.full((len(hits), len(GRID)), np.nan)
    for one, (hit, alarm) in enumerate(zip(hits, alarms, strict=True)):
        if hit[-1] == 0:
            continue
        answered = hit + alarm
        start = int(np.argmax(answered > 0))
        # The small slack keeps a recall of 0.07 from asking for 7.000000000000001 of 100 rows.
        reached = np.searchsorted(hit, GRID * hit[-1] * (1 - 1e-12), side="left")
        reached = np.maximum(reached, start)
        precisions[one] = hit[reached] / answered[reached]
        if alarm[-1] > 0:
            rates[one] = _interpolate(GRID * alarm[-1], alarm, hit) / hit[-1]
    return rates, precisions


def roc_curve(name: str, ranking: Ranking, *, average: bool = False) -> Curve:
    """Return the ROC curve, point for point scikit-learn's with ``drop_intermediate=False``."""
    hits, alarms = np.cumsum(ranking.positives), np.cumsum(ranking.negatives)
    return Curve(
        name,
        "roc",
        np.concatenate([[0.0], alarms / alarms[-1]]),
        np.concatenate([[0.0], hits / hits[-1]]),
        np.concatenate([[np.inf], ranking.thresholds]),
        float(areas(ranking.positives, ranking.negatives)[0]),
        average=average,
    )


def pr_curve(name: str, ranking: Ranking, *, average: bool = False) -> Curve:
    """Return the precision-recall curve, scikit-learn's points in the order of rising recall.

    The first point, precision 1 at recall 0, is the convention for a threshold above every score.
    """
    hits, alarms = np.cumsum(ranking.positives), np.cumsum(ranking.negatives)
    return Curve(
        name,
        "pr",
        np.concatenate([[0.0], hits / hits[-1]]),
        np.concatenate([[1.0], hits / (hits + alarms)]),
        np.concatenate([[np.inf], ranking.thresholds]),
        float(areas(ranking.positives, ranking.negatives)[1]),
        average=average,
    )


def macro_curve(curves: Sequence[Curve]) -> Curve:
    """Average the curves of several classes, all of one kind; the module says how."""
    x = np.unique(np.concatenate([curve.x for curve in curves]))
    if curves[0].kind == "roc":
        each = [np.interp(x, curve.x, curve.y) for curve in curves]
    else:
        each = [curve.y[np.searchsorted(curve.x, x, side="left")] for curve in curves]
    return Curve(
        MACRO,
        curves[0].kind,
        x,
        np.mean(each, axis=0),
        np.full(len(x), np.nan),
        float(np.mean([curve.area for curve in curves])),
        average=True,
    )


def thin(curve: Curve, points: int) -> Curve:
    """Keep at most about `points` points, evenly spaced along the curve; the area stays exact."""
    if len(curve.x) <= points:
        return curve
    path = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y)))])
    keep = np.searchsorted(path, np.linspace(0.0, path[-1], max(points, 2)))
    keep = np.unique(np.concatenate([[0], np.minimum(keep, len(path) - 1), [len(path) - 1]]))
    low, high = curve.low, curve.high
    return replace(
        curve,
        x=curve.x[keep],
        y=curve.y[keep],
        thresholds=curve.thresholds[keep],
        low=None if low is None else low[keep],
        high=None if high is None else high[keep],
    )


def to_frame(curves: Sequence[Curve]) -> pd.DataFrame:
    """Return curves as one long table: a row per point.

    Its columns are ``kind``, ``name``, ``average``, ``area`` (the same in all rows of a curve),
    ``x``, ``y``, ``threshold``, ``low`` and ``high`` (NaN where there is no band).
    """
    import pandas as pd

    tables = [
        pd.DataFrame(
            {
                "kind": curve.kind,
                "name": curve.name,
                "average": curve.average,
                "area": curve.area,
                "x": curve.x,
                "y": curve.y,
                "threshold": curve.thresholds,
                "low": np.nan if curve.low is None else curve.low,
                "high": np.nan if curve.high is None else curve.high,
            }
        )
        for curve in curves
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(_COLUMNS))


def from_frame(frame: pd.DataFrame) -> tuple[Curve, ...]:
    """Read what `to_frame` wrote."""
    curves = []
    for (kind, average, name), part in frame.groupby(["kind", "average", "name"], sort=False):
        x, y, threshold, low, high = (
            part[column].to_numpy(np.float64) for column in ("x", "y", "threshold", "low", "high")
        )
        banded = not np.isnan(low).all()
        curves.append(
            Curve(
                str(name),
                cast(Kind, kind),
                x,
                y,
                threshold,
                float(part["area"].iloc[0]),
                low if banded else None,
                high if banded else None,
                bool(average),
            )
        )
    return tuple(curves)


def _interpolate(x: Floats, known: Floats, values: Floats) -> Floats:
    """Interpolate a curve that starts at the origin; at a vertical step its upper end counts."""
    padded = np.concatenate([[0.0], known]), np.concatenate([[0.0], values])
    return np.asarray(np.interp(x, *padded), np.float64)
