"""Runs beside each other: curves in one figure, figures with intervals, and what differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ....core import compare
from ....core.follow import Following
from ....core.metric_names import headlines
from ....core.runs import Run
from ....errors import PellucidError
from ...frame.context import Context
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Card, EmptyState, label, scrolled
from ...widgets.numbers import measured
from ...widgets.plots import LinePlot
from ...widgets.standing import metric_name
from ...widgets.training_curves import training_figure
from .table import Cells

EVERY = 500
"""Milliseconds between two drawings of curves, at least."""


class Comparing(QWidget):
    """Compares the runs that `show_runs` names, in that order."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.paths: list[Path] = []
        self.measure = QComboBox()
        self.measure.setAccessibleName(tr("Validation metric"))
        self.measure.currentIndexChanged.connect(lambda _: self._draw())
        self.warning = label("", "warning", wrap=True)
        self.metrics = _table(tr("Figures on the test rows"))
        self.recipe = _table(tr("What the recipes do differently"))
        self.same = label(tr("Their recipes say the same."), "muted")
        self.plots: dict[str, LinePlot] = {}
        self._cards = {
            "loss": Card(tr("Training loss")),
            "validation": Card(tr("Validation")),
            "metrics": Card(tr("Figures on the test rows")),
            "recipe": Card(tr("What the recipes do differently")),
        }
        self._cards["validation"].header.addWidget(self.measure)
        self._cards["metrics"].body.addWidget(self.metrics)
        self._cards["recipe"].body.addWidget(self.recipe)
        self._cards["recipe"].body.addWidget(self.same)
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        grid.addWidget(self._cards["loss"], 0, 0)
        grid.addWidget(self._cards["validation"], 0, 1)
        grid.addWidget(self._cards["metrics"], 1, 0, 1, 2)
        grid.addWidget(self._cards["recipe"], 2, 0, 1, 2)
        grid.setRowStretch(0, 1)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.warning)
        column.addLayout(grid, 1)
        self._empty = EmptyState(
            "compare",
            tr("Nothing to compare yet"),
            tr("Choose two or more runs in the table, with Ctrl or Shift, and compare them."),
        )
        self._area = scrolled(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._empty)
        whole.addWidget(self._area)
        self._area.hide()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(EVERY)
        self._wait.timeout.connect(self._draw)
        context.watch.told.connect(self._told)
        context.watch.ended.connect(self._ended)

    def show_runs(self, paths: Sequence[Path]) -> None:
        """Compare these runs."""
        self.paths = list(paths)
        enough = len(self.paths) > 1
        self._empty.setVisible(not enough)
        self._area.setVisible(enough)
        if not enough:
            return
        for plot in self.plots.values():
            plot.item.enableAutoRange()
        self._fill()
        self._offer_metrics()
        self._draw()
        self._area.verticalScrollBar().setValue(0)

    def drop(self, gone: Sequence[Path]) -> None:
        """Leave out runs that are there no more."""
        left = [path for path in self.paths if path not in gone]
        if left != self.paths:
            self.show_runs(left)

    def stop(self) -> None:
        """Draw no more."""
        self._wait.stop()

    def _jobs(self) -> list[Following]:
        jobs: Mapping[Path, Following] = self._context.watch.jobs
        return [jobs.get(path) or Following(path) for path in self.paths]

    def _fill(self) -> None:
        runs = [Run(path) for path in self.paths]
        names = [run.name for run in runs]
        self.warning.hide()
        try:
            different = compare.recipe_differences(runs)
            same_rows = compare.same_rows(runs)
        except (PellucidError, KeyError) as error:
            different, same_rows = [], True
            self.warning.setText(str(error))
            self.warning.show()
        if not same_rows:
            self.warning.setText(
                tr(
                    "These runs don’t have the same rows in the same splits, so a difference "
                    "between their figures may come from the rows."
                )
            )
            self.warning.show()
        figures = compare.metrics_table(runs)
        _fill_table(
            self.metrics,
            [tr("Metric"), *names],
            [
                [metric_name(name), *("–" if one is None else measured(one) for one in row)]
                for name, row in figures
            ],
        )
        _fill_table(
            self.recipe,
            [tr("Key"), *names],
            [[key, *(_plain(value) for value in values)] for key, values in different],
        )
        self.recipe.setVisible(bool(different))
        self.same.setVisible(not different)

    def _offer_metrics(self) -> None:
        known = dict.fromkeys(
            name for job in self._jobs() for name, split in job.series if split == "validation"
        )
        before = self.measure.currentData()
        self.measure.blockSignals(True)
        self.measure.clear()
        for name in known:
            self.measure.addItem(metric_name(name), name)
        wanted = (before, "f1_macro", *headlines(known))
        usual = next((name for name in wanted if name in known), None)
        self.measure.setCurrentIndex(max(self.measure.findData(usual), 0))
        self.measure.blockSignals(False)

    def _draw(self) -> None:
        if len(self.paths) < 2:
            return
        chosen = str(self.measure.currentData() or "log_loss")
        asked = {
            "loss": (("loss", "train"), tr("Training loss"), tr("loss")),
            "validation": (
                (chosen, "validation"),
                tr("Validation"),
                metric_name(chosen),
            ),
        }
        for panel, (key, title, y_label) in asked.items():
            if panel not in self.plots:
                plot = LinePlot(self._context.theme, title)
                plot.plot.setMinimumHeight(210)
                self._cards[panel].body.addWidget(plot)
                self.plots[panel] = plot
            curves = [
                (job.name, job.series[key].steps, job.series[key].values)
                for job in self._jobs()
                if key in job.series
            ]
            self.plots[panel].show_figure(training_figure(title, y_label, curves))

    def _told(self, path: str) -> None:
        if Path(path) in self.paths and self.isVisible() and not self._wait.isActive():
            self._wait.start()

    def _ended(self, path: str) -> None:
        if Path(path) in self.paths and len(self.paths) > 1:
            self._fill()
            self._offer_metrics()


def _table(name: str) -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setItemDelegate(Cells(table))
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.verticalHeader().setAccessibleName(tr("Row numbers"))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(32)
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setAccessibleName(name)
    return table


def _fill_table(table: QTableWidget, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table.clear()
    table.setColumnCount(len(header))
    table.setRowCount(len(rows))
    table.setHorizontalHeaderLabels(list(header))
    table.horizontalHeader().setDefaultAlignment(
        Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    )
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            item = QTableWidgetItem(text)
            item.setToolTip(text)
            table.setItem(at, column, item)
    table.resizeColumnsToContents()
    few = len(header) <= 5
    mode = QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive
    table.horizontalHeader().setSectionResizeMode(mode)
    bar = 0 if few else 14
    table.setFixedHeight(36 + 32 * len(rows) + 4 + bar)


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
