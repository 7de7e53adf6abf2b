"""The steps of a recipe, each carried out once more on a run that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from ..core.spec import Format
from .options import AsJson, Quiet, RunFolder, names, one_of
from .output import conclude, followed


def evaluate(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Predict the test rows of a run and measure the predictions."""
    _again(folder, "evaluate", as_json, quiet)


def report(
    folder: RunFolder,
    formats: Annotated[
        str | None,
        typer.Option(
            help=f"Documents to write, with commas between them: {', '.join(get_args(Format))}; "
            "those of the recipe if left out."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Write a run's report and the other documents about it again."""
    named = None if formats is None else names(formats)
    for name in named or ():
        one_of("--formats", name, get_args(Format))
    _again(folder, "report", as_json, quiet, formats=named)


def _again(folder: Path, step: str, as_json: bool, quiet: bool, **changes: Any) -> None:
    """Carry out one step on a run that exists."""
    from ..core.runs import Run
    from ..pipeline import redo

    with followed(as_json, quiet) as follow:
        given = {name: value for name, value in changes.items() if value is not None}
        done = redo(Run.open(folder), step, emit=follow, changes=given)
    conclude(done, as_json)
