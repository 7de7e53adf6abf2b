"""Which method can be trusted: all of them compared on the same rows, as words and figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from .... import copyable
from ...frame.icons import icon
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import Card, MoreButton, label, scrolled
from ...widgets.plots import LinePlot
from ...widgets.row_plots import IntervalPlot
from .desk import Desk
from .exhibit import Exhibit, show_block, show_intervals
from .overview import Findings
from .reading import Reading
from .tree_table import TreeTable

if TYPE_CHECKING:
    from ....core.report.tree import Text
    from ....export import Named

ROWS = 50
"""Rows that methods are compared on where nobody says how many."""
CURVES = 300
ANCHOR = "explain-proof."


class Trust(QWidget):
    """The comparison of a run's methods, and what begins one.

    Parameters
    ----------
    desk
        Starts the job.
    back
        Shows the maps again.
    """

    def __init__(self, desk: Desk, back: Callable[[], object]) -> None:
        super().__init__()
        self.desk = desk
        self._reading: Reading | None = None
        theme = desk.context.theme
        self.back = QPushButton(tr("Back to the maps"))
        self.back.setIcon(icon("left"))
        set_look(self.back, "quiet")
        self.back.clicked.connect(lambda *_: back())
        self.which = QComboBox()
        self.which.setAccessibleName(tr("Methods to compare"))
        self.rows = QSpinBox()
        self.rows.setRange(2, 1_000_000)
        self.rows.setValue(ROWS)
        self.rows.setGroupSeparatorShown(True)
        self.rows.setFixedWidth(110)
        self.rows.setAccessibleName(tr("Test rows to compare methods on"))
        self.rows.setToolTip(tr("Test rows to compare methods on, spread evenly"))
        self.start = QPushButton(tr("Compare the methods"))
        set_look(self.start, "primary")
        self.start.clicked.connect(lambda *_: self.compare())
        self.asked = Card(tr("Which method to trust"))
        self.asked.header.addWidget(self.back)
        self.lead = label("", "muted", wrap=True)
        self.findings = Findings()
        self.asked.body.addWidget(self.lead)
        self.asked.body.addWidget(self.findings)
        self.asked.body.addLayout(self._line())
        self.gains = Exhibit(desk, "", IntervalPlot(theme))
        self.curves = [Exhibit(desk, "", LinePlot(theme)) for _ in range(2)]
        self.tables = [Exhibit(desk, "", TreeTable(theme, tr("Methods"))) for _ in range(4)]
        pair = QGridLayout()
        pair.setSpacing(2 * SPACE)
        for at, exhibit in enumerate(self.curves):
            exhibit.inside.setFixedHeight(CURVES)
            pair.addWidget(exhibit, 0, at)
            pair.setColumnStretch(at, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.asked)
        column.addWidget(self.gains)
        column.addWidget(self.tables[0])
        column.addLayout(pair)
        for exhibit in self.tables[1:]:
            column.addWidget(exhibit)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))

    def _line(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(self.start)
        line.addWidget(self.which)
        line.addWidget(self.rows)
        line.addWidget(label(tr("test rows"), "muted"))
        line.addStretch(1)
        line.addWidget(MoreButton(lambda: self.desk.copies(self.action), tr("Copy this job")))
        return line

    def show_reading(self, reading: Reading) -> None:
        """Show the comparison of a run, or what one would tell."""
        kept = self.which.currentIndex()
        self._reading = reading
        self.which.clear()
        self.which.addItem(tr("All methods"), None)
        if len(reading.explained) > 1:
            self.which.addItem(tr("Methods with maps"), ",".join(reading.explained))
        self.which.setCurrentIndex(kept if 0 <= kept < self.which.count() else 0)
        found = reading.named(ANCHOR)
        self.start.setText(tr("Compare again") if found else tr("Compare the methods"))
        set_look(self.start, "" if found else "primary")
        self.lead.setText(_lead(reading))
        self.findings.show_texts(_said(reading))
        figures = {kind: _of(found, kind) for kind in ("IntervalFigure", "LineFigure", "Table")}
        self.gains.setVisible(bool(figures["IntervalFigure"]))
        for named in figures["IntervalFigure"]:
            show_intervals(self.gains, named.block)
            self.gains.show_named(named)
        for exhibits, kind in ((self.curves, "LineFigure"), (self.tables, "Table")):
            padded = [*figures[kind], *(None for _ in exhibits)]
            for exhibit, one in zip(exhibits, padded, strict=False):
                exhibit.setVisible(one is not None)
                if one is not None:
                    show_block(exhibit, one)

    def action(self) -> copyable.Explain:
        """Return what the button does."""
        rows, methods = str(self.rows.value()), self.which.currentData()
        return copyable.Explain(self.desk.run, rows=rows, method=methods, compare=True)

    def compare(self) -> None:
        """Compare methods as a job."""
        if self._reading is not None:
            said = tr("Methods are being compared on {n} test rows.")
            self.desk.start(self.action(), said.format(n=f"{self.rows.value():,}"))


def _of(found: list[Named], kind: str) -> list[Named]:
    return [one for one in found if type(one.block).__name__ == kind]


def _lead(reading: Reading) -> str:
    found = reading.comparison
    if found is None:
        return tr(
            "Maps of different methods differ. A comparison takes the segments away in the order "
            "that each method gives them and watches the answer: the better the method, the sooner "
            "the answer goes. Scores drawn at random, and a model that learnt nothing, are "
            "measured beside them. It is a job of minutes; with many rows, of hours."
        )
    said = tr("{methods} methods on the same {rows} rows, beside scores drawn at random.")
    return said.format(methods=f"{len(found.ranked):,}", rows=f"{found.rows:,}")


def _said(reading: Reading) -> list[Text]:
    """Return what a comparison came to, in its own words."""
    found = reading.comparison
    if found is None:
        return []
    from ....core.report.tree import Text

    best, *others = found.words
    first = Text(best, "finding" if found.recommended else "warning")
    return [first, *(Text(text, "note") for text in others)]
