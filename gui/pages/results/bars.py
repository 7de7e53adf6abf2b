"""Painted bars with intervals, light enough to follow a threshold that is being dragged."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ....core.measured import Measured
from ....multimodal.escape import visible
from ...frame.texts import tr
from ...frame.theme import FAMILY, Theme

ROW, NAMES, VALUES, GAP = 30, 190, 168, 12


@dataclass(frozen=True)
class Bar:
    """A share from 0 to 1 with its name; `marked` where it rests on few rows."""

    name: str
    figure: Measured
    marked: bool = False
    tip: str = ""


class IntervalBars(QWidget):
    """Shares as bars from 0 to 1 with their intervals, one below the other."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.bars: tuple[Bar, ...] = ()
        self._theme = theme
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Show bars instead of those before."""
        grown = len(bars) != len(self.bars)
        self.bars = tuple(bars)
        self.setAccessibleDescription("; ".join(f"{one.name} {one.figure.show()}" for one in bars))
        if grown:
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size that is wished for."""
        return QSize(420, max(len(self.bars), 1) * ROW + 4)

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(280, max(len(self.bars), 1) * ROW + 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names, bars and values."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.palette
        painter.setFont(QFont(FAMILY, 10))
        metrics = QFontMetricsF(painter.font())
        names = min(NAMES, self.width() * 0.32)
        # Values without intervals leave more room for the bars.
        widest = max((metrics.horizontalAdvance(one.figure.show()) for one in self.bars), default=0)
        values = min(widest + 4, VALUES)
        room = max(self.width() - names - values - 2 * GAP, 40.0)
        for at, one in enumerate(self.bars):
            y = at * ROW
            name = ("◇ " if one.marked else "") + visible(one.name, 80)
            painter.setPen(QColor(colours.text))
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, names)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y, names, ROW), middle, short)
            box = QRectF(names + GAP, y + 9, room, ROW - 18)
            draw_share(painter, box, one.figure, self._theme, hollow=one.marked)
            said = one.figure.show()
            painter.setPen(QColor(colours.text if one.figure.defined else colours.muted))
            place = QRectF(box.right() + GAP, y, values, ROW)
            painter.drawText(place, middle, said)

    def event(self, event: QEvent) -> bool:
        """Say how many rows a share is of."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos().y() // ROW
            if 0 <= at < len(self.bars):
                one = self.bars[at]
                of = "" if one.figure.n is None else tr("of {n} rows").format(n=f"{one.figure.n:,}")
                few = tr("few rows: a rough figure") if one.marked else ""
                parts = [f"{one.name} {one.figure.show()}", of, few, one.tip]
                QToolTip.showText(event.globalPos(), "\n".join(p for p in parts if p), self)
            return True
        return super().event(event)


def draw_share(
    painter: QPainter, box: QRectF, figure: Measured, theme: Theme, *, hollow: bool = False
) -> None:
    """Draw a share as a bar in a box that stands for 0 to 1, with its interval."""
    colours = theme.palette
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.grid))
    painter.drawRoundedRect(box, 3, 3)
    if not figure.defined or not math.isfinite(figure.value):
        return
    value = min(max(figure.value, 0.0), 1.0)
    ink = QColor(colours.series[0])
    filled = QRectF(box.x(), box.y(), max(box.width() * value, 2.0), box.height())
    if hollow:
        painter.setPen(QPen(ink, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        soft = QColor(ink)
        soft.setAlpha(150)
        painter.setBrush(soft)
    painter.drawRoundedRect(filled, 3, 3)
    if figure.low is None or figure.high is None:
        return
    low, high = (box.x() + box.width() * min(max(end, 0), 1) for end in (figure.low, figure.high))
    painter.setPen(QPen(QColor(colours.text), 1.5))
    middle = box.center().y()
    painter.drawLine(QPointF(low, middle), QPointF(high, middle))
    for end in (low, high):
        painter.drawLine(QPointF(end, middle - 4), QPointF(end, middle + 4))


class Ruler(QWidget):
    """A figure with its interval on a line, and where the baselines lie on it."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._figure: Measured | None = None
        self._others: tuple[tuple[str, float], ...] = ()
        self._ends = (0.0, 1.0)
        self.setFixedHeight(26)
        self.setMinimumWidth(120)
        theme.changed.connect(self.update)

    def show_figure(
        self, name: str, figure: Measured, others: Sequence[tuple[str, float]], *, most: float = 1.0
    ) -> None:
        """Show a figure.

        Parameters
        ----------
        name
            What it is.
        figure
            The figure.
        others
            Baselines by name.
        most
            Right end of the line; the left one is 0.
        """
        self._figure = figure
        self._others = tuple((who, value) for who, value in others if math.isfinite(value))
        self._ends = (0.0, most)
        self.setAccessibleName(f"{name}: {figure.show()}")
        tips = [f"{name} {figure.show()}", *(f"{who} {value:.3f}" for who, value in self._others)]
        self.setToolTip("\n".join(tips))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw line, interval, value and baselines."""
        if self._figure is None or not self._figure.defined:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.palette
        left, right, y = 5.0, self.width() - 5.0, self.height() / 2

        def place(value: float) -> float:
            low, high = self._ends
            share = (value - low) / (high - low or 1)
            return left + (right - left) * min(max(share, 0.0), 1.0)

        painter.setPen(QPen(QColor(colours.border), 2))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        painter.setPen(QPen(QColor(colours.muted), 1.5))
        for at, (_, value) in enumerate(self._others):
            x = place(value)
            painter.setBrush(QColor(colours.surface))
            if at % 3 == 1:
                painter.drawRect(QRectF(x - 4, y - 4, 8, 8))
            elif at % 3 == 2:
                painter.drawEllipse(QRectF(x - 4.5, y - 4.5, 9, 9))
            else:
                painter.drawPolygon(
                    [QPointF(x, y - 6), QPointF(x + 5, y + 4), QPointF(x - 5, y + 4)]
                )
        if self._figure.low is not None and self._figure.high is not None:
            ends = (place(self._figure.low), place(self._figure.high))
            soft = QColor(colours.series[0])
            soft.setAlpha(90)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(soft)
            painter.drawRoundedRect(QRectF(ends[0], y - 6, max(ends[1] - ends[0], 1), 12), 2, 2)
        painter.setPen(QPen(QColor(colours.series[0]), 3))
        x = place(self._figure.value)
        painter.drawLine(QPointF(x, y - 8), QPointF(x, y + 8))
