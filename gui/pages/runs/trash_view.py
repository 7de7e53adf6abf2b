"""Runs that were thrown away, to be had back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ....core.trash import Trashed, trashed
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Card, EmptyState, label, scrolled
from ...widgets.standing import moment


class TrashView(QWidget):
    """Lists the trash; a press on Restore calls `restore` with the folder in the trash."""

    def __init__(self, restore: Callable[[Path], object]) -> None:
        super().__init__()
        self._restore = restore
        self._shown: list[Trashed] | None = None
        self.buttons: dict[str, QPushButton] = {}
        self._empty = EmptyState(
            "trash",
            tr("The trash is empty"),
            tr("Runs that you delete come here and can be restored with all that they hold."),
        )
        self._card = Card()
        self._card.body.setSpacing(4)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(
            label(
                tr(
                    "Nothing here is deleted by itself. `pellucid trash --empty` deletes it for "
                    "good and frees the space."
                ),
                "muted",
                wrap=True,
            )
        )
        column.addWidget(self._card)
        column.addStretch(1)
        self._area = scrolled(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._empty)
        whole.addWidget(self._area)

    def look(self, runs: Path) -> int:
        """Show what lies in the trash now; return how many runs."""
        found: list[Trashed] = []
        with contextlib.suppress(OSError):
            found = trashed(runs)
        if found != self._shown:
            self._shown = found
            self._show(found)
        return len(found)

    def _show(self, found: list[Trashed]) -> None:
        self._empty.setVisible(not found)
        self._area.setVisible(bool(found))
        self.buttons.clear()
        while (item := self._card.body.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for one in found:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(2 * SPACE)
            row.addWidget(label(one.name))
            row.addWidget(label(tr("deleted {when}").format(when=_when(one)), "muted"), 1)
            button = QPushButton(tr("Restore"))
            button.setAccessibleName(tr("Restore {name}").format(name=one.name))
            button.clicked.connect(partial(self._ask, one.path))
            row.addWidget(button)
            self._card.body.addWidget(line)
            self.buttons[one.path.name] = button

    def _ask(self, path: Path, *_: object) -> None:
        self._restore(path)


def _when(one: Trashed) -> str:
    with contextlib.suppress(ValueError):
        return moment(datetime.fromisoformat(one.when).timestamp())
    return one.when
