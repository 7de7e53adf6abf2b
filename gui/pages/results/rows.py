"""The predictions row by row: filtered, sorted, and one of them looked at closely."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSlider,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import MoreButton, label
from ...widgets.table import ColumnsModel, TableView
from ...widgets.thumbnails import Thumbnails
from .desk import Desk, Item
from .reading import Reading
from .row_detail import RowDetail
from .row_texts import RowTexts, row_items
from .rows_filter import Answer, Asked, condition
from .samples import pictures

MARGIN = 4
"""Column of the margin in `Facts.table`, pictures aside."""
WAIT = 250
"""Milliseconds after the last key before rows are looked for."""


class Rows(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.asked = Asked()
        self._reading: Reading | None = None
        self._split = ""
        self._setting = False
        self._kept: int | None = None
        self.answers = QButtonGroup(self)
        self.view = TableView(tr("Predictions"))
        self.view.more_items = self._menu
        self.view.verticalHeader().hide()
        self.view.row_chosen.connect(self._chosen)
        self.thumbnails = Thumbnails(self, desk.context.pool)
        self.thumbnails.came.connect(self.view.viewport().update)
        self.count = label("", "muted")
        self.state = label("", "muted")
        self._texts = RowTexts(
            desk, self.state, lambda: None if self._reading is None else self._reading.path
        )
        self.detail = RowDetail(desk)
        self.view.space = self.detail.parts.turn
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.view)
        split.addWidget(self.detail)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([640, 400])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * SPACE, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(self._first_line())
        column.addLayout(self._second_line())
        column.addWidget(split, 1)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT)
        self._wait.timeout.connect(self._changed)

    def _first_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(6)
        names: tuple[tuple[Answer, str], ...] = (
            ("all", tr("All")),
            ("wrong", tr("Wrong")),
            ("right", tr("Right")),
            ("unsure", tr("Unsure")),
        )
        self.chips: dict[Answer, QPushButton] = {}
        for name, text in names:
            chip = QPushButton(text)
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.setAccessibleName(tr("Rows: {which}").format(which=text))
            chip.clicked.connect(lambda *_: self._changed())
            self.answers.addButton(chip)
            self.chips[name] = chip
            line.addWidget(chip)
        self.chips["all"].setChecked(True)
        self.margin = QSlider(Qt.Orientation.Horizontal)
        self.margin.setRange(1, 100)
        self.margin.setValue(20)
        self.margin.setFixedWidth(110)
        self.margin.setAccessibleName(tr("Largest margin of unsure rows"))
        self.margin.setToolTip(tr("Unsure: the best score is at most so far above the second best"))
        self.margin_said = label("", "muted")
        self.margin.valueChanged.connect(self._margin_moved)
        line.addWidget(self.margin)
        line.addWidget(self.margin_said)
        line.addStretch(1)
        line.addWidget(self.state)
        line.addWidget(self.count)
        more = MoreButton(partial(row_items, self.desk, self.view), tr("Save or copy these rows"))
        line.addWidget(more)
        self._margin_words()
        return line

    def _second_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        self.label = self._combo(tr("Label"))
        self.prediction = self._combo(tr("Answer"))
        self.group = self._combo(tr("Group"))
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Words in the text"))
        self.search.setAccessibleName(tr("Words in the text"))
        self.search.setClearButtonEnabled(True)
        for inner in self.search.findChildren(QToolButton):
            inner.setAccessibleName(tr("Clear the words"))
        self.search.textChanged.connect(lambda *_: self._wait.start())
        self.clear = QPushButton(tr("Clear filter"))
        self.clear.clicked.connect(lambda *_: self.show_asked(Asked()))
        for widget, stretch in (
            (self.label, 2),
            (self.prediction, 2),
            (self.group, 3),
            (self.search, 4),
            (self.clear, 0),
        ):
            line.addWidget(widget, stretch)
        return line

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setMinimumWidth(110)
        combo.currentIndexChanged.connect(lambda *_: self._changed())
        return combo

    # What is shown

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's rows of a split; the filter stays where it can."""
        before, same = self._reading, self._reading is reading
        self._reading, self._split = reading, split
        facts = reading.facts
        if facts is None:
            return
        if not same:
            self._setting = True
            self._fill(self.label, tr("Label: any"), facts.labels, tr("Label: {name}"))
            self._fill(self.prediction, tr("Answer: any"), facts.labels, tr("Answer: {name}"))
            self.group.clear()
            self.group.addItem(tr("Group: any"), None)
            for column, (_, names) in facts.groups.items():
                for name in names:
                    text = f"{visible(column, 40)}: {visible(name, 60)}"
                    self.group.addItem(text, (column, name))
            self._setting = False
            model = ColumnsModel(
                facts.table,
                self.desk.context.pool,
                self.view,
                texts={facts.table.column_names[at]: _share for at in self._shares(reading)},
            )
            drawn = facts.pictured
            model.pictures = pictures(facts.raw, drawn, reading.modalities, self.thumbnails)
            # The same run with its texts has the same rows: go on with the one that was chosen.
            again = before is not None and before.path == reading.path
            self._kept = self.view.current_source() if again else None
            model.arranged.connect(self._arranged)
            model.failed.connect(lambda why: self.desk.context.notices.show(why, "warning"))
            self.view.show_model(model)
            self.detail.show_row(reading, None)
            self._texts.want(reading.path, there=bool(facts.inputs))
        placeholder = tr("Words in the text") if facts.inputs else tr("Words in the row’s id")
        if facts.pictured and set(facts.pictured) == set(facts.inputs):
            placeholder = tr("Words in the file’s name")
        self.search.setPlaceholderText(placeholder)
        self._set_widgets(self.asked)
        self._keep()

    def show_asked(self, asked: Asked) -> None:
        """Show rows by a filter."""
        self._set_widgets(asked)
        self.asked = asked
        self._keep()

    def _shares(self, reading: Reading) -> list[int]:
        """Return the columns of the table that hold shares: the margin and the scores."""
        facts = reading.facts
        if facts is None:
            return []
        first = MARGIN + 1 + len(facts.inputs)
        return [MARGIN + len(facts.pictured), *range(first, first + len(facts.labels))]

    def _fill(self, combo: QComboBox, any_: str, names: tuple[str, ...], template: str) -> None:
        combo.clear()
        combo.addItem(any_, "")
        for name in names:
            combo.addItem(template.format(name=visible(name, 60)), name)

    def _set_widgets(self, asked: Asked) -> None:
        self._setting = True
        self.chips[asked.answer].setChecked(True)
        self.margin.setValue(round(100 * asked.margin))
        self.label.setCurrentIndex(max(self.label.findData(asked.label), 0))
        self.prediction.setCurrentIndex(max(self.prediction.findData(asked.prediction), 0))
        chosen = next(iter(asked.group.items()), None)
        at = [self.group.itemData(n) for n in range(self.group.count())]
        self.group.setCurrentIndex(at.index(chosen) if chosen in at else 0)
        if self.search.text() != asked.text:
            self.search.setText(asked.text)
        self._wait.stop()
        self._setting = False

    def _changed(self) -> None:
        if self._setting:
            return
        answer = next(name for name, chip in self.chips.items() if chip.isChecked())
        group = self.group.currentData()
        self.asked = Asked(
            answer=answer,
            margin=self.margin.value() / 100,
            label=self.label.currentData() or "",
            prediction=self.prediction.currentData() or "",
            group={} if group is None else {group[0]: group[1]},
            text=self.search.text().strip(),
        )
        self._keep()

    def _margin_moved(self) -> None:
        self._margin_words()
        if not self._setting:
            self.chips["unsure"].setChecked(True)
            self._wait.start()

    def _margin_words(self) -> None:
        share = self.margin.value() / 100
        self.margin_said.setText(tr("margin ≤ {share:.2f}").format(share=share))

    def _keep(self) -> None:
        model = self.view.columns
        facts = None if self._reading is None else self._reading.facts
        if model is not None and facts is not None:
            model.keep(condition(facts, self.asked, self._split))

    def _arranged(self) -> None:
        model = self.view.columns
        facts = None if self._reading is None else self._reading.facts
        if model is None or facts is None:
            return
        of = int(facts.in_split(self._split).sum())
        said = tr("{n} of {of} {split} rows")
        self.count.setText(said.format(n=f"{model.rowCount():,}", of=f"{of:,}", split=self._split))
        if model.rowCount() and self.view.current_source() is None:
            kept, self._kept = self._kept, None
            if kept is None or not self.view.go_to(kept):
                self.view.go_to(model.source_row(0))
        elif not model.rowCount() and self._reading is not None:
            self.detail.show_row(self._reading, None)

    def _chosen(self, source: int) -> None:
        if self._reading is not None:
            self.detail.show_row(self._reading, source)

    def _menu(self, source: int, column: int) -> list[Item]:
        reading = self._reading
        if reading is None or reading.facts is None:
            return []
        facts = reading.facts
        true, answer = (
            facts.labels[code] if code >= 0 else ""
            for code in (int(facts.true[source]), int(facts.predicted[source]))
        )
        return [
            (
                tr("Show rows that were confused like this one"),
                lambda: self.show_asked(Asked(label=true, prediction=answer)),
            ),
        ]

    def end(self) -> None:
        """End what is at work."""
        self._wait.stop()
        self._texts.end()
        self.thumbnails.end()
        self.detail.parts.end()


def _share(value: float) -> str:
    return f"{value:.3f}"
