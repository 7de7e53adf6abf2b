"""The editor of a list of steps: each can be ticked, and may have settings of its own."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label
from .inputs import Editor, mark
from .lists import Make
from .schema import Item


class StepsField(QWidget):
    """A list of steps, each of which can be ticked and may have settings of its own."""

    edited = Signal(object)

    def __init__(self, item: Item, make: Make) -> None:
        super().__init__()
        self._item = item
        self._order: list[str] = []
        self._strange: list[Any] = []
        self._settings: dict[str, dict[str, Any]] = {}
        self._boxes: dict[str, QCheckBox] = {}
        self._inner: dict[str, list[tuple[Item, QWidget]]] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        for part in item.items:
            key = part.keys[-1]
            box = QCheckBox(tr(part.label))
            box.setToolTip(tr(part.help))
            box.clicked.connect(lambda on, key=key: self._tick(key, on))
            self._boxes[key] = box
            column.addWidget(box)
            column.addWidget(_indented(label(tr(part.help), "muted", wrap=True)))
            self._inner[key] = []
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
                column.addWidget(_indented(widget))
                column.addWidget(_indented(label(tr(inner.help), "muted", wrap=True), 6))

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
    row.addWidget(widget, 1)
    return out
