"""Signed numbers in rows and columns as coloured cells with their numbers in them.

Cells are coloured on one scale around zero and carry their number, so that the colour is never the
only sign. The arrow keys go from cell to cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from ...multimodal.escape import visible
from ...multimodal.palette import LEVELS, level
from ..frame.texts import tr
from ..frame.theme import FAMILY, Theme
from .cell_view import fixed_cells, plain_view

if TYPE_CHECKING:
    from ...core.report.tree import HeatmapFigure

ROW, HEADER, PAD = 34, 34, 12
LEAST, WIDEST, NAMES = 76, 180, 220
"""Least and most pixels of a column; most pixels of the rows' names."""

Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractTableModel):
    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self.figure: HeatmapFigure | None = None
        self.scale = 1.0

    def show_figure(self, figure: HeatmapFigure) -> None:
        self.beginResetModel()
        self.figure = figure
        known = [abs(value) for value in figure.values.ravel().tolist() if math.isfinite(value)]
        self.scale = max(known, default=0.0) or 1.0
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.figure is None else len(self.figure.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.figure is None else len(self.figure.columns)

    def value(self, index: Index) -> float:
        return (
            math.nan
            if self.figure is None
            else float(self.figure.values[index.row(), index.column()])
        )

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self.figure is None:
            return None
        from ...core.report.numbers import number

        value = self.value(index)
        said = number(value, signed=True) if math.isfinite(value) else "–"
        few = (index.row(), index.column()) in self.figure.marked
        if role == Qt.ItemDataRole.DisplayRole:
            return f"◇ {said}" if few else said
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            names = (self.figure.rows[index.row()], self.figure.columns[index.column()])
            where = ", ".join(visible(name, 80) for name in names)
            known = math.isfinite(value)
            if not known:
                return tr("{where}: no rows").format(where=where)
            return f"{where}: {said}{tr(', few rows') if few else ''}"
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        if self.figure is None:
            return None
        across = orientation == Qt.Orientation.Horizontal
        name = (self.figure.columns if across else self.figure.rows)[section]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return visible(name, 80)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignHCenter if across else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class _Cells(QStyledItemDelegate):
    def __init__(self, view: HeatGrid, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = self._theme.palette
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        value = self._view.value(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        step = level(value, self._view.scale) if math.isfinite(value) else 0
        painter.setBrush(QColor(colours.diverging[LEVELS + step] if step else colours.surface))
        painter.drawRoundedRect(box, 4, 4)
        if index == self._view.currentIndex():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            wide = 3 if self._view.hasFocus() else 1.5
            painter.setPen(QPen(QColor(colours.text), wide))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(QFont(FAMILY, 9))
        painter.setPen(QColor(colours.text if math.isfinite(value) else colours.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        painter.restore()


class HeatGrid(QTableView):
    """The table; as high as its rows."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Cells(self, theme))
        plain_view(self, theme)
        fixed_cells(self, ROW, HEADER)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    @property
    def figure(self) -> HeatmapFigure | None:
        """What is shown."""
        return self._model.figure

    @property
    def scale(self) -> float:
        """Absolute value that gets the strongest colour."""
        return self._model.scale

    def value(self, index: Index) -> float:
        """Return the number of a cell; not a number where it has none."""
        return self._model.value(index)

    def show_figure(self, figure: HeatmapFigure) -> None:
        """Show a table of numbers."""
        self._model.show_figure(figure)
        self.setAccessibleName(figure.title)
        self.setAccessibleDescription(figure.alt)
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.setAccessibleName(visible(figure.column_label, 80))
        down.setAccessibleName(visible(figure.row_label, 80))
        metrics = across.fontMetrics()
        names = max(
            (metrics.horizontalAdvance(visible(name, 80)) for name in figure.rows), default=0
        )
        down.setFixedWidth(min(names + 3 * PAD, NAMES))
        self.setFixedHeight(HEADER + len(figure.rows) * ROW + 20)
        self._spread()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the room."""
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        """Give the columns the room that is left, up to their widest."""
        if self.figure is None or not self.figure.columns:
            return
        metrics = self.horizontalHeader().fontMetrics()
        least = [
            max(LEAST, min(metrics.horizontalAdvance(visible(name, 80)) + 2 * PAD, WIDEST))
            for name in self.figure.columns
        ]
        spare = max(self.viewport().width() - sum(least), 0) // len(least)
        for at, wide in enumerate(least):
            self.setColumnWidth(at, wide + spare)
