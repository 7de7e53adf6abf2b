"""The runs of a folder: listed, noted, thrown away and had back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import RunError, paragraph
from .options import AsJson, RunFolder, Runs
from .output import print_json


def list_runs(
    runs: Annotated[Path, typer.Argument(help="Folder that holds the runs.")] = Path("runs"),
    as_json: AsJson = False,
    trashed: Annotated[
        bool, typer.Option("--trash", help="List what lies in the trash instead.")
    ] = False,
) -> None:
    """List the runs of a folder, with how they stand and what they reached."""
    from rich.console import Console

    from ..core.listing import overview

    if trashed:
        _list_trash(runs, as_json)
        return
    found = overview(runs)
    if as_json:
        print_json([one.as_json() for one in found])
        return
    if not found:
        typer.echo(f"There are no runs in {runs}. `pellucid demo --runs {runs}` makes one.")
        return
    from ..terminal import runs_table

    tags = [", ".join(one.tags) for one in found]
    Console().print(runs_table([one.cells for one in found], tags))


def notes(
    folder: RunFolder,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Add a tag; may be repeated.")
    ] = None,
    untag: Annotated[
        list[str] | None, typer.Option("--untag", help="Remove a tag; may be repeated.")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", help="Write a note in place of the one there is.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show or change the tags and the note of a run."""
    from ..core.notes import read, write
    from ..core.runs import Run

    run = Run.open(folder)
    found = read(run.path)
    if tag or untag or note is not None:
        found = found.changed(tag or (), untag or (), note)
        write(run.path, found)
    if as_json:
        print_json(found.as_json())
        return
    typer.echo(f"Tags: {', '.join(found.tags) or 'none'}")
    typer.echo(found.note or "No note.")


def trash(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A run's folder; leave it out with --empty.", metavar="[RUN]"),
    ] = None,
    runs: Runs = Path("runs"),
    clear: Annotated[
        bool, typer.Option("--empty", help="Delete what lies in the trash of --runs for good.")
    ] = False,
) -> None:
    """Throw a run away; `pellucid restore` brings it back until the trash is emptied.

    The last line is the folder in the trash.
    """
    from ..core.trash import discard, empty

    if (folder is None) != clear:
        raise RunError(
            paragraph(
                "pellucid trash", "expected either a run's folder or --empty", "Name one of the two"
            )
        )
    if folder is None:
        typer.echo(f"{empty(runs)} runs were deleted.")
        return
    typer.echo(discard(folder))


def restore(
    name: Annotated[str, typer.Argument(help="Name in `pellucid runs --trash`.")],
    runs: Runs = Path("runs"),
) -> None:
    """Bring a run back from the trash. The last line is its folder."""
    from ..core.trash import FOLDER
    from ..core.trash import restore as bring_back

    typer.echo(bring_back(runs / FOLDER / name))


def _list_trash(runs: Path, as_json: bool) -> None:
    from rich.console import Console

    from ..core.trash import trashed
    from ..terminal import plain_table

    found = trashed(runs)
    if as_json:
        print_json([one.as_json() for one in found])
    elif found:
        rows = [(one.path.name, one.name, one.when) for one in found]
        Console().print(plain_table(("In the trash", "Run", "Thrown away"), rows))
    else:
        typer.echo(f"The trash of {runs} is empty.")
