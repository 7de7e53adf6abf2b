"""What one job told, line by line: filtered by words, copied as text."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ....core import events
from ...frame.context import Context
from ...frame.icons import icon
from ...frame.style import SPACE
from ...frame.texts import tr
from ...frame.theme import monospace
from ...frame.watch import describe

LINES = 4000
"""Lines that are kept; the oldest are dropped."""
TAIL = 600_000
"""Bytes of the events that are read when a job is opened, from the end."""


class Told(QWidget):
    """The log of one job, read from its events by byte offset."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._file: Path | None = None
        self._offset = 0
        self._lines: deque[str] = deque(maxlen=LINES)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Show only lines with …"))
        self.filter.setAccessibleName(tr("Filter the log"))
        self.filter.setClearButtonEnabled(True)
        self.filter.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.filter.textChanged.connect(self._refill)
        copy = QPushButton(tr("Copy"))
        copy.setIcon(icon("copy"))
        copy.setToolTip(tr("Copy the lines shown"))
        copy.clicked.connect(lambda *_: self.copy())
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(monospace(9))
        self.text.setMaximumBlockCount(LINES)
        self.text.setAccessibleName(tr("What this job told"))
        self.text.setPlaceholderText(tr("Nothing told yet."))
        self.text.setTabChangesFocus(True)
        row = QHBoxLayout()
        row.addWidget(self.filter, 1)
        row.addWidget(copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(self.text, 1)

    def follow(self, run: Path | None) -> None:
        """Show the log of a run from now on."""
        file = run / "events.jsonl" if run is not None else None
        if file == self._file:
            return
        self._file, self._offset = file, 0
        self._lines.clear()
        if file is not None and file.exists():
            # A line cut in two by the beginning is passed over, as any that can't be read.
            self._offset = max(file.stat().st_size - TAIL, 0)
        self.text.clear()
        self.catch_up()

    def catch_up(self) -> None:
        """Add what was told since."""
        if self._file is None:
            return
        told, self._offset = events.tail(self._file, self._offset)
        came = [line for line in map(_line, told) if line]
        self._lines.extend(came)
        shown = [line for line in came if self._matches(line)]
        if shown:
            self.text.appendPlainText("\n".join(shown))

    @property
    def shown(self) -> str:
        """The lines that pass the filter."""
        return "\n".join(line for line in self._lines if self._matches(line))

    def copy(self) -> None:
        """Put the lines shown on the clipboard."""
        self._context.copy(self.shown, tr("the log"))

    def _matches(self, line: str) -> bool:
        wanted = self.filter.text().casefold().split()
        found = line.casefold()
        return all(word in found for word in wanted)

    def _refill(self) -> None:
        self.text.setPlainText(self.shown)
        bar = self.text.verticalScrollBar()
        bar.setValue(bar.maximum())


def _line(event: events.Event) -> str:
    said = describe(event)
    if not said:
        return ""
    return f"{time.strftime('%H:%M:%S', time.localtime(event.time))}  {said}"
