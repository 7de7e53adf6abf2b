"""Whom the model treats worse: groups beside each other, with what can and can't be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, EmptyState, Flow, MoreButton, label, scrolled
from ...widgets.plots import LinePlot
from ...widgets.row_plots import IntervalPlot
from .desk import Desk
from .exhibit import Exhibit, show_block, show_intervals
from .overview import Findings
from .reading import Reading
from .tree_table import TreeTable

if TYPE_CHECKING:
    from ....export import Named
    from ....fairness.audit import Audit
    from ....fairness.table import GroupTable

MOST_BARS, PLOT = 40, 360
RECALL = "true_positive_rate"


class GroupsPane(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self._reading: Reading | None = None
        self._setting = False
        self.unmeasured = EmptyState(
            "groups",
            tr("Groups were not compared yet"),
            tr(
                "An audit sets the groups of the test rows side by side: how often the model is "
                "right in each, whom it selects, and how sure that is."
            ),
            [(tr("Compare the groups"), lambda: self.audit(()))],
        )
        self.no_columns = EmptyState(
            "groups",
            tr("No sensitive columns were named"),
            tr(
                "The recipe of this run names none under data.groups, so nothing is known of whom "
                "the model treats worse. Name columns such as gender or age band, and train again."
            ),
            [(tr("Open its recipe"), self._recipe)],
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.unmeasured)
        self.stack.addWidget(self.no_columns)
        self.stack.addWidget(self._measured())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)

    def _measured(self) -> QWidget:
        theme = self.desk.context.theme
        self.findings = Findings()
        said = Card(tr("What was found"))
        said.body.addWidget(self.findings)
        self.column, self.label, self.rate = (
            self._combo(name)
            for name in (tr("Sensitive column"), tr("Class that counts as positive"), tr("Rate"))
        )
        controls = QHBoxLayout()
        controls.setSpacing(SPACE)
        for name, combo in (
            (tr("Groups of"), self.column),
            (tr("on the class"), self.label),
            (tr("by"), self.rate),
        ):
            controls.addWidget(label(name, "muted"))
            controls.addWidget(combo, 1)
        controls.addStretch(1)
        self.rates = Exhibit(self.desk, " ", IntervalPlot(theme))
        self.differences = Exhibit(self.desk, " ", IntervalPlot(theme))
        pair = QHBoxLayout()
        pair.setSpacing(2 * SPACE)
        pair.addWidget(self.rates, 1)
        pair.addWidget(self.differences, 1)
        self.table = Exhibit(self.desk, " ", TreeTable(theme, tr("Rates by group")))
        self.gaps = Exhibit(self.desk, " ", TreeTable(theme, tr("Largest gaps")))
        self.roc = Exhibit(self.desk, " ", LinePlot(theme))
        self.pr = Exhibit(self.desk, " ", LinePlot(theme))
        curves = QHBoxLayout()
        curves.setSpacing(2 * SPACE)
        for exhibit in (self.roc, self.pr):
            exhibit.inside.setFixedHeight(PLOT)
            curves.addWidget(exhibit, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 2 * SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(said)
        column.addLayout(controls)
        column.addLayout(pair)
        column.addWidget(self.table)
        column.addWidget(self.gaps)
        column.addLayout(curves)
        column.addWidget(self._again())
        column.addStretch(1)
        return scrolled(inside)

    def _again(self) -> Card:
        card = Card(tr("Audit again with other columns"))
        held = QWidget()
        self.columns = Flow(held)
        self.chips: dict[str, QPushButton] = {}
        self.again = QPushButton(tr("Audit again"))
        self.again.clicked.connect(lambda *_: self.audit(self.chosen))
        card.header.addWidget(self.again)
        more = MoreButton(
            lambda: self.desk.copies(lambda: copyable.Audit(self.desk.run, self.chosen)),
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

    def _combo(self, name: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setMinimumWidth(160)
        combo.currentIndexChanged.connect(lambda *_: self._changed(combo))
        return combo

    # What is shown

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's audit, which is of the test rows whatever the split."""
        if reading is self._reading:
            return
        self._reading = reading
        audit = reading.audit
        if audit is None:
            has_groups = bool(reading.groups or (reading.facts and reading.facts.groups))
            self.stack.setCurrentIndex(0 if has_groups else 1)
            return
        self.stack.setCurrentIndex(2)
        self.findings.show_texts(reading.findings.get("audit", ()))
        self._setting = True
        kept = self.column.currentData()
        self.column.clear()
        for name in audit.groupings:
            self.column.addItem(visible(name, 80), name)
        self.column.setCurrentIndex(max(self.column.findData(kept), 0))
        self._setting = False
        self._fill_labels()
        self.columns.clear()
        self.chips = {}
        for name in reading.facts.groups if reading.facts is not None else ():
            chip = QPushButton(visible(name, 60))
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.setChecked(name in audit.groupings)
            chip.toggled.connect(lambda *_: self.again.setEnabled(bool(self.chosen)))
            self.chips[name] = chip
            self.columns.addWidget(chip)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Columns that are chosen for another audit."""
        return tuple(name for name, chip in self.chips.items() if chip.isChecked())

    def table_shown(self) -> GroupTable | None:
        """Return the figures that are shown: of a column, on a class."""
        audit = None if self._reading is None else self._reading.audit
        grouping = None if audit is None else audit.groupings.get(self.column.currentData())
        if grouping is None or audit is None:
            return None
        wished = self.label.currentData()
        if wished in (None, audit.positive):
            return grouping
        return grouping.per_class.get(wished, grouping)

    def _changed(self, combo: QComboBox) -> None:
        if self._setting:
            return
        if combo is self.column:
            self._fill_labels()
        elif combo is self.label:
            self._fill_metrics()
        else:
            self._show()

    def _fill_labels(self) -> None:
        audit = None if self._reading is None else self._reading.audit
        grouping = None if audit is None else audit.groupings.get(self.column.currentData())
        if audit is None or grouping is None:
            return
        kept = self.label.currentData()
        self._setting = True
        self.label.clear()
        if audit.positive is None:
            self.label.addItem(tr("all classes"), None)
        else:
            said = tr("“{label}” (favourable)").format(label=visible(audit.positive, 40))
            self.label.addItem(said, audit.positive)
        for name in grouping.per_class:
            if name != audit.positive:
                self.label.addItem(f"“{visible(name, 40)}”", name)
        self.label.setCurrentIndex(max(self.label.findData(kept), 0))
        self._setting = False
        self._fill_metrics()

    def _fill_metrics(self) -> None:
        from ....fairness.words import TITLES

        table = self.table_shown()
        if table is None:
            return
        kept = self.rate.currentData() or RECALL
        self._setting = True
        self.rate.clear()
        for name in table.metrics:
            if name != "count":
                self.rate.addItem(TITLES.get(name, name), name)
        self.rate.setCurrentIndex(max(self.rate.findData(kept), 0))
        self._setting = False
        self._show()

    def _show(self) -> None:
        reading, table = self._reading, self.table_shown()
        metric = self.rate.currentData()
        if reading is None or reading.audit is None or table is None or metric is None:
            return
        of_class = "" if table.label is None else f", “{table.label}”"
        self._show_rates(reading.audit, table, metric, of_class)
        self._show_differences(reading, table, metric, of_class)
        for exhibit, title in (
            (self.table, f"Rates by {table.column}{of_class}"),
            (self.gaps, f"Largest gaps between groups of {table.column}{of_class}"),
        ):
            named = _titled(reading, title)
            exhibit.setVisible(named is not None)
            if named is not None:
                show_block(exhibit, named)
        for exhibit, title in ((self.roc, "ROC curves"), (self.pr, "Precision-recall curves")):
            named = _titled(reading, f"{title} by {table.column}{of_class}")
            exhibit.setVisible(named is not None)
            if named is not None:
                exhibit.inside.show_figure(named.block)  # type: ignore[attr-defined]
                exhibit.show_named(named)

    def _show_rates(self, audit: Audit, table: GroupTable, metric: str, of_class: str) -> None:
        from ....core.report.tree import IntervalFigure
        from ....fairness.words import TITLES, level

        places = _largest(table)
        title = f"{TITLES.get(metric, metric)} by {table.column}{of_class}"
        figures = table.metrics[metric]
        said = "; ".join(f"{table.names[at]} {figures[at].show()}" for at in places)
        figure = IntervalFigure(
            title,
            tr("{level} interval").format(level=level(audit)),
            tuple(_with_mark(table, at) for at in places),
            tuple(figures[at] for at in places),
            f"{title}. {said}.",
            marked=frozenset(n for n, at in enumerate(places) if at in table.small),
        )
        show_intervals(self.rates, figure)
        few = tr("◇ and hollow: fewer than {n} rows.").format(n=audit.spec.small)
        left = len(table.names) - len(places)
        more = tr(" {n} groups of fewer rows are not drawn.").format(n=left) if left else ""
        self.rates.show_named(None, title, (few if table.small else "") + more)

    def _show_differences(
        self, reading: Reading, table: GroupTable, metric: str, of_class: str
    ) -> None:
        from ....core.report.tree import IntervalFigure
        from ....fairness.words import TITLES

        figures = table.to_rest.get(metric)
        self.differences.setVisible(figures is not None and len(table.names) > 1)
        if figures is None:
            return
        title = f"{TITLES.get(metric, metric)}{of_class}: each group minus all other rows"
        # Every column has a figure of this title, so the names must be this column's groups.
        named = next(
            (
                one
                for one in reading.named("audit", "figure")
                if one.block.title == title
                and isinstance(one.block, IntervalFigure)
                and set(one.block.names) <= set(table.names)
                and _in_section(reading, one, table)
            ),
            None,
        )
        if named is not None and isinstance(named.block, IntervalFigure):
            figure = named.block
        else:
            places = _largest(table)
            said = "; ".join(f"{table.names[p]} {figures[p].show(signed=True)}" for p in places)
            figure = IntervalFigure(
                title,
                tr("difference, with its interval"),
                tuple(table.names[at] for at in places),
                tuple(figures[at] for at in places),
                f"{title}. {said}.",
                reference=0.0,
                marked=frozenset(n for n, at in enumerate(places) if at in table.small),
            )
        show_intervals(self.differences, figure)
        note = tr("Left of the dashed line the group fares lower than all other rows.")
        self.differences.show_named(named, title, note)

    # What can be done

    def audit(self, columns: tuple[str, ...]) -> None:
        """Compare groups as a job; the recipe's columns if none are named."""
        if self.desk.reading is not None:
            self.desk.start(
                copyable.Audit(self.desk.run, columns), tr("The groups are being compared.")
            )

    def _recipe(self) -> None:
        self.desk.context.go("recipe", path=self.desk.run / "recipe.yaml")


def _titled(reading: Reading, title: str) -> Named | None:
    return next((one for one in reading.named("audit") if one.block.title == title), None)


def _in_section(reading: Reading, one: Named, table: GroupTable) -> bool:
    """Whether a figure stands in the part of the report on this column."""
    rates = _titled(reading, f"Rates by {table.column}{_of(table)}")
    return rates is not None and rates.name.split(".")[0] == one.name.split(".")[0]


def _of(table: GroupTable) -> str:
    return "" if table.label is None else f", “{table.label}”"


def _largest(table: GroupTable) -> list[int]:
    """Return the places of the groups with the most rows, in the order of the table."""
    by_size = sorted(range(len(table.names)), key=lambda at: -table.n[at])
    return sorted(by_size[:MOST_BARS])


def _with_mark(table: GroupTable, at: int) -> str:
    return f"{'◇ ' if at in table.small else ''}{table.names[at]}"
