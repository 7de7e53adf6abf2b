"""Named values with their intervals on the screen, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from ..frame.theme import Theme
from .axes import Axes

if TYPE_CHECKING:
    from ...core.report.tree import IntervalFigure


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
        names = [_short(name) for name in figure.names]
        self.item.getAxis("left").setTicks([list(zip(rows.tolist(), names, strict=True))])
        self._label("bottom", figure.x_label)
        self.item.setYRange(-0.7, count - 0.3, padding=0)
        ends = np.concatenate([low[known], high[known]])
        if figure.reference is not None:
            ends = np.append(ends, figure.reference)
        if len(ends):
            self.item.setXRange(float(ends.min()), float(ends.max()), padding=0.08)


def _short(name: str, most: int = 32) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
