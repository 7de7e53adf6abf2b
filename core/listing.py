"""The runs of a workspace at a glance, and the few lines that a run comes to."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import notes
from .files import PARTIAL, read_json
from .measured import Measured
from .metric_names import headlines, mentioned, title
from .runs import Run, find

CLASSIFIED = ("accuracy", "f1_macro")
"""What is told of a classification."""


@dataclass(frozen=True)
class Overview:
    """One run in a list: how it stands, what it reached on the test rows."""

    name: str
    path: Path
    status: str
    model: str
    created: str
    metrics: dict[str, Measured]
    tags: tuple[str, ...] = ()
    note: str = ""
    task: str = "classification"

    @property
    def cells(self) -> tuple[str, ...]:
        """What a list shows; figures are named where they aren't accuracy and macro F1."""
        if self.task == "classification":
            shown = [
                self.metrics[name].show() if name in self.metrics else "–" for name in CLASSIFIED
            ]
        else:
            named = [f"{mentioned(name)} {self.metrics[name].show()}" for name in self._first]
            shown = [*named, "–", "–"][:2]
        return (self.name, self.status, *shown, self.model, self.created)

    @property
    def _first(self) -> list[str]:
        return headlines(self.metrics)[:2]

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {
            "run": str(self.path),
            "status": self.status,
            "task": self.task,
            "model": self.model,
            "created": self.created,
            "metrics": {name: figure.as_json() for name, figure in self.metrics.items()},
            "tags": list(self.tags),
            "note": self.note,
        }


def overview(runs: Path) -> list[Overview]:
    """Look at every run of a folder; a folder that is half-written is named, not passed over."""
    found = [_look(run) for run in find(runs)]
    known = {one.path for one in found}
    return found + [
        Overview(folder.name, folder, "only begun", "–", "–", {})
        for folder in sorted(runs.glob("[!.]*/"))
        if folder not in known and _begun(folder)
    ]


def summary(run: Run) -> list[str]:
    """Return a run's figures on the test rows in a few lines for a terminal."""
    found = metrics(run)
    first = CLASSIFIED if set(CLASSIFIED) <= set(found) else headlines(found)[:2]
    return [f"{title(name)} on the test rows: {found[name].show()}" for name in first]


def metrics(run: Run, split: str = "test") -> dict[str, Measured]:
    """Return a run's figures over all classes on a split; none where they can't be read."""
    if not run.has("evaluation.json"):
        return {}
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        found = read_json(run.path / "evaluation.json").get(split, {})
        return {
            name: Measured.from_json(figure)
            for name, figure in found.items()
            if isinstance(figure, dict) and "value" in figure
        }
    return {}


def _begun(folder: Path) -> bool:
    """Whether a process was killed while it made a run's folder."""
    return (folder / "environment.json").exists() or any(folder.glob(f"{PARTIAL}*"))


def _look(run: Run) -> Overview:
    model, created, status, task = "–", "–", "damaged", "classification"
    with contextlib.suppress(Exception):  # a damaged run must not hide the others
        status = run.status
    with contextlib.suppress(Exception):
        environment = run.environment
        model, created = str(environment["model"]["name"]), str(environment["created"])
        task = str(environment.get("task", task))
    written = notes.Notes()
    with contextlib.suppress(Exception):
        written = notes.read(run.path)
    return Overview(
        run.name,
        run.path,
        status,
        model,
        created,
        metrics(run),
        written.tags,
        written.note,
        task,
    )
