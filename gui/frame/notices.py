"""Messages that come and go at the window's corner; nothing waits for an answer.

A message stays until it is closed where it is an error or offers something to do, else a few
seconds. All of them are kept for `history`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .icons import icon as icon_of
from .icons import pixmap
from .style import SPACE, set_look
from .texts import tr
from .theme import Theme

Tone = Literal["info", "done", "warning", "error"]
ICONS = {"info": "info", "done": "check", "warning": "warning", "error": "error"}
SHOWN = 4
"""Messages on the screen at a time; the oldest gives way."""
SECONDS = 7
WIDTH = 400


@dataclass(frozen=True)
class Notice:
    """One message, with what can be done about it."""

    text: str
    tone: Tone
    when: float
    offers: tuple[tuple[str, Callable[[], object]], ...] = ()


class Notices(QObject):
    """Show messages over a widget's lower right corner."""

    came = Signal(object)

    def __init__(self, over: QWidget, theme: Theme) -> None:
        super().__init__(over)
        self.history: list[Notice] = []
        self._over = over
        self._theme = theme
        self._cards: list[_Card] = []
        over.installEventFilter(self)
        theme.changed.connect(self._recolour)

    def show(
        self,
        text: str,
        tone: Tone = "info",
        *,
        offers: tuple[tuple[str, Callable[[], object]], ...] = (),
    ) -> Notice:
        """Show a message.

        Parameters
        ----------
        text
            What happened, and what to do where it went wrong.
        tone
            An ``error`` stays until it is closed.
        offers
            Buttons: what they say, and what they do. The message closes after one was pressed.
        """
        notice = Notice(text, tone, time.time(), offers)
        self.history.append(notice)
        card = _Card(self._over, notice, self._theme)
        card.done.connect(lambda: self._drop(card))
        self._cards.append(card)
        while len(self._cards) > SHOWN:
            self._drop(self._cards[0])
        card.show()
        card.raise_()
        self._place()
        self.came.emit(notice)
        return notice

    def clear(self) -> None:
        """Close every message that is shown."""
        for card in list(self._cards):
            self._drop(card)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _drop(self, card: _Card) -> None:
        if card in self._cards:
            self._cards.remove(card)
            card.end()
            card.hide()
            card.deleteLater()
            self._place()

    def _place(self) -> None:
        bottom = self._over.height() - 3 * SPACE
        width = min(WIDTH, self._over.width() - 4 * SPACE)
        for card in reversed(self._cards):
            card.setFixedWidth(width)
            height = max(card.heightForWidth(width), card.sizeHint().height())
            card.setFixedHeight(height)
            bottom -= height
            if bottom < SPACE and card is not self._cards[-1]:
                self._drop(self._cards[0])  # the oldest give way, and all are placed again
                return
            card.move(self._over.width() - width - 2 * SPACE, bottom)
            bottom -= SPACE

    def _recolour(self) -> None:
        for card in self._cards:
            card.recolour()


class _Card(QFrame):
    done = Signal()

    def __init__(self, over: QWidget, notice: Notice, theme: Theme) -> None:
        super().__init__(over)
        self._notice, self._theme = notice, theme
        set_look(self, "notice")
        self.setAccessibleName(tr("Message"))
        self.setAccessibleDescription(notice.text)
        self._mark = QLabel()
        self._mark.setAccessibleName(tr("Kind of message"))
        self._mark.setFixedSize(20, 20)
        text = QLabel(notice.text)
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        close = QToolButton()
        close.setIcon(icon_of("close"))
        close.setIconSize(QSize(14, 14))
        close.setAccessibleName(tr("Close this message"))
        close.setToolTip(tr("Close this message"))
        close.clicked.connect(self.done)
        top = QHBoxLayout()
        top.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(text, 1)
        top.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACE + 4, SPACE, SPACE, SPACE)
        whole.addLayout(top)
        if notice.offers:
            row = QHBoxLayout()
            row.addStretch(1)
            for said, does in notice.offers:
                button = QPushButton(said)
                button.clicked.connect(lambda *_, does=does: self._choose(does))
                row.addWidget(button)
            whole.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.done)
        if notice.tone != "error" and not notice.offers:
            self._timer.start(SECONDS * 1000)
        elif notice.tone != "error":
            self._timer.start(3 * SECONDS * 1000)
        self.recolour()

    def recolour(self) -> None:
        """Draw the mark in the theme's colours."""
        palette = self._theme.palette
        strong = self._notice.tone in ("warning", "error")
        colour = palette.warning if strong else palette.accent
        ratio = self.devicePixelRatioF()
        self._mark.setPixmap(pixmap(ICONS[self._notice.tone], 20, colour, ratio))

    def end(self) -> None:
        """Stop waiting."""
        self._timer.stop()

    def _choose(self, does: Callable[[], object]) -> None:
        self.done.emit()
        does()
