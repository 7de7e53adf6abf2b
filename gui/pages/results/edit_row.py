"""“What if it were different?”: a row is edited, and answered beside the row as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QThreadPool, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....multimodal.draw import PICTURED
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...frame.theme import Theme
from ...widgets.basics import Card, label
from ...widgets.parts import FileView, Part
from ...widgets.player import Player
from .asking import Asking
from .desk import Desk, Item
from .facts import row_of
from .reading import Reading
from .samples import parts_of
from .tree_table import TreeTable

TALLEST = 120


class Cell(QWidget):
    """One input of a row that can be edited: a text, or a file in place of which another is chosen.

    `changed` tells of every edit.
    """

    changed = Signal()

    def __init__(self, part: Part, theme: Theme, pool: QThreadPool, player: Player) -> None:
        super().__init__()
        self.part = part
        self.path = part.path
        self._name, self._before = visible(part.name, 60), ""
        self.text: QPlainTextEdit | None = None
        self.view: FileView | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE // 2)
        self._column.addWidget(label(self._name, "muted"))
        if part.modality in PICTURED:
            self.view = FileView(theme, pool, player)
            self._show_file(self.view)
        else:
            self.text = QPlainTextEdit()
            self._show_text(self.text)

    def _show_text(self, text: QPlainTextEdit) -> None:
        text.setTabChangesFocus(True)
        text.setAccessibleName(tr("Edit {name}").format(name=self._name))
        text.setFixedHeight(TALLEST)
        text.setPlainText(self.part.text)
        self._before = text.toPlainText()  # which has other ends of lines
        text.textChanged.connect(self.changed)
        self._column.addWidget(text)

    def _show_file(self, view: FileView) -> None:
        view.show_part(self.part)
        choose = QPushButton(tr("Choose another file …"))
        choose.setAccessibleName(tr("Choose another file for {name}").format(name=self._name))
        choose.clicked.connect(lambda *_: self._ask())
        row = QHBoxLayout()
        row.addWidget(choose)
        row.addStretch(1)
        self._column.addWidget(view)
        self._column.addLayout(row)

    @property
    def cell(self) -> str:
        """What stands in the cell now."""
        return self.path if self.text is None else self.text.toPlainText()

    @property
    def edited(self) -> bool:
        """Whether it is another one than before."""
        return self.cell != (self.part.path if self.text is None else self._before)

    def put_back(self) -> None:
        """Have the cell as it was."""
        if self.text is None:
            self.take(self.part.path)
        else:
            self.text.setPlainText(self.part.text)

    def take(self, path: str) -> None:
        """Take another file."""
        if self.view is None:
            return
        self.path = path
        text = self.part.text if path == self.part.path else Path(path).name
        self.view.show_part(Part(self.part.name, self.part.modality, text, path))
        self.changed.emit()

    def _ask(self) -> None:
        folder = str(Path(self.path).parent)
        title = tr("Choose a file for {name}").format(name=self.part.name)
        chosen, _ = QFileDialog.getOpenFileName(self, title, folder)
        if chosen:
            self.take(chosen)


class EditRow(Card):
    """A row that can be edited, and both answers."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(tr("What if it were different?"))
        self.desk = desk
        self.id = ""
        self.cells: list[Cell] = []
        self._shown: tuple[object, ...] = ()
        theme, pool = desk.context.theme, desk.context.pool
        self.player = Player(self, pool)
        self.waits = label(
            tr("What the model read of this row is fetched from the run’s table …"),
            "muted",
            wrap=True,
        )
        self._place = QVBoxLayout()
        self._place.setSpacing(SPACE)
        self.asking = Asking(
            tr("Ask again"),
            tr("The model is loaded and answers both rows …"),
            self.ask,
            self._items,
        )
        self.asking.answered.connect(self._arrived)
        self.back = QPushButton(tr("Put back"))
        self.back.setToolTip(tr("Have the row as it was"))
        self.back.clicked.connect(lambda *_: self.put_back())
        self.asking.row.insertWidget(1, self.back)
        self.verdict = label("", "note", wrap=True)
        self.scores = TreeTable(theme, tr("Both answers"))
        self.body.addWidget(self.waits)
        self.body.addLayout(self._place)
        for widget in (self.asking, self.verdict, self.scores):
            self.body.addWidget(widget)

    def show_row(self, reading: Reading, id_: str) -> None:
        """Show a row to edit; edits of the row that stands there already stay."""
        parts = self._parts(reading, id_)
        shown = (reading.path, id_, tuple(parts))
        self.waits.setVisible(bool(id_) and not parts)
        if shown == self._shown:
            return
        self._shown, self.id = shown, id_
        self.asking.end()
        self.asking.say("")
        self.player.stop()
        for one in self.cells:
            one.hide()
            one.deleteLater()
        theme, pool = self.desk.context.theme, self.desk.context.pool
        self.cells = [Cell(part, theme, pool, self.player) for part in parts]
        for one in self.cells:
            one.changed.connect(self._edited)
            self._place.addWidget(one)
        self.verdict.hide()
        self.scores.hide()
        self._allow()

    def ask(self) -> None:
        """Let the model answer the edited row."""
        self.asking.ask(self._action().words())

    def put_back(self) -> None:
        """Have the row as it was."""
        for one in self.cells:
            one.put_back()

    def end(self) -> None:
        """End what is at work, and be silent."""
        self.asking.end()
        self.player.stop()

    def _parts(self, reading: Reading, id_: str) -> list[Part]:
        facts = reading.facts
        at = None if facts is None or not facts.inputs or not id_ else row_of(facts.raw, id_)
        if facts is None or at is None:
            return []
        return parts_of(facts.raw, facts.inputs, reading.modalities, at)

    def _action(self) -> copyable.WhatIf:
        cells = tuple((one.part.name, one.cell) for one in self.cells if one.edited)
        return copyable.WhatIf(self.desk.run, self.id, cells)

    def _edited(self) -> None:
        self._allow()
        if not self.verdict.isHidden():
            self.asking.say(tr("Edited since the answers below: ask again."))

    def _allow(self) -> None:
        edited = any(one.edited for one in self.cells)
        self.asking.button.setEnabled(edited)
        self.asking.setVisible(bool(self.cells))
        self.back.setEnabled(edited)

    def _arrived(self, found: Any) -> None:
        from ....core.report.tree import Table

        before, after = found["before"], found["after"]
        old, new = ((one["label"], one["scores"][one["label"]]) for one in (before, after))
        said = tr("The answer stays “{new}”: {before:.2f} before, {after:.2f} now.")
        if found["flipped"]:
            said = tr("The answer changes from “{old}” ({before:.2f}) to “{new}” ({after:.2f}).")
        named = {"old": visible(old[0], 60), "new": visible(new[0], 60)}
        self.verdict.setText(said.format(**named, before=before["scores"][old[0]], after=new[1]))
        set_look(self.verdict, "finding" if found["flipped"] else "note")
        names = sorted(after["scores"], key=lambda name: -float(after["scores"][name]))
        rows = tuple(
            (name, one := before["scores"][name], other := after["scores"][name], other - one)
            for name in names
        )
        titles = (tr("Class"), tr("As it is"), tr("Edited"), tr("Change"))
        both = Table(tr("Both answers"), titles, rows, signed=frozenset({3}))
        self.scores.show_table(both)
        self.verdict.show()
        self.scores.show()

    def _items(self) -> list[Item]:
        return self.desk.copies(self._action) if self.cells else []
