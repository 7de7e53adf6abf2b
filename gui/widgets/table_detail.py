"""A strip below a table that shows the current cell whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...multimodal.escape import visible
from ..frame.style import SPACE
from ..frame.texts import tr
from .basics import label, scrolled
from .conversation import Conversation, Said
from .parts import Part, Parts
from .table_view import TableView

MOST = 20_000
"""Characters that are shown; longer cells are counted at the end."""


class DetailStrip(QWidget):
    """The current cell of a table in full, with where it stands.

    `conversation` reads a row's cells as a conversation, which is shown in place of the cell; by
    itself it reads none. `files` returns a row's pictures and sounds, which `parts` shows beside
    the cell; by itself there are none.
    """

    def __init__(self, view: TableView, lines: int = 3, *, parts: Parts | None = None) -> None:
        super().__init__()
        self._view = view
        self.parts = parts
        self.files: Callable[[int], Sequence[Part]] = lambda _: ()
        self.conversation: Callable[[Mapping[str, Any]], Sequence[Said] | None] = lambda _: None
        self.messages = Conversation(tr("The chosen row as a conversation"))
        self.where = label(tr("Choose a cell to read it in full."), "muted")
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("The chosen cell in full"))
        self.text.setMinimumHeight(lines * self.fontMetrics().lineSpacing() + 3 * SPACE)
        row = QHBoxLayout()
        row.addWidget(self.where, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addLayout(row)
        self._ways = QStackedWidget()
        self._ways.addWidget(self.text)
        inside = QWidget()
        talk = QVBoxLayout(inside)
        talk.setContentsMargins(0, 0, SPACE, 0)
        talk.addWidget(self.messages)
        talk.addStretch(1)
        self._talk = scrolled(inside)
        self._ways.addWidget(self._talk)
        beside = QHBoxLayout()
        beside.setSpacing(2 * SPACE)
        if parts is not None:
            parts.hide()
            beside.addWidget(parts, 3)
        beside.addWidget(self._ways, 2)
        column.addLayout(beside, 1)

    def follow(self) -> None:
        """Follow the view's current cell; called again after the view shows another model."""
        self.show_cell(QModelIndex())
        self._view.selectionModel().currentChanged.connect(lambda now, _: self.show_cell(now))
        if self._view.columns is not None:
            self._view.columns.arranged.connect(lambda: self.show_cell(self._view.currentIndex()))

    def show_cell(self, index: QModelIndex) -> None:
        """Show a cell."""
        model = self._view.columns
        if model is None or not index.isValid():
            self.where.setText(tr("Choose a cell to read it in full."))
            self.text.setPlainText("")
            self._ways.setCurrentWidget(self.text)
            self._ways.show()
            self._show_files(())
            return
        source, column = model.source_row(index.row()), index.column()
        text = model.text(source, column)
        name = visible(model.names[column], 80)
        if text is None:
            said = tr("Row {row}, {column}: missing").format(row=f"{source + 1:,}", column=name)
        else:
            said = tr("Row {row}, {column} – {n} characters").format(
                row=f"{source + 1:,}", column=name, n=f"{len(text):,}"
            )
        names = model.names
        messages = self.conversation({one: model.value(source, at) for at, one in enumerate(names)})
        if messages:
            said = tr("Row {row}: a conversation of {n} messages").format(
                row=f"{source + 1:,}", n=len(messages)
            )
            self.messages.show_messages(messages)
            self._talk.verticalScrollBar().setValue(0)
        self._ways.setCurrentWidget(self._talk if messages else self.text)
        files = self.files(source)
        self._show_files(files)
        # Its name stands beside the picture already.
        named = text is not None and any(one.name == model.names[column] for one in files)
        self._ways.setVisible(not named)
        if named:
            said = tr("Row {row}, {column}").format(row=f"{source + 1:,}", column=name)
        self.where.setText(said)
        self.text.setPlainText("" if text is None else visible(text, MOST, lines=True))

    def _show_files(self, files: Sequence[Part]) -> None:
        if self.parts is not None:
            self.parts.show_parts(files)
            self.parts.setVisible(bool(files))
