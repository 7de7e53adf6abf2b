"""Tables and curves of an evaluation that look alike for every task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from .baselines import NAMES
from .curves import MACRO, MICRO, Curve, thin
from .evaluation import SplitEvaluation
from .measured import Measured
from .metric_names import METRICS, PER_CLASS, title
from .metrics import higher_is_better
from .report.tree import Line, LineFigure, Table

DRAWN_CLASSES = 8
DRAWN_POINTS = 400
SMALL = 30
"""Classes with fewer rows are marked."""


def metrics_table(split: SplitEvaluation, heading: str, note: str) -> Table:
    """Return the figures over the whole split, the baselines' beside them."""
    return Table(
        heading,
        ("Metric", "Model", *(capital(baseline(name)) for name in split.baselines)),
        tuple(
            (
                title(name),
                split.metrics[name],
                *(each.get(name) for each in split.baselines.values()),
            )
            for name in ordered(split.metrics)
        ),
        note=note,
    )


def difference_table(split: SplitEvaluation) -> list[Table]:
    """Return how far the model is from each baseline, where that was measured."""
    if not split.versus_baseline:
        return []
    rows = tuple(
        (title(metric), baseline(name), figure)
        for name, figures in split.versus_baseline.items()
        for metric, figure in figures.items()
    )
    metrics = {metric for figures in split.versus_baseline.values() for metric in figures}
    low = [metric for metric in metrics if not higher_is_better(metric)]
    better = "Above zero the model is better."
    if low:
        better = "Below zero the model is better."
        if len(low) < len(metrics):
            better = "Above zero the model is better; where lower is better, below zero."
    return [
        Table(
            "Difference of the model to each baseline",
            ("Metric", "Baseline", "Model minus baseline"),
            rows,
            note="Both are measured on the same resampled rows, so the interval is of the "
            f"difference itself. {better}",
            signed=frozenset({2}),
        )
    ]


def class_table(
    split: SplitEvaluation, support: Mapping[str, int], heading: str, noun: str, nouns: str
) -> Table:
    """Return the figures of each class; those with few rows are marked.

    Parameters
    ----------
    split
        What was measured.
    support
        Rows, or whatever is counted, of each class.
    heading, noun, nouns
        The table's title, and what a class is called.
    """
    rows, marked = [], set()
    shown = [key for key in PER_CLASS if any(key in one for one in split.per_class.values())]
    for at, (label, there) in enumerate(support.items()):
        figures = split.per_class[label]
        rows.append((label, there, *(_shown(figures.get(key)) for key in shown)))
        if there < SMALL:
            marked.add(at)
    counted = "Rows" if nouns != "Kinds" else "Entities"
    note = f"{nouns} with fewer than {SMALL} {counted.lower()} are marked: their figures are rough."
    return Table(
        heading,
        (noun, counted, *(PER_CLASS[key] for key in shown)),
        tuple(rows),
        note=note if marked else "",
        marked=frozenset(marked),
    )


def curve_figure(
    kind: str, split: SplitEvaluation, support: Mapping[str, int]
) -> LineFigure | None:
    """Draw the ROC or precision-recall curves of the classes with the most rows."""
    curves = [curve for curve in split.curves if curve.kind == kind]
    classes = sorted(
        (curve for curve in curves if not curve.average),
        key=lambda curve: -support[curve.name],
    )[:DRAWN_CLASSES]
    if not classes:
        return None
    averages = [curve for curve in curves if curve.average]
    if len(split.labels) == 2:
        # With two scores that sum to 1 one ROC curve mirrors the other: the second class says all.
        averages = []
        if kind == "roc":
            classes = [curve for curve in classes if curve.name == split.labels[1]] or classes
    # More than a few bands on top of each other hide the curves.
    banded = averages if len(classes) > 2 else classes
    lines = tuple(_line(curve, curve in banded) for curve in (*averages, *classes))
    measure = "ROC AUC" if kind == "roc" else "average precision"
    alt = "; ".join(
        f"{_title(curve)}: {measure} {curve.area:.3f}" for curve in (*averages, *classes)
    )
    heading = "ROC curves" if kind == "roc" else "Precision-recall curves"
    if len(classes) < sum(not curve.average for curve in curves) and len(split.labels) != 2:
        nouns = "classes" if split.labels else "labels"
        heading += f" ({nouns}: the {len(classes)} with the most rows)"
    x, y = (
        ("False positive rate", "True positive rate") if kind == "roc" else ("Recall", "Precision")
    )
    return LineFigure(
        heading, x, y, lines, f"{heading}. {alt}.", unit_square=True, diagonal=kind == "roc"
    )


def ordered(names: Iterable[str]) -> list[str]:
    """Sort metrics as `metric_names.METRICS` lists them; others stand behind."""
    there = list(names)
    return [name for name in METRICS if name in there] + [n for n in there if n not in METRICS]


def baseline(name: str) -> str:
    """Return a baseline's name as people read it."""
    return NAMES.get(name, name.replace("_", " "))


def capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]


def level(split: SplitEvaluation) -> str:
    """Return the level of the intervals: ``95%``."""
    return f"{100 * split.confidence:g}%"


def _shown(figure: Measured | None) -> Measured | None:
    """Show a ratio over no rows as not defined; its value is 0 by convention only."""
    return replace(figure, value=np.nan) if figure is not None and figure.n == 0 else figure


def _line(curve: Curve, band: bool) -> Line:
    short = thin(curve, DRAWN_POINTS)
    return Line(
        f"{_title(curve)} ({curve.area:.3f})",
        short.x,
        short.y,
        short.low if band else None,
        short.high if band else None,
        dashed=curve.average,
    )


def _title(curve: Curve) -> str:
    return (
        {MACRO: "macro average", MICRO: "micro average"}[curve.name]
        if curve.average
        else curve.name
    )
