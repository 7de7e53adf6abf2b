"""What stands in the list of jobs, in plain data: running, waiting, ended, with what is known."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from ....core.files import read_json
from ....core.follow import Following
from ....core.queue import Entry
from ...frame.texts import duration, tr
from ...widgets.standing import at_work, moment, standing

MOST_ENDED = 40
"""Ended jobs that are listed; the runs page has them all."""


@dataclass(frozen=True)
class Item:
    """One line of the list; a heading has no key.

    Attributes
    ----------
    key
        Path of a run's folder or of a queue entry's file.
    kind
        What it is.
    title, line
        Name, and what is to be said of it.
    icon, role
        How it stands: an icon and its colour in the palette.
    share
        How far its step is, from 0 to 1; None where that is not known.
    """

    key: str
    kind: Literal["heading", "job", "entry"]
    title: str
    line: str = ""
    icon: str = ""
    role: str = "muted"
    share: float | None = None


def board(
    jobs: Sequence[Following],
    entries: Sequence[Entry],
    *,
    runner: bool,
    queued: Mapping[Path, str] | None = None,
) -> list[Item]:
    """Return the lines of the list.

    Parameters
    ----------
    jobs
        Every job that is followed.
    entries
        The queue, in its order.
    runner
        Whether a runner works through the queue.
    queued
        Running jobs that the queue's runner began.
    """
    running = [job for job in jobs if job.status in ("running", "new")]
    ended = [job for job in jobs if job.status not in ("running", "new")]
    ended.sort(key=lambda job: job.ended or 0.0, reverse=True)
    out: list[Item] = []
    if running:
        out.append(Item("", "heading", tr("Running")))
        out += [_running(job) for job in reversed(running)]
    if entries:
        out.append(Item("", "heading", tr("Waiting")))
        waits = waiting(jobs, entries, queued or {})
        out += [
            _waiting(number, entry, runner, wait)
            for number, (entry, wait) in enumerate(zip(entries, waits, strict=True), 1)
        ]
    if ended:
        out.append(Item("", "heading", tr("Ended")))
        out += [_ended(job) for job in ended[:MOST_ENDED]]
    return out


def stem(name: str) -> str:
    """Return a run's name without the number that tells runs of one recipe apart."""
    return re.sub(r"-\d+$", "", name)


def usual_seconds(jobs: Sequence[Following]) -> dict[str, float]:
    """Return how long finished runs of each recipe took, by its name: their median."""
    took: dict[str, list[float]] = {}
    for job in jobs:
        if job.status == "finished" and job.began is not None and job.ended is not None:
            took.setdefault(stem(job.name), []).append(job.ended - job.began)
    return {name: median(times) for name, times in took.items()}


def left(job: Following, usual: Mapping[str, float]) -> float | None:
    """Estimate the seconds until a running job ends; None where nothing tells it.

    The step at work tells its own end. How long the steps behind it take is known only where a
    run of the same recipe has finished before.
    """
    if job.steps and job.step == job.steps[-1]:
        return job.remaining
    known = usual.get(stem(job.name))
    if known is None or job.began is None:
        return None
    return max(known - (time.time() - job.began), job.remaining or 0.0)


def waiting(
    jobs: Sequence[Following], entries: Sequence[Entry], queued: Mapping[Path, str]
) -> list[float | None]:
    """Estimate the seconds until each entry begins, if the queue is carried out from now on."""
    usual = usual_seconds(jobs)
    ahead: float | None = 0.0
    for job in jobs:
        if job.status == "running" and queued.get(job.path):
            rest = left(job, usual)
            ahead = None if rest is None or ahead is None else ahead + rest
    out = []
    for entry in entries:
        out.append(ahead)
        if entry.status == "waiting":
            takes = usual.get(stem(entry.name))
            ahead = None if takes is None or ahead is None else ahead + takes
    return out


def queued_by(job: Following) -> str:
    """Return the queue's entry that asked for a run; empty where a person began it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return str(read_json(job.path / "environment.json").get("queued") or "")
    return ""


def progress_words(job: Following) -> str:
    """Say what a running job does and how long it will: its step, share and time left."""
    words = [at_work(job.step)]
    if job.share is not None:
        words.append(f"{job.share:.0%}")
    if job.remaining is not None:
        words.append(tr("{time} left").format(time=duration(job.remaining)))
    return " · ".join(words)


def _running(job: Following) -> Item:
    how = standing(job.status)
    return Item(
        str(job.path), "job", job.name, progress_words(job), how.icon, how.role, job.share or 0.0
    )


def _ended(job: Following) -> Item:
    how = standing(job.status)
    words = [how.word]
    if job.ended is not None:
        words.append(moment(job.ended))
        if job.status == "finished" and job.began is not None:
            words.append(tr("took {time}").format(time=duration(job.ended - job.began)))
    return Item(str(job.path), "job", job.name, " · ".join(words), how.icon, how.role)


def _waiting(number: int, entry: Entry, runner: bool, wait: float | None) -> Item:
    if entry.error:
        return Item(str(entry.path), "entry", entry.name, tr("Could not begin"), "error", "warning")
    return Item(
        str(entry.path),
        "entry",
        entry.name,
        f"{number} · {wait_words(runner, wait)}",
        "clock",
        "muted",
    )


def wait_words(runner: bool, wait: float | None) -> str:
    """Say when an entry begins, where that can be said."""
    if not runner:
        return tr("waits for the queue to start")
    if wait is None:
        return tr("waits for those before it")
    if wait < 1:
        return tr("begins next")
    return tr("begins in about {time}").format(time=duration(wait))
