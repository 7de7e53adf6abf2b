"""How a job looks in a terminal: progress with an estimate of what remains, and plain sentences."""

from __future__ import annotations

import json
from collections.abc import Container, Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .core import events
from .core.metric_names import mentioned

if TYPE_CHECKING:
    from .core.compare import Comparison

DOING = {
    "run": "Starting",
    "files": "Looking into files",
    "train": "Fine-tuning",
    "evaluate": "Evaluating",
    "predict": "Predicting",
    "explain": "Explaining",
    "audit": "Auditing",
    "report": "Writing the report",
    "stereotypes": "Asking the model",
}


class Follow:
    """Show a job's events on standard error: bars in a terminal, lines elsewhere.

    Use it as a context manager and give it to `execute` as `emit`.
    """

    def __init__(self, console: Console | None = None, *, quiet: bool = False) -> None:
        self._console = console or Console(stderr=True)
        self._quiet = quiet
        self._bars = Progress(
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("[dim]{task.fields[left]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._tasks: dict[str, Any] = {}
        self._told: dict[str, float] = {}
        self._loss = ""

    def __enter__(self) -> Follow:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def __call__(self, event: events.Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        match event:
            case events.Started(step=step) if step != "run":
                self._begin(step)
            case events.Progress():
                self._advance(event)
            case events.Metric(name="loss", value=value):
                self._loss = f"loss {value:.3f}"
            case events.Metric(split="validation", name=name, value=value, at=at):
                self._console.print(f"  after step {at}: validation {mentioned(name)} {value:.4g}")
            case events.Warning(text=text):
                self._console.print(f"[yellow]Note:[/] {_plain(text)}", highlight=False)
            case events.Stopped(reason="stop"):
                self._console.print(
                    "Stopped after a whole step; a checkpoint is saved. Go on with --resume."
                )

    def _begin(self, step: str) -> None:
        self._loss = ""
        if self._bars.disable:
            self._console.print(DOING.get(step, step))
            return
        self._tasks[step] = self._bars.add_task(
            DOING.get(step, step), total=None, left="estimating …", note=""
        )
        self._settle(besides=step)

    def _settle(self, besides: str) -> None:
        """Close the bars of steps that are over."""
        for step, task in self._tasks.items():
            if step != besides:
                total = self._bars.tasks[task].total or 1
                self._bars.update(task, total=total, completed=total, left="", note="")

    def _advance(self, event: events.Progress) -> None:
        left = "" if event.remaining is None else f"{_time(event.remaining)} left"
        note = " · ".join(part for part in (event.text, self._loss) if part)
        step = event.step if event.step in self._tasks else next(reversed(self._tasks), None)
        if not self._bars.disable and step is not None:
            self._bars.update(
                self._tasks[step], total=event.total, completed=event.done, left=left, note=note
            )
            return
        last = self._told.get(event.step, 0.0)
        if event.time - last >= (3 if last == 0 else 15):
            self._told[event.step] = event.time
            share = event.done / max(event.total, 1)
            doing = DOING.get(event.step, event.step)
            self._console.print(f"  {doing}: {share:.0%}, {left} {note}".rstrip())


def runs_table(rows: list[tuple[str, ...]], tags: list[str] | None = None) -> Table:
    """Lay out the list of runs; their tags beside them where any has some."""
    names = ["Run", "Status", "First figure", "Second figure", "Model", "Begun"]
    if tags is not None and any(tags):
        names.append("Tags")
        rows = [(*row, own) for row, own in zip(rows, tags, strict=True)]
    return plain_table(names, rows, right=("First figure", "Second figure"))


def comparison_tables(found: Comparison) -> list[Table]:
    """Lay runs out beside each other: recipe keys that differ, then figures on the test rows."""
    # A folder's name stands for its run where no two are called alike.
    names = [run.name for run in found.runs]
    if len(set(names)) < len(names):
        names = [str(run.path) for run in found.runs]
    differing = [(key, *map(_value, values)) for key, values in found.recipe]
    figures = [
        (name, *("–" if one is None else one.show() for one in values))
        for name, values in found.metrics
    ]
    return [
        plain_table(("Recipe", *names), differing or [("no difference", *("" for _ in names))]),
        plain_table(("On the test rows", *names), figures, right=names),
    ]


def plain_table(
    names: Sequence[str], rows: Iterable[Iterable[str]], right: Container[str] = ()
) -> Table:
    """Lay out rows under the names of their columns, those in `right` flush right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in names:
        table.add_column(name, justify="right" if name in right else "left")
    for row in rows:
        table.add_row(*map(_plain, row))
    return table


def _value(value: Any) -> str:
    """Write a recipe's value on one line, as YAML would."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _plain(text: str) -> str:
    """Keep square brackets in people's text from being read as rich's markup."""
    from rich.markup import escape

    return escape(text)


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
