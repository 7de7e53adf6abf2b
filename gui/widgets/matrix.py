"""A confusion matrix of which each cell can be chosen, by mouse and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...multimodal.palette import FLIP
from ..frame.texts import tr
from ..frame.theme import FAMILY, Theme

if TYPE_CHECKING:
    from ...core.report.tree import MatrixFigure

MARGIN_LEFT, MARGIN_TOP, LEAST_CELL, MOST_CELL = 116, 54, 30, 112


class MatrixPlot(QWidget):
    """Counts in a square, shaded by their share of the row.

    `cell_chosen` carries row and column.
    """

    cell_chosen = Signal(int, int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.figure: MatrixFigure | None = None
        self._theme = theme
        self._at = (0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Confusion matrix"))
        theme.changed.connect(self.update)

    def show_figure(self, figure: MatrixFigure) -> None:
        """Show a matrix."""
        self.figure = figure
        self._at = (0, 0)
        self.setAccessibleName(figure.title)
        self.setAccessibleDescription(figure.alt)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size that is wished for."""
        count = len(self.figure.labels) if self.figure else 3
        side = count * 84
        return QSize(MARGIN_LEFT + side + 8, MARGIN_TOP + side + 8)

    def minimumSizeHint(self) -> QSize:
        """Return the least size at which counts can be read."""
        count = len(self.figure.labels) if self.figure else 3
        return QSize(MARGIN_LEFT + count * LEAST_CELL + 8, MARGIN_TOP + count * LEAST_CELL + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the matrix."""
        if self.figure is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.palette
        side = self._side()
        counts = self.figure.counts
        count = len(self.figure.labels)
        painter.setFont(QFont(FAMILY, 9))
        painter.setPen(QColor(colours.muted))
        painter.drawText(
            QRectF(MARGIN_LEFT, 2, count * side, 20),
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            f"{self.figure.column_label} →",
        )
        painter.drawText(
            QRectF(0, 24, MARGIN_LEFT - 8, 26),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            f"{self.figure.row_label} ↓",
        )
        metrics = QFontMetricsF(painter.font())
        for at, name in enumerate(self.figure.labels):
            painter.setPen(QColor(colours.text))
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, side - 6)
            painter.drawText(
                QRectF(MARGIN_LEFT + at * side, 26, side, 22), Qt.AlignmentFlag.AlignCenter, short
            )
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, MARGIN_LEFT - 12)
            painter.drawText(
                QRectF(0, MARGIN_TOP + at * side, MARGIN_LEFT - 8, side),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                short,
            )
        for row in range(count):
            total = max(int(counts[row].sum()), 1)
            for column in range(count):
                value = int(counts[row, column])
                share = value / total
                step = round(share * (len(colours.shades) - 1))
                box = self._cell(row, column)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(colours.shades[step]))
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
                painter.setPen(QColor(colours.inverse if step >= FLIP else colours.text))
                self._cell_text(painter, box, value, share)
                if row == column:
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.setPen(QPen(QColor(colours.accent), 1.5))
                    painter.drawRoundedRect(box.adjusted(2, 2, -2, -2), 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.text), 3))
            painter.drawRoundedRect(self._cell(*self._at).adjusted(1, 1, -1, -1), 5, 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the mouse."""
        cell = self._under(event.position())
        if cell is not None:
            self._at = cell
            self.update()
            self.cell_chosen.emit(*cell)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show by the pointer what can be chosen."""
        over = self._under(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move with the arrow keys; Return chooses."""
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if self.figure is None:
            return
        if key in moves:
            last = len(self.figure.labels) - 1
            row, column = (a + b for a, b in zip(self._at, moves[key], strict=True))
            self._at = (max(0, min(row, last)), max(0, min(column, last)))
            self.setAccessibleDescription(self.words(*self._at))
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.cell_chosen.emit(*self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say in a tooltip what a cell counts."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            cell = self._under(QPointF(event.pos()))
            if cell is not None:
                QToolTip.showText(event.globalPos(), self.words(*cell), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def words(self, row: int, column: int) -> str:
        """Say in words what a cell counts."""
        if self.figure is None:
            return ""
        total = max(int(self.figure.counts[row].sum()), 1)
        value = int(self.figure.counts[row, column])
        said = tr("{n:,} rows of “{true}” were answered “{other}” ({share:.1%}). Show them.")
        return said.format(
            n=value,
            true=self.figure.labels[row],
            other=self.figure.labels[column],
            share=value / total,
        )

    def _cell_text(self, painter: QPainter, box: QRectF, value: int, share: float) -> None:
        painter.setFont(QFont(FAMILY, 11 if box.width() > 52 else 8, QFont.Weight.DemiBold))
        if box.height() < 48:
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{value:,}")
            return
        half = box.height() / 2
        painter.drawText(
            QRectF(box.x(), box.y() + half - 22, box.width(), 24),
            Qt.AlignmentFlag.AlignCenter,
            f"{value:,}",
        )
        painter.setFont(QFont(FAMILY, 9))
        painter.drawText(
            QRectF(box.x(), box.y() + half, box.width(), 20),
            Qt.AlignmentFlag.AlignCenter,
            f"{share:.0%}",
        )

    def _side(self) -> float:
        count = max(len(self.figure.labels) if self.figure else 1, 1)
        room = min(self.width() - MARGIN_LEFT - 4, self.height() - MARGIN_TOP - 4) / count
        return max(LEAST_CELL, min(MOST_CELL, room))

    def _cell(self, row: int, column: int) -> QRectF:
        side = self._side()
        return QRectF(MARGIN_LEFT + column * side, MARGIN_TOP + row * side, side, side)

    def _under(self, place: QPointF) -> tuple[int, int] | None:
        if self.figure is None:
            return None
        side = self._side()
        column = int((place.x() - MARGIN_LEFT) // side)
        row = int((place.y() - MARGIN_TOP) // side)
        inside = 0 <= row < len(self.figure.labels) and 0 <= column < len(self.figure.labels)
        return (row, column) if inside else None
