"""What is trained on: conversations as the model reads them, and which of their words are learnt.

`pellucid data chat-look` renders a few rows by the model's chat template in a process of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from .... import copyable
from ....core.folders import home
from ....multimodal.escape import visible
from ....recipe import Recipe
from ...frame.child import Child
from ...frame.context import Context
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import MoreButton, label, scrolled
from ...widgets.marked_text import CUT, QUIET, TRUE, MarkedText, Piece
from ...widgets.thumbnails import Thumbnails
from .look_pictures import LookPictures

ROWS = 3
WAIT = 700
"""Milliseconds after the last edit until the rows are rendered anew."""


@dataclass(frozen=True)
class Looked:
    """What is asked: a table by a model's template."""

    table: Path
    model: str
    max_length: int
    template: str | None
    encoding: str
    inputs: tuple[tuple[str, str], ...]
    label: str | None
    folder: Path | None = None

    @property
    def action(self) -> copyable.ChatLook:
        """The command that looks."""
        return copyable.ChatLook(
            self.table,
            self.model,
            ROWS,
            self.max_length,
            self.template,
            self.encoding,
            self.inputs,
            self.label,
            self.folder,
        )


def looked_of(recipe: Recipe | None) -> Looked | None:
    """Return what a recipe for conversations asks to look at; None for other recipes."""
    if recipe is None or recipe.model.task != "chat":
        return None
    data, model = recipe.data, recipe.model
    first = data.source[0]
    return Looked(
        Path(first.path),
        model.name,
        model.max_length,
        model.chat_template,
        first.encoding,
        tuple(data.inputs.items()),
        data.label,
        None if data.folder is None else Path(data.folder),
    )


class LookPane(QWidget):
    """The rendered rows, with what is learnt of them."""

    def __init__(self, context: Context, asked: Callable[[], Looked | None]) -> None:
        super().__init__()
        self._context, self._asked = context, asked
        self._answered: Looked | None = None
        self._running: Looked | None = None
        self.texts: list[MarkedText] = []
        self.pictures: list[LookPictures] = []
        self.thumbnails = Thumbnails(self, context.pool)
        self._child = Child(self)
        self._child.answered.connect(self._answer)
        self._child.failed.connect(self._failed)
        self.said = label("", "muted", wrap=True)
        again = QPushButton(tr("Look again"))
        set_look(again, "quiet")
        again.setIcon(icon("resume"))
        again.clicked.connect(lambda *_: self.ask(anew=True))
        more = MoreButton(self._items, tr("Copy this look"))
        top = QHBoxLayout()
        top.addWidget(self.said, 1)
        top.addWidget(again)
        top.addWidget(more)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, SPACE, 0)
        self._column.setSpacing(SPACE)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(SPACE)
        whole.addLayout(top)
        whole.addWidget(scrolled(inside), 1)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT)
        self._soon.timeout.connect(self.ask)

    def changed(self) -> None:
        """Take note that the recipe is another one; look anew where the pane is seen."""
        if self.isVisible() and self._asked() not in (None, self._answered, self._running):
            self._soon.start()

    def ask(self, *, anew: bool = False) -> None:
        """Render the rows, unless what is shown answers that already."""
        self._soon.stop()
        asked = self._asked()
        if asked is None or (not anew and asked in (self._answered, self._running)):
            return
        self._running = asked
        set_look(self.said, "muted")
        self.said.setText(tr("The first rows are being rendered …"))
        self._child.run([*asked.action.words(), "--json"])

    def clear(self) -> None:
        """Forget what was shown: another recipe is open."""
        self.end()
        self._answered = None
        self._empty()
        self.said.setText("")

    def end(self) -> None:
        """End what is at work."""
        self._soon.stop()
        self._child.end()
        self.thumbnails.end()
        self._running = None

    def _answer(self, found: Any) -> None:
        self._answered, self._running = self._running, None
        asked = self._answered
        self._empty()
        self.said.setText(
            tr("What is underlined is learnt; the rest is read only. Every row is trained on so.")
        )
        for note in found.get("notes", ()):
            self._column.addWidget(label(visible(str(note), 600), "note", wrap=True))
        for one in found.get("shown", ()):
            self._column.addWidget(label(_head(one), "muted", wrap=True))
            if one["pictures"] and asked is not None:
                folder = asked.folder or home(asked.table)
                seen = LookPictures(self.thumbnails, folder, one["pictures"], one["picture_tokens"])
                self._column.addWidget(seen)
                self.pictures.append(seen)
            text = MarkedText(self._context.theme, tr("A rendered row"), tallest=420)
            self._column.addWidget(text)
            text.show_pieces([_piece(part) for part in one["pieces"]])
            self.texts.append(text)
        self._column.addStretch(1)

    def _failed(self, why: str) -> None:
        self._answered = self._running = None
        self._empty()
        set_look(self.said, "complaint")
        self.said.setText(tr("⚠ {what}").format(what=why))

    def _empty(self) -> None:
        self.texts, self.pictures = [], []
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()

    def _items(self) -> list[tuple[str | None, Callable[[], object] | None]]:
        asked = self._asked()
        if asked is None:
            return []
        copy, action = self._context.copy, asked.action
        return [
            (
                tr("Copy as command"),
                lambda: copy(copyable.as_command(action), tr("the command")),
            ),
            (tr("Copy as Python"), lambda: copy(copyable.as_python(action), tr("the script"))),
        ]


def _head(one: Any) -> str:
    said = tr("{place}: {learnt} of {tokens} tokens are learnt").format(
        place=visible(str(one.get("place", "")).rpartition("/")[2], 120),
        learnt=f"{one['learnt']:,}",
        tokens=f"{one['tokens']:,}",
    )
    if one["cut"]:
        said += tr("; {n} more are cut off").format(n=f"{one['cut']:,}")
    if one["pictures"]:
        said += tr("; a picture counts as one here")
    return said


def _piece(part: Any) -> Piece:
    kind, text = part["kind"], str(part["text"])
    if kind == "learnt":
        return Piece(text, TRUE)
    return Piece(text, CUT, tr("cut off")) if kind == "cut" else Piece(text, QUIET)
