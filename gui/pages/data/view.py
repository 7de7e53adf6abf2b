"""How the page is laid out: its top, the table with its filter, the pane beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from ....core.look import Group, Look
from ....multimodal.escape import visible
from ...frame.context import Context
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import EmptyState, MoreButton, PageHeader, action_button, label, scrolled
from ...widgets.parts import Parts
from ...widgets.table import ColumnsModel, DetailStrip, TableView
from ...widgets.thumbnails import Thumbnails
from .conversations import row_conversation
from .filter_bar import FilterBar
from .header import RoleHeader
from .role_words import role_words
from .row_files import RowFiles
from .side import SidePane

if TYPE_CHECKING:
    from ....core.guess import Role
    from .page import DataPage

SHARE, NARROW, WIDE = 0.33, 300, 520
"""Of the width for the pane beside the table, and its least and most pixels."""
DETAIL = 110
TALK = 0.55
"""Share of the height that a conversation gets."""
FILES = 0.42
"""Share of the height that a row's picture or sound gets."""
Items = Sequence[tuple[str | None, Callable[[], object] | None]]


class TopBar(QWidget):
    """The table's name with the buttons, and a thin line that moves while it is looked at."""

    def __init__(self, context: Context, more: Callable[[], Items]) -> None:
        super().__init__()
        self._lead = ""
        self.header = PageHeader(tr("Data"))
        actions = context.actions
        self.stop = action_button(actions["data.stop"], text=tr("Stop looking"))
        keep = self.stop.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.stop.setSizePolicy(keep)
        self.stop.hide()
        self.bring = action_button(actions["data.bring"])
        self.recipe = action_button(actions["data.recipe"], "primary")
        for button in (self.stop, self.bring, MoreButton(more), self.recipe):
            self.header.add(button)
        self.line = QProgressBar()
        self.line.setRange(0, 0)
        self.line.setTextVisible(False)
        self.line.setFixedHeight(3)
        self.line.setAccessibleName(tr("Looking at the table"))
        keep = self.line.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.line.setSizePolicy(keep)
        self.line.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.line)

    def show_table(self, path: Path | None, lead: str) -> None:
        """Name the table that is shown."""
        name = tr("Data") if path is None else visible(path.name, 60)
        metrics = self.header.title.fontMetrics()
        self.header.title.setText(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, 420))
        self.header.title.setToolTip("" if path is None else visible(str(path)))
        self._lead = lead or tr("Bring a table and say what its columns are for.")
        if not self.line.isVisible():
            self.header.set_lead(self._lead)
        there = path is not None
        self.bring.setVisible(there)
        self.recipe.setVisible(there)

    def show_busy(self, name: str) -> None:
        """Say which table is being looked at; an empty name: none."""
        self.line.setVisible(bool(name))
        self.stop.setVisible(bool(name))
        busy = tr("Looking at {name} …").format(name=visible(name, 60))
        self.header.set_lead(busy if name else self._lead)


class TableArea(QWidget):
    """Filter, table and the chosen cell in full; beside them what was seen."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.view = TableView(tr("Rows of the table"))
        self.view.cut_short.connect(self._cut_short)
        self.header = RoleHeader(self.view, context.theme)
        self.view.use_header(self.header)
        self.bar = FilterBar(context.actions["data.clear"])
        self.thumbnails = Thumbnails(self, context.pool)
        self.thumbnails.came.connect(self.view.viewport().update)
        self._files = RowFiles(self.thumbnails)
        self.parts = Parts(context.theme, context.pool, low=True)
        self.detail = DetailStrip(self.view, parts=self.parts)
        self.detail.files = self._files.parts
        self.view.space = self.parts.turn
        self.side = SidePane(context.theme)
        rows = QSplitter(Qt.Orientation.Vertical)
        rows.addWidget(self.view)
        rows.addWidget(self.detail)
        rows.setStyleSheet("QSplitter::handle { background: transparent; height: 8px; }")
        rows.setHandleWidth(SPACE)
        rows.setStretchFactor(0, 1)
        rows.setSizes([600, DETAIL])
        rows.setChildrenCollapsible(False)
        self.rows = rows
        turn = action_button(context.actions["data.side"], "chip", text=tr("Summary"))
        turn.setCheckable(True)
        context.actions["data.side"].toggled.connect(turn.setChecked)
        self.bar.add(turn)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 2 * SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.bar)
        column.addWidget(rows, 1)
        self.pane = scrolled(self.side)
        self.pane.setMinimumWidth(280)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(left)
        self.split.addWidget(self.pane)
        self.split.setChildrenCollapsible(False)
        self._by_hand = self._talks = False
        self._share = 0.0
        self.split.splitterMoved.connect(self._moved)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.split)
        self._show_side(bool(context.workspace.recall("data.side", True)))

    def show_rows(self, table: Any, numeric: Collection[str], look: Look) -> None:
        """Show a table's rows, files in it as small pictures."""
        model = ColumnsModel(table, self._context.pool, self.view, numeric=numeric)
        self._files.show(table, look)
        model.pictures = self._files.pictures()
        self._room()
        model.arranged.connect(self._count)
        model.failed.connect(lambda why: self._context.notices.show(why, "warning"))
        self.view.show_model(model)
        self.detail.follow()
        if self._files:
            self.view.go_to(0)
        self._count()

    def show_roles(self, look: Look, roles: Mapping[str, Role]) -> None:
        """Show the columns' roles over them, with the reasons as tooltips."""
        self.header.show_roles(roles, [one.modality for one in look.columns])
        model = self.view.columns
        if model is None:
            return
        for at, one in enumerate(look.columns):
            role = roles[one.name]
            why = one.reason if role == one.role else tr("chosen by you")
            meaning = role_words(one.modality)[role].meaning
            model.notes[at] = f"{meaning} ({visible(why, 200)})"
        if self._files.learn(look):
            model.pictures = self._files.pictures()
            self.view.fit_rows()
            self._room()
        self.view.fit_columns()

    def show_conversations(self, on: bool) -> None:
        """Show the chosen row as a conversation, with room for it, or a cell as text."""
        self.detail.conversation = row_conversation if on else lambda _: None
        self._talks = on
        self._room()
        self.detail.show_cell(self.view.currentIndex())

    def _room(self) -> None:
        """Give a conversation or a picture room, and take it back from cells that need none."""
        share = TALK if self._talks else FILES if self._files else 0.0
        if share != self._share:
            self._share = share
            whole = sum(self.rows.sizes()) or self.height()
            low = round(whole * share) or DETAIL
            self.rows.setSizes([whole - low, low])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the pane its share, until a person chose another one."""
        super().resizeEvent(event)
        if not self._by_hand:
            side = min(max(round(self.width() * SHARE), NARROW), WIDE)
            self.split.setSizes([self.width() - side, side])

    def show_side(
        self, look: Look, roles: Mapping[str, Role], groups: Mapping[str, Mapping[str, Group]]
    ) -> None:
        """Show what was seen, scrolled to where it was."""
        bar = self.pane.verticalScrollBar()
        place = bar.value()
        self.side.show_look(look, roles, groups)
        QTimer.singleShot(0, self.pane, lambda: bar.setValue(place))

    def find_text(self) -> None:
        """Begin to type what to find."""
        self.bar.field.setFocus()
        self.bar.field.selectAll()

    def turn_side(self) -> None:
        """Show the pane beside the table, or hide it."""
        self._show_side(self.pane.isHidden())
        self._context.workspace.remember("data.side", not self.pane.isHidden())

    def leave(self) -> None:
        """Wait for nothing any more."""
        self.bar.stop()
        self.thumbnails.end()
        self.parts.end()

    def _cut_short(self, rows: int) -> None:
        said = tr("Only the first {n} of the selected rows were copied. The file has them all.")
        self._context.notices.show(said.format(n=f"{rows:,}"), "warning")

    def _moved(self, *_: object) -> None:
        self._by_hand = True

    def _show_side(self, shown: bool) -> None:
        self.pane.setVisible(shown)
        self._context.actions["data.side"].setChecked(shown)

    def _count(self) -> None:
        model = self.view.columns
        if model is not None:
            self.bar.show_count(model.rowCount(), model.total)


def nothing_yet(page: DataPage) -> QWidget:
    """Make what stands here before a table came."""
    out = EmptyState(
        "data",
        tr("Bring a table"),
        tr(
            "Drop a CSV, TSV, JSON, JSONL or Parquet file anywhere on this window, or press "
            "Ctrl+O; or open a folder of pictures or sounds. Pellucid looks at it and guesses what "
            "can be learnt of it: which column is the input, which the answer, and which name "
            "groups of people. Nothing in it is changed."
        ),
        [
            (tr("Bring a table …"), page.ask_file),
            (tr("Open a folder …"), page.ask_folder),
            (tr("Look at the sample"), page.sample),
        ],
    )
    recent = page.recent()
    if not recent:
        return out
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.addWidget(out, 3)
    column.addWidget(label(tr("Recent tables"), "muted"), 0, Qt.AlignmentFlag.AlignHCenter)
    for path in recent:
        button = QPushButton(visible(path.name, 60))
        set_look(button, "quiet")
        button.setIcon(icon("file"))
        button.setToolTip(visible(str(path)))
        button.clicked.connect(lambda *_, path=path: page.bring(path))
        column.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
    column.addStretch(2)
    return whole
