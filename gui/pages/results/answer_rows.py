"""The answers of a run that gives no classes, row by row, the worst first."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, get_args

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import MoreButton, label
from ...widgets.numbers import decimals, number
from ...widgets.table import ColumnsModel, TableView
from ...widgets.thumbnails import Thumbnails
from .answer_detail import AnswerDetail
from .answers import RIGHT, WRONG, Answers
from .desk import Desk
from .facts import INPUT
from .reading import Reading
from .row_texts import RowTexts, row_items
from .samples import pictures

Which = Literal["all", "wrong", "right"]
WAIT = 250
"""Milliseconds after the last key before rows are looked for."""


class AnswerRows(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.which: Which = "all"
        self._reading: Reading | None = None
        self._split = ""
        self._kept: int | None = None
        self.view = TableView(tr("Predictions"))
        self.view.verticalHeader().hide()
        self.view.row_chosen.connect(self._chosen)
        self.thumbnails = Thumbnails(self, desk.context.pool)
        self.thumbnails.came.connect(self.view.viewport().update)
        self.count = label("", "muted")
        self.state = label("", "muted")
        self._texts = RowTexts(
            desk, self.state, lambda: None if self._reading is None else self._reading.path
        )
        self.detail = AnswerDetail(desk)
        self.view.space = self.detail.parts.turn
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.view)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 3)
        split.setSizes([600, 440])
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT)
        self._wait.timeout.connect(self._keep)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * SPACE, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(self._line())
        column.addWidget(split, 1)

    def _line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(6)
        names = (tr("All"), tr("Wrong"), tr("Right"))
        self._group = QButtonGroup(self)
        self.chips: dict[Which, QPushButton] = {}
        for which, text in zip(get_args(Which), names, strict=True):
            chip = QPushButton(text)
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.setAccessibleName(tr("Rows: {which}").format(which=text))
            chip.clicked.connect(partial(self.show_which, which))
            self._group.addButton(chip)
            self.chips[which] = chip
            line.addWidget(chip)
        self.chips["all"].setChecked(True)
        self.worst = QPushButton(tr("Worst first"))
        set_look(self.worst, "chip")
        self.worst.setCheckable(True)
        self.worst.setChecked(True)
        self.worst.clicked.connect(lambda *_: self._sort())
        line.addWidget(self.worst)
        self.written = QPushButton(tr("With a generated answer"))
        set_look(self.written, "chip")
        self.written.setCheckable(True)
        self.written.setChecked(True)
        self.written.setToolTip(tr("evaluate.generations says for how many rows one is generated"))
        self.written.clicked.connect(lambda *_: self._keep())
        line.addWidget(self.written)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Words in the text"))
        self.search.setAccessibleName(tr("Words in the text"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(160)
        for inner in self.search.findChildren(QToolButton):
            inner.setAccessibleName(tr("Clear the words"))
        self.search.textChanged.connect(lambda *_: self._wait.start())
        line.addSpacing(SPACE)
        line.addWidget(self.search, 1)
        line.addWidget(self.state)
        line.addWidget(self.count)
        line.addWidget(
            MoreButton(partial(row_items, self.desk, self.view), tr("Save or copy these rows"))
        )
        return line

    # What is shown

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's rows of a split."""
        before, same = self._reading, self._reading is reading
        self._reading, self._split = reading, split
        answers = reading.answers
        if answers is None:
            return
        for chip in self.chips.values():
            chip.setVisible(answers.judged)
        self.written.setVisible(answers.written is not None)
        self.worst.setVisible(bool(answers.worst_column))
        self.worst.setToolTip(tr("In the order of: {what}").format(what=answers.worst_name))
        new = before is None or before.path != reading.path
        if new:
            self.which = "all"
            self.chips[self.which].setChecked(True)
        if not same:
            model = ColumnsModel(
                answers.table,
                self.desk.context.pool,
                self.view,
                texts={name: _written(answers.table[name]) for name in answers.numbers},
            )
            drawn = answers.pictured
            model.pictures = pictures(answers.raw, drawn, reading.modalities, self.thumbnails)
            self._kept = None if new else self.view.current_source()
            model.arranged.connect(self._arranged)
            model.failed.connect(lambda why: self.desk.context.notices.show(why, "warning"))
            self.view.show_model(model)
            self.detail.show_row(None, None, {})
            self._sort()
            self._texts.want(reading.path, there=bool(answers.inputs))
        self._keep()

    def _sort(self) -> None:
        model = self.view.columns
        answers = None if self._reading is None else self._reading.answers
        if model is None or answers is None or answers.worst_column not in model.names:
            return
        on = self.worst.isChecked()
        at = model.names.index(answers.worst_column)
        model.sort_by(at if on else None, answers.worst_up)

    def show_which(self, which: Which, *_: object) -> None:
        """Show all rows, or those that were answered wrongly or rightly."""
        self.which = which
        self.chips[which].setChecked(True)
        self._keep()

    def show_row(self, source: int) -> None:
        """Show one row by its number in the predictions, whatever is filtered."""
        self.search.clear()
        self._wait.stop()
        self._kept = source
        self.written.setChecked(False)
        self.show_which("all")

    def _keep(self) -> None:
        self._wait.stop()
        model = self.view.columns
        answers = None if self._reading is None else self._reading.answers
        if model is not None and answers is not None:
            words = self.search.text().strip()
            written = self.written.isChecked() and answers.written is not None
            model.keep(condition(answers, self.which, words, self._split, written=written))

    def _arranged(self) -> None:
        model = self.view.columns
        answers = None if self._reading is None else self._reading.answers
        if model is None or answers is None:
            return
        of = int(answers.in_split(self._split).sum())
        said = tr("{n} of {of} {split} rows")
        self.count.setText(said.format(n=f"{model.rowCount():,}", of=f"{of:,}", split=self._split))
        if model.rowCount():
            kept, self._kept = self._kept, None
            if kept is not None and self.view.go_to(kept):
                return
            if self.view.current_source() is None:
                self.view.go_to(model.source_row(0))
        else:
            self.detail.show_row(None, None, {})

    def _chosen(self, source: int) -> None:
        if self._reading is not None:
            self.detail.show_row(self._reading.answers, source, self._reading.modalities)

    def end(self) -> None:
        """End what is at work."""
        self._wait.stop()
        self._texts.end()
        self.thumbnails.end()
        self.detail.parts.end()


def condition(
    answers: Answers, which: Which, words: str, split: str, *, written: bool = False
) -> Callable[[Any], Any]:
    """Return what `ColumnsModel.keep` takes; it is worked out beside the main thread."""

    def rows(_: Any) -> Any:
        import numpy as np
        import pyarrow.compute as pc

        kept = answers.in_split(split)
        if written and answers.written is not None:
            kept = kept & answers.written
        if which == "wrong":
            kept = kept & (answers.right == WRONG)
        elif which == "right":
            kept = kept & (answers.right == RIGHT)
        if words:
            here = np.zeros(len(kept), bool)
            for name in [f"{INPUT}{one}" for one in answers.inputs] or ["id"]:
                cells = answers.raw[name].combine_chunks()
                found = pc.fill_null(pc.match_substring(cells, words, ignore_case=True), False)
                here |= found.to_numpy(zero_copy_only=False)
            kept = kept & here
        return kept

    return rows


def _written(cells: Any) -> Callable[[float], str]:
    """Return what writes the numbers of a column, all of them with the same decimals."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = not pa.types.is_floating(cells.type)
    digits = 0 if whole else decimals([pc.max(pc.abs(cells)).as_py()])
    return lambda value: number(value, digits)
