"""Which groups are shown, on which class, by which figure, beside what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Flow, label

if TYPE_CHECKING:
    from ....fairness.audit import Audit
    from ....fairness.parts.figure import Against
    from ....fairness.table import GroupTable

RECALL = "true_positive_rate"


class GroupChoice(QWidget):
    """Choices of an audit's figures in one row; what was chosen stays where another run has it.

    `changed` tells that another column, class, figure or comparison was chosen.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._audit: Audit | None = None
        self._setting = False
        self._held: dict[QComboBox, QWidget] = {}
        row = Flow(self, gap=SPACE)
        self.column, self.label, self.rate, self.against = (
            self._combo(row, *named)
            for named in (
                (tr("Groups of"), tr("Sensitive column")),
                (tr("on the class"), tr("Class that counts as positive")),
                (tr("by"), tr("Rate")),
                (tr("beside"), tr("What groups are compared with")),
            )
        )

    def _combo(self, row: Flow, said: str, name: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setMinimumWidth(130)
        combo.setMaximumWidth(320)
        combo.currentIndexChanged.connect(lambda *_: self._chosen(combo))
        held = self._held[combo] = QWidget()
        line = QHBoxLayout(held)
        line.setContentsMargins(0, 0, SPACE, 0)
        line.setSpacing(SPACE)
        line.addWidget(label(said, "muted"))
        line.addWidget(combo)
        row.addWidget(held)
        return combo

    def offer(self, *, figures: bool) -> None:
        """Say whether a figure and a comparison can be chosen here, or a column and class alone."""
        for combo in (self.rate, self.against):
            self._show(combo, shown=figures)

    def show_audit(self, audit: Audit) -> None:
        """Offer what an audit has."""
        self._audit = audit
        self._fill(self.column, [(visible(name, 80), name) for name in audit.groupings])
        self._fill_labels()

    @property
    def table(self) -> GroupTable | None:
        """The figures of the chosen column, on the chosen class."""
        audit = self._audit
        grouping = None if audit is None else audit.groupings.get(self.column.currentData())
        if grouping is None or audit is None:
            return None
        wished = self.label.currentData()
        if wished in (None, audit.positive):
            return grouping
        return grouping.per_class.get(wished, grouping)

    @property
    def figure(self) -> str | None:
        """Name of the chosen figure."""
        return cast("str | None", self.rate.currentData())

    @property
    def beside(self) -> Against:
        """What groups are compared with."""
        return cast("Against", self.against.currentData() or "rest")

    def _chosen(self, combo: QComboBox) -> None:
        if self._setting:
            return
        if combo is self.column:
            self._fill_labels()
        elif combo is self.label:
            self._fill_figures()
        else:
            self.changed.emit()

    def _fill_labels(self) -> None:
        audit = self._audit
        grouping = None if audit is None else audit.groupings.get(self.column.currentData())
        if audit is None or grouping is None:
            return
        found: list[tuple[str, str | None]] = []
        if audit.positive is None:
            every = tr("all labels") if audit.kind == "label_sets" else tr("all classes")
            found.append((every, None))
        else:
            said = tr("“{label}” (favourable)").format(label=visible(audit.positive, 40))
            found.append((said, audit.positive))
        found += [
            (f"“{visible(name, 40)}”", name)
            for name in grouping.per_class
            if name != audit.positive
        ]
        self._fill(self.label, found)
        self._show(self.label, shown=audit.has_classes)
        self._fill_figures()

    def _fill_figures(self) -> None:
        from ....fairness.parts.figure import words
        from ....fairness.words import TITLES

        table = self.table
        if table is None:
            return
        figures = [(TITLES[name], name) for name in table.metrics if name in TITLES]
        self._fill(self.rate, [one for one in figures if one[1] != "count"], first=RECALL)
        beside = [(visible(said, 60), name) for name, said in words(table).items()]
        self._fill(self.against, beside)
        self.changed.emit()

    def _fill(self, combo: QComboBox, found: Sequence[tuple[str, object]], first: str = "") -> None:
        kept = combo.currentData() or first
        self._setting = True
        combo.clear()
        for said, value in found:
            combo.addItem(said, value)
        combo.setCurrentIndex(max(combo.findData(kept), 0))
        self._setting = False

    def _show(self, combo: QComboBox, *, shown: bool) -> None:
        self._held[combo].setVisible(shown)
