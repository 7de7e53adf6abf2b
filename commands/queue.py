"""Recipes that wait for their turn: `pellucid queue`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Change, Only, Quiet, RecipeFile, Resume, Runs, names
from .output import conclude, followed, print_json

Number = Annotated[int, typer.Argument(help="Number of the entry in `pellucid queue list`.")]


def add(
    recipe: RecipeFile,
    runs: Runs = Path("runs"),
    only: Only = "",
    changes: Change = None,
    resume: Resume = False,
) -> None:
    """Put a recipe at the end of the queue, as it stands now."""
    from ..core import queue
    from ..pipeline import chosen
    from ..recipe import Recipe

    steps = names(only)
    chosen(steps)  # a step that doesn't exist is told now, not in its turn
    entry = queue.add(runs, Recipe.load(recipe, changes or ()).dump(), steps=steps, resume=resume)
    number = [one.path for one in queue.entries(runs)].index(entry.path) + 1
    typer.echo(f"“{entry.name}” is number {number} in the queue of {runs}.")
    if not queue.runner_alive(runs):
        typer.echo(f"`pellucid queue run --runs {runs}` carries the queue out.")


def list_entries(runs: Runs = Path("runs"), as_json: AsJson = False) -> None:
    """List what waits, and what could not begin and why."""
    from rich.console import Console

    from ..core import queue
    from ..terminal import plain_table

    found = queue.entries(runs)
    if as_json:
        print_json([one.as_json() for one in found])
        return
    if not found:
        typer.echo(f"The queue of {runs} is empty. `pellucid queue add recipe.yaml` fills it.")
        return
    rows = [
        (str(number), one.name, one.status, ", ".join(one.steps or ("all",)), one.added)
        for number, one in enumerate(found, 1)
    ]
    Console().print(plain_table(("", "Recipe", "Status", "Steps", "Added"), rows, right=("",)))
    for number, one in enumerate(found, 1):
        if one.error:
            typer.echo(f"{number}: {one.error}")


def remove(number: Number, runs: Runs = Path("runs")) -> None:
    """Take an entry out of the queue."""
    from ..core import queue

    entry = queue.at(runs, number)
    queue.remove(entry)
    typer.echo(f"“{entry.name}” was removed.")


def move(
    number: Number,
    place: Annotated[int, typer.Argument(help="Its number afterwards; 1 is next.")],
    runs: Runs = Path("runs"),
) -> None:
    """Give an entry another place in the order."""
    from ..core import queue

    entry = queue.at(runs, number)
    queue.move(entry, place)
    typer.echo(f"“{entry.name}” was moved.")


def retry(number: Number, runs: Runs = Path("runs")) -> None:
    """Let an entry that could not begin wait for its turn again."""
    from ..core import queue

    entry = queue.at(runs, number)
    queue.retry(entry)
    typer.echo(f"“{entry.name}” waits again.")


def run(runs: Runs = Path("runs"), quiet: Quiet = False) -> None:
    """Carry out the queue in its order until none waits; a failed run doesn't end it.

    Each run is a process of its own, which prints its folder. Ctrl+C stops the run at work and
    takes no further one. Exit code 1 says that some run failed.
    """
    from .. import queue_runner

    worked = queue_runner.work(runs, quiet=quiet)
    typer.echo(f"Taken from the queue: {worked.taken}; failed: {worked.failed}.", err=True)
    if worked.failed:
        raise typer.Exit(1)


def stop(runs: Runs = Path("runs")) -> None:
    """Let the run at work come to its end, and take no further one."""
    from ..core import jobs, queue

    jobs.ask(queue.runner_folder(runs), "stop")
    typer.echo("The queue will stop after the run at work.")


def carry_out(
    entry: Annotated[Path, typer.Argument(help="An entry's file.")], quiet: Quiet = False
) -> None:
    """Carry out one entry: what `pellucid queue run` starts for each."""
    from .. import queue_runner

    with followed(False, quiet) as follow:
        done = queue_runner.carry_out(entry, emit=follow)
    if done is not None:
        conclude(done, as_json=False)
