"""A pair of axes in the theme's colours, by pyqtgraph, which is loaded with the first figure."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ..frame.texts import tr
from ..frame.theme import FAMILY, Theme

DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)


class Axes(QWidget):
    """What every figure with axes has: names, zoom, colours that follow the theme."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__()
        import pyqtgraph

        self._pg: Any = pyqtgraph
        self._pg.setConfigOptions(antialias=True)
        self.theme = theme

        class Plot(pyqtgraph.PlotWidget):  # type: ignore[misc]
            """A figure that wishes for its least height; pyqtgraph's wish for 640 x 480 pixels."""

            def sizeHint(self) -> QSize:
                return QSize(240, self.minimumHeight())

        self.plot: Any = Plot()
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        self.plot.setMenuEnabled(False)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setMinimumHeight(160)
        self.item: Any = self.plot.getPlotItem()
        self.item.hideButtons()
        self.plot.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot, 1)
        self.name_it(name or tr("Figure"))
        theme.changed.connect(self._recolour)
        self._axes_colours()

    def name_it(self, name: str, description: str = "") -> None:
        """Say what the figure shows, for those who don't see it."""
        for widget in (self, self.plot):
            widget.setAccessibleName(name)
            widget.setAccessibleDescription(description)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show everything again on a double click or the key Home."""
        key = event.type() == QEvent.Type.KeyPress and event.key() == Qt.Key.Key_Home  # type: ignore[attr-defined]
        if key or event.type() == QEvent.Type.MouseButtonDblClick:
            self.item.enableAutoRange()
            self._limits()
            return True
        # The page scrolls with the wheel; figures zoom with Ctrl held.
        if event.type() == QEvent.Type.Wheel:
            return not event.modifiers() & Qt.KeyboardModifier.ControlModifier  # type: ignore[attr-defined]
        return False

    def _limits(self) -> None:
        """Set the ranges that a figure begins with."""

    def _draw(self) -> None:
        """Draw anew in the theme's colours."""

    def _recolour(self) -> None:
        self._axes_colours()
        self._draw()

    def _axes_colours(self) -> None:
        colours = self.theme.palette
        self.plot.setBackground(colours.surface)
        font = QFont(FAMILY, 9)
        for name in ("left", "bottom"):
            axis = self.item.getAxis(name)
            axis.setPen(colours.border)
            axis.setTextPen(colours.muted)
            axis.setTickFont(font)
            # Switching prefixes off is not enough: 0.9 became 900 when the theme changed.
            axis.setSIPrefixEnableRanges(())
        self.item.showGrid(x=True, y=True, alpha=0.12)

    def _label(self, side: str, text: str) -> None:
        self.item.setLabel(
            side,
            text,
            siPrefixEnableRanges=(),
            color=self.theme.palette.muted,
            **{"font-size": "9pt"},
        )

    def _pen(self, at: int, *, dashed: bool = False, width: float = 2.0) -> Any:
        colours = self.theme.palette.series
        style = DASHES[(at // len(colours)) % len(DASHES)]
        if dashed and style == Qt.PenStyle.SolidLine:
            style = Qt.PenStyle.DashLine
        return self._pg.mkPen(colours[at % len(colours)], width=width, style=style)
