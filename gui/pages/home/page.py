"""Home: where one begins, and where one comes back to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ...frame.actions import Deed
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import PageHeader, action_button, label, scrolled
from .examples import ExampleCard, examples, took
from .facts import progress
from .first_steps import FirstSteps
from .machine import Machine, home_relative
from .recent import RecentRuns, RecentWorkspaces
from .starting import Starter
from .tour import Tour

WIDEST = 1560
"""Pixels over which the cards would be wider than their texts are good to read."""
ROOMY = 1400
"""Pixels from which two examples stand beside each other."""


class HomePage(QWidget):
    """What to do first, examples, what was done lately, and what this machine can do."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.starter = Starter(self, context)
        self._register()
        self.header = PageHeader(tr("Home"), " ")
        self.header.add(action_button(context.actions["file.workspace"], text=tr("Workspace …")))
        self.header.add(action_button(context.actions["file.open"], text=tr("Open …")))
        self.tour = Tour(context.theme)
        self.first = FirstSteps(context)
        self.examples = [ExampleCard(context, one) for one in examples()]
        self.runs = RecentRuns(context)
        self.workspaces = RecentWorkspaces(context)
        self.machine = Machine(context)
        self._beside = 0
        self._lay_out()
        if not Tour.wanted():
            self.tour.hide()
        context.watch.changed.connect(lambda _: self._if_visible())
        context.watch.listed.connect(self._if_visible)
        self.refresh()

    # What the window asks

    def show_what(self, *, tour: bool = False, **_: object) -> None:
        """Show the tour anew, where that is asked."""
        if tour:
            self.tour.begin()
            self._area.ensureWidgetVisible(self.tour)

    def workspace_opened(self) -> None:
        """Show the workspace that is open now."""
        self.refresh()

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Take nothing: the window opens files where they belong."""
        return False

    def leave(self) -> None:
        """End what is awaited."""
        self.starter.end()
        self.machine.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while another page was in front."""
        super().showEvent(event)
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the cards as wide as their texts are good to read."""
        super().resizeEvent(event)
        side = max(3 * SPACE, (self.width() - WIDEST) // 2)
        self._inside.setContentsMargins(side, 3 * SPACE, side, 3 * SPACE)
        self._place_examples(2 if self.width() >= ROOMY else 1)

    def refresh(self) -> None:
        """Show everything as it is now."""
        workspace = self._context.workspace
        jobs = list(self._context.watch.jobs.values())
        self.header.set_lead(tr("Workspace {path}").format(path=home_relative(workspace.path)))
        self.first.show_progress(progress(workspace, jobs))
        for card in self.examples:
            card.takes.setText(took(card.example, jobs))
        self.runs.refresh()
        self.workspaces.refresh()
        self.machine.refresh()

    def _if_visible(self) -> None:
        if self.isVisible():
            self.refresh()

    def _register(self) -> None:
        for one in examples():
            self._context.actions.add(
                Deed(
                    f"home.run_{one.kind}",
                    tr("Run the example “{title}”").format(title=one.title),
                    partial(self.starter.start, one.kind),
                    menu="run",
                    icon="play",
                    tip=tr("Save its recipe here and put it into the queue"),
                )
            )
            self._context.actions.add(
                Deed(
                    f"home.look_{one.kind}",
                    tr("Look at the recipe of the example “{title}”").format(title=one.title),
                    partial(self._context.go, "recipe", demo=one.kind),
                    menu="run",
                    icon="recipe",
                )
            )

    def _place_examples(self, beside: int) -> None:
        """Put so many examples beside one another, all as wide; the last one fills its row."""
        if self._beside == beside:
            return
        for at in range(max(beside, self._beside)):
            self._grid.setColumnStretch(at, 1 if at < beside else 0)
        self._beside = beside
        last = len(self.examples) - 1
        for at, example in enumerate(self.examples):
            row, column = divmod(at, beside)
            span = beside - column if at == last else 1
            self._grid.addWidget(example, row, column, 1, span)

    def _lay_out(self) -> None:
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(2 * SPACE)
        left.addWidget(self.first)
        if self.examples:
            left.addWidget(label(tr("Examples"), "heading"))
        self._grid = QGridLayout()
        self._grid.setSpacing(2 * SPACE)
        self._place_examples(1)
        left.addLayout(self._grid)
        left.addStretch(1)
        for card in (self.tour, self.runs, self.workspaces, self.machine):
            right.addWidget(card)
        right.addStretch(1)
        columns = QHBoxLayout()
        columns.setSpacing(2 * SPACE)
        columns.addLayout(left, 3)
        columns.addLayout(right, 2)
        inside = QWidget()
        self._inside = QVBoxLayout(inside)
        self._inside.setSpacing(SPACE)
        self._inside.addWidget(self.header)
        self._inside.addLayout(columns, 1)
        self._area = scrolled(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._area)
