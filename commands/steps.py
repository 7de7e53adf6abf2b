"""The steps of a recipe, each carried out once more on a run that exists."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from ..core.spec import Format
from ..errors import RunError, paragraph
from .options import AsJson, Quiet, RunFolder, names, one_of
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
    mitigate: Annotated[
        str | None,
        typer.Option(help="compare: what remedies would do for the run, and what they cost."),
    ] = None,
    remedies: Annotated[
        str,
        typer.Option(
            help="With --mitigate: reweigh, balanced, penalty, adversary, group_dro, "
            "threshold_optimizer, reject_option, exponentiated_gradient; all if left out."
        ),
    ] = "",
    strengths: Annotated[
        str, typer.Option(help="With --mitigate: how much of each, with commas.")
    ] = "0.5,1",
    column: Annotated[
        str | None,
        typer.Option(help="With --mitigate: the sensitive column, where there are several."),
    ] = None,
    measure: Annotated[
        str,
        typer.Option(
            help="With --mitigate: equalized_odds, demographic_parity, equal_opportunity, "
            "false_positive_rate, recall or subgroup_auc."
        ),
    ] = "equalized_odds",
    at_most: Annotated[
        float | None,
        typer.Option(
            help="With --mitigate: largest disparity to choose from; below the unmitigated one's "
            "if left out."
        ),
    ] = None,
    on_features: Annotated[
        bool | None,
        typer.Option(
            "--on-features/--retrain",
            help="With --mitigate: train the last layer alone, on features computed once, or the "
            "whole recipe for each remedy. Left out: features where training took over 2 minutes.",
        ),
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
    if mitigate is not None:
        if folder is None:
            raise RunError(
                paragraph(
                    "pellucid audit --mitigate",
                    "remedies are tried on a run, and --predictions names a table",
                    "Name a run's folder",
                )
            )
        from .remedies import mitigate as compare_remedies

        compare_remedies(
            folder,
            way=mitigate,
            remedies=remedies,
            strengths=strengths,
            column=column,
            measure=measure,
            at_most=at_most,
            on_features=on_features,
            as_json=as_json,
            quiet=quiet,
        )
        return
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
    from ..pipeline import carry_out

    with followed(as_json, quiet) as follow:
        given = {name: value for name, value in changes.items() if value is not None}
        done = carry_out(Run.open(folder), [step], emit=follow, changes=given)
    conclude(done, as_json)
