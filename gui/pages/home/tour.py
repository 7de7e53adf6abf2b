"""A short tour: four cards about what can't be seen at once."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...frame.icons import icon
from ...frame.style import SPACE
from ...frame.texts import tr
from ...frame.theme import Theme
from ...frame.workspace import settings
from ...widgets.basics import Card, label
from .row import Mark

DONE = "tour_done"
"""Key of the settings: the tour was seen or dismissed."""


def _stops() -> list[tuple[str, str, str]]:
    return [
        (
            "open",
            tr("A workspace is a folder"),
            tr(
                "Your runs and recipes lie in it as files that anyone can read, with or without "
                "Pellucid. Drop a table, a recipe or a run’s folder on the window to open it."
            ),
        ),
        (
            "jobs",
            tr("Jobs outlive the window"),
            tr(
                "Training goes on when you close the window, and is there when you come back. "
                "Stop keeps what was learned, and Resume goes on just where it was."
            ),
        ),
        (
            "code",
            tr("Nothing is hidden in here"),
            tr(
                "Whatever you do by clicking is a recipe or a command. “Copy as command” and “Copy "
                "as Python” give you the same for a script or a larger machine."
            ),
        ),
        (
            "command",
            tr("Find anything by typing"),
            tr(
                "Ctrl+Shift+P lists all that can be done. Ctrl+1 to Ctrl+6 go to the pages, "
                "Ctrl+Z takes back what you did."
            ),
        ),
    ]


class Tour(Card):
    """Leads through the cards; `ended` tells that it was finished or closed."""

    ended = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__(tr("A short tour"))
        self.close_ = QToolButton()
        self.close_.setIcon(icon("close"))
        self.close_.setIconSize(QSize(14, 14))
        self.close_.setToolTip(tr("Close the tour; the Help menu shows it again"))
        self.close_.setAccessibleName(tr("Close the tour"))
        self.close_.clicked.connect(self._end)
        self.place = label("", "muted")
        self.header.addWidget(self.place)
        self.header.addWidget(self.close_)
        # A stack is as high as its highest card, so nothing below jumps.
        self.stack = QStackedWidget()
        for name, title, text in _stops():
            self.stack.addWidget(_stop(theme, name, title, text))
        self.body.addWidget(self.stack)
        self.back = QPushButton(tr("Back"))
        self.forth = QPushButton(tr("Next"))
        self.back.clicked.connect(lambda *_: self._show(self.stack.currentIndex() - 1))
        self.forth.clicked.connect(self._next)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.forth)
        self.body.addLayout(row)
        self._show(0)

    @staticmethod
    def wanted() -> bool:
        """Whether nobody has seen or closed the tour yet."""
        return not settings().value(DONE, False, type=bool)

    def begin(self) -> None:
        """Show it from its first card on."""
        settings().setValue(DONE, False)
        self._show(0)
        self.show()
        self.forth.setFocus()

    def _next(self) -> None:
        at = self.stack.currentIndex() + 1
        self._show(at) if at < self.stack.count() else self._end()

    def _show(self, at: int) -> None:
        self.stack.setCurrentIndex(at)
        last = at == self.stack.count() - 1
        self.back.setEnabled(at > 0)
        self.forth.setText(tr("Done") if last else tr("Next"))
        self.place.setText(tr("{n} of {all}").format(n=at + 1, all=self.stack.count()))

    def _end(self) -> None:
        settings().setValue(DONE, True)
        self.hide()
        self.ended.emit()


def _stop(theme: Theme, name: str, title: str, text: str) -> QWidget:
    out = QWidget()
    texts = QVBoxLayout()
    texts.setSpacing(2)
    texts.addWidget(label(title, "heading"))
    texts.addWidget(label(text, wrap=True))
    texts.addStretch(1)
    row = QHBoxLayout(out)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(2 * SPACE)
    row.addWidget(Mark(theme, name, "accent", 32), 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(texts, 1)
    return out
