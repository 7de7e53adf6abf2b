"""The line above the table: search, statuses, tags, and which metrics are shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Flow
from ...widgets.standing import metric_name, standing
from .model import Filter

ORDER = ("running", "finished", "stopped", "cancelled", "interrupted", "failed", "only begun")


class Filters(QWidget):
    """`changed` tells that the filter is another one, `metrics_chosen` carries names."""

    changed = Signal()
    metrics_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search names, models, data, tags, notes"))
        self.search.setAccessibleName(tr("Search runs"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setFixedWidth(300)
        self.search.textChanged.connect(lambda _: self.changed.emit())
        self.columns = QToolButton()
        self.columns.setText(tr("Metrics"))
        self.columns.setIcon(icon("settings"))
        self.columns.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.columns.setAccessibleName(tr("Choose the metrics shown"))
        self.columns.setToolTip(tr("Choose the metrics shown"))
        self.columns.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.columns)
        self._menu.setAccessibleName(tr("Metrics"))
        self.columns.setMenu(self._menu)
        self._chips: dict[tuple[str, str], QPushButton] = {}
        holder = QWidget()
        self._flow = Flow(holder)
        self._flow.setContentsMargins(0, 3, 0, 0)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.search, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(holder, 1)
        row.addWidget(self.columns, 0, Qt.AlignmentFlag.AlignTop)

    @property
    def filter(self) -> Filter:
        """What is asked for."""
        chosen = {key for key, chip in self._chips.items() if chip.isChecked()}
        return Filter(
            self.search.text(),
            frozenset(name for kind, name in chosen if kind == "status"),
            frozenset(name for kind, name in chosen if kind == "tag"),
        )

    def show_choices(self, statuses: Iterable[str], tags: Iterable[str]) -> None:
        """Offer a chip for every status and tag that occurs; those that were chosen stay so."""
        counts = Counter(statuses)
        known = sorted(counts, key=lambda name: ORDER.index(name) if name in ORDER else 99)
        wanted = {("status", name): counts[name] for name in known}
        wanted |= {("tag", name): count for name, count in sorted(Counter(tags).items())}
        if list(wanted) != list(self._chips):
            chosen = {key for key, chip in self._chips.items() if chip.isChecked()}
            self._flow.clear()
            self._chips = {key: self._chip(key, key in chosen) for key in wanted}
            for chip in self._chips.values():
                self._flow.addWidget(chip)
            self.updateGeometry()
            if chosen - set(wanted):
                self.changed.emit()
        for key, count in wanted.items():
            name = standing(key[1]).word if key[0] == "status" else f"#{key[1]}"
            text = f"{name} {count}"
            if self._chips[key].text() != text:
                self._chips[key].setText(text)

    def show_metrics(self, known: Sequence[str], shown: Sequence[str]) -> None:
        """Offer these metrics in the menu."""
        self._menu.clear()
        for name in known:
            action = self._menu.addAction(metric_name(name))
            action.setCheckable(True)
            action.setChecked(name in shown)
            action.setData(name)
            action.toggled.connect(lambda _: self._choose())

    def clear(self) -> None:
        """Ask for everything again."""
        self.search.clear()
        for chip in self._chips.values():
            chip.setChecked(False)
        self.changed.emit()

    def _choose(self) -> None:
        names = [action.data() for action in self._menu.actions() if action.isChecked()]
        self.metrics_chosen.emit(names)

    def _chip(self, key: tuple[str, str], checked: bool) -> QPushButton:
        chip = QPushButton()
        set_look(chip, "chip")
        chip.setCheckable(True)
        chip.setChecked(checked)
        tip = (
            tr("Show runs with this status")
            if key[0] == "status"
            else tr("Show runs with this tag")
        )
        chip.setToolTip(tip)
        chip.toggled.connect(lambda _: self.changed.emit())
        return chip
