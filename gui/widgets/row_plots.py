"""Named values with their intervals on the screen, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent

from ..frame.theme import Theme
from .axes import Axes

if TYPE_CHECKING:
    from ...core.report.tree import IntervalFigure

WIDE = 700
"""Pixels of a figure from which on long names are shown."""
SHORT, LONG = 32, 56
"""Characters of a name in a narrow and in a wide figure."""


class IntervalPlot(Axes):
    """Named values with their intervals, one row each; rows of few data are hollow."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__(theme, name)
        self.figure: IntervalFigure | None = None
        self.plot.setMouseEnabled(x=False, y=False)

    def show_figure(self, figure: IntervalFigure) -> None:
        """Show named values."""
        self.figure = figure
        self.name_it(figure.title, figure.alt)
        self.plot.setMinimumHeight(min(60 + 26 * len(figure.names), 1400))
        self._draw()

    def _draw(self) -> None:
        import numpy as np

        self.item.clear()
        figure = self.figure
        if figure is None:
            return
        colours = self.theme.palette
        count = len(figure.names)
        rows = np.arange(count)[::-1].astype(float)
        values = np.array([one.value for one in figure.values], dtype=float)
        low = np.array([one.value if one.low is None else one.low for one in figure.values], float)
        high = np.array(
            [one.value if one.high is None else one.high for one in figure.values], float
        )
        if figure.reference is not None:
            self.item.addItem(
                self._pg.InfiniteLine(
                    figure.reference,
                    pen=self._pg.mkPen(colours.muted, style=Qt.PenStyle.DashLine),
                )
            )
        known = np.isfinite(values)
        pen = self._pg.mkPen(colours.series[0], width=2)
        self.item.addItem(
            self._pg.ErrorBarItem(
                x=values[known],
                y=rows[known],
                left=(values - low)[known],
                right=(high - values)[known],
                beam=0.25,
                pen=pen,
            )
        )
        hollow = np.array([at in figure.marked for at in range(count)])[known]
        brushes = [
            self._pg.mkBrush(colours.surface if one else colours.series[0]) for one in hollow
        ]
        self.item.addItem(
            self._pg.ScatterPlotItem(values[known], rows[known], size=10, pen=pen, brush=brushes)
        )
        self._name_rows()
        self._label("bottom", figure.x_label)
        self.item.setYRange(-0.7, count - 0.3, padding=0)
        ends = np.concatenate([low[known], high[known]])
        if figure.reference is not None:
            ends = np.append(ends, figure.reference)
        if len(ends):
            self.item.setXRange(float(ends.min()), float(ends.max()), padding=0.08)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of the names as there is room for."""
        super().resizeEvent(event)
        self._name_rows()

    def _name_rows(self) -> None:
        figure = self.figure
        if figure is None:
            return
        most = LONG if self.width() >= WIDE else SHORT
        count = len(figure.names)
        ticks = [
            (float(count - 1 - at), _short(name, most)) for at, name in enumerate(figure.names)
        ]
        self.item.getAxis("left").setTicks([ticks])


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
