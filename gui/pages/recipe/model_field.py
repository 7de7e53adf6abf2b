"""Choosing a model: a bundled one, a folder, a hub id; a card says what is known of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ...frame.context import Context
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import size, tr
from ...widgets.background import Later
from ...widgets.basics import label
from .inputs import guarded, mark
from .model_facts import Facts, bundled, facts
from .schema import Item

WHERE = {
    "bundled": "Comes with Pellucid",
    "folder": "A folder of this machine",
    "downloaded": "Downloaded from the hub before",
    "hub": "Not on this machine: it is downloaded from the Hugging Face hub when training starts, "
    "which needs a network. Its size and licence are known then.",
}
LOOKING = "Looking at the model …"


class ModelField(QWidget):
    """A combo box that takes any name, a button that finds a folder, and the card."""

    edited = Signal(object)

    def __init__(self, item: Item, context: Context, folder: Callable[[], Path]) -> None:
        super().__init__()
        self._item, self._folder = item, folder
        self._shown: tuple[str, Path] | None = None
        self.name = QComboBox()
        self.name.setEditable(True)
        self.name.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.name.setMinimumContentsLength(18)
        self.name.addItems(list(bundled()))
        self.name.setAccessibleName(tr(item.label))
        guarded(self.name)
        line = self.name.lineEdit()
        assert line is not None  # the box is editable
        guarded(line)
        line.setAccessibleName(tr(item.label))
        line.setPlaceholderText(tr("a folder, a bundled model or a hub id"))
        line.textEdited.connect(self._typed)
        self.name.activated.connect(lambda _: self._typed(self.name.currentText()))
        choose = QPushButton(tr("Folder …"))
        choose.setIcon(icon("open"))
        choose.setToolTip(tr("Choose a model’s folder on this machine"))
        choose.clicked.connect(lambda *_: self._browse())
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.name, 1)
        row.addWidget(choose)
        self.title = label("", wrap=True)
        self.known = label("", "muted", wrap=True)
        card = QFrame()
        set_look(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(SPACE + 4, SPACE, SPACE + 4, SPACE)
        inside.setSpacing(2)
        inside.addWidget(self.title)
        inside.addWidget(self.known)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(row)
        column.addWidget(card)
        self._later = Later(self, context.pool)
        self._later.arrived.connect(self._seen)
        self._later.failed.connect(lambda error: self._seen(self._broken(error)))

    def show_value(self, value: Any) -> None:
        """Show a model's name, and look at the model."""
        text = "" if value is None else str(value)
        if text != self.name.currentText():
            self.name.setEditText(text)
        self._look(text)

    def mark(self, wrong: bool) -> None:
        """Draw the name as wrong, or not."""
        mark(self.name, wrong)

    def forget(self) -> None:
        """Await no answer any more."""
        self._later.forget()

    def _typed(self, text: str) -> None:
        self.edited.emit(text.strip() or None)

    def _browse(self) -> None:
        name = QFileDialog.getExistingDirectory(
            self, tr("Choose a model’s folder"), str(self._folder())
        )
        if name:
            self.name.setEditText(name)
            self._typed(name)

    def _look(self, name: str) -> None:
        folder = self._folder()
        if self._shown == (name, folder):
            return
        self._shown = (name, folder)
        if not name:
            self._later.forget()
            self.title.setText(tr("No model is named"))
            self.known.setText(tr("Choose a bundled model or a folder, or type a hub id."))
            return
        self.title.setText(tr(LOOKING))
        self._later.run(lambda: facts(name, folder))

    def _broken(self, error: object) -> Facts:
        name = self._shown[0] if self._shown else ""
        return Facts(name, "unusable", problem=str(error))

    def _seen(self, found: Any) -> None:
        if not isinstance(found, Facts):
            return
        if found.problem:
            self.title.setText(tr("⚠ This model can’t be used"))
            self.known.setText(found.problem)
            return
        if found.kind == "hub":
            self.title.setText(tr("Needs the hub"))
            self.known.setText(tr(WHERE["hub"]))
            return
        self.title.setText(
            " · ".join(
                part
                for part in (
                    found.architecture or "",
                    tr("{n} million weights").format(n=f"{(found.parameters or 0) / 1e6:,.1f}"),
                    size(found.size or 0),
                )
                if part
            )
        )
        licence = (
            tr("Licence: {name}").format(name=found.licence)
            if found.licence
            else tr("Its licence isn’t stated; look where it came from")
        )
        self.known.setText(f"{tr(WHERE[found.kind])} · {licence}\n{found.folder}")
