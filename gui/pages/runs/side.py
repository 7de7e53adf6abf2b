"""What is known of the chosen runs, and what people write of them: tags and a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from ....core import notes
from ....core.notes import Notes
from ...frame.context import Context
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Flow, action_button, label
from ...widgets.standing import metric_name, standing
from ...widgets.undoable import attempt, carry
from .rows import Row

IDLE = 900
"""Milliseconds without typing after which a note is saved."""
MOST_METRICS = 5
FIRST_METRICS = ("accuracy", "balanced_accuracy", "f1_macro", "roc_auc", "log_loss")


class Side(QWidget):
    """Shows one run, or what can be done with several; `written` carries a folder that changed."""

    written = Signal(str)

    def __init__(self, context: Context, status: Callable[[Row], str]) -> None:
        super().__init__()
        self._context = context
        self._status = status
        self._rows: list[Row] = []
        self._saving = False
        self.title = label("", "heading", wrap=True)
        self.said = label("", "muted", wrap=True)
        self._figures = QGridLayout()
        self._figures.setHorizontalSpacing(2 * SPACE)
        self._figures.setVerticalSpacing(4)
        self._tags = QWidget()
        self._chips = Flow(self._tags)
        self.tag = QLineEdit()
        self.tag.setPlaceholderText(tr("Add a tag, then Return"))
        self.tag.setAccessibleName(tr("Add a tag"))
        self.tag.returnPressed.connect(self._add_tag)
        self.note = QPlainTextEdit()
        self.note.setAccessibleName(tr("Note"))
        self.note.setPlaceholderText(tr("What should be known of this run?"))
        self.note.setTabChangesFocus(True)
        self.note.setMinimumHeight(88)
        self.note.textChanged.connect(self._typed)
        self.note.installEventFilter(self)
        self._note_title = label(tr("Note"), "muted")
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.setInterval(IDLE)
        self._idle.timeout.connect(self.save_note)
        actions = context.actions
        self.buttons = {
            "open": action_button(actions["runs.open"], "primary", text=tr("Open results")),
            "compare": action_button(actions["runs.compare"], text=tr("Compare")),
            "resume": action_button(actions["runs.resume"], text=tr("Resume")),
            "recipe": action_button(actions["runs.recipe"], text=tr("New recipe")),
            "delete": action_button(actions["runs.delete"], text=tr("Delete")),
        }
        for button in self.buttons.values():
            button.setIconSize(QSize(16, 16))
        self._lay_out()

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show the chosen runs; what is typed at the moment stays."""
        rows = list(rows)
        same = [row.path for row in rows] == [row.path for row in self._rows]
        if not same:
            self.save_note()
        if same and rows == self._rows:
            self._say()
            return
        typing = same and self._idle.isActive()
        self._rows = rows
        self._say()
        self._show_tags()
        one = rows[0] if len(rows) == 1 else None
        self.note.setVisible(one is not None)
        self._note_title.setVisible(one is not None)
        text = one.note if one is not None else ""
        if not typing and self.note.toPlainText() != text:
            self.note.blockSignals(True)
            self.note.setPlainText(text)
            self.note.blockSignals(False)
        self.tag.setEnabled(bool(rows))

    def _typed(self) -> None:
        self._idle.start()

    def save_note(self) -> None:
        """Save what was typed; it can be undone."""
        self._idle.stop()
        # Writing tells the page, which shows the rows anew and asks for saving again.
        if self._saving or len(self._rows) != 1:
            return
        if self.note.toPlainText() == self._rows[0].note:
            return
        path, text = self._rows[0].path, self.note.toPlainText()
        if not path.is_dir():
            return
        before = self._rows[0].note
        self._saving = True
        try:
            carry(
                self._context,
                tr("Note on {name}").format(name=path.name),
                partial(self._write_note, path, text),
                partial(self._write_note, path, before),
                f"note:{path}",
            )
        finally:
            self._saving = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Save the note when the focus leaves it."""
        if event.type() == QEvent.Type.FocusOut:
            self.save_note()
        return False

    def add_tag(self, tag: str) -> None:
        """Give the chosen runs a tag."""
        self._change(tr("Tag {what} with “{tag}”"), tag, add=(tag,))

    def remove_tag(self, tag: str) -> None:
        """Take a tag from the chosen runs."""
        self._change(tr("Remove the tag “{tag}” from {what}"), tag, remove=(tag,))

    def _add_tag(self) -> None:
        tag = self.tag.text().strip()
        if tag:
            self.tag.clear()
            self.add_tag(tag)

    def _change(
        self, text: str, tag: str, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> None:
        before: dict[Path, Notes] = {}
        if not attempt(
            self._context,
            lambda: before.update({row.path: notes.read(row.path) for row in self._rows}),
        ):
            return
        after = {path: one.changed(add, remove) for path, one in before.items()}
        if after == before:
            return
        what = self._rows[0].name if len(self._rows) == 1 else tr("{n} runs")
        carry(
            self._context,
            text.format(what=what.format(n=len(self._rows)), tag=tag),
            partial(self._write_tags, {path: one.tags for path, one in after.items()}),
            partial(self._write_tags, {path: one.tags for path, one in before.items()}),
        )

    def _write_tags(self, tags: dict[Path, tuple[str, ...]]) -> None:
        for path, names in tags.items():
            notes.write(path, Notes(names, notes.read(path).note))
            self.written.emit(str(path))

    def _write_note(self, path: Path, text: str) -> None:
        notes.write(path, Notes(notes.read(path).tags, text))
        self._idle.stop()
        self.written.emit(str(path))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.title)
        column.addWidget(self.said)
        column.addLayout(self._figures)
        for pair in (("open", "resume", "compare"), ("recipe", "delete")):
            row = QHBoxLayout()
            row.setSpacing(SPACE)
            for name in pair:
                row.addWidget(self.buttons[name])
            row.addStretch(1)
            column.addLayout(row)
        column.addSpacing(SPACE)
        column.addWidget(label(tr("Tags"), "muted"))
        column.addWidget(self._tags)
        column.addWidget(self.tag)
        # It keeps its room where the note is hidden, so that nothing above it moves.
        foot = QWidget()
        below = QVBoxLayout(foot)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(SPACE)
        below.addWidget(self._note_title)
        below.addWidget(self.note, 1)
        column.addWidget(foot, 1)

    def _say(self) -> None:
        rows = self._rows
        for name in ("open", "resume", "recipe"):
            self.buttons[name].setVisible(len(rows) == 1)
        self.buttons["resume"].setVisible(
            len(rows) == 1 and self._context.actions["runs.resume"].isEnabled()
        )
        self.buttons["compare"].setVisible(len(rows) > 1)
        self.buttons["delete"].setVisible(bool(rows))
        if not rows:
            self.title.setText(tr("No run chosen"))
            self.said.setText(
                tr("Choose one to read and note it, or several, with Ctrl or Shift, to compare.")
            )
        elif len(rows) == 1:
            self.title.setText(rows[0].name)
            self.said.setText(standing(self._status(rows[0])).word)
        else:
            self.title.setText(tr("{n} runs chosen").format(n=len(rows)))
            self.said.setText(", ".join(row.name for row in rows))
        self._show_figures(rows[0] if len(rows) == 1 else None)

    def _show_figures(self, row: Row | None) -> None:
        have = row.metrics if row is not None else {}
        names = [*(name for name in FIRST_METRICS if name in have), *have]
        figures = [(name, have[name]) for name in dict.fromkeys(names)][:MOST_METRICS]
        while (item := self._figures.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for at, (name, figure) in enumerate(figures):
            self._figures.addWidget(label(metric_name(name), "muted"), at, 0)
            value: QLabel = label(figure.show())
            self._figures.addWidget(value, at, 1, Qt.AlignmentFlag.AlignRight)

    def _show_tags(self) -> None:
        self._chips.clear()
        every = [set(row.tags) for row in self._rows]
        for tag in sorted(set().union(*every)) if every else ():
            chip = QPushButton(tag if all(tag in one for one in every) else f"{tag} …")
            set_look(chip, "chip")
            chip.setIcon(icon("close"))
            chip.setIconSize(QSize(10, 10))
            chip.setAccessibleName(tr("Remove the tag {tag}").format(tag=tag))
            chip.setToolTip(tr("Remove the tag {tag}").format(tag=tag))
            chip.clicked.connect(lambda *_, tag=tag: self.remove_tag(tag))
            self._chips.addWidget(chip)
        self._tags.setVisible(self._chips.count() > 0)
