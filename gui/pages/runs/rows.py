"""What the table says of one run, read from its folder."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ....core import listing, notes
from ....core.files import PARTIAL
from ....core.measured import Measured
from ....core.metric_names import headlines
from ....core.runs import Run

WATCHED = ("environment.json", "evaluation.json", "notes.json", "recipe.yaml", "job.json")
"""Files of a run that a row is made from; a row is read again when one of them changes."""


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes
    ----------
    path
        Its folder.
    metrics
        Figures on the test rows.
    model, data
        Names of the model and of the tables.
    rows
        Rows of all splits; None where unknown.
    created
        When it was begun; seconds, Unix.
    tags, note
        What people wrote of it.
    whole
        Whether it holds a recipe; else it was only begun.
    """

    path: Path
    metrics: dict[str, Measured] = field(default_factory=dict)
    model: str = ""
    data: str = ""
    rows: int | None = None
    created: float | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    whole: bool = True

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def foremost(self) -> str:
        """The metric that tells most of it; empty where none was measured."""
        return next(iter(headlines(self.metrics)), "")

    @property
    def words(self) -> str:
        """Everything that the search looks through, in lower case."""
        parts = (self.name, self.model, self.data, *self.tags, self.note)
        return "\n".join(parts).casefold()


def folders(runs: Path) -> list[Path]:
    """Find the folders of a workspace that are runs, or were begun to be."""
    out = []
    with contextlib.suppress(OSError):
        for folder in runs.glob("[!.]*/"):
            begun = any((folder / name).exists() for name in ("recipe.yaml", "environment.json"))
            if begun or any(folder.glob(f"{PARTIAL}*")):
                out.append(folder)
    return out


def stamp(folder: Path) -> tuple[int, ...]:
    """Return what changes when a row must be read again."""
    times = []
    for name in WATCHED:
        try:
            times.append((folder / name).stat().st_mtime_ns)
        except OSError:
            times.append(0)
    return tuple(times)


def read(folder: Path) -> Row:
    """Read a row; what is damaged in a run is left out of it."""
    run = Run(folder)
    environment: dict[str, Any] = {}
    recipe: dict[str, Any] = {}
    written = notes.Notes()
    with contextlib.suppress(Exception):
        environment = run.environment
    with contextlib.suppress(Exception):
        recipe = run.recipe
    with contextlib.suppress(Exception):
        written = notes.read(folder)
    return Row(
        path=folder,
        metrics=listing.metrics(run),
        model=_model(environment, recipe),
        data=_data(recipe),
        rows=_count(environment),
        created=_created(environment),
        tags=written.tags,
        note=written.note,
        whole=run.has("recipe.yaml"),
    )


def _model(environment: dict[str, Any], recipe: dict[str, Any]) -> str:
    for place in (environment, recipe):
        with contextlib.suppress(KeyError, TypeError):
            name = str(place["model"]["name"])
            return Path(name).name if Path(name).is_absolute() else name
    return ""


def _data(recipe: dict[str, Any]) -> str:
    with contextlib.suppress(KeyError, TypeError):
        source = recipe["data"]["source"]
        every = source if isinstance(source, list) else [source]
        paths = [one["path"] if isinstance(one, dict) else one for one in every]
        return ", ".join(Path(str(path)).name for path in paths)
    return ""


def _count(environment: dict[str, Any]) -> int | None:
    with contextlib.suppress(KeyError, TypeError, ValueError, AttributeError):
        return sum(int(count) for count in environment["data"]["rows"].values())
    return None


def _created(environment: dict[str, Any]) -> float | None:
    with contextlib.suppress(KeyError, TypeError, ValueError):
        return datetime.fromisoformat(environment["created"]).timestamp()
    return None
