"""The program itself: its window, and what it finds on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson
from .output import print_json


def gui(
    workspace: Annotated[
        Path | None,
        typer.Argument(help="Folder that holds the runs; the last one opened if left out."),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option("--open", help="A table, recipe or run to open at once; may be repeated."),
    ] = None,
) -> None:
    """Open the window. Jobs that it starts go on when it is closed."""
    from ..gui import main as open_window

    raise typer.Exit(open_window(workspace, tuple(files or ())))


def doctor(as_json: AsJson = False) -> None:
    """Check what this machine has: device, precision, versions, bundled models."""
    from ..doctor import examine

    found = examine()
    if as_json:
        print_json({name: {"ok": ok, "found": text} for name, ok, text in found})
    else:
        for name, ok, text in found:
            typer.echo(f"{'ok  ' if ok else 'MISS'}  {name:<16} {text}")
    if not all(ok for _, ok, _ in found):
        raise typer.Exit(2)
