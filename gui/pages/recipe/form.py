"""The form: one card for each section of the recipe, one row for each key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ...frame.context import Context
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, Flow, label, scrolled
from .check import Fault
from .editors import editor
from .fitting import Fitting, fitting, section_help
from .model_field import ModelField
from .optional import RecordField, beginning, left_out
from .row import Row
from .schema import Item, Keys, at, items
from .shorthand import expanded

UNFOLDED = "recipe_unfolded"
"""Under which the workspace remembers the sections whose settings are all in sight."""
WIDEST = 1000
"""Pixels beyond which the YAML gets the room."""


@dataclass
class _Section:
    """A section or a group in it: where it stands, and what of it is wrong."""

    item: Item
    widget: QWidget
    trouble: QLabel
    rows: list[Row]
    folded: bool = True
    more: QPushButton | None = None
    unused: QLabel | None = None


class Form(QWidget):
    """Shows a recipe's values; `edited` carries the key's place and its new value.

    `built` tells that every field is there.
    """

    edited = Signal(object, object)
    built = Signal()

    def __init__(self, context: Context, folder: Callable[[], Path]) -> None:
        super().__init__()
        self._context, self._folder = context, folder
        self._rows: dict[str, Row] = {}
        self._raw: Any = {}
        self._fitting = Fitting()
        self._sections: dict[str, _Section] = {}
        self._records: dict[str, Row] = {}
        self._cards: list[_Section] = []
        self._jumps: dict[str, QPushButton] = {}
        self._jump = QButtonGroup(self)
        self._jump.setExclusive(True)
        rail = QWidget()
        self._rail = Flow(rail)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Find a key"))
        self.search.setAccessibleName(tr("Find a key of the recipe"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(190)
        self.search.setMinimumWidth(120)
        self.search.textChanged.connect(lambda _: self._search())
        self.nothing = label(tr("No key of a recipe has such a name or meaning."), "muted")
        self.nothing.hide()
        self._inside = QWidget()
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(0, 0, SPACE, 2 * SPACE)
        self._column.setSpacing(2 * SPACE)
        self._column.addWidget(self.nothing)
        self.setMaximumWidth(WIDEST)
        self.area: QScrollArea = scrolled(self._inside)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self._column.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(SPACE)
        top.addWidget(rail, 2)
        top.addWidget(self.search, 1, Qt.AlignmentFlag.AlignTop)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, SPACE, 0)
        whole.setSpacing(SPACE + 4)
        whole.addLayout(top)
        whole.addWidget(self.area, 1)
        self._todo = self._plan()
        self._soon = QTimer(self)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._build)
        self._soon.start()
        self.area.verticalScrollBar().valueChanged.connect(lambda _: self._follow())

    @property
    def rows(self) -> dict[str, Row]:
        """Every row by the place of its key, such as ``train.epochs``."""
        self.finish()
        return self._rows

    def finish(self) -> None:
        """Build what of the form isn't there yet: it is built a section at a time."""
        while self._todo:
            self._build()

    def show_values(self, raw: Any) -> None:
        """Show a recipe's plain data; keys that it doesn't name show their default."""
        self._raw = raw = expanded(raw)
        self._fitting = fitting(raw)
        for row in (*self._rows.values(), *self._records.values()):
            self._fill(row)
        self._sift()

    def show_fault(self, fault: Fault | None) -> None:
        """Show a complaint under the field that it is about, or under its section."""
        if fault is not None:
            self.finish()
        wrong = self._nearest(fault.keys) if fault is not None and fault.keys else ""
        said = fault.said if fault is not None else ""
        for name, row in self._rows.items():
            row.show_complaint(said if name == wrong else "")
        for name, section in self._sections.items():
            here = name == wrong
            section.trouble.setText(tr("⚠ {what}").format(what=said) if here else "")
            section.trouble.setVisible(here)
        if wrong in self._rows:
            self._sift()

    def reveal(self, keys: Keys) -> None:
        """Bring a key into sight and give it the focus."""
        self.finish()
        self.search.clear()
        name = self._nearest(keys)
        row = self._rows.get(name)
        if row is None:
            section = self._sections.get(name)
            if section is not None:
                self._scroll_to(section.widget)
            return
        card = self._sections.get(keys[0])
        if card is not None and row.isHidden():
            self._unfold(card, True)
        if row.isHidden():  # what doesn't matter here is found by searching for it
            self.search.setText(row.item.name)
        QTimer.singleShot(0, row, lambda: self._focus(row))

    def forget(self) -> None:
        """Await no answer any more, and build no further."""
        self._soon.stop()
        for row in self._rows.values():
            if isinstance(row.editor, ModelField):
                row.editor.forget()

    def _nearest(self, keys: Keys) -> str:
        for length in range(len(keys), 0, -1):
            name = ".".join(keys[:length])
            if name in self._rows or name in self._sections:
                return name
        return ""

    def _plan(self) -> list[Item]:
        """Return the sections to build, after making the buttons that lead to them."""
        every = items()
        loose = tuple(item for item in every if item.kind != "section")
        sections = [item for item in every if item.kind == "section"]
        for item in sections:
            jump = QPushButton(tr(item.label))
            set_look(jump, "chip")
            jump.setCheckable(True)
            jump.setAccessibleName(tr("Go to {section}").format(section=tr(item.label)))
            jump.clicked.connect(lambda *_, key=item.name: self._jump_to(key))
            self._jump.addButton(jump)
            self._jumps[item.name] = jump
            self._rail.addWidget(jump)
        return [Item(("run",), "section", items=loose), *sections]

    def _build(self) -> None:
        """Build the next section and fill it in."""
        if not self._todo:
            self._soon.stop()
            return
        item = self._todo.pop(0)
        if item.help:
            self._section(item)
        else:
            card = self._card(item, "")
            for inner in item.items:
                self._row(inner, card, cast(Card, card.widget).body)
        for row in self._cards[-1].rows:  # records among them
            self._fill(row)
        self._sift()
        if not self._todo:
            self.built.emit()

    def _fill(self, row: Row) -> None:
        row.show_value(*at(self._raw, row.item.keys))
        row.left_out = left_out(
            self._raw,
            {name: row.item for name, row in self._records.items()},
            row.item.keys,
        )
        row.fit(self._fitting)

    def _jump_to(self, key: str) -> None:
        self.finish()
        self._scroll_to(self._sections[key].widget)

    def _section(self, item: Item) -> None:
        card = self._card(item, tr(item.label))
        self._sections[item.name] = card
        body = cast(Card, card.widget).body
        body.addWidget(label(tr(item.help), "muted", wrap=True))
        card.unused = label("", "muted", wrap=True)
        card.unused.hide()
        body.addWidget(card.unused)
        body.addWidget(card.trouble)
        for inner in self._in_order(item):
            self._entry(inner, card, body)
        hidden = sum(not row.item.shown for row in card.rows)
        if hidden:
            card.more = QPushButton()
            set_look(card.more, "quiet")
            card.more.setCheckable(True)
            card.more.clicked.connect(lambda on: self._turn(card, on))
            line = QHBoxLayout()
            line.addWidget(card.more)
            line.addStretch(1)
            body.addLayout(line)
            self._unfold(card, item.name in self._remembered())

    def _in_order(self, item: Item) -> Iterator[Item]:
        """Yield the keys that people change often, the others, and then the groups of keys.

        A key behind a group would look as if it belonged to it.
        """
        keys = [inner for inner in item.items if inner.kind != "section"]
        yield from (inner for inner in keys if inner.shown)
        yield from (inner for inner in keys if not inner.shown)
        yield from (inner for inner in item.items if inner.kind == "section")

    def _entry(self, item: Item, card: _Section, body: QVBoxLayout) -> None:
        if item.kind != "section":
            self._row(item, card, body)
            return
        group = QFrame()
        column = QVBoxLayout(group)
        column.setContentsMargins(0, SPACE, 0, 0)
        column.setSpacing(SPACE + 4)
        inside = _Section(item, group, _trouble(), [])
        if item.optional:
            self._record(item, inside, column)
        else:
            head = label(tr(item.label), "heading")
            column.addWidget(head)
            said = section_help(item.name, tr(item.help))
            column.addWidget(label(said, "muted", wrap=True))
        column.addWidget(inside.trouble)
        body.addWidget(group)
        self._sections[item.name] = inside
        for inner in item.items:
            self._entry(inner, inside, column)
        card.rows += inside.rows

    def _record(self, item: Item, section: _Section, body: QVBoxLayout) -> None:
        """Make the switch of a record that may be left out; its keys show where it is there."""
        row = Row(item, RecordField(lambda: beginning(item, self._raw)))
        set_look(row.words, "heading")
        section.rows.append(row)
        self._records[item.name] = row
        row.edited.connect(self.edited)
        body.addWidget(row)

    def _row(self, item: Item, section: _Section, body: QVBoxLayout) -> None:
        row = Row(item, editor(item, self._context, self._folder))
        section.rows.append(row)
        self._rows[item.name] = row
        row.edited.connect(self.edited)
        body.addWidget(row)

    def _card(self, item: Item, title: str) -> _Section:
        card = Card(title)
        card.body.setSpacing(2 * SPACE)
        made = _Section(item, card, _trouble(), [])
        self._cards.append(made)
        self._column.insertWidget(self._column.count() - 1, card)
        return made

    def _turn(self, card: _Section, on: bool) -> None:
        """Unfold a section as a person asked, or fold it, and remember that."""
        kept = [name for name in self._remembered() if name != card.item.name]
        self._context.workspace.remember(UNFOLDED, [*kept, *([card.item.name] if on else [])])
        self._unfold(card, on)

    def _remembered(self) -> list[str]:
        kept = self._context.workspace.recall(UNFOLDED, [])
        return [one for one in kept if isinstance(one, str)] if isinstance(kept, list) else []

    def _unfold(self, card: _Section, on: bool) -> None:
        card.folded = not on
        if card.more is not None:
            card.more.setIcon(icon("up" if on else "down"))
            card.more.setChecked(on)
        self._sift()

    def _name_more(self, card: _Section) -> int:
        """Say on a section's button how many keys are folded away; return how many."""
        count = sum(row.fits and not row.often for row in card.rows)
        if card.more is not None:
            text = tr("Fewer settings") if not card.folded else tr("More settings ({n})")
            text = text.format(n=count)
            card.more.setText(text)
            card.more.setAccessibleName(f"{tr(card.item.label)}: {text}")
        return count

    def _search(self) -> None:
        self.finish()
        self._sift()
        self.area.verticalScrollBar().setValue(0)

    def _sift(self) -> None:
        """Show the rows that the search and the folds leave."""
        typed = self.search.text().lower().split()
        any_found = False
        for card in self._cards:
            found = [row for row in card.rows if row.matches(typed, card.item.label)]
            for row in card.rows:
                often = row.fits and (row.often or not card.folded)
                row.setVisible(row in found and (bool(typed) or often))
            for section in self._sections.values():
                if section.item.keys[0] == card.item.keys[0] and len(section.item.keys) > 1:
                    section.widget.setVisible(any(not row.isHidden() for row in section.rows))
            card.widget.setVisible(bool(found))
            any_found = any_found or bool(found)
            folded = self._name_more(card)
            if card.more is not None:
                card.more.setVisible(not typed and folded > 0)
            if card.unused is not None:
                none = not any(row.fits for row in card.rows)
                card.unused.setText(self._fitting.unused(card.item.name) if none else "")
                card.unused.setVisible(none and not typed)
        self.nothing.setVisible(not any_found)

    def _focus(self, row: Row) -> None:
        self.area.ensureWidgetVisible(row, 0, 8 * SPACE)
        row.take_focus()
        self._mark_jump(row.item.keys[0])

    def _scroll_to(self, widget: QWidget) -> None:
        top = widget.mapTo(self._inside, widget.rect().topLeft()).y()
        self.area.verticalScrollBar().setValue(top - SPACE)
        owner = next((one for one in self._sections.values() if one.widget is widget), None)
        if owner is not None:
            self._mark_jump(owner.item.keys[0])

    def _follow(self) -> None:
        """Mark the section at the top of what is seen."""
        seen = self.area.verticalScrollBar().value() + 4 * SPACE
        above = [card for card in self._cards if card.widget.y() <= seen and card.item.help]
        bar = self.area.verticalScrollBar()
        if bar.value() == bar.maximum():
            return
        if above:
            self._mark_jump(above[-1].item.name)

    def _mark_jump(self, section: str) -> None:
        if section in self._jumps:
            self._jumps[section].setChecked(True)


def _trouble() -> QLabel:
    out = label("", "complaint", wrap=True)
    out.setAccessibleName(tr("What is wrong here"))
    out.hide()
    return out
