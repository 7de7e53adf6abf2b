"""A job as its events tell it so far: what a listener keeps who came early, late or again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from . import events, jobs


@dataclass
class Series:
    """One metric over the steps of a training; a resumed run's later telling of a step counts."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, step: int, value: float) -> None:
        """Note a value; what an earlier process told of this step and later ones is dropped."""
        while self.steps and self.steps[-1] >= step:
            self.steps.pop()
            self.values.pop()
        self.steps.append(step)
        self.values.append(value)


@dataclass
class Following:
    """What is known of one job.

    Attributes
    ----------
    path
        The run's folder.
    status
        How the job stands; looked up anew by `refresh`.
    step, steps
        Step at work, and all steps of the job.
    done, total, remaining, text
        Progress of that step; `remaining` in seconds, None while unknown.
    finished_steps
        Steps that were left behind.
    series
        Metrics by name and split.
    warnings
        Notes in the job's own words.
    error
        Why it failed, one paragraph; empty where it didn't.
    began, ended
        Times of the first and the last event (seconds, Unix); None before.
    """

    path: Path
    status: jobs.Status = "new"
    step: str = ""
    steps: tuple[str, ...] = ()
    done: int = 0
    total: int = 0
    remaining: float | None = None
    text: str = ""
    finished_steps: tuple[str, ...] = ()
    series: dict[tuple[str, str], Series] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    began: float | None = None
    ended: float | None = None
    _offset: int = field(default=0, repr=False)

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.path.name

    @property
    def share(self) -> float | None:
        """How much of the step at work is done, from 0 to 1; None while unknown."""
        return self.done / self.total if self.total else None

    def catch_up(self) -> list[events.Event]:
        """Read what was told since the last call; return it."""
        told, self._offset = events.tail(self.path / "events.jsonl", self._offset)
        for event in told:
            self.apply(event)
        return told

    def refresh(self) -> None:
        """Look up how the job stands."""
        self.status = jobs.status(self.path)

    def apply(self, event: events.Event) -> None:
        """Take one event into account."""
        if event.time:
            self.began = event.time if self.began is None else self.began
            self.ended = event.time
        match event:
            case events.Started(step="run", steps=steps):
                self.steps, self.error, self.finished_steps = steps, "", ()
                self._at("")
            case events.Started(step=step):
                if self.step:
                    self.finished_steps = (*self.finished_steps, self.step)
                self._at(step)
            case events.Progress():
                # A step's parts have names of their own: training validates.
                self.done, self.total = event.done, event.total
                self.remaining, self.text = event.remaining, event.text
            case events.Metric(name=name, split=split, at=at, value=value):
                self.series.setdefault((name, split), Series()).add(at, value)
            case events.Warning(text=text):
                if text not in self.warnings:
                    self.warnings.append(text)
            case events.Failed(text=text):
                self.error, self.remaining = text, None
            case events.Finished():
                if self.step:
                    self.finished_steps = (*self.finished_steps, self.step)
                self._at("")
            case events.Stopped():
                self.remaining = None

    def _at(self, step: str) -> None:
        self.step, self.done, self.total, self.remaining, self.text = step, 0, 0, None, ""
