"""What of the table is shown: a text to find, and values that were clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ....multimodal.escape import visible
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Flow, action_button, label
from ...widgets.table_rows import Rows, contains, equals, every, repeated

LINE = 26
PAUSE = 250
"""Milliseconds without a key after which a text is looked for."""


@dataclass(frozen=True)
class Condition:
    """One condition on rows: the column's value, a missing cell, or inputs that are repeated.

    Attributes
    ----------
    columns
        One column; several for repeated inputs.
    value
        The value; None for rows where it is missing.
    is_repeated
        Whether rows are kept whose cells stand in another row too.
    """

    columns: tuple[str, ...]
    value: str | None = None
    is_repeated: bool = False

    def rows(self) -> Rows:
        """Return the condition as the table's rows take it."""
        return repeated(self.columns) if self.is_repeated else equals(self.columns[0], self.value)

    def said(self) -> str:
        """Say it in few words."""
        names = ", ".join(visible(name, 40) for name in self.columns)
        if self.is_repeated:
            return tr("{column} repeated").format(column=names)
        if self.value is None:
            return tr("{column} missing").format(column=names)
        return tr("{column}: {value}").format(column=names, value=visible(self.value, 40))


class FilterBar(QWidget):
    """A field to find texts, chips of conditions, and how many rows remain; `changed` tells."""

    changed = Signal()

    def __init__(self, clear: QAction) -> None:
        super().__init__()
        self.conditions: tuple[Condition, ...] = ()
        self.field = QLineEdit()
        self.field.setClearButtonEnabled(True)
        self.field.setPlaceholderText(tr("Find in all texts"))
        self.field.setAccessibleName(tr("Find in all texts"))
        self.field.setMaximumWidth(560)
        self.field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self.changed)
        self.field.textChanged.connect(lambda *_: self._pause.start())
        self.field.returnPressed.connect(self._now)
        self.count = label("")
        self.clear_button = action_button(clear, "quiet", text=tr("Clear"))
        self._top = QHBoxLayout()
        self._top.setSpacing(SPACE)
        self._top.addWidget(self.field, 10)
        self._top.addWidget(self.clear_button)
        self._top.addStretch(1)
        chips = QWidget()
        chips.setMinimumHeight(LINE)
        self._flow = Flow(chips)
        # The line is there with and without chips, so that the table doesn't jump.
        low = QHBoxLayout()
        low.setSpacing(2 * SPACE)
        low.addWidget(self.count, 0, Qt.AlignmentFlag.AlignTop)
        low.addWidget(chips, 1)
        self.count.setMinimumHeight(LINE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addLayout(self._top)
        column.addLayout(low)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right end."""
        self._top.addWidget(widget)

    @property
    def is_set(self) -> bool:
        """Whether anything is left out."""
        return bool(self.conditions or self.field.text().strip())

    def rows(self) -> Rows | None:
        """Return what to keep; None for every row."""
        text = self.field.text().strip()
        return every([one.rows() for one in self.conditions] + ([contains(text)] if text else []))

    def turn(self, condition: Condition) -> None:
        """Set a condition in place of another one on the same column, or take it back."""
        others = [
            one
            for one in self.conditions
            if (one.columns, one.is_repeated) != (condition.columns, condition.is_repeated)
        ]
        if condition not in self.conditions:
            others.append(condition)
        self.set_conditions(others)

    def set_conditions(self, conditions: Sequence[Condition]) -> None:
        """Replace all conditions."""
        self.conditions = tuple(conditions)
        self._flow.clear()
        for one in self.conditions:
            self._flow.addWidget(self._chip(one.said(), partial(self.turn, one)))
        self.changed.emit()

    def clear(self) -> None:
        """Show every row again."""
        self.field.blockSignals(True)
        self.field.clear()
        self.field.blockSignals(False)
        self._pause.stop()
        self.set_conditions(())

    def show_count(self, shown: int, total: int) -> None:
        """Say how many rows are shown."""
        if shown == total:
            self.count.setText(tr("{n} rows").format(n=f"{total:,}"))
        else:
            self.count.setText(tr("{n} of {total} rows").format(n=f"{shown:,}", total=f"{total:,}"))

    def stop(self) -> None:
        """Wait for no key any more."""
        self._pause.stop()

    def _now(self) -> None:
        self._pause.stop()
        self.changed.emit()

    def _chip(self, said: str, drop: Callable[[], None]) -> QPushButton:
        chip = QPushButton(said)
        set_look(chip, "chip")
        chip.setIcon(icon("close"))
        chip.setToolTip(tr("Take this condition back"))
        chip.setAccessibleName(tr("Take back: {condition}").format(condition=said))
        chip.clicked.connect(lambda *_: drop())
        return chip
