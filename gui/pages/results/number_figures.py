"""Predicted against true numbers, and how far the answers lie from them."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label
from ...widgets.scatter import HistogramPlot, ScatterPlot
from .answers import numbers
from .desk import Desk
from .exhibit import Exhibit
from .reading import Reading

PLOT = 320


class NumberFigures(QWidget):
    """Both figures, side by side."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        theme = desk.context.theme
        self.scatter, self.histogram = ScatterPlot(theme), HistogramPlot(theme)
        self.scatter.chosen.connect(desk.row_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * SPACE)
        for title, hint, plot in (
            (
                tr("Predicted and true"),
                tr("On the dashed line both are equal. Choose a point to see its row."),
                self.scatter,
            ),
            (
                tr("How far the answers are off"),
                tr("Left of zero the answer is too low, right of it too high."),
                self.histogram,
            ),
        ):
            exhibit = Exhibit(desk, title, plot, keep_title=True)
            exhibit.body.insertWidget(0, label(hint, "muted", wrap=True))
            plot.setFixedHeight(PLOT)
            row.addWidget(exhibit, 1)

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's answers of a split."""
        import numpy as np

        answers = reading.answers
        if answers is None:
            return
        here = answers.in_split(split)
        true, given = (
            np.where(here, numbers(answers.raw, name), np.nan) for name in ("label", "prediction")
        )
        gap = given - true
        known = gap[np.isfinite(gap)]
        said = tr("{n} rows").format(n=f"{len(known):,}")
        if len(known):
            said = tr("{n} rows, half of them at most {half} off, at most {most}").format(
                n=f"{len(known):,}",
                half=f"{np.median(np.abs(known)):.3g}",
                most=f"{np.abs(known).max():.3g}",
            )
        self.scatter.show_points(true, given, tr("true"), tr("predicted"), said)
        self.histogram.show_numbers(gap, tr("predicted − true"), said)
