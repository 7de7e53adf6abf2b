"""Two numbers of each row as points, and how often a number falls where, by pyqtgraph."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor

from ..frame.texts import tr
from ..frame.theme import Theme
from .axes import Axes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST = 4000
"""Points that are drawn; of more rows an even share is."""
BINS = 40


class ScatterPlot(Axes):
    """Points with the line on which both numbers are equal; `chosen` carries a clicked point."""

    chosen = Signal(int)

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__(theme, name)
        self.xs: NDArray[np.float64] | None = None
        self.ys: NDArray[np.float64] | None = None
        self._labels = ("", "")
        self._dots: Any = None

    def show_points(
        self, x: NDArray[np.float64], y: NDArray[np.float64], x_label: str, y_label: str, said: str
    ) -> None:
        """Show points, both of shape (rows,); what is no number is left out."""
        self.xs, self.ys = x, y
        self._labels = (x_label, y_label)
        self.name_it(f"{y_label} / {x_label}", said)
        self._draw()
        self.item.enableAutoRange()

    def _draw(self) -> None:
        import numpy as np

        self.item.clear()
        if self.xs is None or self.ys is None:
            return
        colours = self.theme.palette
        self._label("bottom", self._labels[0])
        self._label("left", self._labels[1])
        known = np.flatnonzero(np.isfinite(self.xs) & np.isfinite(self.ys))
        if not len(known):
            return
        if len(known) > MOST:
            known = known[np.linspace(0, len(known) - 1, MOST).round().astype(int)]
        low = float(min(self.xs[known].min(), self.ys[known].min()))
        high = float(max(self.xs[known].max(), self.ys[known].max()))
        line = self._pg.mkPen(colours.muted, width=1, style=Qt.PenStyle.DashLine)
        self.item.addItem(self._pg.PlotDataItem([low, high], [low, high], pen=line))
        ink = QColor(colours.series[0])
        ink.setAlpha(200 if len(known) < BINS * BINS // 4 else 90)
        self._dots = self._pg.ScatterPlotItem(
            self.xs[known],
            self.ys[known],
            data=known,
            size=8,
            pen=self._pg.mkPen(None),
            brush=self._pg.mkBrush(ink),
            hoverable=True,
            hoverPen=self._pg.mkPen(colours.text, width=2),
            tip=None,
        )
        self._dots.sigClicked.connect(
            lambda _, points, *__: self.chosen.emit(int(points[0].data()))
        )
        self.item.addItem(self._dots)


class HistogramPlot(Axes):
    """How many rows have a number in each of equally wide steps; zero is marked."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__(theme, name)
        self.counts: NDArray[np.int64] | None = None
        self.edges: NDArray[np.float64] | None = None
        self._x_label = ""
        self.plot.setMouseEnabled(x=False, y=False)

    def show_numbers(self, numbers: NDArray[np.float64], x_label: str, said: str) -> None:
        """Show numbers of shape (rows,); what is no number is left out."""
        import numpy as np

        known = numbers[np.isfinite(numbers)]
        bins = min(BINS, max(8, math.ceil(2 * len(known) ** (1 / 3))))
        self.counts, self.edges = np.histogram(known, bins=bins) if len(known) else (None, None)
        self._x_label = x_label
        self.name_it(x_label, said)
        self._draw()
        self.item.enableAutoRange()

    def _draw(self) -> None:
        self.item.clear()
        if self.counts is None or self.edges is None:
            return
        colours = self.theme.palette
        self._label("bottom", self._x_label)
        self._label("left", tr("rows"))
        ink = QColor(colours.series[0])
        ink.setAlpha(170)
        bars = self._pg.BarGraphItem(
            x0=self.edges[:-1],
            x1=self.edges[1:],
            y0=0,
            height=self.counts,
            brush=self._pg.mkBrush(ink),
            pen=self._pg.mkPen(colours.surface),
        )
        self.item.addItem(bars)
        zero = self._pg.mkPen(colours.text, width=1, style=Qt.PenStyle.DashLine)
        self.item.addItem(self._pg.InfiniteLine(0, pen=zero))
