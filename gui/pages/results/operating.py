"""What a threshold on one class comes to, as bars, curves and a matrix of counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....core.measured import Measured
from ....multimodal.escape import visible
from ...frame.texts import tr

if TYPE_CHECKING:
    from ....core.curves import Curve
    from ....core.report.tree import LineFigure, MatrixFigure
    from ....core.thresholds import Counts, Histogram, ThresholdView
    from .facts import Facts

POINTS, BINS = 400, 80
RATES: dict[str, tuple[Callable[[Counts], int], Callable[[Counts], int]]] = {
    "accuracy": (lambda c: c.tp + c.tn, lambda c: c.n),
    "precision": (lambda c: c.tp, lambda c: c.tp + c.fp),
    "true_positive_rate": (lambda c: c.tp, lambda c: c.tp + c.fn),
    "false_positive_rate": (lambda c: c.fp, lambda c: c.fp + c.tn),
    "true_negative_rate": (lambda c: c.tn, lambda c: c.fp + c.tn),
    "selection_rate": (lambda c: c.tp + c.fp, lambda c: c.n),
}
"""Rates that are shares: what they count, and of how many rows."""


def rate_names() -> dict[str, str]:
    """Return what rates are called."""
    return {
        "accuracy": tr("Accuracy"),
        "precision": tr("Precision"),
        "true_positive_rate": tr("Recall"),
        "false_positive_rate": tr("False positive rate"),
        "true_negative_rate": tr("True negative rate"),
        "selection_rate": tr("Selection rate"),
    }


@dataclass(frozen=True, eq=False)
class Sorted:
    """The rows of a split sorted for one class, and their histogram."""

    label: str
    view: ThresholdView
    histogram: Histogram


def share(counts: Counts, rate: str) -> Measured:
    """Return a rate with its Wilson interval."""
    from ....fairness.proportions import proportion

    top, of = RATES[rate]
    count, rows = top(counts), of(counts)
    return proportion(count, rows)


def sort_rows(facts: Facts, split: str, label: str) -> Sorted:
    """Sort the rows of a split for thresholds on a class; work for the pool."""
    view = facts.view(split, label)
    return Sorted(label, view, view.histogram(BINS))


def curve_figure(title: str, x: str, y: str, curves: list[Curve], *, roc: bool) -> LineFigure:
    """Return the curves of one class as a figure, with the band of the class."""
    from ....core.curves import thin
    from ....core.report.tree import Line, LineFigure

    lines = []
    for curve in curves:
        short = thin(curve, POINTS)
        name = tr("macro average") if curve.average else curve.name
        text = f"{visible(name, 40)} ({'AUC' if roc else 'AP'} {curve.area:.3f})"
        band = (None, None) if curve.average else (short.low, short.high)
        lines.append(Line(text, short.x, short.y, *band, dashed=curve.average))
    alt = "; ".join(line.name for line in lines)
    return LineFigure(title, x, y, tuple(lines), alt, unit_square=True, diagonal=roc)


def counts_figure(counts: Counts, label: str) -> MatrixFigure:
    """Return what a threshold comes to as a matrix: the class, and all others."""
    import numpy as np

    from ....core.report.tree import MatrixFigure

    table = np.array([[counts.tp, counts.fn], [counts.fp, counts.tn]], np.int64)
    names = (label, tr("others"))
    alt = tr("{tp} true and {fp} false positives, {fn} false and {tn} true negatives").format(
        tp=counts.tp, fp=counts.fp, fn=counts.fn, tn=counts.tn
    )
    title = tr("Counts at this threshold")
    return MatrixFigure(title, tr("True class"), tr("Answered"), names, table, alt)
