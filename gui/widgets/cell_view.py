"""What tables that are drawn cell by cell have in common."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from ..frame.theme import Theme


def plain_view(view: QTableView, theme: Theme) -> None:
    """Leave out what a table to read has no use for; Tab goes on to the next control."""
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setCornerButtonEnabled(False)
    theme.changed.connect(view.viewport().update)


def fixed_cells(view: QTableView, row: int, header: int) -> None:
    """Let the arrow keys go from cell to cell, of rows and a header of so many pixels."""
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    across, down = view.horizontalHeader(), view.verticalHeader()
    across.setMinimumHeight(header)
    down.setDefaultSectionSize(row)
    for one in (across, down):
        one.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        one.setTextElideMode(Qt.TextElideMode.ElideRight)
