"""The runs of a workspace at a glance, and the few lines that a run comes to."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import notes
from .files import PARTIAL, read_json
from .measured import Measured
from .runs import Run, find


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

    @property
    def cells(self) -> tuple[str, ...]:
        """What a list shows."""
        shown = [
            self.metrics[name].show() if name in self.metrics else "–"
            for name in ("accuracy", "f1_macro")
        ]
        return (self.name, self.status, *shown, self.model, self.created)

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {
            "run": str(self.path),
            "status": self.status,
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
    lines = []
    for name, title in (("accuracy", "Accuracy"), ("f1_macro", "F1 (macro)")):
        if name in found:
            lines.append(f"{title} on the test rows: {found[name].show()}")
    return lines


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
    model, created, status = "–", "–", "damaged"
    with contextlib.suppress(Exception):  # a damaged run must not hide the others
        status = run.status
    with contextlib.suppress(Exception):
        environment = run.environment
        model, created = str(environment["model"]["name"]), str(environment["created"])
    written = notes.Notes()
    with contextlib.suppress(Exception):
        written = notes.read(run.path)
    return Overview(
        run.name, run.path, status, model, created, metrics(run), written.tags, written.note
    )
