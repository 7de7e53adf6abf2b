"""What each curve of a figure is, above the axes, where it hides nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ..frame.texts import tr
from .basics import Flow


class Legend(QWidget):
    """Names with their line and marker, in as many rows as they need."""

    def __init__(self) -> None:
        super().__init__()
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
