"""Records that a recipe may leave out whole: a switch says whether it asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox

from ...frame.texts import tr
from .inputs import mark
from .schema import Item, Keys, at

BEGIN: dict[str, dict[str, Any]] = {"audit.swaps": {"terms": ["gender"]}}
"""What a record begins with that says nothing by its defaults."""


class RecordField(QCheckBox):
    """Whether the recipe asks for a record; `edited` carries a new one, or None.

    Parameters
    ----------
    begin
        Gives what a new record begins with.
    """

    edited = Signal(object)

    def __init__(self, begin: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self._begin = begin
        self._kept: dict[str, Any] | None = None
        self.clicked.connect(lambda *_: self._clicked())
        self.show_value(None)

    def _clicked(self) -> None:
        asked = (self._kept or self._begin()) if self.isChecked() else None
        self.edited.emit(asked)

    def show_value(self, value: Any) -> None:
        """Show whether there is one; what was there comes back when it is asked for again."""
        there = isinstance(value, Mapping)
        if there:
            self._kept = dict(value)
        self.setChecked(there)
        self.setText(tr("Asked for") if there else tr("Left out"))

    def mark(self, wrong: bool) -> None:
        """Draw it as wrong, or not."""
        mark(self, wrong)


def beginning(item: Item, raw: Any) -> dict[str, Any]:
    """Return what a new record begins with: what must be given, as far as the recipe tells.

    Parameters
    ----------
    item
        The record.
    raw
        The recipe's plain data.
    """
    out = dict(BEGIN.get(item.name, {}))
    _, groups = at(raw, ("data", "groups"))
    first = str(groups[0]) if isinstance(groups, list) and groups else ""
    for inner in item.items:
        if inner.required:
            out[inner.keys[-1]] = inner.choices[0] if inner.choices else first
    return out


def left_out(raw: Any, records: Mapping[str, Item], keys: Keys) -> bool:
    """Say whether a key stands in a record that the recipe leaves out."""
    above = (keys[:length] for length in range(1, len(keys)))
    return any(
        ".".join(place) in records and not isinstance(at(raw, place)[1], Mapping) for place in above
    )
