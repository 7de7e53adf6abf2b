"""What a workspace holds, as far as Home shows it; read from a few small files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ....core import listing, queue
from ....core.follow import Following
from ....core.measured import Measured
from ....core.metric_names import headlines
from ....core.runs import Run
from ...frame.workspace import Workspace

TABLES = (".csv", ".tsv", ".json", ".jsonl", ".parquet")
RECIPES = (".yaml", ".yml")


@dataclass(frozen=True)
class Progress:
    """How far a person came: what is there of a table, a recipe, a finished run, results read.

    `finished` is the run whose results there are to read, the newest; None before.
    """

    table: bool
    recipe: bool
    started: bool
    finished: Path | None
    read: bool

    @property
    def steps(self) -> tuple[bool, bool, bool]:
        """Whether each of the three first steps is done; a later one implies those before."""
        read = self.read and self.finished is not None
        recipe = self.recipe or self.started or self.finished is not None
        return (self.table or recipe, recipe, read)


def progress(workspace: Workspace, jobs: Iterable[Following]) -> Progress:
    """Look at what the workspace's folder holds and what was remembered of it."""
    endings: set[str] = set()
    with contextlib.suppress(OSError):
        endings = {path.suffix.lower() for path in workspace.path.iterdir()}
    runs = sorted(jobs, key=when, reverse=True)
    done = next((job.path for job in runs if job.status == "finished"), None)
    return Progress(
        table=bool(workspace.recall("table")) or not endings.isdisjoint(TABLES),
        recipe=bool(workspace.recall("recipe")) or not endings.isdisjoint(RECIPES),
        started=bool(runs) or bool(queue.entries(workspace.runs)),
        finished=done,
        read=bool(workspace.recall("results.run")),
    )


def when(job: Following) -> float:
    """Return when a job was last heard of; seconds, Unix."""
    return job.ended or job.began or 0.0


def foremost(run: Path) -> tuple[str, Measured] | None:
    """Return the metric by which a run is known, and its figure on the test rows; None: none."""
    found = listing.metrics(Run(run))
    return next(((name, found[name]) for name in headlines(found)), None)
