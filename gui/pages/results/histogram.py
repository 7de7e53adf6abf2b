"""The scores of one class as two histograms, with a threshold that can be dragged over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ....multimodal.escape import visible
from ...frame.texts import tr
from ...frame.theme import FAMILY, Theme

if TYPE_CHECKING:
    from ....core.thresholds import Histogram

LEFT, RIGHT, TOP, BOTTOM = 12, 12, 20, 22
STEP, LEAP = 0.001, 0.01


class ScoreHistogram(QWidget):
    """Rows of the class stand above the line and all others below it, each as shares of their own.

    `moved` carries the threshold that was dragged to. The arrow keys move it as well, further
    with Shift.
    """

    moved = Signal(float)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._found: Histogram | None = None
        self._label = ""
        self.threshold = 0.5
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAccessibleName(tr("Scores and threshold"))
        theme.changed.connect(self.update)

    def show_histogram(self, found: Histogram, label: str) -> None:
        """Show the scores of a class."""
        self._found, self._label = found, label
        self.update()

    def show_threshold(self, threshold: float) -> None:
        """Move the line."""
        self.threshold = threshold
        self.setAccessibleDescription(tr("Threshold {value:.3f}").format(value=threshold))
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size that is wished for."""
        return QSize(600, 168)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(300, 168)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw both histograms, the scale and the threshold."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.palette
        area = self._area()
        middle = area.center().y()
        self._bars(painter, area, middle)
        painter.setPen(QPen(QColor(colours.muted), 1))
        painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))
        painter.setFont(QFont(FAMILY, 9))
        low = self._ends()[0]
        for at in range(5):
            share = at / 4
            x = area.left() + area.width() * share
            value = low + share * (self._ends()[1] - low)
            box = QRectF(x - 30, area.bottom() + 2, 60, BOTTOM - 2)
            side = Qt.AlignmentFlag.AlignHCenter
            if at in (0, 4):
                box = QRectF(area.left() if at == 0 else x - 60, area.bottom() + 2, 60, BOTTOM - 2)
                side = Qt.AlignmentFlag.AlignLeft if at == 0 else Qt.AlignmentFlag.AlignRight
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, f"{value:.2f}")
        self._words(painter, area)
        x = self._place(self.threshold)
        painter.setPen(QPen(QColor(colours.text), 3 if self.hasFocus() else 2))
        painter.drawLine(QPointF(x, area.top() - 4), QPointF(x, area.bottom()))
        painter.setBrush(QColor(colours.accent))
        painter.setPen(QPen(QColor(colours.surface), 2))
        painter.drawEllipse(QPointF(x, middle), 8, 8)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the threshold to the mouse."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Let the threshold follow the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._drag(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the threshold."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key not in steps:
            super().keyPressEvent(event)
            return
        far = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.moved.emit(self._within(self.threshold + steps[key] * (LEAP if far else STEP)))

    def _drag(self, event: QMouseEvent) -> None:
        area = self._area()
        share = (event.position().x() - area.left()) / max(area.width(), 1)
        low, high = self._ends()
        self.moved.emit(self._within(low + share * (high - low)))

    def _bars(self, painter: QPainter, area: QRectF, middle: float) -> None:
        if self._found is None:
            return
        colours = self._theme.palette
        half = area.height() / 2 - 2
        painter.setPen(Qt.PenStyle.NoPen)
        for counts, colour, sign in (
            (self._found.positives, colours.series[1], 1),
            (self._found.negatives, colours.series[0], -1),
        ):
            most = max(int(counts.max(initial=0)), 1)
            wide = area.width() / len(counts)
            for at, count in enumerate(counts.tolist()):
                tall = half * count / most
                ink = QColor(colour)
                edge = self._found.edges[at]
                answered = edge >= self.threshold
                ink.setAlpha(220 if answered else 110)
                painter.setBrush(ink)
                top = middle - tall if sign > 0 else middle
                painter.drawRect(QRectF(area.left() + at * wide, top, max(wide - 1, 1), tall))

    def _words(self, painter: QPainter, area: QRectF) -> None:
        colours = self._theme.palette
        painter.setPen(QColor(colours.muted))
        side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        name = visible(self._label, 60)
        above = tr("▲ rows of “{label}”").format(label=name)
        below = tr("▼ all other rows")
        painter.drawText(QRectF(area.left(), 0, area.width() / 2, TOP - 2), side, above)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        said = (
            tr("{below}; answered “{label}” right of the threshold")
            if area.width() > 620
            else "{below}"
        )
        said = said.format(below=below, label=name)
        painter.drawText(QRectF(area.left(), 0, area.width(), TOP - 2), right, said)

    def _area(self) -> QRectF:
        return QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)

    def _ends(self) -> tuple[float, float]:
        if self._found is None:
            return 0.0, 1.0
        return float(self._found.edges[0]), float(self._found.edges[-1])

    def _place(self, value: float) -> float:
        low, high = self._ends()
        area = self._area()
        share = (value - low) / (high - low or 1.0)
        return area.left() + area.width() * min(max(share, 0.0), 1.0)

    @staticmethod
    def _within(value: float) -> float:
        return min(max(value, 0.0), 1.0)
