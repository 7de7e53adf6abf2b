"""Curves and a threshold: dragging it moves the points, the counts, the rates and the groups."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.background import Later
from ...widgets.basics import Card, label, scrolled
from ...widgets.matrix import MatrixPlot
from ...widgets.plots import LinePlot
from .bars import Bar, IntervalBars
from .decision_bar import DecisionBar
from .desk import Desk
from .exhibit import Exhibit
from .histogram import ScoreHistogram
from .operating import (
    RATES,
    Sorted,
    counts_figure,
    curve_figure,
    rate_names,
    share,
    sort_rows,
)
from .reading import Reading

if TYPE_CHECKING:
    from ....core.thresholds import Goal

STEPS = 1000
PLOT, TALLEST, NARROW = 340, 560, 900
POINTS = 400
POINT = "threshold"


class ThresholdPane(QWidget):
    """The pane."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.threshold = 0.5
        self._reading: Reading | None = None
        self._split = ""
        self._sorted: Sorted | None = None
        self._setting = False
        self._later = Later(self, desk.context.pool)
        self._later.arrived.connect(self._came)
        self._later.failed.connect(self._broken)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._follow)
        self.decision = DecisionBar(desk, self._asked)
        theme = desk.context.theme
        self.histogram = ScoreHistogram(theme)
        self.histogram.moved.connect(self.move_to)
        self.roc = Exhibit(desk, tr("ROC curve"), LinePlot(theme), keep_title=True)
        self.pr = Exhibit(desk, tr("Precision-recall curve"), LinePlot(theme), keep_title=True)
        for exhibit in (self.roc, self.pr):
            exhibit.inside.setFixedHeight(PLOT)
        rates = self._measured()
        self.groups_card = self._groups()
        self.rates_card = rates
        self._grid = QGridLayout()
        self._grid.setSpacing(2 * SPACE)
        for column in range(6):
            self._grid.setColumnStretch(column, 1)
        self._narrow: bool | None = None
        self._arrange(narrow=False)
        inside = QWidget()
        column_ = QVBoxLayout(inside)
        column_.setContentsMargins(0, 2 * SPACE, SPACE, 2 * SPACE)
        column_.setSpacing(2 * SPACE)
        column_.addWidget(self._controls())
        column_.addLayout(self._grid)
        column_.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scrolled(inside))
        self._set(0.5)

    def _measured(self) -> Card:
        """Make what stands beside the curves: counts, and rates with their intervals."""
        theme = self.desk.context.theme
        self.matrix = MatrixPlot(theme)
        self.counts = Card(tr("At this threshold"))
        self.f1 = label("", "muted")
        self.counts.body.addWidget(self.f1)
        self.counts.body.addWidget(self.matrix, 1)
        self.rates = IntervalBars(theme, tr("Rates at this threshold"))
        rates = Card(tr("Rates at this threshold"))
        rates.body.addWidget(self.rates)
        self.rates_note = label(tr("Intervals: 95%, Wilson."), "muted", wrap=True)
        rates.body.addWidget(self.rates_note)
        rates.body.addStretch(1)
        return rates

    def _controls(self) -> QWidget:
        card = Card(tr("Threshold"))
        self.label = QComboBox()
        self.label.setAccessibleName(tr("Class"))
        self.label.setMinimumWidth(110)
        self.label.currentIndexChanged.connect(lambda *_: self._label_changed())
        self.spin = QDoubleSpinBox()
        self.spin.setRange(0.0, 1.0)
        self.spin.setDecimals(4)
        self.spin.setSingleStep(0.01)
        self.spin.setKeyboardTracking(False)
        self.spin.setAccessibleName(tr("Threshold"))
        self.spin.valueChanged.connect(self._spun)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, STEPS)
        self.slider.setAccessibleName(tr("Threshold"))
        self.slider.valueChanged.connect(self._slid)
        goals: tuple[tuple[str, Goal | None, str], ...] = (
            (tr("Best F1"), "f1", tr("The threshold with the highest F1 on these rows")),
            (tr("Youden"), "youden_j", tr("The most of true less false positive rate")),
            (tr("0.5"), None, tr("A threshold of one half")),
        )
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        row.addWidget(self.spin)
        self.goals: dict[str, QPushButton] = {}
        for text, goal, tip in goals:
            button = QPushButton(text)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(partial(self._best, goal))
            self.goals[goal or "half"] = button
            row.addWidget(button)
        card.header.addWidget(self.decision)
        card.body.addLayout(row)
        card.body.addWidget(self.histogram)
        return card

    def _groups(self) -> Card:
        card = Card(tr("Groups at this threshold"))
        self.column = QComboBox()
        self.column.setAccessibleName(tr("Sensitive column"))
        self.column.currentIndexChanged.connect(lambda *_: self._follow())
        self.rate = QComboBox()
        self.rate.setAccessibleName(tr("Rate"))
        for name, text in rate_names().items():
            self.rate.addItem(text, name)
        self.rate.setCurrentIndex(self.rate.findData("true_positive_rate"))
        self.rate.currentIndexChanged.connect(lambda *_: self._follow())
        row = QHBoxLayout()
        row.addWidget(self.column, 1)
        row.addWidget(self.rate, 1)
        self.group_bars = IntervalBars(self.desk.context.theme, tr("Groups at this threshold"))
        card.body.addLayout(row)
        card.body.addWidget(self.group_bars)
        card.body.addStretch(1)
        return card

    # What is shown

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the curves the height that there is."""
        super().resizeEvent(event)
        tall = min(max(PLOT, round(0.36 * self.height())), TALLEST)
        for exhibit in (self.roc, self.pr):
            exhibit.inside.setFixedHeight(tall)
        self._arrange(narrow=self.width() < NARROW)

    def _arrange(self, *, narrow: bool) -> None:
        """Put three cards into a row, or two where there is little room."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        wide = 3 if narrow else 2
        below = 1 if narrow else 0
        self._grid.addWidget(self.roc, 0, 0, 1, wide)
        self._grid.addWidget(self.pr, 0, wide, 1, wide)
        self._grid.addWidget(self.counts, below, 0 if narrow else 4, 1, 6 if narrow else 2)
        self._grid.addWidget(self.rates_card, below + 1, 0, 1, 6 if narrow else 3)
        self._grid.addWidget(
            self.groups_card, below + 2 if narrow else 1, 0 if narrow else 3, 1, 6 if narrow else 3
        )

    def show_reading(self, reading: Reading, split: str) -> None:
        """Show a run's curves on a split."""
        facts = reading.facts
        if facts is None or not facts.labels:
            return
        before = self.label.currentData()
        same = self._reading is reading and self._split == split
        self._reading, self._split = reading, split
        if same:
            return
        self._setting = True
        self.label.clear()
        for name in facts.labels:
            self.label.addItem(visible(name, 60), name)
        wished = before
        if wished not in facts.labels:
            positive = reading.audit.positive if reading.audit is not None else None
            decided = reading.decision.positive if reading.decision is not None else None
            wished = decided or positive or facts.labels[-1]
        self.label.setCurrentIndex(max(self.label.findData(wished), 0))
        column = self.column.currentData()
        self.column.clear()
        for name in facts.groups:
            self.column.addItem(visible(name, 60), name)
        self.column.setCurrentIndex(max(self.column.findData(column), 0))
        self.groups_card.setVisible(bool(facts.groups))
        self._setting = False
        if reading.decision is not None and reading.decision.positive == wished:
            self._set(reading.decision.threshold)
        self.decision.show_reading(reading)
        self._label_changed()

    def move_to(self, threshold: float) -> None:
        """Move the threshold; everything follows once the events of now are done."""
        self._set(threshold)
        self._soon.start()

    def _set(self, threshold: float) -> None:
        self.threshold = threshold
        self._setting = True
        self.spin.setValue(threshold)
        self.slider.setValue(round(threshold * STEPS))
        self._setting = False
        self.histogram.show_threshold(threshold)

    def _spun(self, value: float) -> None:
        if not self._setting:
            self.move_to(value)

    def _slid(self, value: int) -> None:
        if not self._setting:
            self.move_to(value / STEPS)

    def _best(self, goal: Goal | None, *_: object) -> None:
        if goal is None:
            self.move_to(0.5)
        elif self._sorted is not None:
            try:
                self.move_to(min(self._sorted.view.best(goal), 1.0))
            except ValueError:
                self.desk.context.notices.show(
                    tr("These rows hold one class only, so no threshold is the best."), "warning"
                )

    def _label_changed(self) -> None:
        reading = self._reading
        if self._setting or reading is None or reading.facts is None:
            return
        name = self.label.currentData()
        self._draw_curves(reading, name)
        self._later.run(partial(sort_rows, reading.facts, self._split, name))

    def _came(self, found: Sorted | None) -> None:
        if found is None:
            return
        self._sorted = found
        self.histogram.show_histogram(found.histogram, found.label)
        self._follow()

    def _broken(self, error: Exception) -> None:
        self.desk.context.notices.show(
            tr("The scores can’t be sorted ({why}). Evaluate the run again.").format(why=error),
            "error",
        )

    def _draw_curves(self, reading: Reading, name: str) -> None:
        split = reading.split(self._split)
        curves = split.curves if split is not None else ()
        for kind, exhibit, x, y in (
            ("roc", self.roc, tr("False positive rate"), tr("True positive rate")),
            ("pr", self.pr, tr("Recall"), tr("Precision")),
        ):
            found = [c for c in curves if c.kind == kind and c.name == name and not c.average]
            found += [
                c
                for c in curves
                if c.kind == kind and c.average and c.name == "macro" and len(reading.labels) > 2
            ]
            title = "roc-curves" if kind == "roc" else "precision-recall-curves"
            blocks = reading.named(f"evaluation-{self._split}.{title}", "figure")
            exhibit.show_named(blocks[0] if blocks else None)
            exhibit.inside.show_figure(  # type: ignore[attr-defined]
                curve_figure(exhibit.heading.text(), x, y, found, roc=kind == "roc")
            )

    def _follow(self) -> None:
        """Show what the threshold comes to; runs at each step of a drag."""
        found = self._sorted
        if found is None or self._setting:
            return
        counts = found.view.at(self.threshold)
        for exhibit, point in (
            (self.roc, found.view.roc(self.threshold)),
            (self.pr, found.view.pr(self.threshold)),
        ):
            plot: Any = exhibit.inside
            if all(map(math.isfinite, point)):
                plot.set_point(POINT, *point)
            else:
                plot.remove_point(POINT)
        self.matrix.show_figure(counts_figure(counts, found.label))
        known = counts.rates()
        said = tr("F1 {f1:.3f} · balanced accuracy {balanced:.3f}")
        self.f1.setText(said.format(f1=known["f1"], balanced=known["balanced_accuracy"]))
        names = rate_names()
        self.rates.show_bars([Bar(names[rate], share(counts, rate)) for rate in RATES])
        column, metric = self.column.currentData(), self.rate.currentData()
        if column in found.view.columns:
            groups = found.view.groups_at(column, self.threshold)
            small = self._small()
            self.group_bars.show_bars(
                [
                    Bar(name, share(one, metric), one.n < small)
                    for name, one in groups.items()
                    if one.n
                ]
            )

    def _small(self) -> int:
        audit = None if self._reading is None else self._reading.audit
        return audit.spec.small if audit is not None else 30

    def decide(self) -> None:
        """Let new tables be answered by this threshold; it can be undone."""
        self.decision.decide()

    def _asked(self) -> tuple[str, float]:
        return self.label.currentData() or "", round(self.threshold, 6)

    def end(self) -> None:
        """End what is at work."""
        self._soon.stop()
        self._later.forget()
