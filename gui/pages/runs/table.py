"""The table of runs on the screen."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from ...frame.texts import tr
from .model import Index, RunsModel
from .rows import Row

WIDTHS = {
    "name": 150,
    "status": 112,
    "foremost": 290,
    "model": 120,
    "data": 130,
    "rows": 70,
    "created": 104,
    "seconds": 92,
    "tags": 130,
}
METRIC = 158


class RunsTable(QTableView):
    """Select one or several; `opened` carries the folder of the one to look at."""

    selected = Signal()
    opened = Signal(str)

    def __init__(self, model: RunsModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setAccessibleName(tr("Runs"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setItemDelegate(Cells(self))
        name, ascending = model.sorted_by
        self.horizontalHeader().setSortIndicator(model.columns.index(name), _order(ascending))
        self.setSortingEnabled(True)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(34)
        rows.setAccessibleName(tr("Row numbers"))
        rows.hide()
        columns = self.horizontalHeader()
        columns.setAccessibleName(tr("Columns"))
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setSortIndicatorClearable(False)
        self.selectionModel().selectionChanged.connect(lambda *_: self.selected.emit())
        model.modelReset.connect(self.fit)
        for changed in (model.columnsInserted, model.columnsRemoved):
            changed.connect(lambda *_: self._fit_columns())
        self.doubleClicked.connect(lambda index: self.opened.emit(str(self._path(index.row()))))
        self.fit()

    def fit(self) -> None:
        """Give every column its usual width, and show the order."""
        for at, name in enumerate(self._model.columns):
            self.setColumnWidth(at, WIDTHS.get(name, METRIC))
        self.show_order()

    def _fit_columns(self) -> None:
        """Let what was selected be selected in a new column too."""
        flags = QItemSelectionModel.SelectionFlag
        for row in {index.row() for index in self.selectionModel().selectedIndexes()}:
            index = self._model.index(row, 0)
            self.selectionModel().select(index, flags.Select | flags.Rows)
        self.fit()

    def show_order(self) -> None:
        """Show the arrow at the column by which the model sorts."""
        name, ascending = self._model.sorted_by
        self.sortByColumn(self._model.columns.index(name), _order(ascending))

    @property
    def rows(self) -> list[Row]:
        """The selected rows, top to bottom."""
        chosen = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._model.row_at(row) for row in chosen]

    def select(self, paths: Sequence[Path]) -> None:
        """Select these runs, and bring the first into sight."""
        selection = self.selectionModel()
        selection.clearSelection()
        places = [self._model.place(path) for path in paths]
        for number, place in enumerate(one for one in places if one is not None):
            index = self._model.index(place, 0)
            if number == 0:
                selection.setCurrentIndex(index, QItemSelectionModel.SelectionFlag.NoUpdate)
                self.scrollTo(index)
            selection.select(
                index,
                QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
            )

    def copy_rows(self) -> int:
        """Put the selected rows on the clipboard with their names, tabs between cells."""
        rows = self.rows or list(self._model.shown)
        out = io.StringIO()
        lines = csv.writer(out, delimiter="\t", lineterminator="\n")
        horizontal, shown = Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole
        lines.writerow(
            self._model.headerData(at, horizontal, shown) for at in range(len(self._model.columns))
        )
        for row in rows:
            lines.writerow(self._model.text(row, name) for name in self._model.columns)
        QGuiApplication.clipboard().setText(out.getvalue())
        return len(rows)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open by Return, copy by the usual keys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(str(self._path(self.currentIndex().row())))
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        else:
            super().keyPressEvent(event)

    def _path(self, row: int) -> Path:
        return self._model.row_at(row).path


class Cells(QStyledItemDelegate):
    """Cells that stand under their header's text, with no frame around the one with the focus."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        """Leave room at the sides."""
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        option.rect = option.rect.adjusted(5, 0, -5, 0)


def _order(ascending: bool) -> Qt.SortOrder:
    return Qt.SortOrder.AscendingOrder if ascending else Qt.SortOrder.DescendingOrder
