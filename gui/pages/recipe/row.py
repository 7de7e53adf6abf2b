"""One row of the form: a key in words, its editor, what it means or what is wrong with it."""

from __future__ import annotations

import math
from typing import Any, cast

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import READABLE, label
from .fitting import Fitting, choice_words
from .inputs import ChoicesField, Editor, SuggestedField, TextField
from .lists import Rows
from .model_field import ModelField
from .schema import Item, in_words
from .splice import flow
from .steps import StepsField

LABEL = 132
"""Pixels of the words at the left."""


class Row(QWidget):
    """Shows one key; `edited` carries its place and its new value."""

    edited = Signal(object, object)

    def __init__(self, item: Item, editor: QWidget) -> None:
        super().__init__()
        self.item, self.editor = item, editor
        self._wrong = ""
        self._fitting = Fitting()
        self._fitted = self._given = self.left_out = False
        self.unused = ""
        self.often = item.shown
        self._editor = cast(Editor, editor)
        said = tr(item.label)
        self.words = label(said, wrap=True)
        self.words.setFixedWidth(LABEL)
        self.words.setContentsMargins(0, SPACE - 2, 0, 0)
        self.words.setToolTip(tr("In the YAML: {key}").format(key=item.name))
        self.words.setBuddy(editor)
        above = [tr(in_words(key)) for key in item.keys[:-1]]
        name = ": ".join([*above, said])
        editor.setAccessibleName(name)
        editor.setAccessibleDescription(tr(item.help))
        for field in editor.findChildren(QLineEdit):
            if not field.accessibleName():
                field.setAccessibleName(name)
        self.reset = self._resetter(name)
        self.reset.hide()
        self.note = label("", "muted", wrap=True)
        self.note.setMaximumWidth(READABLE)
        self.note.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        line = QHBoxLayout()
        line.setSpacing(SPACE // 2)
        wide = isinstance(editor, TextField | ChoicesField | Rows | StepsField | ModelField)
        line.addWidget(editor, 1 if wide else 0)
        line.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignTop)
        if not wide:
            line.addStretch(1)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(2)
        grid.addWidget(self.words, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(line, 0, 1)
        grid.addWidget(self.note, 1, 1)
        grid.setColumnStretch(1, 1)
        self._editor.edited.connect(lambda value: self.edited.emit(item.keys, value))
        self._tell()

    def _resetter(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("undo"))
        button.setIconSize(QSize(16, 16))
        usual = _short(self.item.default)
        button.setToolTip(tr("Back to the default: {value}").format(value=usual))
        button.setAccessibleName(tr("{key}: back to the default").format(key=name))
        keep = button.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        button.setSizePolicy(keep)
        button.clicked.connect(lambda *_: self.edited.emit(self.item.keys, self.item.default))
        return button

    def show_value(self, given: bool, value: Any) -> None:
        """Show what the recipe says, or the default where it says nothing."""
        shown = value if given else self.item.default
        self._editor.show_value(shown)
        changed = given and not self.item.required and not _equal(value, self.item.default)
        self.reset.setVisible(changed)
        self._given = changed

    def fit(self, fitting: Fitting) -> None:
        """Say what the key means for what the recipe is about, or that it isn't used."""
        same, self._fitting = fitting == self._fitting, fitting
        self.unused = fitting.unused(self.item.name)
        self._order()
        if same and self._fitted:
            return
        self._fitted = True
        if isinstance(self.editor, SuggestedField):
            self.editor.suggest(fitting.suggestions(self.item.name))
        if isinstance(self.editor, StepsField):
            self.editor.offer(fitting)
        self._tell()

    @property
    def fits(self) -> bool:
        """Whether the row is shown at all: it matters, or the recipe says something here.

        Keys of a record that is left out don't matter.
        """
        matters = not self.unused and not self.left_out
        return matters or self._given or bool(self._wrong)

    def show_complaint(self, said: str) -> None:
        """Show what is wrong in place of what the key means; empty: nothing is."""
        if said != self._wrong:
            self._wrong = said
            self._order()
            self._editor.mark(bool(said))
            self._tell()

    def matches(self, typed: list[str], section: str) -> bool:
        """Whether every typed word stands in the key, its words or its meaning."""
        text = f"{section} {self.item.name} {self.item.label} {self.item.help}".lower()
        return all(word in text for word in typed)

    def take_focus(self) -> None:
        """Give the focus to the editor, or to the first field in it."""
        inside = [
            child
            for child in self.editor.findChildren(QWidget)
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isEnabled()
        ]
        own = self.editor.focusPolicy() & Qt.FocusPolicy.TabFocus
        (self.editor if own or not inside else inside[0]).setFocus()

    def _order(self) -> None:
        # A key that is at fault, or that is set and not used, is never folded away.
        unused = bool(self.unused) and self._given
        foremost = self._fitting.foremost(self.item.name)
        self.often = self.item.shown or foremost or unused or bool(self._wrong)

    def _tell(self) -> None:
        if self._wrong:
            set_look(self.note, "complaint")
            self.note.setText(tr("⚠ {what}").format(what=self._wrong[:1].upper() + self._wrong[1:]))
            return
        set_look(self.note, "muted")
        text = self._fitting.help(self.item.name) or tr(self.item.help)
        if self.unused:
            text = f"{self.unused} {text}"
        if not self.item.required and self.item.default not in (None, [], {}):
            words = choice_words(self.item.name)
            default = self.item.default
            if isinstance(default, list):
                default = [words.get(str(one), one) for one in default]
            usual = words.get(str(default), "") or _short(default)
            text = f"{text} {tr('Default: {value}.').format(value=usual)}"
        self.note.setText(text)


def _short(value: Any) -> str:
    if value is None or value == []:
        return tr("empty")
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list):
        return ", ".join(map(_short, value))
    return value if isinstance(value, str) else flow(value)


def _equal(one: Any, other: Any) -> bool:
    """Whether values mean the same: 1 and 1.0 do, 1 and true do not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-12)
    return bool(one == other)
