"""Why the model wrote its answers: each one over its prompt, word by word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....explain.methods import WRITING, methods
from ....multimodal.escape import visible
from ....steps import FEW
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import EmptyState, MoreButton, label, scrolled
from .desk import Desk, Item
from .exhibit import Exhibit, show_block
from .overview import Findings
from .reading import Reading
from .tree_table import TreeTable
from .writing_detail import WritingDetail

if TYPE_CHECKING:
    from ....explain.generation.writing import Writing

SHOWN = 120
"""Characters of an answer in the list."""


class WritingsPane(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._reading: Reading | None = None
        self._setting = False
        self.stack = QStackedWidget()
        self.nothing = EmptyState(
            "words",
            tr("No answer was explained yet"),
            tr(
                "An explanation shows which words of the prompt, and which parts of its picture, "
                "made each word of an answer more likely, and which less. It is made of test rows, "
                "as a job that takes seconds to minutes for each."
            ),
            [(tr("Explain {n} answers").format(n=FEW), lambda: self.explain(FEW))],
        )
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(self._written())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 2 * SPACE, 0, 0)
        whole.addWidget(self.stack)

    def _written(self) -> QWidget:
        self.answers = QListWidget()
        self.answers.setAccessibleName(tr("Answers that were explained"))
        self.answers.setWordWrap(True)
        self.answers.setStyleSheet("QListWidget::item { padding: 6px 8px; }")
        self.answers.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.answers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.answers.currentRowChanged.connect(lambda _: self._chosen())
        self.detail = WritingDetail(self.desk)
        self.findings = Findings()
        self.table = Exhibit(self.desk, "", TreeTable(self.desk.context.theme, tr("Words")))
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE, 0, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        for widget in (self.detail, self.findings, self.table):
            column.addWidget(widget)
        column.addStretch(1)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.answers)
        split.addWidget(scrolled(inside))
        split.setStretchFactor(0, 1)
        split.setStretchFactor(1, 4)
        split.setSizes([250, 800])
        out = QWidget()
        both = QVBoxLayout(out)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(SPACE)
        both.addLayout(self._line())
        both.addWidget(split, 1)
        return out

    def _line(self) -> QHBoxLayout:
        self.method = QComboBox()
        self.method.setAccessibleName(tr("Method"))
        self.method.currentIndexChanged.connect(lambda *_: self._method_changed())
        self.count = label("", "muted")
        self.by = QComboBox()
        self.by.setAccessibleName(tr("Method of the next explanation"))
        self.by.addItem(tr("By the recipe"), None)
        for name in WRITING:
            one = methods()[name]
            self.by.addItem(one.title, name)
            self.by.setItemData(self.by.count() - 1, one.source, Qt.ItemDataRole.ToolTipRole)
        self.rows = QSpinBox()
        self.rows.setRange(1, 1_000_000)
        self.rows.setValue(FEW)
        self.rows.setGroupSeparatorShown(True)
        self.rows.setFixedWidth(110)
        self.rows.setAccessibleName(tr("Answers to explain"))
        self.rows.setToolTip(tr("Answers to explain, spread evenly; they replace those of now"))
        self.again = QPushButton(tr("Explain more answers"))
        self.again.clicked.connect(lambda *_: self.explain(self.rows.value()))
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(self.method)
        line.addWidget(self.count)
        line.addStretch(1)
        for widget in (self.by, self.rows, self.again):
            line.addWidget(widget)
        line.addWidget(MoreButton(self._items, tr("Copy this job")))
        return line

    # What is shown

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's written answers, whatever the split: only test rows are explained."""
        if reading is self._reading:
            return
        self._reading = reading
        self.stack.setCurrentIndex(1 if reading.written else 0)
        if not reading.written:
            return
        self._setting = True
        kept = self.method.currentData()
        self.method.clear()
        for name in reading.written:
            known = methods().get(name)
            self.method.addItem(name.replace("_", " ") if known is None else known.title, name)
        self.method.setCurrentIndex(max(self.method.findData(kept), 0))
        self._setting = False
        self._method_changed()

    def _all(self) -> list[Writing]:
        found = {} if self._reading is None else self._reading.written
        return found.get(self.method.currentData(), [])

    def _method_changed(self) -> None:
        if self._setting or self._reading is None:
            return
        found = self._all()
        kept = max(self.answers.currentRow(), 0)
        self._setting = True
        self.answers.clear()
        for one in found:
            self.answers.addItem(_line(one))
        self._setting = False
        self.answers.setCurrentRow(min(kept, len(found) - 1))
        count = tr("{n} answers") if len(found) != 1 else tr("{n} answer")
        self.count.setText(count.format(n=f"{len(found):,}"))
        method = self.method.currentData()
        self.findings.show_texts(self._reading.findings.get(f"written.{method}", ()))
        # The tables of all methods have one title; they stand in the order of the methods.
        tables = self._reading.named("explain-writing.", "table")
        at = list(self._reading.written).index(method)
        named = tables[at] if at < len(tables) else None
        self.table.setVisible(named is not None and bool(getattr(named.block, "rows", ())))
        if named is not None:
            show_block(self.table, named)

    def _chosen(self) -> None:
        at, found = self.answers.currentRow(), self._all()
        if self._setting or self._reading is None or not 0 <= at < len(found):
            return
        self.detail.show_writing(self._reading.name, found[at])

    # What can be done

    def explain(self, rows: int) -> None:
        """Explain so many answers as a job."""
        if self.desk.reading is not None:
            self.desk.start(
                self._explanation(rows),
                tr("{n} answers are being explained.").format(n=f"{rows:,}"),
            )

    def _explanation(self, rows: int) -> copyable.Explain:
        return copyable.Explain(self.desk.run, rows=str(rows), method=self.by.currentData())

    def _items(self) -> list[Item]:
        return self.desk.copies(lambda: self._explanation(self.rows.value()))

    def end(self) -> None:
        """End what is at work."""
        self.detail.end()


def _line(one: Writing) -> str:
    said = visible(one.answer.strip(), SHOWN) or tr("(nothing)")
    return tr("Row {id}: “{answer}”").format(id=visible(Path(one.id).name, 40), answer=said)
