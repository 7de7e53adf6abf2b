"""Figures on the screen: the report's plain data, drawn by pyqtgraph.

pyqtgraph is loaded with the first figure. Curves carry dashes and markers besides colour, so that
colour is never the only sign; bands are their 95% intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..frame.texts import tr
from ..frame.theme import FAMILY, Theme
from .basics import Flow

if TYPE_CHECKING:
    from ...core.report.tree import BarFigure, IntervalFigure, Line, LineFigure

MARKERS = ("o", "s", "t", "d", "t1", "star")
DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
MARKED = 9
"""Markers along a curve; all points where there are few."""


class _Axes(QWidget):
    """A pair of axes in the theme's colours."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__()
        import pyqtgraph

        self._pg: Any = pyqtgraph
        self._pg.setConfigOptions(antialias=True)
        self.theme = theme
        self.plot: Any = pyqtgraph.PlotWidget()
        self.plot.setFrameShape(self.plot.Shape.NoFrame)
        self.plot.setMenuEnabled(False)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.setMinimumHeight(160)
        self.item: Any = self.plot.getPlotItem()
        self.item.hideButtons()
        self.plot.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
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
            axis.enableAutoSIPrefix(False)
        self.item.showGrid(x=True, y=True, alpha=0.12)

    def _label(self, side: str, text: str) -> None:
        self.item.setLabel(side, text, color=self.theme.palette.muted, **{"font-size": "9pt"})

    def _pen(self, at: int, *, dashed: bool = False, width: float = 2.0) -> Any:
        colours = self.theme.palette.series
        style = DASHES[(at // len(colours)) % len(DASHES)]
        if dashed and style == Qt.PenStyle.SolidLine:
            style = Qt.PenStyle.DashLine
        return self._pg.mkPen(colours[at % len(colours)], width=width, style=style)


class LinePlot(_Axes):
    """Curves in one pair of axes, with points that can be moved along them.

    `show_figure` may be called again and again while a job runs: what is there is changed, not
    made anew, and a range that a person chose stays.
    """

    hovered = Signal(float, float)

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__(theme, name)
        self.figure: LineFigure | None = None
        self._curves: list[list[Any]] = []
        self._points: dict[str, tuple[float, float, Any]] = {}
        self._legend = _Legend(theme)
        self.layout().insertWidget(0, self._legend)  # type: ignore[union-attr]
        self._diagonal: Any = None
        self._hint: Any = self._pg.TextItem(anchor=(0, 1))
        self._hint.setZValue(20)
        self._hint.hide()
        self.item.addItem(self._hint, ignoreBounds=True)
        self.plot.scene().sigMouseMoved.connect(self._hover)

    def show_figure(self, figure: LineFigure) -> None:
        """Show curves; those that stand there already are changed in place."""
        same = self.figure is not None and _shape(self.figure) == _shape(figure)
        first = self.figure is None
        self.figure = figure
        self.name_it(figure.title, figure.alt)
        if same:
            for line, curve in zip(figure.lines, self._curves, strict=True):
                self._change(line, curve)
            return
        self._draw()
        if first:
            self._limits()

    def set_point(self, name: str, x: float, y: float) -> None:
        """Put a marked point on the figure, or move it."""
        if name in self._points:
            dot = self._points[name][2]
            dot.setData([x], [y])
            self._points[name] = (x, y, dot)
            return
        colours = self.theme.palette
        dot = self._pg.ScatterPlotItem(
            [x],
            [y],
            size=13,
            symbol="o",
            brush=self._pg.mkBrush(colours.surface),
            pen=self._pg.mkPen(colours.text, width=3),
        )
        dot.setZValue(15)
        self.item.addItem(dot, ignoreBounds=True)
        self._points[name] = (x, y, dot)

    def remove_point(self, name: str) -> None:
        """Take a marked point away."""
        if name in self._points:
            self.item.removeItem(self._points.pop(name)[2])

    def _draw(self) -> None:
        for curve in self._curves:
            for part in curve:
                self.item.removeItem(part)
        self._curves = []
        if self._diagonal is not None:
            self.item.removeItem(self._diagonal)
            self._diagonal = None
        figure = self.figure
        if figure is None:
            return
        colours = self.theme.palette
        self._label("bottom", figure.x_label)
        self._label("left", figure.y_label)
        self._legend.setVisible(len(figure.lines) > 1 or figure.unit_square)
        self._legend.show_lines(
            [
                (line.name, self._pen(at, dashed=line.dashed), MARKERS[at % len(MARKERS)])
                for at, line in enumerate(figure.lines)
            ]
        )
        if figure.diagonal:
            self._diagonal = self._pg.PlotDataItem(
                [0, 1],
                [0, 1],
                pen=self._pg.mkPen(colours.muted, width=1, style=Qt.PenStyle.DotLine),
            )
            self.item.addItem(self._diagonal)
        for at, line in enumerate(figure.lines):
            self._curves.append(self._curve(at, line))
        for _, _, dot in self._points.values():
            dot.setBrush(self._pg.mkBrush(colours.surface))
            dot.setPen(self._pg.mkPen(colours.text, width=3))

    def _curve(self, at: int, line: Line) -> list[Any]:
        pen = self._pen(at, dashed=line.dashed)
        parts: list[Any] = []
        if line.low is not None and line.high is not None:
            edge = self._pg.mkPen(None)
            low = self._pg.PlotDataItem(line.x, line.low, pen=edge)
            high = self._pg.PlotDataItem(line.x, line.high, pen=edge)
            shade = QColor(pen.color())
            shade.setAlpha(38)
            band = self._pg.FillBetweenItem(low, high, brush=shade)
            for part in (low, high, band):
                self.item.addItem(part)
                parts.append(part)
        curve = self._pg.PlotDataItem(
            line.x, line.y, pen=pen, stepMode="right" if line.step else None
        )
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(False)
        self.item.addItem(curve)
        marks = self._pg.ScatterPlotItem(
            *_marked(line),
            symbol=MARKERS[at % len(MARKERS)],
            size=7,
            pen=self._pg.mkPen(None),
            brush=self._pg.mkBrush(pen.color()),
        )
        self.item.addItem(marks)
        return [curve, marks, *parts]

    def _change(self, line: Line, curve: list[Any]) -> None:
        curve[0].setData(line.x, line.y)
        curve[1].setData(*_marked(line))
        if len(curve) > 2:
            curve[2].setData(line.x, line.low)
            curve[3].setData(line.x, line.high)

    def _limits(self) -> None:
        figure = self.figure
        if figure is not None and figure.unit_square:
            self.item.setRange(xRange=(0, 1), yRange=(0, 1.02), padding=0.02)

    def _hover(self, place: Any) -> None:
        import numpy as np

        box = self.item.vb
        if self.figure is None or not self.item.sceneBoundingRect().contains(place):
            self._hint.hide()
            return
        at = box.mapSceneToView(place)
        wide, high = box.viewPixelSize()
        best: tuple[float, Line, int] | None = None
        for line in self.figure.lines:
            if len(line.x) == 0:
                continue
            gap = np.hypot((line.x - at.x()) / (wide or 1), (line.y - at.y()) / (high or 1))
            gap = np.where(np.isfinite(gap), gap, np.inf)
            near = int(gap.argmin())
            if gap[near] < 40 and (best is None or gap[near] < best[0]):
                best = (float(gap[near]), line, near)
        if best is None:
            self._hint.hide()
            return
        _, line, near = best
        x, y = float(line.x[near]), float(line.y[near])
        colours = self.theme.palette
        said = f"{line.name}\n{self.figure.x_label} {x:.4g}, {self.figure.y_label} {y:.4g}"
        self._hint.setText(said, color=colours.text)
        self._hint.fill = self._pg.mkBrush(colours.surface)
        self._hint.border = self._pg.mkPen(colours.border)
        left, right = box.viewRange()[0]
        bottom, top = box.viewRange()[1]
        self._hint.setAnchor(
            (1 if x > (left + right) / 2 else 0, 0 if y > (bottom + top) / 2 else 1)
        )
        self._hint.setPos(x, y)
        self._hint.show()
        self.hovered.emit(x, y)


class IntervalPlot(_Axes):
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


class BarPlot(_Axes):
    """Named signed numbers as horizontal bars."""

    def __init__(self, theme: Theme, name: str = "") -> None:
        super().__init__(theme, name)
        self.figure: BarFigure | None = None
        self.plot.setMouseEnabled(x=False, y=False)

    def show_figure(self, figure: BarFigure) -> None:
        """Show named numbers."""
        self.figure = figure
        self.name_it(figure.title, figure.alt)
        self.plot.setMinimumHeight(min(60 + 24 * len(figure.names), 1400))
        self._draw()

    def _draw(self) -> None:
        import numpy as np

        self.item.clear()
        figure = self.figure
        if figure is None:
            return
        colours = self.theme.palette
        rows = np.arange(len(figure.names))[::-1].astype(float)
        values = np.array(figure.values, dtype=float)
        tints = [colours.positive if value >= 0 else colours.negative for value in values]
        self.item.addItem(
            self._pg.BarGraphItem(
                x0=np.minimum(values, 0),
                width=np.abs(values),
                y=rows,
                height=0.66,
                brushes=[self._pg.mkBrush(tint) for tint in tints],
                pens=[self._pg.mkPen(None)] * len(tints),
            )
        )
        names = [_short(name) for name in figure.names]
        self.item.getAxis("left").setTicks([list(zip(rows.tolist(), names, strict=True))])
        self._label("bottom", figure.x_label)
        self.item.setYRange(-0.7, len(rows) - 0.3, padding=0)


class _Legend(QWidget):
    """What each curve is, above the axes, where it hides nothing."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._row = Flow(self, gap=14)

    def show_lines(self, lines: Sequence[tuple[str, QPen, str]]) -> None:
        """Show names with their line and marker."""
        self._row.clear()
        for name, pen, marker in lines:
            entry = QLabel()
            entry.setTextFormat(Qt.TextFormat.PlainText)
            sample = QLabel()
            sample.setPixmap(self._sample(pen, marker))
            sample.setAccessibleName(tr("Line of {name}").format(name=name))
            entry.setText(name)
            pair = QWidget()
            row = QHBoxLayout(pair)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(6)
            row.addWidget(sample)
            row.addWidget(entry)
            self._row.addWidget(pair)
        self.updateGeometry()

    def _sample(self, pen: QPen, marker: str) -> QPixmap:
        import pyqtgraph

        ratio = self.devicePixelRatioF()
        out = QPixmap(round(30 * ratio), round(14 * ratio))
        out.setDevicePixelRatio(ratio)
        out.fill(Qt.GlobalColor.transparent)
        painter = QPainter(out)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(pen.color(), 2, pen.style()))
        painter.drawLine(0, 7, 30, 7)
        painter.translate(15, 7)
        painter.scale(8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        painter.drawPath(pyqtgraph.graphicsItems.ScatterPlotItem.Symbols[marker])
        painter.end()
        return out


def _shape(figure: LineFigure) -> tuple[object, ...]:
    lines = tuple((line.name, line.dashed, line.step, line.low is None) for line in figure.lines)
    return (figure.title, figure.x_label, figure.y_label, lines)


def _marked(line: Line) -> tuple[Any, Any]:
    import numpy as np

    count = len(line.x)
    if count <= MARKED:
        return line.x, line.y
    places = np.unique(np.linspace(0, count - 1, MARKED).round().astype(int))
    return line.x[places], line.y[places]


def _short(name: str, most: int = 28) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
