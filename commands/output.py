"""What commands print: progress while a job works, what it came to, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ..core.runs import Run
    from ..terminal import Follow


@contextmanager
def followed(as_json: bool, quiet: bool) -> Iterator[Follow]:
    """Show on standard error what a job tells; programs and other processes are told nothing."""
    from ..core import processes
    from ..terminal import Follow

    with Follow(quiet=quiet or as_json or not processes.is_main()) as follow:
        yield follow


def conclude(done: Run, as_json: bool) -> None:
    """Print what a run came to; the last line is its folder."""
    from ..core import processes
    from ..core.files import read_json

    if not processes.is_main():
        return
    if as_json:
        measured = done.path / "evaluation.json"
        print_json(
            {
                "run": str(done.path),
                "status": done.status,
                "evaluation": read_json(measured) if measured.exists() else None,
            }
        )
        return
    if done.has("report.html"):
        from ..core.listing import summary

        for line in summary(done):
            typer.echo(line)
        typer.echo(f"Report: {done.path / 'report.html'}")
    typer.echo(done.path)


def tell(
    run: Run, path: Path, found: Mapping[str, Any], lines: Iterable[str], as_json: bool
) -> None:
    """Print what was measured of a run and written to a file, whose path is the last line.

    Parameters
    ----------
    run, path
        The run, and the file.
    found
        The record under its name, for programs.
    lines
        The same for people; not asked for where a program reads.
    as_json
        Whether one does.
    """
    if as_json:
        print_json({"run": str(run.path), "file": str(path), **found})
        return
    for line in lines:
        typer.echo(line)
    typer.echo(path)


def print_json(value: Any) -> None:
    """Print one JSON value on one line, for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False))
