"""The runs of a workspace at a glance, and the few lines that a run comes to."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        }


def overview(runs: Path) -> list[Overview]:
    """Look at every run of a folder; a folder that is half-written is named, not passed over."""
    found = [_look(run) for run in find(runs)]
    known = {one.path for one in found}
    return found + [
        Overview(folder.name, folder, "only begun", "–", "–", {})
        for folder in sorted(runs.glob("*/"))
        if folder not in known and _begun(folder)
    ]


def summary(run: Run) -> list[str]:
    """Return a run's figures on the test rows in a few lines for a terminal."""
    metrics = _metrics(run)
    lines = []
    for name, title in (("accuracy", "Accuracy"), ("f1_macro", "F1 (macro)")):
        if name in metrics:
            lines.append(f"{title} on the test rows: {metrics[name].show()}")
    return lines


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
    return Overview(run.name, run.path, status, model, created, _metrics(run))


def _metrics(run: Run) -> dict[str, Measured]:
    if not run.has("evaluation.json"):
        return {}
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        test = read_json(run.path / "evaluation.json").get("test", {})
        return {
            name: Measured.from_json(figure)
            for name, figure in test.items()
            if isinstance(figure, dict) and "value" in figure
        }
    return {}
