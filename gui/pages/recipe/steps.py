"""The editor of a list of steps: each can be ticked, and may have settings of its own."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label
from .fitting import Fitting
from .inputs import Editor, mark
from .lists import Make
from .schema import Item

MANY = 4
"""Of more steps than these only those that are ticked show their settings."""


class StepsField(QWidget):
    """A list of steps, each of which can be ticked and may have settings of its own."""

    edited = Signal(object)

    def __init__(self, item: Item, make: Make) -> None:
        super().__init__()
        self._item = item
        self._fitting = Fitting()
        self._order: list[str] = []
        self._strange: list[Any] = []
        self._settings: dict[str, dict[str, Any]] = {}
        self._boxes: dict[str, QCheckBox] = {}
        self._inner: dict[str, list[tuple[Item, QWidget]]] = {}
        self._all: dict[str, list[QWidget]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        for part in item.items:
            key = part.keys[-1]
            box = QCheckBox(tr(part.label))
            box.setToolTip(tr(part.help))
            box.clicked.connect(lambda on, key=key: self._tick(key, on))
            self._boxes[key] = box
            meant = _indented(label(tr(part.help), "muted", wrap=True))
            column.addWidget(box)
            column.addWidget(meant)
            self._inner[key] = []
            self._all[key] = [box, meant]
            for inner in part.items:
                widget = make(inner)
                widget.setToolTip(tr(inner.help))
                widget.setAccessibleName(f"{tr(part.label)}: {tr(inner.label)}")
                if isinstance(widget, QCheckBox):
                    widget.setText(tr(inner.label))
                cast(Editor, widget).edited.connect(
                    lambda value, key=key, inner=inner: self._set(key, inner, value)
                )
                self._inner[key].append((inner, widget))
                for one in (
                    _indented(widget),
                    _indented(label(tr(inner.help), "muted", wrap=True), 6),
                ):
                    column.addWidget(one)
                    self._all[key].append(one)

    def offer(self, fitting: Fitting) -> None:
        """Show the steps that matter for a recipe, and those that are ticked all the same."""
        self._fitting = fitting
        self._show_steps()

    def _show_steps(self) -> None:
        """Show steps; of many the settings of those that are ticked alone."""
        shown = {*self._fitting.steps(self._item.name, [*self._boxes]), *self._order}
        for key, (box, meant, *settings) in self._all.items():
            for part in (box, meant):
                part.setVisible(key in shown)
            opened = key in shown and (key in self._order or len(self._boxes) <= MANY)
            for part in settings:
                part.setVisible(opened)

    def value(self) -> list[Any]:
        """Return the steps in their order: a name, or a mapping from it to its settings."""
        out: list[Any] = []
        for key in self._order:
            said = {
                inner.keys[-1]: self._settings.get(key, {})[inner.keys[-1]]
                for inner, _ in self._inner[key]
                if self._settings.get(key, {}).get(inner.keys[-1], inner.default) != inner.default
            }
            out.append({key: said} if said else key)
        return [*out, *self._strange]

    def show_value(self, value: Any) -> None:
        """Show which steps are taken; what is no known step is kept as it is."""
        self._order, self._strange, self._settings = [], [], {}
        for one in value if isinstance(value, list) else []:
            key = next(iter(one)) if isinstance(one, dict) and len(one) == 1 else one
            if not isinstance(key, str) or key not in self._boxes or key in self._order:
                self._strange.append(one)
                continue
            said = one[key] if isinstance(one, dict) else None
            if said is not False:
                self._order.append(key)
                self._settings[key] = dict(said) if isinstance(said, dict) else {}
        for key, box in self._boxes.items():
            box.setChecked(key in self._order)
            for inner, widget in self._inner[key]:
                cast(Editor, widget).show_value(
                    self._settings.get(key, {}).get(inner.keys[-1], inner.default)
                )
                widget.setEnabled(key in self._order)
        self._show_steps()

    def mark(self, wrong: bool) -> None:
        """Draw the boxes as wrong, or not."""
        for box in self._boxes.values():
            mark(box, wrong)

    def _tick(self, key: str, on: bool) -> None:
        if on:
            self._order.append(key)
        else:
            self._order.remove(key)
        for _, widget in self._inner[key]:
            widget.setEnabled(on)
        self.edited.emit(self.value())

    def _set(self, key: str, inner: Item, value: Any) -> None:
        self._settings.setdefault(key, {})[inner.keys[-1]] = value
        self.edited.emit(self.value())


def _indented(widget: QWidget, by: int = 3) -> QWidget:
    out = QWidget()
    row = QHBoxLayout(out)
    row.setContentsMargins(by * SPACE, 0, 0, 0)
    if widget.maximumWidth() == widget.minimumWidth():
        row.addWidget(widget)
        row.addStretch(1)
    else:
        row.addWidget(widget, 1)
    return out
