"""The curves of a training in a grid, drawn at most twice a second, and the newest numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from ....core.follow import Following, Series
from ....core.metrics import higher_is_better
from ...frame.style import SPACE
from ...frame.texts import size, tr
from ...frame.theme import Theme
from ...widgets.basics import Card, label
from ...widgets.numbers import number
from ...widgets.plots import LinePlot
from ...widgets.standing import metric_name
from ...widgets.training_curves import training_figure

EVERY = 500
"""Milliseconds between two drawings, at least."""
COLUMN = 340
"""Pixels that a figure needs to be read."""
GIGA = 1e9
LOSSES = ("log_loss", "loss", "preference_loss")
FOREMOST = (
    "f1_macro",
    "f1_entity",
    "f1_micro",
    "f1",
    "mean_absolute_error",
    "perplexity",
    "accuracy",
    *LOSSES,
)
"""Validation metrics whose best value is told, the first that there is."""

Curve = tuple[str, Sequence[int], Sequence[float]]


@dataclass(frozen=True)
class Panel:
    """One figure of the grid: its title, what its values are, and their unit.

    One that doesn't stand there `always` is shown where it has curves.
    """

    name: str
    title: str
    y_label: str
    unit: float = 1.0
    always: bool = True


def panels() -> tuple[Panel, ...]:
    """Return the figures in order."""
    return (
        Panel("loss", tr("Loss"), tr("loss")),
        Panel("validation", tr("Validation"), tr("metric")),
        Panel("perplexity", tr("Validation: perplexity"), tr("perplexity"), always=False),
        Panel("error", tr("Validation: errors"), tr("error"), always=False),
        Panel("learning_rate", tr("Learning rate"), tr("learning rate")),
        Panel("samples_per_second", tr("Throughput"), tr("samples per second")),
        Panel(
            "tokens_per_second", tr("Throughput in tokens"), tr("tokens per second"), always=False
        ),
        Panel("memory_bytes", tr("Memory"), tr("GB"), GIGA),
    )


def curves_of(job: Following, panel: str) -> list[Curve]:
    """Return the curves that belong into a figure."""

    def one(name: str, key: tuple[str, str]) -> list[Curve]:
        series = job.series.get(key)
        return [] if series is None else [(name, series.steps, series.values)]

    if panel == "loss":
        return [
            *one(tr("training loss"), ("loss", "train")),
            *one(tr("validation log loss"), ("log_loss", "validation")),
            *one(tr("validation loss"), ("loss", "validation")),
            *one(tr("validation loss"), ("preference_loss", "validation")),
        ]
    if panel in ("validation", "perplexity", "error"):
        return [
            (metric_name(name), series.steps, series.values)
            for (name, split), series in job.series.items()
            if split == "validation" and panel_of(name) == panel
        ]
    return one(metric_name(panel), (panel, "train"))


def panel_of(metric: str) -> str:
    """Return the figure in which a validation metric is drawn: those of one scale together."""
    if metric in LOSSES:
        return "loss"
    if metric == "perplexity":
        return metric
    return "error" if metric.endswith("_error") else "validation"


def foremost(names: Sequence[str]) -> str | None:
    """Return the validation metric whose best value is told; None where there is none."""
    known = [one for one in FOREMOST if one in names]
    return next(iter([*known, *names]), None)


def best(name: str, series: Series) -> tuple[float, int]:
    """Return the best value of a validation metric and its step."""
    choose = max if higher_is_better(name) else min
    value, step = choose(zip(series.values, series.steps, strict=True), key=lambda pair: pair[0])
    return value, step


class Curves(QWidget):
    """Figures in a grid and a row of numbers, kept up with one job."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._job: Following | None = None
        self.numbers: dict[str, QLabel] = {}
        self.plots: dict[str, LinePlot] = {}
        self._cards: dict[str, Card] = {}
        self._shown: list[str] = []
        self._columns = 0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE, SPACE, 0)
        column.setSpacing(SPACE)
        row = QHBoxLayout()
        row.setSpacing(4 * SPACE)
        for name, title in (
            ("loss", tr("Last loss")),
            ("best", tr("Best validation")),
            ("speed", tr("Samples per second")),
            ("memory", tr("Memory")),
        ):
            part = QVBoxLayout()
            part.setSpacing(0)
            value = label("–", "heading")
            value.setAccessibleName(title)
            part.addWidget(label(title, "muted"))
            part.addWidget(value)
            row.addLayout(part)
            self.numbers[name] = value
        row.addStretch(1)
        column.addLayout(row)
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACE)
        column.addLayout(self._grid, 1)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(EVERY)
        self._wait.timeout.connect(self._later)
        self._stale = False

    def follow(self, job: Following | None) -> None:
        """Show another job, from its first step to what is known now."""
        if job is self._job:
            self.refresh()
            return
        self._job = job
        self._wait.stop()
        for plot in self.plots.values():
            plot.item.enableAutoRange()
        self._draw()

    def refresh(self) -> None:
        """Draw what is new, now or as soon as half a second is over."""
        if self._wait.isActive():
            self._stale = True
        else:
            self._draw()
            self._wait.start()

    def stop(self) -> None:
        """Draw no more."""
        self._wait.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put as many figures side by side as can be read."""
        super().resizeEvent(event)
        self._arrange()

    def _later(self) -> None:
        if self._stale:
            self._stale = False
            self.refresh()

    def _draw(self) -> None:
        job = self._job
        if job is None:
            return
        self._make()
        shown = []
        for panel in panels():
            curves = curves_of(job, panel.name)
            figure = training_figure(panel.title, panel.y_label, curves, unit=panel.unit)
            self.plots[panel.name].show_figure(figure)
            elsewhere = panel.name == "validation" and any(
                split == "validation" for _, split in job.series
            )
            if curves or (panel.always and not elsewhere):
                shown.append(panel.name)
        if shown != self._shown:
            self._shown = shown
            self._arrange(anew=True)
        self._say(job)

    def _say(self, job: Following) -> None:
        def last(name: str) -> float | None:
            series = job.series.get((name, "train"))
            return series.values[-1] if series and series.values else None

        loss, speed, memory = last("loss"), last("samples_per_second"), last("memory_bytes")
        tokens = last("tokens_per_second")
        self.numbers["loss"].setText("–" if loss is None else f"{loss:.4f}")
        said = "–" if speed is None else f"{speed:,.0f}"
        if tokens is not None:
            said = tr("{samples} ({tokens} tokens)").format(samples=said, tokens=f"{tokens:,.0f}")
        self.numbers["speed"].setText(said)
        self.numbers["memory"].setText("–" if memory is None else size(memory))
        self.numbers["best"].setText("–")
        told = {
            name: series
            for (name, split), series in job.series.items()
            if split == "validation" and series.values
        }
        name = foremost(list(told))
        if name is not None:
            value, step = best(name, told[name])
            self.numbers["best"].setText(
                tr("{name} {value}, step {step}").format(
                    name=metric_name(name), value=number(value), step=f"{step:,}"
                )
            )

    def _make(self) -> None:
        """Make the figures when the first job is shown: pyqtgraph takes a while to load."""
        if self.plots:
            return
        for panel in panels():
            card = Card(panel.title)
            plot = LinePlot(self._theme, panel.title)
            card.body.addWidget(plot)
            plot.plot.setMinimumHeight(170)
            self.plots[panel.name] = plot
            card.setParent(self)  # one that stands in no place yet would be a window
            card.hide()
            self._cards[panel.name] = card

    def _arrange(self, *, anew: bool = False) -> None:
        columns = max(1, min(self.width() // COLUMN, 3))
        if (columns == self._columns and not anew) or not self._cards:
            return
        self._columns = columns
        for card in self._cards.values():
            self._grid.removeWidget(card)
        for at in range(3):
            self._grid.setColumnStretch(at, 1 if at < columns else 0)
        for at, name in enumerate(self._shown):
            self._grid.addWidget(self._cards[name], at // columns, at % columns)
        for name, card in self._cards.items():
            card.setVisible(name in self._shown)
