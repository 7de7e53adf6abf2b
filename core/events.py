"""What a job tells while it works: one line of JSON an event, in the order of its number.

`runs/<name>/events.jsonl` is the only transport. A terminal, the window and other programs follow
it by byte offset with `tail`; nobody needs to be listening, and a listener may come late.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO


@dataclass(frozen=True)
class Event:
    """What every event carries: the job, the number in its order, and the time (seconds, Unix)."""

    job: str = ""
    sequence: int = 0
    time: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """The job, or one of its steps, begins."""

    step: str
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Progress(Event):
    """How far a step is; `remaining` is an estimate in seconds, None while it is unknown."""

    step: str
    done: int
    total: int
    remaining: float | None = None
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric(Event):
    """One measured number at a training step: loss, learning rate, a validation metric."""

    name: str
    value: float
    at: int
    split: str = "train"


@dataclass(frozen=True, kw_only=True)
class Sample(Event):
    """What the model answers to a validation row at a training step, and what it should answer."""

    prompt: str
    text: str
    at: int
    reference: str | None = None


@dataclass(frozen=True, kw_only=True)
class Artifact(Event):
    """A file or folder was written, named relative to the run's folder."""

    path: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Warning(Event):
    """Something a person should know, though the work goes on."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Finished(Event):
    """The job ended as it should; `seconds` is how long this process worked on it."""

    seconds: float


@dataclass(frozen=True, kw_only=True)
class Stopped(Event):
    """A person stopped or cancelled the job; `resumable` says whether it can go on."""

    reason: str
    resumable: bool


@dataclass(frozen=True, kw_only=True)
class Failed(Event):
    """The job ended on an error; `text` is the paragraph that a person reads."""

    text: str
    kind: str


Emit = Callable[[Event], None]
KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (Started, Progress, Metric, Sample, Artifact, Warning, Finished, Stopped, Failed)
}


def silent(event: Event) -> None:
    """Listen to nothing: the default where nobody asked for events."""


class EventLog:
    """Append events to a file, numbering them on from what stands there.

    Parameters
    ----------
    path
        The file, made if it isn't there.
    job
        Name of the job that every event will carry.
    listener
        Called with every numbered event after it was written.
    """

    def __init__(self, path: Path, job: str, listener: Emit = silent) -> None:
        self._job = job
        self._listener = listener
        self._sequence = _mend(path)
        self._file: TextIO = path.open("a", encoding="utf-8")

    def __call__(self, event: Event) -> None:
        """Write one event under its number, and pass it on."""
        self._sequence += 1
        fields = asdict(event) | {
            "job": self._job,
            "sequence": self._sequence,
            "time": time.time(),
        }
        numbered = type(event)(**fields)
        line = json.dumps({"event": type(event).__name__, **fields}, ensure_ascii=True)
        self._file.write(line + "\n")
        self._file.flush()
        self._listener(numbered)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def tail(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Read the whole lines from a byte offset on; return the events and the next offset.

    A line that is still being written is left for the next call. A line that a newer version
    wrote, of a kind not known here, is passed over.
    """
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    return list(_parse(whole)), offset + len(whole)


def read(path: Path) -> list[Event]:
    """Read every event of a job."""
    return tail(path)[0]


class Clock:
    """Estimate what remains of a step from the units done, and hold events to a few a second.

    Parameters
    ----------
    total
        Units of work in the step.
    done
        Units that were done before this process began (a resumed step).
    """

    def __init__(self, total: float, done: float = 0) -> None:
        self._total = total
        self._first = done
        self._begin = time.monotonic()
        self._last = -1.0

    def due(self, every: float = 0.5) -> bool:
        """Say whether it is time for another event."""
        now = time.monotonic()
        if now - self._last < every:
            return False
        self._last = now
        return True

    def remaining(self, done: float) -> float | None:
        """Estimate the seconds that remain, from the pace of this process so far."""
        worked = done - self._first
        if worked <= 0:
            return None
        return (time.monotonic() - self._begin) / worked * max(self._total - done, 0)


def _parse(content: bytes) -> Iterator[Event]:
    for line in content.splitlines():
        try:
            raw: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        kind = KINDS.get(str(raw.pop("event", "")))
        if kind is None:
            continue
        known = kind.__dataclass_fields__
        fields = {key: value for key, value in raw.items() if key in known}
        if isinstance(fields.get("steps"), list):
            fields["steps"] = tuple(fields["steps"])
        yield kind(**fields)


def _mend(path: Path) -> int:
    """Cut off a line that a killed process left half-written; return the last number."""
    if not path.exists():
        return 0
    events, end = tail(path)
    if end < path.stat().st_size:
        with path.open("r+b") as file:
            file.truncate(end)
    return events[-1].sequence if events else 0
