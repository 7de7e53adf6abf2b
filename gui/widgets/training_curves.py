"""Metrics over the steps of a training as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..frame.texts import tr

if TYPE_CHECKING:
    from ...core.report.tree import LineFigure


def training_figure(
    title: str,
    y_label: str,
    curves: Sequence[tuple[str, Sequence[int], Sequence[float]]],
    *,
    unit: float = 1.0,
) -> LineFigure:
    """Return curves over training steps.

    Parameters
    ----------
    title
        What the figure is about.
    y_label
        What its values are.
    curves
        Name, steps and values of each.
    unit
        Values are divided by it, such as 1e9 for gigabytes.
    """
    import numpy as np

    from ...core.report.tree import Line, LineFigure

    lines = tuple(
        Line(name, np.asarray(steps, float), np.asarray(values, float) / unit)
        for name, steps, values in curves
    )
    told = [
        tr("{name}: {value:.4g} at step {step}").format(
            name=line.name, value=float(line.y[-1]), step=int(line.x[-1])
        )
        for line in lines
        if len(line.x)
    ]
    alt = "; ".join(told) if told else tr("No values yet")
    return LineFigure(title, tr("step"), y_label, lines, alt)
