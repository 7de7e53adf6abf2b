"""Why the model answered so: the words of each explained row, and those of each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....explain.methods import methods
from ....multimodal.draw import PICTURED
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import EmptyState, MoreButton, ShortCombo, label, scrolled
from ...widgets.task_words import DEFAULT
from ...widgets.word_map import Scale
from .class_words import ClassWords
from .desk import Desk, Item
from .maps import Answer, Wanted, as_words, drawings, wanted
from .reading import Reading
from .row_texts import RowTexts
from .this_row import ThisRow
from .trust import Trust
from .word_list import Entry, WordList

if TYPE_CHECKING:
    from ....explain.attribution import Attribution

WAIT = 200
MORE = 200
"""Rows that are proposed to be explained where none are."""
NOTHING, MAPS, TRUST = range(3)
"""What the pane shows."""


class WordsPane(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.filter = Wanted()
        self._reading: Reading | None = None
        self._setting = False
        self.list = WordList(desk.context.theme, desk.context.pool)
        self.list.told.connect(self._said)
        self.list.map_chosen.connect(lambda _: self._show_row())
        self.scale = Scale(desk.context.theme)
        self.told = label("", "note")
        self.count = label("", "muted")
        self.state = label("", "muted")
        self._texts = RowTexts(
            desk, self.state, lambda: None if self._reading is None else self._reading.path
        )
        self.stack = QStackedWidget()
        self.nothing = EmptyState(
            "words",
            tr("No answer was explained yet"),
            tr(
                "An explanation shows which words, places of a picture or moments of a sound spoke "
                "for an answer and which against it. It is made of test rows, as a job that takes "
                "seconds to minutes."
            ),
            [(tr("Explain {n} rows").format(n=MORE), lambda: self.explain(MORE))],
        )
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(self._explained())
        self.trust = Trust(desk, self.show_maps)
        self.stack.addWidget(self.trust)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 2 * SPACE, 0, 0)
        whole.addWidget(self.stack)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT)
        self._wait.timeout.connect(self._changed)

    def _explained(self) -> QWidget:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(self._first_line())
        column.addLayout(self._second_line())
        low = QHBoxLayout()
        low.addWidget(self.scale, 1)
        low.addWidget(self.state)
        low.addWidget(self.count)
        column.addLayout(low)
        column.addWidget(self.list, 1)
        self.told.setText(tr("The arrow keys go from word to word and from row to row."))
        column.addWidget(self.told)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(self._beside())
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([600, 420])
        return split

    def _beside(self) -> QWidget:
        """Make what stands at the right: all rows together, or the chosen one."""
        self.classes = ClassWords(self.desk)
        self.row = ThisRow(self.desk)
        self.parts = QTabBar()
        self.parts.setExpanding(False)
        self.parts.setDrawBase(False)
        self.parts.setAccessibleName(tr("Beside the maps"))
        self.parts.addTab(tr("All rows"))
        self.parts.addTab(tr("This answer"))
        line = QHBoxLayout()
        line.setContentsMargins(SPACE, 0, SPACE, 0)
        line.addWidget(self.parts)
        line.addStretch(1)
        shown = QStackedWidget()
        shown.addWidget(scrolled(self.classes))
        shown.addWidget(scrolled(self.row))
        self.parts.currentChanged.connect(shown.setCurrentIndex)
        self.parts.currentChanged.connect(lambda _: self._show_row())
        beside = QWidget()
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(line)
        column.addWidget(shown, 1)
        return beside

    def _first_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(6)
        names: tuple[tuple[Answer, str], ...] = (
            ("all", tr("All")),
            ("wrong", tr("Wrong")),
            ("right", tr("Right")),
            ("unsure", tr("Unsure")),
        )
        self._group = QButtonGroup(self)
        self.chips: dict[Answer, QPushButton] = {}
        for name, text in names:
            chip = QPushButton(text)
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.setAccessibleName(tr("Maps: {which}").format(which=text))
            if name == "unsure":
                chip.setToolTip(tr("The best score is at most 0.2 above the second best"))
            chip.clicked.connect(lambda *_: self._changed())
            self._group.addButton(chip)
            self.chips[name] = chip
            line.addWidget(chip)
        self.chips["all"].setChecked(True)
        line.addStretch(1)  # takes what the methods leave
        self.rows = QSpinBox()
        self.rows.setRange(1, 1_000_000)
        self.rows.setValue(MORE)
        self.rows.setGroupSeparatorShown(True)
        self.rows.setFixedWidth(92)
        self.rows.setAccessibleName(tr("Test rows to explain"))
        self.rows.setToolTip(tr("Test rows to explain, spread evenly; they replace those of now"))
        self.by = ShortCombo()
        self.by.setAccessibleName(tr("Method of the next explanation"))
        self.by.setMinimumContentsLength(8)
        self.by.setMaximumWidth(200)
        self.by.addItem(tr("By the recipe"), None)
        for one in methods().values():
            self.by.addItem(one.title, one.name)
            self.by.setItemData(self.by.count() - 1, one.source, Qt.ItemDataRole.ToolTipRole)
        self.again = QPushButton(tr("Explain more rows"))
        self.again.clicked.connect(lambda *_: self.explain(self.rows.value()))
        line.addWidget(self.by, 8)
        line.addWidget(self.rows)
        line.addWidget(self.again)
        line.addWidget(MoreButton(self._items, tr("Save or copy this map")))
        return line

    def _second_line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        self.method = ShortCombo()
        self.method.setAccessibleName(tr("Method"))
        self.method.currentIndexChanged.connect(lambda *_: self._method_changed())
        self.answered = ShortCombo()
        self.answered.setAccessibleName(tr("Answer that was explained"))
        self.answered.currentIndexChanged.connect(lambda *_: self._changed())
        self.group = ShortCombo()
        self.group.setAccessibleName(tr("Group"))
        self.group.currentIndexChanged.connect(lambda *_: self._changed())
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Words in the text"))
        self.search.setAccessibleName(tr("Words in the text"))
        self.search.setClearButtonEnabled(True)
        for inner in self.search.findChildren(QToolButton):
            inner.setAccessibleName(tr("Clear the words"))
        self.search.textChanged.connect(lambda *_: self._wait.start())
        for widget in (self.method, self.answered, self.group, self.search):
            widget.setMinimumWidth(84)
            line.addWidget(widget, 1)
        self.asks_trust = QPushButton(tr("Which method to trust"))
        self.asks_trust.setToolTip(tr("Compare the methods: which is the most faithful"))
        self.asks_trust.clicked.connect(lambda *_: self.show_trust())
        line.addWidget(self.asks_trust)
        return line

    # What is shown

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's explanations, whatever the split: only test rows are explained."""
        if reading is self._reading:
            return
        same = self._reading is not None and self._reading.path == reading.path
        if not same:
            self.list.show_entries([])
        self._reading = reading
        self.trust.show_reading(reading)
        if not (same and self.stack.currentIndex() == TRUST):
            self.show_maps()
        if not reading.explained:
            return
        self.parts.setTabVisible(1, reading.task == DEFAULT)
        kinds = {part.modality for one in self._first() for part in one.drawn}
        if not kinds.isdisjoint(PICTURED):
            self._texts.want(reading.path, there=reading.has_files)
        self.search.setVisible(kinds != set() and not kinds <= set(PICTURED))
        self._setting = True
        self.method.clear()
        for name in reading.explained:
            known = methods().get(name)
            self.method.addItem(name.replace("_", " ") if known is None else known.title, name)
        self.method.setVisible(len(reading.explained) > 1)
        self.answered.clear()
        self.answered.addItem(tr("Answer: any"), "")
        for name in dict.fromkeys(one.target for one in self._all()):
            self.answered.addItem(tr("Answer: {name}").format(name=visible(name, 60)), name)
        self.group.clear()
        self.group.addItem(tr("Group: any"), None)
        for column, (_, names) in (reading.facts.groups if reading.facts else {}).items():
            for name in names:
                text = f"{visible(column, 40)}: {visible(name, 60)}"
                self.group.addItem(text, (column, name))
        self._setting = False
        self._method_changed()

    def show_maps(self) -> None:
        """Show the maps, or what there is in their place."""
        reading = self._reading
        if reading is not None and reading.explained:
            self.stack.setCurrentIndex(MAPS)
        elif reading is not None and reading.comparison is not None:
            self.stack.setCurrentIndex(TRUST)
        else:
            self.stack.setCurrentIndex(NOTHING)

    def show_trust(self) -> None:
        """Show which method can be trusted."""
        self.stack.setCurrentIndex(TRUST)
        self.trust.start.setFocus()

    def show_filter(self, filter_: Wanted) -> None:
        """Show explanations by a filter."""
        self._setting = True
        self.chips[filter_.answer].setChecked(True)
        self.answered.setCurrentIndex(max(self.answered.findData(filter_.target), 0))
        known = [self.group.itemData(at) for at in range(self.group.count())]
        self.group.setCurrentIndex(known.index(filter_.group) if filter_.group in known else 0)
        self.search.setText(filter_.text)
        self._wait.stop()
        self._setting = False
        self._changed()

    def _first(self) -> list[Attribution]:
        """Return the first explanation of each method."""
        found = {} if self._reading is None else self._reading.explained
        return [one[0] for one in found.values() if one]

    def _all(self) -> list[Attribution]:
        method = self.method.currentData()
        return [] if self._reading is None else self._reading.explained.get(method, [])

    def _method_changed(self) -> None:
        if self._setting or self._reading is None:
            return
        self._changed(self.list.chosen)
        self.classes.show_method(self._reading, self.method.currentData(), self._anchor())

    def _changed(self, chosen: str = "") -> None:
        """Show what is asked for; the map of the row `chosen` becomes the current one."""
        if self._setting or self._reading is None:
            return
        self.filter = Wanted(
            answer=next(name for name, chip in self.chips.items() if chip.isChecked()),
            target=self.answered.currentData() or "",
            group=self.group.currentData(),
            text=self.search.text().strip(),
        )
        from ....explain.drawn import shared_scale

        found = self._all()
        scale = shared_scale(found)
        places = wanted(found, self._reading.facts, self.filter)
        self.list.blockSignals(True)  # a row that is edited must not be left on the way to it
        self.list.show_entries([_entry(found[at], self._reading, scale) for at in places])
        self.list.choose(chosen)
        self.list.blockSignals(False)
        self._show_row()
        self.scale.show_scale(scale)
        said = tr("{n} of {of} rows")
        self.count.setText(said.format(n=f"{len(places):,}", of=f"{len(found):,}"))

    def _show_row(self) -> None:
        """Show the row of the chosen map closely, where that is what is looked at."""
        if self._reading is None or self._setting or self.parts.currentIndex() != 1:
            return
        self._texts.want(self._reading.path, there=self._reading.has_files)
        self.row.show_row(self._reading, self.list.chosen)

    def _anchor(self) -> str:
        """Return how the report names what it says of the method that is shown."""
        from ....explain.said import anchored

        first = self._all()[:1]
        return f"{anchored('explain-words', first[0])}." if first else "explain-words."

    # What can be done

    def explain(self, rows: int) -> None:
        """Explain so many test rows as a job."""
        if self.desk.reading is not None:
            self.desk.start(
                self._explanation(rows),
                tr("{n} test rows are being explained.").format(n=f"{rows:,}"),
            )

    def _explanation(self, rows: int) -> copyable.Explain:
        return copyable.Explain(self.desk.run, rows=str(rows), method=self.by.currentData())

    def _said(self, said: str) -> None:
        self.told.setText(said)

    def _items(self) -> list[Item]:
        desk = self.desk
        out: list[Item] = []
        row = self.list.currentIndex().row()
        if row >= 0:
            name = f"map:{self.list.entry(row).id}"
            out += [
                (tr("Save this map as PNG …"), lambda: desk.ask_and_save(name, ".png")),
                (tr("Save its scores as CSV …"), lambda: desk.ask_and_save(name, ".csv")),
                *desk.copies_of_export(name, ".png"),
                (None, None),
            ]
        again = self.desk.copies(lambda: self._explanation(self.rows.value()))
        return [*out, *((f"{text} ({tr('explain')})", does) for text, does in again)]

    def end(self) -> None:
        """End what is at work."""
        self._wait.stop()
        self._texts.end()
        self.list.maps.end()
        self.row.end()


def _entry(one: Attribution, reading: Reading, scale: float) -> Entry:
    right = one.label == one.prediction
    if reading.task != DEFAULT:  # whether such an answer is right is not a matter of equality
        said, right = tr("Row {id}: answered “{answer}”, labelled “{label}”"), True
    elif right:
        said = tr("✓ Row {id}: answered “{answer}”, which is right")
    else:
        said = tr("✗ Row {id}: answered “{answer}”, labelled “{label}”")
    title = said.format(
        id=visible(one.id, 40), answer=visible(one.prediction, 60), label=visible(one.label, 60)
    )
    target = visible(one.target, 60)
    words = tr("Scores for “{target}”; they need not add up to the answer").format(target=target)
    if one.complete:
        note = tr("Scores for “{target}” add up to {sum:+.2f}; completeness error {error:.1%}")
        words = note.format(
            target=target,
            sum=one.difference + one.completeness_error,
            error=min(one.relative_error, 9.99),
        )
    if not one.converged:
        words += " – " + tr("▲ above the tolerance: take them as rough")
    return Entry(
        one.id,
        title,
        words,
        as_words(one, scale),
        not right,
        not one.converged,
        drawings(one, reading, scale),
    )
