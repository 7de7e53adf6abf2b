"""“What to do first”: three steps, ticked by what the workspace holds."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from ...frame.context import Context
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, label
from .facts import Progress
from .row import Mark


class FirstSteps(Card):
    """Shows the three steps; the button of the first one that isn't done stands out."""

    def __init__(self, context: Context) -> None:
        super().__init__(tr("What to do first"))
        self._context = context
        self._progress: Progress | None = None
        self.steps = [
            _Step(
                context,
                1,
                tr("Bring a table"),
                tr("Texts, pictures or sounds with their labels, or conversations."),
            ),
            _Step(
                context,
                2,
                tr("Make a recipe"),
                tr("It says what is trained on what. Every setting has a default."),
            ),
            _Step(
                context,
                3,
                tr("Read the results"),
                tr("How good the model is, why it answers so, and whom it treats worse."),
            ),
        ]
        for step, does in zip(self.steps, (self._table, self._recipe, self._read), strict=True):
            step.button.clicked.connect(does)
            self.body.addWidget(step)

    def show_progress(self, progress: Progress) -> None:
        """Tick what is done, and say what each button does now."""
        self._progress = progress
        done = progress.steps
        texts = (
            tr("Look at the table") if done[0] else tr("Choose a table …"),
            tr("Open the recipe") if done[1] else tr("Write a recipe"),
            tr("Watch the jobs")
            if progress.started and progress.finished is None
            else tr("Open the results"),
        )
        ahead = next((at for at, ticked in enumerate(done) if not ticked), None)
        for at, step in enumerate(self.steps):
            step.show_state(done[at], texts[at], at == ahead)
        self.steps[2].button.setEnabled(progress.started or progress.finished is not None)

    def _table(self) -> None:
        there = self._progress is not None and self._progress.steps[0]
        self._context.go("data") if there else self._context.actions["file.open"].trigger()

    def _recipe(self) -> None:
        there = self._progress is not None and self._progress.steps[1]
        table = self._context.workspace.recall("table")
        self._context.go("recipe", **({"new": table} if table and not there else {}))

    def _read(self) -> None:
        run = self._progress.finished if self._progress is not None else None
        self._context.go("jobs") if run is None else self._context.go("results", run=run)


class _Step(QWidget):
    def __init__(self, context: Context, number: int, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self.mark = Mark(context.theme, "minus", "muted", 24)
        self.button = QPushButton()
        self.button.setMinimumWidth(150)
        self.title = label(title)
        set_look(self.title, "heading")
        self.number = number
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.title)
        texts.addWidget(label(text, "muted", wrap=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE // 2, 0, SPACE // 2)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)

    def show_state(self, done: bool, text: str, ahead: bool) -> None:
        """Tick the step or not, and make its button stand out where it comes next."""
        self.done = done
        if done:
            self.mark.set_icon("check", "accent")
        else:
            self.mark.set_icon("right", "accent" if ahead else "muted")
        said = tr("done") if done else tr("next") if ahead else tr("later")
        self.mark.setToolTip(said)
        self.mark.setAccessibleName(said)
        self.title.setText(f"{self.number}. {self._title}")
        self.button.setText(text)
        self.button.setAccessibleDescription(f"{self._title}: {said}")
        if self.button.property("look") != ("primary" if ahead else ""):
            set_look(self.button, "primary" if ahead else "")
