"""Editors of one value: text, number, switch, choice, several choices, a list of texts.

Each is a widget with `edited` (emitted by the person's doing alone), `show_value` and `mark`.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from typing import Any, Protocol

import yaml
from PySide6.QtCore import QEvent, QObject, Qt, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLineEdit,
    QWidget,
)

from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Flow
from .fitting import choice_words, left_empty
from .schema import Item
from .splice import flow, read

UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
NARROW = 168
"""Width of numbers and choices."""


class Editor(Protocol):
    """What the form asks of an editor, which is a QWidget."""

    edited: SignalInstance

    def show_value(self, value: Any) -> None:
        """Show a value as it stands in the recipe; nothing is emitted."""

    def mark(self, wrong: bool) -> None:
        """Mark the value as wrong, or not."""


class Guard(QObject):
    """Leaves undo to the window's stack, and the wheel to the page unless a field has the focus."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep such events from a field."""
        if isinstance(event, QKeyEvent) and any(map(event.matches, UNDO)):
            # Not taken as a shortcut of the field, and not as a key where the window has nothing
            # to undo.
            event.ignore()
            return True
        wheel = event.type() == QEvent.Type.Wheel
        if wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return False


def guarded(widget: QWidget) -> None:
    """Put a guard on a field."""
    guard = Guard(widget)
    widget.installEventFilter(guard)
    if isinstance(widget, QAbstractSpinBox):
        widget.lineEdit().installEventFilter(guard)


def mark(widget: QWidget, wrong: bool) -> None:
    """Draw a field as wrong, or not."""
    if bool(widget.property("wrong")) != wrong:
        widget.setProperty("wrong", wrong)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class TextField(QLineEdit):
    """A line of text; an empty one leaves the key empty."""

    edited = Signal(object)

    def __init__(self, item: Item) -> None:
        super().__init__()
        guarded(self)
        self.setPlaceholderText(left_empty(item.name) if item.optional else tr("needed"))
        self.textEdited.connect(lambda _: self.edited.emit(self.value()))

    def value(self) -> Any:
        """Return what stands in the field."""
        return self.text().strip() or None

    def show_value(self, value: Any) -> None:
        """Show a value."""
        if value != self.value():
            self.setText("" if value is None else _one_line(value))

    def mark(self, wrong: bool) -> None:
        """Draw the field as wrong, or not."""
        mark(self, wrong)


class SuggestedField(QComboBox):
    """A line of text for which values are suggested; anything can be typed."""

    edited = Signal(object)

    def __init__(self, item: Item) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(NARROW + 96)
        guarded(self)
        line = QLineEdit()
        self.setLineEdit(line)
        guarded(line)
        line.setPlaceholderText(left_empty(item.name) if item.optional else tr("needed"))
        line.textEdited.connect(lambda _: self.edited.emit(self.value()))
        self.activated.connect(lambda _: self.edited.emit(self.value()))

    def suggest(self, values: Sequence[str]) -> None:
        """Suggest other values; what is written stays."""
        if [self.itemText(at) for at in range(self.count())] == list(values):
            return
        said = self.currentText()
        self.clear()
        self.addItems(list(values))
        self.setCurrentIndex(-1)
        self.setEditText(said)

    def value(self) -> Any:
        """Return what stands in the field."""
        return self.currentText().strip() or None

    def show_value(self, value: Any) -> None:
        """Show a value."""
        if value != self.value():
            self.setEditText(_text(value))

    def mark(self, wrong: bool) -> None:
        """Draw the field as wrong, or not."""
        mark(self, wrong)


class TextsField(TextField):
    """A list of texts with commas between them; one that holds a comma stands in quotes."""

    def __init__(self, item: Item) -> None:
        super().__init__(item)
        self._empty: Any = None if item.optional else []
        said = left_empty(item.name, tr("none"))
        self.setPlaceholderText(tr("{empty}; several with commas between them").format(empty=said))

    def value(self) -> Any:
        """Return the texts."""
        row = next(csv.reader([self.text()], skipinitialspace=True), [])
        return [part.strip() for part in row if part.strip()] or self._empty

    def show_value(self, value: Any) -> None:
        """Show the texts."""
        listed = isinstance(value, list)
        if value != self.value():
            out = io.StringIO()
            if listed:
                csv.writer(out, lineterminator="").writerow(map(_one_line, value))
            self.setText(re.sub(r",(?=\S)", ", ", out.getvalue()) if listed else _text(value))


class FreeField(TextField):
    """Whatever YAML allows, on one line; a word or a range such as 0:200 is text."""

    def value(self) -> Any:
        """Return a number, a list or a mapping where one is written, else text."""
        text = self.text().strip()
        if re.fullmatch(r"[-+]?\d+", text):
            return int(text)
        if text[:1] in ("[", "{"):
            try:
                return read(text)
            except yaml.YAMLError:
                return text
        return text or None

    def show_value(self, value: Any) -> None:
        """Show a value."""
        if value != self.value():
            self.setText(flow(value) if isinstance(value, list | dict) else _text(value))


class NumberField(QAbstractSpinBox):
    """A number, whole or not. Anything can be typed, so that what is wrong can be told."""

    edited = Signal(object)

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._item = item
        guarded(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedWidth(NARROW)
        self.lineEdit().setTextMargins(6, 0, 0, 0)
        self.lineEdit().setPlaceholderText(left_empty(item.name) if item.optional else tr("needed"))
        self.lineEdit().textEdited.connect(lambda _: self.edited.emit(self.value()))

    def value(self) -> Any:
        """Return the number, what was typed in its place, or None."""
        text = self.lineEdit().text().strip()
        if re.fullmatch(r"[-+]?\d+", text):
            return int(text) if self._item.kind == "whole" else float(text)
        try:
            number = float(text)
        except ValueError:
            return text or None
        return number if math.isfinite(number) else text

    def show_value(self, value: Any) -> None:
        """Show a number."""
        now = self.value()
        if value != now or isinstance(value, bool):
            text = f"{value:.12g}" if isinstance(value, float) else _text(value)
            self.lineEdit().setText(text)

    def mark(self, wrong: bool) -> None:
        """Draw the field as wrong, or not."""
        mark(self, wrong)

    def stepBy(self, steps: int) -> None:
        """Go up or down by steps that fit the size of the number, within its bounds."""
        value = self.value()
        if not isinstance(value, int | float):
            usual = self._item.default
            value = usual if isinstance(usual, int | float) else (self._item.low or 0)
        for _ in range(abs(steps)):
            value = step(value, steps > 0, self._item)
        self.show_value(value)
        self.edited.emit(value)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Allow both directions; the bounds hold in `stepBy`."""
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled


def step(value: float, up: bool, item: Item) -> float:
    """Return the next round number above or below a value, within bounds.

    Whole numbers of two digits go by 1, of three by 10 and so on; others by a hundredth between 0.1
    and 1, and by one of their first digit below (5e-05 to 6e-05).
    """
    size = abs(value)
    order = math.floor(math.log10(size) + 1e-9) if size else -1
    if not up and size and math.isclose(size, 10.0**order):
        order -= 1
    if item.kind == "whole":
        by = 10.0 ** max(0, order - 1)
    else:
        by = 10.0**order if order <= -2 else 10.0 ** (order - 1)
    out = float(f"{value + (by if up else -by):.9g}")
    low, high = item.low, item.high
    if low is not None and (out < low or (item.above and out == low)):
        out = value if item.above else low
    if high is not None and (out > high or (item.below and out == high)):
        out = value if item.below else high
    return int(out) if item.kind == "whole" else float(out)


class SwitchField(QCheckBox):
    """Yes or no."""

    edited = Signal(object)

    def __init__(self, item: Item) -> None:
        super().__init__(tr("Yes"))
        self._default = bool(item.default)
        self.clicked.connect(lambda *_: self.edited.emit(self.isChecked()))

    def show_value(self, value: Any) -> None:
        """Show it."""
        self.setChecked(value if isinstance(value, bool) else self._default)

    def mark(self, wrong: bool) -> None:
        """Draw it as wrong, or not."""
        mark(self, wrong)


class ChoiceField(QComboBox):
    """One of a few values; empty where the key may be."""

    edited = Signal(object)

    def __init__(self, item: Item) -> None:
        super().__init__()
        guarded(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        words = choice_words(item.name)
        self.setFixedWidth(NARROW + (96 if words else 32))
        if item.optional:
            self.addItem(left_empty(item.name), None)
        for choice in item.choices:
            self.addItem(words.get(choice) or tr(choice), choice)
        self._own = self.count()
        self.activated.connect(lambda _: self.edited.emit(self.currentData()))

    def show_value(self, value: Any) -> None:
        """Show a value, be it none of the choices."""
        at = self.findData(value)
        if at < 0:
            while self.count() > self._own:
                self.removeItem(self.count() - 1)
            self.addItem(_text(value) or tr("nothing"), value)
            at = self.count() - 1
        self.setCurrentIndex(at)

    def mark(self, wrong: bool) -> None:
        """Draw the field as wrong, or not."""
        mark(self, wrong)


class ChoicesField(QWidget):
    """Any number of a few values."""

    edited = Signal(object)

    def __init__(self, item: Item) -> None:
        super().__init__()
        self._others: list[Any] = []
        words = choice_words(item.name)
        self._boxes = {one: QCheckBox(words.get(one) or tr(one)) for one in item.choices}
        row = Flow(self, 2 * SPACE)
        for box in self._boxes.values():
            row.addWidget(box)
            box.clicked.connect(lambda *_: self.edited.emit(self.value()))

    def value(self) -> list[Any]:
        """Return the values that are chosen, and those that were written but are no choices."""
        return [name for name, box in self._boxes.items() if box.isChecked()] + self._others

    def show_value(self, value: Any) -> None:
        """Show which values are chosen."""
        chosen = value if isinstance(value, list) else []
        self._others = [one for one in chosen if one not in self._boxes]
        for name, box in self._boxes.items():
            box.setChecked(name in chosen)

    def mark(self, wrong: bool) -> None:
        """Draw the boxes as wrong, or not."""
        for box in self._boxes.values():
            mark(box, wrong)


def _text(value: Any) -> str:
    return "" if value is None else _one_line(value)


def _one_line(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if not isinstance(value, list | dict) else flow(value)
