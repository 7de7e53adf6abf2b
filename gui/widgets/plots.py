"""Curves on the screen: the report's plain data, drawn by pyqtgraph.

Curves carry dashes and markers besides colour, so that colour is never the only sign; bands are
their 95% intervals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor

from ..frame.theme import Theme
from .axes import Axes
from .legend import Legend

if TYPE_CHECKING:
    from ...core.report.tree import Line, LineFigure

MARKERS = ("o", "s", "t", "d", "t1", "star")
MARKED = 9
"""Markers along a curve; all points where there are few."""


class LinePlot(Axes):
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
        self._legend = Legend()
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
                (line.name, self._line_pen(at, line), MARKERS[at % len(MARKERS)])
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
        pen = self._line_pen(at, line)
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

    def _line_pen(self, at: int, line: Line) -> Any:
        """Return a line's pen, which draws nothing between points that nothing connects."""
        pen = self._pen(at, dashed=line.dashed)
        if line.points:
            pen.setStyle(Qt.PenStyle.NoPen)
        return pen

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


def _shape(figure: LineFigure) -> tuple[object, ...]:
    lines = tuple(
        (line.name, line.dashed, line.step, line.points, line.low is None) for line in figure.lines
    )
    return (figure.title, figure.x_label, figure.y_label, lines)


def _marked(line: Line) -> tuple[Any, Any]:
    import numpy as np

    count = len(line.x)
    if count <= MARKED or line.points:
        return line.x, line.y
    places = np.unique(np.linspace(0, count - 1, MARKED).round().astype(int))
    return line.x[places], line.y[places]
