"""Parts of the audit as the report has them: findings, intersections, strata of control columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QPushButton, QVBoxLayout, QWidget

from .... import copyable
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, EmptyState, Flow, MoreButton, ShortCombo, label
from .blocks import Blocks
from .desk import Desk
from .overview import Findings
from .reading import Reading

if TYPE_CHECKING:
    from ....core.report.tree import Section


class Found(QWidget):
    """What was found, where groups differ most, what can't be said, and another audit."""

    def __init__(self, desk: Desk, audit: Callable[[tuple[str, ...]], object]) -> None:
        super().__init__()
        self._desk, self._audit = desk, audit
        self.findings = Findings()
        said = Card(tr("What was found"))
        said.body.addWidget(self.findings)
        self.widest = Blocks(desk)
        self.scope = Blocks(desk)
        limits = Card(tr("What this audit can’t tell"))
        limits.body.addWidget(self.scope)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(said)
        column.addWidget(self.widest)
        column.addWidget(limits)
        column.addWidget(self._again())
        column.addStretch(1)

    def _again(self) -> Card:
        card = Card(tr("Audit again with other columns"))
        held = QWidget()
        self.columns = Flow(held)
        self.chips: dict[str, QPushButton] = {}
        self.again = QPushButton(tr("Audit again"))
        self.again.clicked.connect(lambda *_: self._audit(self.chosen))
        card.header.addWidget(self.again)
        desk = self._desk
        more = MoreButton(
            lambda: desk.copies(lambda: copyable.Audit(desk.run, self.chosen)),
            tr("Copy this audit"),
        )
        card.header.addWidget(more)
        card.body.addWidget(
            label(
                tr("Columns that the run’s predictions hold; those chosen are also crossed."),
                "muted",
                wrap=True,
            )
        )
        card.body.addWidget(held)
        return card

    @property
    def chosen(self) -> tuple[str, ...]:
        """Columns that are chosen for another audit."""
        return tuple(name for name, chip in self.chips.items() if chip.isChecked())

    def show_reading(self, reading: Reading) -> None:
        """Show what was found."""
        self.findings.show_texts(reading.findings.get("audit", ()))
        for blocks, anchor in ((self.widest, "audit-differences"), (self.scope, "audit-limits")):
            section = reading.section(anchor)
            blocks.setVisible(section is not None)
            blocks.show_blocks(() if section is None else section.blocks, reading.by_block)
        self.columns.clear()
        self.chips = {}
        audited = () if reading.audit is None else tuple(reading.audit.groupings)
        for name in reading.sensitive:
            chip = QPushButton(visible(name, 60))
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.setChecked(name in audited)
            chip.toggled.connect(lambda *_: self.again.setEnabled(bool(self.chosen)))
            self.chips[name] = chip
            self.columns.addWidget(chip)


class Intersections(QWidget):
    """Where two columns or more meet: colours, rates, gaps."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self.choice = _choice(tr("Columns that are crossed"))
        self.choice.currentIndexChanged.connect(lambda *_: self._show())
        self.blocks = Blocks(desk)
        self.nothing = EmptyState(
            "groups",
            tr("No groups were crossed"),
            tr(
                "Intersections need two sensitive columns and a depth of two (audit.depth). Choose "
                "two columns below the findings and audit again."
            ),
        )
        _laid_out(self, self.choice, self.blocks, self.nothing)

    def show_reading(self, reading: Reading) -> None:
        """Offer the intersections of an audit."""
        self._reading = reading
        section = reading.section("audit-intersections")
        found = [] if section is None else [(one.title, one) for one in _inner(section)]
        _fill(self.choice, found)
        for widget in (self.choice, self.blocks):
            widget.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self._show()

    def _show(self) -> None:
        section: Section | None = self.choice.currentData()
        if section is not None and self._reading is not None:
            self.blocks.show_blocks(section.blocks, self._reading.by_block)


class Strata(QWidget):
    """Groups compared among rows that are alike in a control column."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self.choice = _choice(tr("Column, control column and class"))
        self.choice.currentIndexChanged.connect(lambda *_: self._show())
        self.blocks = Blocks(desk)
        self.nothing = EmptyState(
            "groups",
            tr("No control column was named"),
            tr(
                "Groups may differ in something that is allowed to count, such as the branch that "
                "people applied to. With audit.control: [column] in the recipe they are also "
                "compared among rows that are alike in it, by “pellucid audit”."
            ),
            [(tr("Open its recipe"), lambda: _open_recipe(desk))],
        )
        _laid_out(self, self.choice, self.blocks, self.nothing)

    def show_reading(self, reading: Reading) -> None:
        """Offer what was compared within strata."""
        self._reading = reading
        found = () if reading.audit is None else reading.audit.conditional
        positive = None if reading.audit is None else reading.audit.positive
        ordered = sorted(found, key=lambda one: one.label != positive)
        said = tr("{column} within {control}, “{label}”")
        shown = [
            (
                visible(said.format(column=one.column, control=one.control, label=one.label), 120),
                one,
            )
            for one in ordered
        ]
        _fill(self.choice, shown)
        for widget in (self.choice, self.blocks):
            widget.setVisible(bool(found))
        self.nothing.setVisible(not found)
        self._show()

    def _show(self) -> None:
        reading, one = self._reading, self.choice.currentData()
        if reading is None or one is None:
            return
        within = next(
            (part for part in reading.whom if part.anchor.startswith("audit-within-")), None
        )
        if within is None:
            return
        titles = (
            f"{one.column} within {one.control}, “{one.label}”",
            f"Selection rate by {one.control} and {one.column}, “{one.label}”",
        )
        self.blocks.show_blocks(
            (block for block in within.blocks if getattr(block, "title", titles[0]) in titles),
            reading.by_block,
        )


def _choice(name: str) -> QComboBox:
    choice = ShortCombo()
    choice.setAccessibleName(name)
    choice.setMinimumWidth(360)
    return choice


def _fill(choice: QComboBox, found: Sequence[tuple[str, object]]) -> None:
    kept = choice.currentText()
    choice.blockSignals(True)
    choice.clear()
    for said, value in found:
        choice.addItem(said, value)
    choice.setCurrentIndex(max(choice.findText(kept), 0))
    choice.blockSignals(False)


def _laid_out(inside: QWidget, choice: QComboBox, *below: QWidget) -> None:
    from PySide6.QtCore import Qt

    column = QVBoxLayout(inside)
    column.setContentsMargins(0, SPACE, SPACE, 2 * SPACE)
    column.setSpacing(2 * SPACE)
    column.addWidget(choice, 0, Qt.AlignmentFlag.AlignLeft)
    for widget in below:
        column.addWidget(widget)
    column.addStretch(1)


def _inner(section: Section) -> list[Section]:
    from ....core.report.tree import Section as Part

    return [block for block in section.blocks if isinstance(block, Part)]


def _open_recipe(desk: Desk) -> None:
    desk.context.go("recipe", path=desk.run / "recipe.yaml")
