"""What jobs tell: every run's folder of the workspace, followed by a timer on the main thread.

Nothing is pushed to the window. It reads `events.jsonl` from where it stopped reading, so jobs that
began before it, or that another terminal started, show like its own.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from ...core import events
from ...core.follow import Following
from ...multimodal.escape import visible

EVERY = 400
"""Milliseconds between two looks."""
ENDED_EVERY = 8
"""Looks between two checks of a job that had ended: it may have been resumed elsewhere."""
ENDS = (events.Finished, events.Stopped, events.Failed)
"""Events that are a job's last."""


class Watch(QObject):
    """Follow every run of a folder.

    Signals carry the run's folder as text: `told` after new events, `changed` when a status
    changed, `ended` when a job that was running isn't any more; `listed` when runs came or went.
    """

    told = Signal(str)
    changed = Signal(str)
    ended = Signal(str)
    listed = Signal()
    heard = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.jobs: dict[Path, Following] = {}
        self._runs: Path | None = None
        self._looks = 0
        self._stamps: dict[Path, int] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(EVERY)
        self._timer.timeout.connect(self.look)

    def follow(self, runs: Path | None) -> None:
        """Follow the runs of this folder from now on; None: of none."""
        self._runs = runs
        self.jobs, self._stamps = {}, {}
        self._looks = 0
        if runs is None:
            self._timer.stop()
        else:
            self.look()
            self._timer.start()
        self.listed.emit()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()

    def running(self) -> list[Following]:
        """Return the jobs at work, the oldest first."""
        return [job for job in self.jobs.values() if job.status == "running"]

    def look(self) -> None:
        """Look at every run once."""
        if self._runs is None:
            return
        self._looks += 1
        found = set()
        with contextlib.suppress(OSError):
            found = {file.parent for file in self._runs.glob("[!.]*/job.json")}
        gone = set(self.jobs) - found
        for path in gone:
            del self.jobs[path]
        came = sorted(found - set(self.jobs), key=lambda path: (path.stat().st_ctime, path.name))
        for path in came:
            self.jobs[path] = Following(path)
        if gone or came:
            self.listed.emit()
        for path, job in list(self.jobs.items()):
            with contextlib.suppress(OSError):
                self._one(path, job)

    def _one(self, path: Path, job: Following) -> None:
        file = path / "events.jsonl"
        size = file.stat().st_size if file.exists() else 0
        grown = size != self._stamps.get(path)
        quiet = job.status not in ("running", "new") and self._looks % ENDED_EVERY
        if not grown and quiet:
            return
        known = path in self._stamps
        self._stamps[path] = size
        before = job.status
        told = job.catch_up()
        job.refresh()
        for event in told if before == "running" or self._looks > 1 else ():
            self.heard.emit((path, event))
        if told:
            self.told.emit(str(path))
        if job.status != before:
            self.changed.emit(str(path))
        # A short job begins and ends between two looks: only its events tell of it.
        missed = known and any(isinstance(event, ENDS) for event in told)
        if job.status != "running" and (before == "running" or missed):
            self.ended.emit(str(path))


def describe(event: events.Event) -> str:
    """Put an event into one line for the log; empty for those that only move a bar."""
    line = ""
    match event:
        case events.Started(step=step):
            line = f"begins: {step}"
        case events.Metric(name=name, value=value, at=at, split="validation"):
            line = f"step {at}: validation {name} {value:.4f}"
        case events.Metric(name="loss", value=value, at=at):
            line = f"step {at}: loss {value:.4f}"
        case events.Sample(text=text, at=at):
            line = f"step {at}: answers “{visible(text, 120)}”"
        case events.Artifact(path=path):
            line = f"wrote {path}"
        case events.Warning(text=text):
            line = f"note: {text}"
        case events.Finished(seconds=seconds):
            line = f"finished after {seconds:.0f} s"
        case events.Stopped(reason=reason):
            line = f"ended on request ({reason})"
        case events.Failed(text=text):
            line = f"failed: {text}"
    return line
