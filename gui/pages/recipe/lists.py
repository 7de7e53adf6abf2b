"""Editors of several values at once: a mapping, a list of records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import label
from .fitting import choice_words, left_empty
from .inputs import Editor, guarded, mark
from .schema import Item

Make = Callable[[Item], QWidget]
"""Makes the editor of a part."""


class Rows(QWidget):
    """Rows below one another, each with a button that removes it, and one that adds a row."""

    edited = Signal(object)

    def __init__(self, item: Item, add: str) -> None:
        super().__init__()
        self._item = item
        self._rows: list[QWidget] = []
        self._value: Any = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        more = QPushButton(add)
        more.setIcon(icon("plus"))
        set_look(more, "quiet")
        more.clicked.connect(lambda *_: self._add())
        self._more = more
        foot = QHBoxLayout()
        foot.addWidget(more)
        foot.addStretch(1)
        self._column.addLayout(foot)

    def mark(self, wrong: bool) -> None:
        """Draw the fields as wrong, or not."""
        for row in self._rows:
            for field in row.findChildren(QLineEdit):
                mark(field, wrong)

    def _place(self, row: QWidget) -> None:
        self._column.insertWidget(len(self._rows), row)
        self._rows.append(row)

    def _clear(self) -> None:
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows = []

    def _remover(self, row: QWidget, name: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("minus"))
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(lambda *_: self._remove(row))
        return button

    def _remove(self, row: QWidget) -> None:
        self._rows.remove(row)
        row.hide()
        row.deleteLater()
        self._told()

    def _add(self) -> None:
        raise NotImplementedError

    def _told(self) -> None:
        self._value = self.value()
        self.edited.emit(self._value)

    def value(self) -> Any:
        """Return what stands in the rows."""
        raise NotImplementedError


class MappingField(Rows):
    """Names, each with one of a few values: input columns and their modality."""

    def __init__(self, item: Item) -> None:
        super().__init__(item, tr("Add one"))

    def value(self) -> dict[str, str]:
        """Return the names that are filled in, with their values."""
        out = {}
        for row in self._rows:
            name = cast(QLineEdit, row.findChild(QLineEdit)).text().strip()
            if name:
                out[name] = cast(QComboBox, row.findChild(QComboBox)).currentText()
        return out

    def show_value(self, value: Any) -> None:
        """Show a mapping."""
        if value == self._value and self._rows:
            return
        self._value = value
        self._clear()
        given = value if isinstance(value, dict) else {}
        for name, kind in given.items():
            self._one(str(name), str(kind))
        if not self._rows:
            self._one("", self._item.choices[0])

    def _add(self) -> None:
        self._one("", self._item.choices[0]).setFocus()

    def _one(self, name: str, kind: str) -> QLineEdit:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE)
        field = QLineEdit(name)
        field.setPlaceholderText(tr("name of a column"))
        field.setAccessibleName(tr("{what}: name").format(what=tr(self._item.label)))
        guarded(field)
        field.textEdited.connect(lambda _: self._told())
        choice = QComboBox()
        choice.addItems(list(dict.fromkeys([*self._item.choices, kind])))
        choice.setCurrentText(kind)
        choice.setAccessibleName(tr("{what}: kind").format(what=tr(self._item.label)))
        guarded(choice)
        choice.activated.connect(lambda _: self._told())
        line.addWidget(field, 1)
        line.addWidget(choice)
        line.addWidget(self._remover(row, tr("Remove this one")))
        self._place(row)
        return field


class WeightsField(Rows):
    """A word such as “balanced”, or a number for each of several names: weights of classes."""

    OWN = "own"

    def __init__(self, item: Item) -> None:
        super().__init__(item, tr("Add a class"))
        words = choice_words(item.name)
        self.choice = QComboBox()
        self.choice.addItem(left_empty(item.name), None)
        for choice in item.choices:
            self.choice.addItem(words.get(choice, choice), choice)
        self.choice.addItem(tr("for each class …"), self.OWN)
        self.choice.setFixedWidth(264)
        guarded(self.choice)
        self.choice.setAccessibleName(tr("{what}: kind").format(what=tr(item.label)))
        self.choice.activated.connect(lambda _: self._chosen())
        self._column.insertWidget(0, self.choice)
        self._more.hide()

    def value(self) -> Any:
        """Return None, the word, or the names that are filled in with their numbers."""
        chosen = self.choice.currentData()
        if chosen != self.OWN:
            return chosen
        out: dict[str, Any] = {}
        for row in self._rows:
            name, number = (field.text().strip() for field in row.findChildren(QLineEdit))
            if name:
                try:
                    out[name] = float(number)
                except ValueError:
                    out[name] = number or None
        return out

    def show_value(self, value: Any) -> None:
        """Show weights; what is neither a word that is known nor a mapping is kept as a word."""
        if value == self._value and (self._rows or not isinstance(value, dict)):
            return
        self._value = value
        self._clear()
        own = isinstance(value, dict)
        at = self.choice.findData(self.OWN if own else value)
        if at < 0:
            self.choice.addItem(str(value), value)
            at = self.choice.count() - 1
        self.choice.setCurrentIndex(at)
        for name, number in (value if own else {}).items():
            shown = f"{number:g}" if isinstance(number, int | float) else str(number or "")
            self._one(str(name), shown)
        self._more.setVisible(own)

    def mark(self, wrong: bool) -> None:
        """Draw the fields as wrong, or not."""
        super().mark(wrong)
        mark(self.choice, wrong)

    def _chosen(self) -> None:
        own = self.choice.currentData() == self.OWN
        if own and not self._rows:
            self._one("", "1").setFocus()
        elif not own:
            self._clear()
        self._more.setVisible(own)
        if not own:
            self._told()

    def _add(self) -> None:
        self._one("", "1").setFocus()

    def _place(self, row: QWidget) -> None:
        self._column.insertWidget(len(self._rows) + 1, row)
        self._rows.append(row)

    def _one(self, name: str, number: str) -> QLineEdit:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE)
        field, weight = QLineEdit(name), QLineEdit(number)
        field.setPlaceholderText(tr("name of a class"))
        field.setAccessibleName(tr("{what}: class").format(what=tr(self._item.label)))
        weight.setAccessibleName(tr("{what}: weight").format(what=tr(self._item.label)))
        weight.setFixedWidth(96)
        for one in (field, weight):
            guarded(one)
            one.textEdited.connect(lambda _: self._told())
        line.addWidget(field, 1)
        line.addWidget(weight)
        line.addWidget(self._remover(row, tr("Remove this one")))
        self._place(row)
        return field


class RecordsField(Rows):
    """A list of records with a few keys each: tables with weight and encoding.

    The first key stands on a line of its own. A record that says nothing else is written short.
    """

    def __init__(self, item: Item, make: Make, folder: Callable[[], Path]) -> None:
        super().__init__(item, tr("Add another"))
        self._make, self._folder = make, folder
        self._parts: dict[QWidget, dict[str, Any]] = {}

    def value(self) -> Any:
        """Return the records: one short one as such, else a list."""
        found = [self._short(self._parts[row]) for row in self._rows]
        if len(found) == 1 and not isinstance(found[0], dict):
            return found[0]
        return found

    def show_value(self, value: Any) -> None:
        """Show records."""
        if value == self._value and self._rows:
            return
        self._value = value
        self._clear()
        first = self._item.items[0].keys[-1]
        given = value if isinstance(value, list) else [value] if value is not None else []
        for one in given:
            self._one(dict(one) if isinstance(one, dict) else {first: one})
        if not self._rows:
            self._one({})

    def _short(self, record: dict[str, Any]) -> Any:
        first = self._item.items[0].keys[-1]
        said = {
            part.keys[-1]: record[part.keys[-1]]
            for part in self._item.items
            if part.keys[-1] in record and record[part.keys[-1]] != part.default
        }
        return said.get(first) if set(said) <= {first} else said

    def _add(self) -> None:
        self._one({})

    def _one(self, record: dict[str, Any]) -> None:
        row = QWidget()
        self._parts[row] = record
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        first, *others = self._item.items
        field = self._field(first, record)
        head = QHBoxLayout()
        head.setSpacing(SPACE)
        head.addWidget(field, 1)
        head.addWidget(self._browser("file", tr("Choose a file"), self._table, record))
        said = tr("Choose a folder of pictures or sounds")
        head.addWidget(self._browser("open", said, self._directory, record))
        head.addWidget(self._remover(row, tr("Remove this one")))
        grid.addLayout(head, 0, 0, 1, 2 * len(others) + 1)
        for number, part in enumerate(others):
            name = label(tr(part.label), "muted")
            inner = self._field(part, record)
            inner.setFixedWidth(112)
            inner.setToolTip(tr(part.help))
            grid.addWidget(name, 1, 2 * number)
            grid.addWidget(inner, 1, 2 * number + 1)
        grid.setColumnStretch(2 * len(others), 1)
        self._place(row)

    def _field(self, part: Item, record: dict[str, Any]) -> QWidget:
        widget = self._make(part)
        editor = cast(Editor, widget)
        editor.show_value(record.get(part.keys[-1], part.default))
        widget.setAccessibleName(f"{tr(self._item.label)}: {tr(part.label)}")

        def changed(value: Any) -> None:
            record[part.keys[-1]] = value
            self._told()

        editor.edited.connect(changed)
        return widget

    def _browser(
        self, sign: str, said: str, ask: Callable[[], str], record: dict[str, Any]
    ) -> QToolButton:
        """Return a button that asks for a path."""
        browse = QToolButton()
        browse.setIcon(icon(sign))
        browse.setToolTip(said)
        browse.setAccessibleName(said)
        browse.clicked.connect(lambda *_: self._take(ask(), record))
        return browse

    def _table(self) -> str:
        name, _ = QFileDialog.getOpenFileName(
            self,
            tr("Choose a table"),
            str(self._folder()),
            tr("Tables (*.csv *.tsv *.json *.jsonl *.parquet);;All files (*)"),
        )
        return name

    def _directory(self) -> str:
        return QFileDialog.getExistingDirectory(
            self, tr("Choose a folder of pictures or sounds"), str(self._folder())
        )

    def _take(self, name: str, record: dict[str, Any]) -> None:
        """Write a path as the recipe has it: relative to its folder where it lies inside."""
        if not name:
            return
        chosen, folder = Path(name), self._folder()
        inside = chosen.is_relative_to(folder)
        record[self._item.items[0].keys[-1]] = (
            chosen.relative_to(folder).as_posix() if inside else str(chosen)
        )
        self._told()
        now, self._value = self._value, None
        self.show_value(now)
