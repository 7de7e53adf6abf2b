"""Carrying out a recipe: the run, how it is ended and resumed, and beforehand what it will take."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import AsJson, Change, Only, Quiet, RecipeFile, Resume, RunFolder, Runs, names
from .output import conclude, followed, print_json

if TYPE_CHECKING:
    from ..recipe import Recipe


def run(
    recipe: RecipeFile,
    runs: Runs = Path("runs"),
    only: Only = "",
    changes: Change = None,
    resume: Resume = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Carry out a recipe: train, evaluate, explain, audit, report.

    The last line is the run's folder. Ctrl+C stops after the current step and saves a checkpoint;
    a second Ctrl+C cancels.
    """
    from ..recipe import Recipe

    _execute(Recipe.load(recipe, changes or ()), runs, names(only), resume, as_json, quiet)


def train(
    recipe: RecipeFile,
    runs: Runs = Path("runs"),
    changes: Change = None,
    resume: Resume = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune the model of a recipe, and nothing else."""
    from ..recipe import Recipe

    _execute(Recipe.load(recipe, changes or ()), runs, ["train"], resume, as_json, quiet)


def demo(
    kind: Annotated[
        str, typer.Option(help="What the demo is about: text, image, audio, vqa or chat.")
    ] = "text",
    runs: Runs = Path("runs"),
    changes: Change = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished demo.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune, evaluate, explain and audit a model on sample data that comes with Pellucid."""
    from ..recipe import Recipe

    _execute(Recipe.demo(kind, changes or ()), runs, None, resume, as_json, quiet)


def estimate(
    recipe: RecipeFile,
    changes: Change = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what a recipe will take before it is run: time, memory, disk.

    Data and model are loaded and a few steps are timed, some ten seconds. Nothing is written.
    """
    from ..estimate import estimate as reckon
    from ..recipe import Recipe

    found = reckon(Recipe.load(recipe, changes or ()))
    if as_json:
        print_json(found.as_json())
        return
    for sentence in found.sentences:
        typer.echo(sentence)


def resume_run(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Go on with a run that was stopped, cancelled or killed, or that failed.

    Steps whose work is there already are passed over; training goes on from its last checkpoint.
    """
    from ..core.runs import Run
    from ..pipeline import resume

    with followed(as_json, quiet) as follow:
        done = resume(Run.open(folder), emit=follow)
    conclude(done, as_json)


def stop(folder: RunFolder) -> None:
    """Ask the process that works on a run to save a checkpoint and end; it can be resumed."""
    from ..core import jobs
    from ..core.runs import Run

    jobs.ask(Run.open(folder).path, "stop")
    typer.echo(f"{folder} will stop after its current step.")


def cancel(folder: RunFolder) -> None:
    """End the process that works on a run at once; it can be resumed from its last checkpoint."""
    from ..core import jobs
    from ..core.runs import Run

    jobs.ask(Run.open(folder).path, "cancel")
    typer.echo(f"{folder} was cancelled.")


def _execute(
    recipe: Recipe, runs: Path, steps: list[str] | None, resume: bool, as_json: bool, quiet: bool
) -> None:
    """Carry out steps of a recipe, shown while they work; None means all of its steps."""
    from ..pipeline import execute

    with followed(as_json, quiet) as follow:
        done = execute(recipe, runs, emit=follow, resume=resume, only=steps)
    conclude(done, as_json)
