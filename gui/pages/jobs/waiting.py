"""The chosen entry of the queue: when its turn is, and what it shall do."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from ....core.queue import Entry
from ...frame.context import Context
from ...frame.icons import pixmap
from ...frame.style import SPACE
from ...frame.texts import tr
from ...frame.theme import monospace
from ...widgets.basics import action_button, label
from ...widgets.standing import step_name
from .board import wait_words


class Waiting(QWidget):
    """Shows one entry; it is moved and removed by the page's actions."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.entry: Entry | None = None
        self._mark = QLabel()
        self._mark.setAccessibleName(tr("Status"))
        self.name = label("", "title")
        self.said = label("", "lead", wrap=True)
        self.trouble = label("", "error", wrap=True)
        self.steps = label("", "muted", wrap=True)
        self.recipe = QPlainTextEdit()
        self.recipe.setReadOnly(True)
        self.recipe.setFont(monospace(10))
        self.recipe.setAccessibleName(tr("Recipe"))
        self.recipe.setTabChangesFocus(True)
        actions = context.actions
        self.buttons = {
            "up": action_button(actions["jobs.up"], text=tr("Earlier")),
            "down": action_button(actions["jobs.down"], text=tr("Later")),
            "retry": action_button(actions["jobs.retry"], text=tr("Try again")),
            "remove": action_button(actions["jobs.remove"], text=tr("Remove")),
        }
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(self._mark)
        top.addWidget(self.name, 1)
        for button in self.buttons.values():
            top.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(top)
        column.addWidget(self.said)
        column.addWidget(self.trouble)
        column.addWidget(self.steps)
        column.addWidget(self.recipe, 1)

    def show_entry(
        self, entry: Entry, number: int, count: int, runner: bool, wait: float | None
    ) -> None:
        """Show an entry with its place in the queue."""
        self.entry = entry
        colours = self._context.theme.palette
        icon, colour = ("error", colours.warning) if entry.error else ("clock", colours.muted)
        self._mark.setPixmap(pixmap(icon, 28, colour, self.devicePixelRatioF()))
        self.name.setText(entry.name)
        place = tr("Number {n} of {all} in the queue").format(n=number, all=count)
        self.said.setText(
            tr("{place}; it could not begin and is passed over").format(place=place)
            if entry.error
            else f"{place}; {wait_words(runner, wait)}"
        )
        self.trouble.setText(entry.error)
        self.trouble.setVisible(bool(entry.error))
        names = ", ".join(map(step_name, entry.steps)) if entry.steps else tr("all steps")
        self.steps.setText(tr("Carries out: {steps}").format(steps=names))
        if self.recipe.toPlainText() != entry.recipe:
            self.recipe.setPlainText(entry.recipe)
        self.buttons["retry"].setVisible(bool(entry.error))
