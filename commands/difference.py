"""`difference`: what fine-tuning, or another run, changed in the explanations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .explain import check_given
from .options import AsJson, Quiet, RunFolder, Target, TestRows
from .output import followed, tell


def difference(
    folder: RunFolder,
    other: Annotated[
        Path | None,
        typer.Argument(
            help="Another run's folder; the run before its own fine-tuning if left out.",
            metavar="[OTHER]",
        ),
    ] = None,
    rows: TestRows = None,
    method: Annotated[
        str | None,
        typer.Option(help="A method; `pellucid methods` lists them. The recipe's first one."),
    ] = None,
    target: Target = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare a run's explanations with those before fine-tuning, or with another run's.

    What was found is also written to the explanations/difference.json of the first run.
    """
    from ..core.runs import Run
    from ..explain.whole.beside import FILE, beside, write_beside
    from ..explain.whole.difference_section import sentences
    from ..multimodal.escape import visible

    run = Run.open(folder)
    asked: dict[str, Any] = {"rows": rows, "method": method, "target": target}
    check_given(run, {key: value for key, value in asked.items() if value is not None})
    with followed(as_json, quiet) as follow:
        found = beside(run, other, rows, method, target=target, emit=follow)
    path = run.path / "explanations" / FILE
    write_beside(path, found)
    tell(run, path, {"difference": found.as_json()}, map(visible, sentences(found)), as_json)
