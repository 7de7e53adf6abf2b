"""Tests beside the comparison of groups, and what remedies would do, as the report has them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from .... import copyable
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, MoreButton, ShortCombo
from .blocks import Blocks, paragraph
from .desk import Desk
from .reading import Reading

if TYPE_CHECKING:
    from ....core.report.tree import Section

FEW = 3
"""Parts of a section that are shown below one another; more are chosen from."""


class GroupTests(QWidget):
    """One test at a time: what it came to, or how it is made."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._reading: Reading | None = None
        self.test, self.part = _combo(tr("Test")), _combo(tr("Part of the test"))
        self.test.currentIndexChanged.connect(lambda *_: self._chosen())
        self.part.currentIndexChanged.connect(lambda *_: self._show())
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.test)
        row.addWidget(self.part)
        row.addStretch(1)
        self.lead, self._lead = paragraph(look="muted")
        self.blocks = Blocks(desk)
        self.how = Card(tr("This test was not made"))
        how, self._how = paragraph()
        recipe = QPushButton(tr("Open its recipe"))
        recipe.clicked.connect(lambda *_: desk.context.go("recipe", path=desk.run / "recipe.yaml"))
        foot = QHBoxLayout()
        foot.addWidget(recipe)
        foot.addStretch(1)
        self.how.body.addWidget(how)
        self.how.body.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addLayout(row)
        for widget in (self.lead, self.how, self.blocks):
            column.addWidget(widget)
        column.addStretch(1)

    def show_reading(self, reading: Reading) -> None:
        """Offer every test; those that were made stand first."""
        self._reading = reading
        kept = self.test.currentData()
        known = sorted(_TESTS, key=lambda name: not _sections(reading, name))
        self.test.blockSignals(True)
        self.test.clear()
        for name in known:
            title = _titles()[name]
            made = bool(_sections(reading, name))
            self.test.addItem(title if made else tr("{test} (not made)").format(test=title), name)
        self.test.setCurrentIndex(max(self.test.findData(kept), 0))
        self.test.blockSignals(False)
        self._chosen()

    def _chosen(self) -> None:
        """Offer the parts of another test."""
        if self._reading is None:
            return
        sections = _sections(self._reading, self.test.currentData())
        parts = [("", None), *_parted(sections)]
        parts[0] = (tr("Summary"), None)
        self.part.blockSignals(True)
        self.part.clear()
        for said, value in parts:
            self.part.addItem(visible(said, 120), value)
        self.part.blockSignals(False)
        self.part.setVisible(len(parts) > 1)
        self._show()

    def _show(self) -> None:
        from ....core.report.tree import Section as Part

        reading, name = self._reading, self.test.currentData()
        if reading is None or name is None:
            return
        sections = _sections(reading, name)
        self.how.setVisible(not sections)
        self._how.setText(_how(name, str(reading.path)))
        self.blocks.setVisible(bool(sections))
        chosen = self.part.currentData()
        lead = chosen.lead if chosen is not None else sections[0].lead if sections else ""
        self._lead.setText(lead)
        self.lead.setVisible(bool(lead))
        if chosen is not None:
            shown: Sequence[object] = chosen.blocks
        elif len(sections) == 1:
            parted = {id(part) for _, part in _parted(sections)}
            shown = [block for block in sections[0].blocks if id(block) not in parted]
        else:
            parted = {id(part) for _, part in _parted(sections)}
            shown = [part for part in sections if id(part) not in parted]
        self.blocks.show_blocks(
            (block for block in shown if not isinstance(block, Part) or block.blocks),  # type: ignore[misc]
            reading.by_block,
        )


class GroupRemedies(QWidget):
    """What remedies would do and cost, or the command that finds out."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._made = False
        self._at_work: set[Path] = set()
        self.lead, self._lead = paragraph(look="muted")
        self.blocks = Blocks(desk)
        self.how = Card(tr("Compare remedies"))
        how, self._how = paragraph()
        self.column = _combo(tr("Sensitive column"))
        self.start = QPushButton()
        self.start.clicked.connect(lambda *_: self.compare())
        foot = QHBoxLayout()
        foot.setSpacing(SPACE)
        foot.addWidget(self.column)
        foot.addWidget(self.start)
        foot.addWidget(MoreButton(lambda: desk.copies(self.action), tr("Copy this comparison")))
        foot.addStretch(1)
        self.how.body.addWidget(how)
        self.how.body.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        for widget in (self.lead, self.blocks, self.how):
            column.addWidget(widget)
        column.addStretch(1)

    def action(self) -> copyable.Remedies:
        """Return what compares the remedies of the run."""
        return copyable.Remedies(self._desk.run, self.column.currentData() or "")

    def compare(self) -> None:
        """Compare remedies beside the window, and read the run again when that is done."""
        run, desk = self._desk.run, self._desk

        def ended() -> None:
            self._at_work.discard(run)
            self.start.setEnabled(True)
            self._say()

        def done() -> None:
            ended()
            desk.context.notices.show(
                tr("Remedies were compared for {run}.").format(run=run.name), "done"
            )
            desk.context.actions["results.reload"].trigger()

        self._at_work.add(run)
        self.start.setEnabled(False)
        self._say()
        desk.wait_for(self.action().words(), done, lambda _: ended())

    def _say(self) -> None:
        """Say on the button what it does, or that it is being done."""
        again = tr("Compare again") if self._made else tr("Compare remedies")
        busy = self._desk.run in self._at_work
        self.start.setText(tr("Comparing …") if busy else again)
        set_look(self.start, "" if self._made else "primary")

    def show_reading(self, reading: Reading) -> None:
        """Show the comparison of a run, or how one is made."""
        sections = _sections(reading, "remedies")
        self.column.clear()
        for name in reading.sensitive:
            self.column.addItem(visible(name, 60), name)
        self.column.setVisible(len(reading.sensitive) > 1)
        self._made = bool(sections)
        self._say()
        self.start.setEnabled(bool(reading.sensitive) and self._desk.run not in self._at_work)
        self._how.setText(_compare(made=bool(sections), columns=bool(reading.sensitive)))
        self._lead.setText(sections[0].lead if sections else "")
        self.lead.setVisible(bool(sections))
        self.blocks.setVisible(bool(sections))
        self.blocks.show_blocks(
            [block for section in sections for block in section.blocks], reading.by_block
        )


_TESTS = (
    "swapped",
    "stereotypes",
    "audit-perturbed",
    "audit-attributed",
    "privacy",
    "audit-against",
)
"""Beginnings of the sections' anchors."""


def _titles() -> dict[str, str]:
    return {
        "swapped": tr("The same texts about other groups"),
        "stereotypes": tr("Stereotype tests"),
        "audit-perturbed": tr("Answers to changed samples"),
        "audit-attributed": tr("What answers rest on, by group"),
        "privacy": tr("What the model gives away"),
        "audit-against": tr("Beside another audit"),
    }


def _how(name: str, run: str) -> str:
    what = {
        "swapped": tr(
            "Identity terms of the test rows are swapped for those of other groups: does the "
            "answer stay? In the recipe: audit.swaps: {terms: [gender]}. By command: pellucid "
            "swap {run} --terms gender"
        ),
        "stereotypes": tr(
            "Published tests ask whether a model prefers stereotypes. They are read from files of "
            "yours, under audit.stereotypes: [{name: …, path: …}] in the recipe. By command: "
            "pellucid stereotypes {run} --test eec --path FILE"
        ),
        "audit-perturbed": tr(
            "Samples are changed in known ways (blur, noise, pitch …): whom does it cost more? In "
            "the recipe: audit.perturbed. By command: pellucid perturb {run}"
        ),
        "audit-attributed": tr(
            "Explanations are compared between groups: which words or places count more in one of "
            "them? Explain test rows first. In the recipe: audit.attributed: {}. By command: "
            "pellucid attributed {run}"
        ),
        "privacy": tr(
            "Simple attacks try to tell training rows from others, and the table is searched for "
            "personal data. In the recipe: audit.privacy: {}. By command: pellucid privacy {run}"
        ),
        "audit-against": tr(
            "Two audits are set beside each other, of this run and of another one or an earlier "
            "audit: which differences grew, which shrank, which can’t be told apart? By command: "
            "pellucid audit {run} --against OTHER"
        ),
    }
    return what[name].replace("{run}", run)


def _compare(*, made: bool, columns: bool) -> str:
    if not columns:
        return tr("Remedies are compared between the groups of a sensitive column; there is none.")
    if made:
        return tr(
            "It takes minutes, ends with the window, and takes the place of the comparison above. "
            "A remedy is kept by training with audit.remedy in the recipe."
        )
    return tr(
        "Each remedy is tried at two strengths (on the last layer alone where training takes "
        "long), one is chosen on the validation rows and shown once on the test rows: what it "
        "changes between groups, and what it costs. It takes minutes and ends with the window."
    )


def _sections(reading: Reading, name: str | None) -> list[Section]:
    return [one for one in reading.whom if name and one.anchor.startswith(name)]


def _parted(sections: Sequence[Section]) -> list[tuple[str, Section]]:
    """Return parts that are chosen from, because there are too many to stand in one page."""
    from ....core.report.tree import Section as Part

    if len(sections) > FEW:
        return [(one.title, one) for one in sections]
    found = [
        (block.title, block)
        for section in sections
        for block in section.blocks
        if isinstance(block, Part)
    ]
    return found if len(found) > FEW else []


def _combo(name: str) -> QComboBox:
    combo = ShortCombo()
    combo.setAccessibleName(name)
    combo.setMinimumWidth(260)
    return combo
