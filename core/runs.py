"""A run: one execution of a recipe, and the folder that anyone can read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ..errors import RunError, paragraph
from . import jobs
from .files import write_json, write_text
from .migrate import FORMAT, migrate
from .spec import DataSpec

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class Run:
    """A run's folder; everything is read from it when it is asked for.

    Attributes
    ----------
    path
        The folder.
    """

    path: Path

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open a run that exists.

        Raises
        ------
        RunError
            If there is no such folder, or it is not a run's.
        """
        run = cls(Path(path))
        if not (run.path / "recipe.yaml").is_file():
            problem = (
                "the folder holds no recipe.yaml, so it is not a run, or was only begun"
                if run.path.is_dir()
                else "there is no such folder"
            )
            raise RunError(
                paragraph(str(path), problem, "Name a run's folder; `pellucid runs` lists them")
            )
        return run

    @classmethod
    def create(cls, runs: Path, name: str, recipe: str, environment: dict[str, Any]) -> Run:
        """Make the folder of a new run; a name that is taken gets ``-2``, ``-3`` and so on.

        Parameters
        ----------
        runs
            Folder that holds the runs.
        name
            The recipe's name.
        recipe
            The recipe as YAML with every default filled in.
        environment
            What environment.json shall say, besides the format.
        """
        runs.mkdir(parents=True, exist_ok=True)
        stem = folder_name(name)
        number = 1
        while True:
            path = runs / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir()
                break
            except FileExistsError:
                number += 1
        write_json(path / "environment.json", {"format": FORMAT, **environment})
        write_text(path / "recipe.yaml", recipe)
        return cls(path)

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def status(self) -> jobs.Status:
        """How the run's job stands."""
        return jobs.status(self.path)

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe as plain data, every default filled in."""
        return self._read("recipe.yaml", yaml.safe_load)

    def section(self, name: str, kind: type[S]) -> S:
        """Return one section of the recipe, checked.

        Raises
        ------
        RunError
            If the section is not there or was altered into something that can't be read.
        """
        try:
            return kind.model_validate(self.recipe.get(name) or {})
        except ValidationError as error:
            raise RunError(
                paragraph(
                    f"{self.path / 'recipe.yaml'}, section “{name}”",
                    f"it can't be read ({error.errors()[0]['msg']})",
                    "Restore the file; a run's recipe is not meant to be edited",
                )
            ) from None

    @property
    def environment(self) -> dict[str, Any]:
        """Versions, device, seed, data fingerprint, classes and lineage of the run."""
        return migrate(self._read("environment.json", json.loads))

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the model's outputs; empty for tasks without classes."""
        return tuple(self.environment["labels"])

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modality of each part of a sample; older runs know those only that their recipe names."""
        known = self.environment["data"].get("inputs")
        return tuple(known.values()) if known else self.section("data", DataSpec).modalities

    @property
    def task(self) -> str:
        """What the model learns to do; older runs knew classification only."""
        return str(self.environment.get("task", "classification"))

    @property
    def model(self) -> Path:
        """The folder of the trained model.

        Raises
        ------
        RunError
            If training has not ended.
        """
        return self.need("model", "train")

    def dataset(self) -> Dataset:
        """Read the run's rows again from its tables.

        Raises
        ------
        RunError
            If they are not the rows that the run was trained on.
        """
        from .dataset import load

        dataset = load(self.section("data", DataSpec), self.task)
        if dataset.fingerprint != self.environment["data"]["fingerprint"]:
            raise RunError(
                paragraph(
                    str(self.path),
                    "the table of this run has changed since the run was trained",
                    "Restore the table, or train again on the new one",
                )
            )
        return dataset

    def predictions(self) -> pd.DataFrame:
        """Return predictions.parquet: one row per evaluated sample."""
        import pandas as pd

        return pd.read_parquet(self.need("predictions.parquet", "evaluate"))

    def _read(self, name: str, parse: Callable[[str], Any]) -> dict[str, Any]:
        path = self.path / name
        try:
            return dict(parse(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
            reason = str(error).splitlines()[0]
            raise RunError(
                paragraph(
                    str(path),
                    f"the file is damaged or missing ({reason})",
                    "Restore it from a copy of the run, or begin a new run",
                )
            ) from None

    def has(self, name: str) -> bool:
        """Whether a file or folder of the run is there."""
        return (self.path / name).exists()

    def need(self, name: str, step: str) -> Path:
        """Return the path of something that a step made.

        Raises
        ------
        RunError
            If it is not there; the message names the command that makes it.
        """
        path = self.path / name
        if not path.exists():
            raise RunError(
                paragraph(
                    str(path),
                    f"it is not there yet: the run is {self.status} and this is what "
                    f"the step “{step}” makes",
                    f"Run `pellucid {step} {self.path}`"
                    if step != "train"
                    else "Go on with the training: `pellucid run recipe.yaml --resume`",
                )
            )
        return path


def folder_name(name: str) -> str:
    """Return the name of a recipe as the name of a folder, which never has a dot in front."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "run"


def find(runs: Path) -> list[Run]:
    """Find the runs of a workspace, newest last; folders that are no runs are passed over.

    Names with a dot in front (the trash, the queue) are no runs.
    """
    # A recipe is written once; the folder's own times change with every note and every move.
    recipes = sorted(
        runs.glob("[!.]*/recipe.yaml"), key=lambda path: (path.stat().st_mtime_ns, path.parent.name)
    )
    return [Run(path.parent) for path in recipes]


def unfinished(runs: Path, name: str) -> Run | None:
    """Find the newest run of a name that has not finished and that no process works on."""
    stem = re.compile(re.escape(folder_name(name)) + r"(-\d+)?")
    for run in reversed(find(runs)):
        if stem.fullmatch(run.name) and run.status not in ("finished", "running"):
            return run
    return None
