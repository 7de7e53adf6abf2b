"""One column's groups beside each other: a figure with its differences, and all their curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.plots import LinePlot
from ...widgets.row_plots import IntervalPlot
from .blocks import PLOT, paragraph
from .desk import Desk
from .exhibit import Exhibit, show_block, show_intervals
from .group_choice import GroupChoice
from .reading import Reading
from .tree_table import TreeTable

if TYPE_CHECKING:
    from ....core.report.tree import IntervalFigure
    from ....export import Named
    from ....fairness.table import GroupTable


class GroupFigures(QWidget):
    """Each group's figure and its difference to others, as bars and in tables."""

    def __init__(self, desk: Desk, choice: GroupChoice) -> None:
        super().__init__()
        self._choice = choice
        theme = desk.context.theme
        self.rates = Exhibit(desk, " ", IntervalPlot(theme))
        self.differences = Exhibit(desk, " ", IntervalPlot(theme))
        pair = QHBoxLayout()
        pair.setSpacing(2 * SPACE)
        pair.addWidget(self.rates, 1)
        pair.addWidget(self.differences, 1)
        self.compared = Exhibit(desk, " ", TreeTable(theme, tr("Differences between groups")))
        self.table = Exhibit(desk, " ", TreeTable(theme, tr("Rates by group")))
        self.gaps = Exhibit(desk, " ", TreeTable(theme, tr("Largest gaps")))
        column = _column(self)
        column.addLayout(pair)
        for exhibit in (self.compared, self.gaps, self.table):
            column.addWidget(exhibit)
        column.addStretch(1)

    def show_reading(self, reading: Reading) -> None:
        """Show the chosen figure of the chosen column and class."""
        from ....fairness.parts import figure
        from ....fairness.words import of_class

        audit, table, metric = reading.audit, self._choice.table, self._choice.figure
        if audit is None or table is None or metric is None:
            return
        against = self._choice.beside
        self._show(reading, self.rates, figure.values_figure(audit, table, metric), table)
        drawn = figure.differences_figure(audit, table, metric, against)
        self._show(reading, self.differences, drawn, table)
        listed = figure.differences_table(audit, table, metric, against)
        self.compared.setVisible(listed is not None)
        if listed is not None:
            inside = self.compared.inside
            inside.show_table(listed)  # type: ignore[attr-defined]
            self.compared.show_named(None, visible(listed.title, 200), listed.note)
        rates = "Rates by" if audit.has_classes else "Figures by"
        for exhibit, title in (
            (self.table, f"{rates} {table.column}{of_class(table)}"),
            (self.gaps, f"Largest gaps between groups of {table.column}{of_class(table)}"),
        ):
            named = _titled(reading, title)
            exhibit.setVisible(named is not None)
            if named is not None:
                show_block(exhibit, named)

    def _show(
        self,
        reading: Reading,
        exhibit: Exhibit,
        drawn: IntervalFigure | None,
        table: GroupTable,
    ) -> None:
        exhibit.setVisible(drawn is not None and len(table.names) > 1)
        if drawn is None or reading.audit is None:
            return
        show_intervals(exhibit, drawn)
        few = tr("Hollow: fewer than {n} rows.").format(n=reading.audit.spec.small)
        counted = tr("In brackets: rows that the figure counts.")
        left = len(table.names) - len(drawn.names)
        more = tr("{n} groups of fewer rows are not drawn.").format(n=left) if left > 1 else ""
        side = counted if drawn.reference is None else tr("Left of the dashed line: lower.")
        note = " ".join(said for said in (side, few if drawn.marked else "", more) if said)
        named = _same(reading, drawn, table)
        exhibit.show_named(named, visible(drawn.title, 200), note)


class GroupCurves(QWidget):
    """The curves of a column's groups over shared thresholds, and their figures of scores."""

    def __init__(self, desk: Desk, choice: GroupChoice) -> None:
        super().__init__()
        self._choice = choice
        theme = desk.context.theme
        self.nothing, self._why_not = paragraph(look="muted")
        self.plots = {title: Exhibit(desk, " ", LinePlot(theme)) for title in _CURVES}
        self.scores = Exhibit(desk, " ", TreeTable(theme, tr("Figures of the scores")))
        self._grid = QGridLayout()
        self._grid.setSpacing(2 * SPACE)
        for at in range(2):
            self._grid.setColumnStretch(at, 1)
        for exhibit in self.plots.values():
            exhibit.inside.plot.setMinimumHeight(PLOT)  # type: ignore[attr-defined]
        column = _column(self)
        column.addWidget(self.nothing)
        column.addLayout(self._grid)
        column.addWidget(self.scores)
        column.addStretch(1)
        self._arrange(list(self.plots.values()))

    def show_reading(self, reading: Reading) -> None:
        """Show the curves of the chosen column and class."""
        from ....fairness.words import of_class

        table = self._choice.table
        if table is None:
            return
        behind = f"by {table.column}{of_class(table)}"
        shown = []
        for title, exhibit in self.plots.items():
            named = _titled(reading, f"{title} {behind}")
            exhibit.setVisible(named is not None)
            if named is not None:
                shown.append(exhibit)
                show_block(exhibit, named)
        self._arrange(shown)
        scores = _titled(reading, f"Scores {behind}")
        self.scores.setVisible(scores is not None)
        if scores is not None:
            show_block(self.scores, scores)
        self.nothing.setVisible(not shown)
        self._why_not.setText(self._why(reading, table))

    def _arrange(self, shown: Sequence[Exhibit]) -> None:
        for exhibit in self.plots.values():
            self._grid.removeWidget(exhibit)
        for at, exhibit in enumerate(shown):
            self._grid.addWidget(exhibit, at // 2, at % 2)

    def _why(self, reading: Reading, table: GroupTable) -> str:
        if reading.audit is not None and not reading.audit.has_classes:
            return tr("The model answers with numbers or texts: there are no scores to draw.")
        if len(table.columns) > 1:
            return tr("Curves are drawn for single columns. Choose one of those above.")
        if table.label is None and table.per_class:
            return tr("Curves are those of one class against the others. Choose a class above.")
        return tr(
            "There are no scores of this class in enough rows of these groups, so there is no "
            "curve to draw."
        )


_CURVES = (
    "ROC curves",
    "Precision-recall curves",
    "Calibration",
    "Spread of scores",
    "Selection rate at every threshold",
    "Recall at every threshold",
    "False positive rate at every threshold",
)
"""Titles of the report's curves, in their order."""


def _column(inside: QWidget) -> QVBoxLayout:
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, SPACE, SPACE, 2 * SPACE)
    column.setSpacing(2 * SPACE)
    return column


def _titled(reading: Reading, title: str) -> Named | None:
    return next((one for one in reading.named("audit") if one.block.title == title), None)


def _same(reading: Reading, figure: IntervalFigure, table: GroupTable) -> Named | None:
    """Return the report's figure of the same differences, by whose name it can be saved.

    Every column has a figure of this title, so the names and values must be this column's.
    """
    found = (one for one in reading.named("audit", "figure") if one.block.title == figure.title)
    return next((one for one in found if one.block.alt == figure.alt), None)  # type: ignore[union-attr]
