"""The steps of a recipe, each carried out once more on a run that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import RunError, paragraph
from .options import AsJson, Quiet, RunFolder, names
from .output import conclude, followed, print_json


def evaluate(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Predict the test rows of a run and measure the predictions."""
    _again(folder, "evaluate", as_json, quiet)


def audit(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A run's folder; leave it out with --predictions.", metavar="[RUN]"),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(help="Sensitive columns, with commas between them."),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="A table of anyone's predictions (CSV, TSV, JSON, JSONL or Parquet)."),
    ] = None,
    label: Annotated[str, typer.Option(help="Column with the true class.")] = "label",
    prediction: Annotated[
        str, typer.Option(help="Column with the predicted class.")
    ] = "prediction",
    score: Annotated[
        str | None,
        typer.Option(help="Column with the probability of the positive class."),
    ] = None,
    positive: Annotated[
        str | None,
        typer.Option(help="The favourable class."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups: of a run's test rows, or of any table of predictions."""
    named = names(groups or "")
    if (folder is None) == (predictions is None):
        raise RunError(
            paragraph(
                "pellucid audit",
                "expected either a run's folder or --predictions TABLE",
                "Name one of the two",
            )
        )
    if folder is not None:
        _again(folder, "audit", as_json, quiet, groups=named)
        return
    from ..fairness import audit as compare
    from ..fairness import findings

    assert predictions is not None  # one of the two was named

    found = compare(
        predictions,
        label=label,
        prediction=prediction,
        score=score,
        groups=named,
        positive=positive,
    )
    if as_json:
        print_json(found.as_json())
        return
    for text in findings(found):
        typer.echo(text.text)


def report(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Write a run's report and model card again."""
    _again(folder, "report", as_json, quiet)


def _again(folder: Path, step: str, as_json: bool, quiet: bool, **changes: Any) -> None:
    """Carry out one step on a run that exists."""
    from ..core.runs import Run
    from ..pipeline import carry_out

    with followed(as_json, quiet) as follow:
        given = {name: value for name, value in changes.items() if value is not None}
        done = carry_out(Run.open(folder), [step], emit=follow, changes=given)
    conclude(done, as_json)
