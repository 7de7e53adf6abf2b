"""How the page looks: the header, the form at the left, the YAML at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...frame.context import Context
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import EmptyState, MoreButton, PageHeader, action_button, label
from .check import Fault
from .estimate_line import EstimateLine
from .form import Form
from .look_pane import Looked, LookPane
from .yaml_editor import YamlEditor

FORM, LEAST, ROOM = 616, 400, 960
"""Pixels of the form where the page is wider than `ROOM`, and where it isn't."""

Items = Callable[[], Sequence[tuple[str | None, Callable[[], object] | None]]]


class View(QStackedWidget):
    """The open recipe, or what to do where there is none."""

    def __init__(
        self,
        context: Context,
        folder: Callable[[], Path],
        more: Items,
        begin: Sequence[tuple[str, Callable[[], object]]],
        looked: Callable[[], Looked | None],
    ) -> None:
        super().__init__()
        actions = context.actions
        self.empty = EmptyState(
            "recipe",
            tr("A recipe says everything that a run needs"),
            tr(
                "It names the table and what its columns are for, the model, how it is trained, "
                "measured, explained and audited. It is one file of plain text that you can keep, "
                "change and run again. Bring a table to have one written for it."
            ),
            begin,
        )
        self.header = PageHeader(tr("Recipe"))
        self.header.lead.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.header.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.more = MoreButton(more, tr("More to do with this recipe"))
        for button in (
            action_button(actions["recipe.estimate"], text=tr("Estimate time")),
            action_button(actions["recipe.save"], text=tr("Save")),
            self.more,
            action_button(actions["recipe.start"], "primary", text=tr("Start")),
        ):
            self.header.add(button)
        self.estimate = EstimateLine()
        self.form = Form(context, folder)
        self.form.built.connect(self._order)
        self.yaml = YamlEditor(context.theme)
        self.verdict: QLabel = label("", "muted", wrap=True)
        self.verdict.setAccessibleName(tr("What is wrong with the recipe"))
        self.verdict.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        # Three lines are kept free, so that nothing jumps when a complaint comes.
        self.verdict.setMinimumHeight(3 * QFontMetrics(self.verdict.font()).lineSpacing() + 4)
        right = self._right(context, looked)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        right.setMinimumWidth(200)
        self.split.addWidget(self.form)
        self.split.addWidget(right)
        self.split.setStretchFactor(0, 3)
        self.split.setStretchFactor(1, 2)
        self.split.setSizes([640, 420])
        work = QWidget()
        whole = QVBoxLayout(work)
        whole.setContentsMargins(3 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addWidget(self.estimate)
        whole.addWidget(self.split, 1)
        self.work = work
        self.addWidget(self.empty)
        self.addWidget(work)

    def _right(self, context: Context, looked: Callable[[], Looked | None]) -> QWidget:
        """Make what stands beside the form: the YAML, or what is trained on."""
        actions = context.actions
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(SPACE + 4, 0, 0, 0)
        column.setSpacing(SPACE)
        self.look = LookPane(context, looked)
        self._look = actions["recipe.look"]
        self.turn = QPushButton(tr("What is trained on"))
        set_look(self.turn, "chip")
        self.turn.setToolTip(self._look.toolTip())
        self.turn.clicked.connect(lambda *_: self._look.trigger())
        self.turn.hide()
        top = QHBoxLayout()
        self.heading = label(tr("YAML"), "heading")
        top.addWidget(self.heading, 1)
        top.addWidget(self.turn)
        self.copy = action_button(actions["recipe.copy_yaml"], "quiet", text=tr("Copy"))
        top.addWidget(self.copy)
        self.ways = QStackedWidget()
        self.ways.addWidget(self.yaml)
        self.ways.addWidget(self.look)
        column.addLayout(top)
        column.addWidget(self.ways, 1)
        column.addWidget(self.verdict)
        return right

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the form the width that its fields need, where there is room for it."""
        super().resizeEvent(event)
        self.form.setMinimumWidth(FORM if self.width() > ROOM else LEAST)

    def offer_look(self, can: bool) -> None:
        """Offer to look at what is trained on, where the recipe is about conversations."""
        self.turn.setVisible(can)
        if not can:
            self.show_look(False)
        self.look.changed()

    def show_look(self, on: bool) -> None:
        """Show what is trained on in place of the YAML, or the YAML again."""
        on = on and not self.turn.isHidden()
        self.turn.setText(tr("Show the YAML") if on else tr("What is trained on"))
        self._look.setChecked(on)
        self.ways.setCurrentWidget(self.look if on else self.yaml)
        self.heading.setText(tr("What is trained on") if on else tr("YAML"))
        self.copy.setVisible(not on)
        if on:
            self.look.ask()

    def _order(self) -> None:
        """Let Tab go through the form before the YAML, though its fields are made last."""
        QWidget.setTabOrder(self._last_field(), self.copy)
        QWidget.setTabOrder(self.copy, self.yaml)

    def _last_field(self) -> QWidget:
        found: QWidget = self.form.search
        at = found.nextInFocusChain()
        while at is not None and at is not self.form.search:
            if self.form.isAncestorOf(at) and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
                found = at
            at = at.nextInFocusChain()
        return found

    def show_title(self, name: str, file: Path | None, unsaved: bool) -> None:
        """Show what is open, and whether it is saved."""
        self.header.title.setText(f"{name} •" if unsaved else name)
        if file is None:
            said = tr("Not saved to a file yet")
        elif unsaved:
            said = tr("Unsaved changes to {file}").format(file=file)
        else:
            said = tr("Saved in {file}").format(file=file)
        self.header.set_lead(said)
        self.header.lead.setToolTip(said)

    def show_verdict(self, fault: Fault | None) -> None:
        """Show the complaint about the text, or that there is none."""
        self.yaml.mark_line(fault.line if fault is not None else None)
        set_look(self.verdict, "complaint" if fault is not None else "muted")
        if fault is None:
            self.verdict.setText(tr("✓ The recipe is in order."))
        elif fault.line is not None and fault.keys:
            self.verdict.setText(
                tr("⚠ Line {line}: {what}").format(line=fault.line + 1, what=fault.paragraph)
            )
        else:
            self.verdict.setText(tr("⚠ {what}").format(what=fault.paragraph))
