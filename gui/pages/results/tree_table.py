"""A table of the report on the screen: values with their intervals below, few rows marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ....multimodal.escape import visible
from ...frame.texts import tr
from ...frame.theme import FAMILY, Theme
from ...widgets.cell_view import plain_view

if TYPE_CHECKING:
    from ....core.report.numbers import Shown
    from ....core.report.tree import Table

Index = QModelIndex | QPersistentModelIndex
MOST_SHOWN = 14
"""Rows that are seen at a time; longer tables scroll."""
TALL, LOW, PAD, HEADER, WIDEST = 46, 32, 8, 46, 300
NAME_MARK = "◇ "


class _Model(QAbstractTableModel):
    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self.table: Table | None = None
        self.cells: list[list[Shown]] = []
        self.right: list[bool] = []

    def show_table(self, table: Table | None) -> None:
        from ....core.report.numbers import numeric, shown

        self.beginResetModel()
        self.table = table
        self.cells, self.right = [], []
        if table is not None:
            self.cells = [
                [shown(cell, signed=at in table.signed) for at, cell in enumerate(row)]
                for row in table.rows
            ]
            self.right = [
                numeric(tuple(row[at] for row in table.rows)) for at in range(len(table.columns))
            ]
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.cells)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.table is None else len(self.table.columns)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self.table is None:
            return None
        cell = self.cells[index.row()][index.column()]
        marked = index.row() in self.table.marked
        out: Any = None
        if role == Qt.ItemDataRole.DisplayRole:
            mark = NAME_MARK if marked and index.column() == 0 else ""
            out = mark + visible(cell.text, 200)
        elif role == Qt.ItemDataRole.AccessibleTextRole:
            few = tr(", few rows") if marked and index.column() == 0 else ""
            out = f"{visible(cell.text, 200)} {cell.interval}".strip() + few
        elif role == Qt.ItemDataRole.ToolTipRole:
            few = tr("few rows: a rough figure") if marked else ""
            out = "; ".join(part for part in (cell.hover, few) if part) or None
        return out

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        if orientation == Qt.Orientation.Vertical or self.table is None:
            return None
        name = visible(self.table.columns[section], 120)
        side = Qt.AlignmentFlag.AlignRight if self.right[section] else Qt.AlignmentFlag.AlignLeft
        roles: dict[int, Any] = {
            int(Qt.ItemDataRole.DisplayRole): name,
            int(Qt.ItemDataRole.ToolTipRole): name,
            int(Qt.ItemDataRole.TextAlignmentRole): (
                int(side | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)
            ),
        }
        return roles.get(int(role))


class _Cells(QStyledItemDelegate):
    """A value, and its interval below it in a smaller size."""

    def __init__(self, view: TreeTable, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        colours = self._theme.palette
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        style = QApplication.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem,
            option,
            painter,
            option.widget,
        )
        cell = self._view.cell(index)
        side = (
            Qt.AlignmentFlag.AlignRight
            if self._view.at_right(index)
            else Qt.AlignmentFlag.AlignLeft
        )
        box = QRectF(option.rect).adjusted(PAD, 3, -PAD, -3)
        half = box.height() / 2
        upper = QRectF(box.x(), box.y(), box.width(), half if cell.interval else box.height())
        font = QFont(FAMILY, 10)
        font.setItalic(index.row() in self._view.marked)
        painter.setFont(font)
        ink = colours.inverse if chosen else colours.muted if cell.quiet else colours.text
        painter.setPen(QColor(ink))
        text, metrics = str(index.data()), painter.fontMetrics()
        across, flags = int(box.width()), int(side | Qt.AlignmentFlag.AlignVCenter)
        if not cell.interval and box.height() >= 2 * metrics.height():
            # Two lines, and what is beyond them ends in “…”: never a number with its middle gone.
            flags |= int(Qt.TextFlag.TextWordWrap)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(1.8 * across))
        else:
            text = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, across)
        painter.drawText(upper, flags, text)
        if cell.interval:
            painter.setFont(QFont(FAMILY, 8))
            painter.setPen(QColor(colours.inverse if chosen else colours.muted))
            lower = QRectF(box.x(), box.y() + half, box.width(), half)
            painter.drawText(lower, side | Qt.AlignmentFlag.AlignVCenter, cell.interval)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        cell = self._view.cell(index)
        metrics = self._view.fontMetrics()
        wide = metrics.horizontalAdvance(str(index.data()))
        below = round(0.85 * metrics.horizontalAdvance(cell.interval))
        return QSize(min(max(wide, below) + 2 * PAD + 6, WIDEST), TALL if cell.interval else LOW)


class TreeTable(QTableView):
    """A table of the report; as high as its rows up to a limit, so that the page scrolls."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Cells(self, theme))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        plain_view(self, theme)
        self.setAlternatingRowColors(True)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        self.verticalHeader().setAccessibleName(tr("Rows"))
        self.horizontalHeader().setAccessibleName(tr("Columns"))
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setMinimumHeight(HEADER)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    @property
    def marked(self) -> frozenset[int]:
        """Rows that rest on few rows of data."""
        return self._model.table.marked if self._model.table is not None else frozenset()

    def cell(self, index: Index) -> Shown:
        """Return a cell as it is written."""
        return self._model.cells[index.row()][index.column()]

    def at_right(self, index: Index) -> bool:
        """Whether a column stands flush right."""
        return self._model.right[index.column()]

    def show_table(self, table: Table | None) -> None:
        """Show a table."""
        self._model.show_table(table)
        if table is None:
            return
        self.setAccessibleName(table.title)
        self.setAccessibleDescription(table.note)
        intervals = any(cell.interval for row in self._model.cells for cell in row)
        self.verticalHeader().setDefaultSectionSize(TALL if intervals else LOW)
        self.resizeColumnsToContents()
        count = min(len(table.rows), MOST_SHOWN)
        self._height = HEADER + count * (TALL if intervals else LOW) + 16
        self.setFixedHeight(self._height)
        self._spread()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy the selected rows."""
        if event.matches(QKeySequence.StandardKey.Copy):
            from PySide6.QtGui import QGuiApplication

            rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
            lines = ["\t".join(cell.text for cell in self._model.cells[row]) for row in rows]
            QGuiApplication.clipboard().setText("\n".join(lines))
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: Any) -> None:
        """Share out the room."""
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        """Give the columns the room that is left, the first one most."""
        header = self.horizontalHeader()
        count = header.count()
        if not count:
            return
        metrics = header.fontMetrics()
        least = []
        for at in range(count):
            name = str(self._model.headerData(at, Qt.Orientation.Horizontal))
            words = [metrics.horizontalAdvance(word) for word in name.split()] or [0]
            # A long name takes two lines.
            half = metrics.horizontalAdvance(name) * 0.62
            wide = round(min(max([*words, half]), WIDEST)) + 2 * PAD + 8
            least.append(max(wide, self.sizeHintForColumn(at), 64))
        spare = max(self.viewport().width() - sum(least), 0)
        for at, wide in enumerate(least):
            header.resizeSection(at, wide + spare // count)
