"""How a job looks in a terminal: progress with an estimate of what remains, and plain sentences."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from .core import events

DOING = {
    "run": "Starting",
    "train": "Fine-tuning",
    "evaluate": "Evaluating",
    "predict": "Predicting",
    "explain": "Explaining",
    "audit": "Auditing",
    "report": "Writing the report",
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
            case events.Metric(split="validation", name="f1_macro", value=value, at=at):
                self._console.print(f"  after step {at}: validation F1 (macro) {value:.3f}")
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


def runs_table(rows: list[tuple[str, ...]]) -> Table:
    """Lay out the list of runs."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("Run", "Status", "Accuracy", "F1 (macro)", "Model", "Begun"):
        table.add_column(name, justify="right" if name in ("Accuracy", "F1 (macro)") else "left")
    for row in rows:
        table.add_row(*map(_plain, row))
    return table


def _plain(text: str) -> str:
    """Keep square brackets in people's text from being read as rich's markup."""
    from rich.markup import escape

    return escape(text)


def _time(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
