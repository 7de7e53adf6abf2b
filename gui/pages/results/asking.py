"""Asking the run's model something in a process of its own: a button, a line that moves, a stop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ...frame.child import Child
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import MoreButton, label
from .desk import Item

LINE = 3
"""Pixels of the line that moves while an answer is awaited."""


class Asking(QWidget):
    """One question at a time; a new one ends the one before.

    `answered` carries what the command printed as JSON.

    Parameters
    ----------
    text
        What the button says.
    busy
        What is said while the answer is awaited.
    does
        What the button does.
    items
        What else can be done, for the menu behind it.
    """

    answered = Signal(object)

    def __init__(
        self, text: str, busy: str, does: Callable[[], object], items: Callable[[], list[Item]]
    ) -> None:
        super().__init__()
        self._busy_text = busy
        self.button = QPushButton(text)
        set_look(self.button, "primary")
        self.button.clicked.connect(lambda *_: does())
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setIcon(icon("cancel"))
        self.cancel.clicked.connect(lambda *_: self._cancelled())
        self.cancel.hide()
        self.row = QHBoxLayout()
        self.row.setSpacing(SPACE)
        self.row.addWidget(self.button)
        self.row.addWidget(self.cancel)
        self.row.addStretch(1)
        self.row.addWidget(MoreButton(items, tr("Copy this question")))
        self.line = QProgressBar()
        self.line.setRange(0, 0)
        self.line.setTextVisible(False)
        self.line.setFixedHeight(LINE)
        self.line.setAccessibleName(busy)
        self.line.hide()
        self.state = label("", "muted", wrap=True)
        self.state.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(self.row)
        column.addWidget(self.line)
        column.addWidget(self.state)
        self._child = Child(self)
        self._child.answered.connect(self._answered)
        self._child.failed.connect(self._failed)
        self._child.busy.connect(self._busy)

    @property
    def running(self) -> bool:
        """Whether an answer is awaited."""
        return self._child.running

    def ask(self, words: list[str]) -> None:
        """Ask by the words behind ``pellucid``."""
        self._child.run([*words, "--json"])
        self.say(self._busy_text)

    def say(self, text: str, look: str = "muted") -> None:
        """Say how it stands; nothing: be silent."""
        set_look(self.state, look)
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def end(self) -> None:
        """Await no answer any more."""
        if self.running:
            self._child.end()
            self.say("")

    def _cancelled(self) -> None:
        self._child.end()
        self.say(tr("Cancelled: nothing was changed."))
        self.button.setFocus()

    def _answered(self, found: object) -> None:
        self.say("")
        self.answered.emit(found)

    def _failed(self, why: str) -> None:
        self.say(tr("⚠ {why}").format(why=why), "complaint")

    def _busy(self, on: bool) -> None:
        self.cancel.setVisible(on)
        self.line.setVisible(on)
