"""`audit`: whom a model treats worse, on a run's test rows or on anyone's predictions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import RunError, paragraph
from .audit_options import by_column, cut_value, named_as_options
from .audited import audit_against, audit_run, audit_table, documents_of
from .options import AsJson, Quiet, names

_TABLE = "A table of anyone's predictions"
_GROUPS = "Groups"
_FIGURES = "Figures"
_MADE = "Documents and comparisons"
_REMEDIES = "With --mitigate"


def audit(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A run's folder; leave it out with --predictions.", metavar="[RUN]"),
    ] = None,
    groups: Annotated[
        str,
        typer.Option(
            help="Sensitive columns, with commas between them; all of the run's if left out.",
            rich_help_panel=_GROUPS,
        ),
    ] = "",
    positive: Annotated[
        str | None,
        typer.Option(
            help="The favourable class. Left out: with two classes the second one, with more every "
            "class in turn.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(help="The table: CSV, TSV, JSON, JSONL or Parquet.", rich_help_panel=_TABLE),
    ] = None,
    label: Annotated[
        str | None,
        typer.Option(help="Column with what is true; “label” if left out.", rich_help_panel=_TABLE),
    ] = None,
    prediction: Annotated[
        str | None,
        typer.Option(
            help="Column with what was predicted; “prediction” if left out. With --score and "
            "without it, rows are predicted by the score.",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    score: Annotated[
        str | None,
        typer.Option(
            help="Column with the probability of the positive class.", rich_help_panel=_TABLE
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Score from which a row is predicted positive, where no column holds the "
            "prediction; 0.5 if left out.",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(
            help="What was predicted: classification (if left out), multilabel or regression.",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(
            help="With --task multilabel: what stands between the labels of a cell; | if left out.",
            rich_help_panel=_TABLE,
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Option(
            help="Column of texts in which --terms are looked for.", rich_help_panel=_TABLE
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            help="Most columns that are crossed to form intersections, 1 to 4; 2 if left out.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    cut: Annotated[
        list[str] | None,
        typer.Option(
            help="Cut a column of numbers into bands: age=4 for four of about equal size, "
            "age=18,30,65 at these edges, “age=40,” at one. May be repeated.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    control: Annotated[
        str,
        typer.Option(
            help="Control columns, with commas: groups are also compared among rows that are alike "
            "in them.",
            rich_help_panel=_GROUPS,
        ),
    ] = "",
    reference: Annotated[
        list[str] | None,
        typer.Option(
            help="The group of a column that others are compared with: sex=male. The largest one "
            "if left out. May be repeated.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    terms: Annotated[
        str,
        typer.Option(
            help="Groups made of what the texts mention, by lists of terms, with commas: gender, "
            "race, religion, nationality, age, disability, sexual_orientation.",
            rich_help_panel=_GROUPS,
        ),
    ] = "",
    term_file: Annotated[
        Path | None,
        typer.Option(
            help="A file with lists of terms of your own: YAML, JSON or CSV.",
            rich_help_panel=_GROUPS,
        ),
    ] = None,
    derived: Annotated[
        str,
        typer.Option(
            help="Groups made of a run's samples themselves, with commas: brightness, contrast, "
            "width, duration, loudness, length.",
            rich_help_panel=_GROUPS,
        ),
    ] = "",
    confidence: Annotated[
        float | None,
        typer.Option(help="Level of the intervals; 0.95 if left out.", rich_help_panel=_FIGURES),
    ] = None,
    permutations: Annotated[
        int | None,
        typer.Option(
            help="Permutations behind the p-value of each largest gap; 2000 if left out.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    replicates: Annotated[
        int | None,
        typer.Option(
            help="Draws behind each interval that has no closed form; 2000 if left out.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    small: Annotated[
        int | None,
        typer.Option(
            help="Groups with fewer rows are marked as small; 30 if left out.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    gap: Annotated[
        float | None,
        typer.Option(
            help="A gap that matters, of which is said how many rows would show it; 0.1 if left "
            "out.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of permutations and draws; 13 if left out.", rich_help_panel=_FIGURES
        ),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="Write the whole report of the audit: .html, .pdf, .md, .json, .csv (a folder of "
            "tables) or .zip (the same in one file). May be repeated.",
            rich_help_panel=_MADE,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            help="An earlier audit that this one is set beside: a run's folder, or a file that "
            "`pellucid audit --json` printed. Of two runs on the same test rows, intervals are "
            "paired.",
            rich_help_panel=_MADE,
        ),
    ] = None,
    mitigate: Annotated[
        str | None,
        typer.Option(
            help="compare: what remedies would do for the run, and what they cost.",
            rich_help_panel=_MADE,
        ),
    ] = None,
    remedies: Annotated[
        str,
        typer.Option(
            help="reweigh, balanced, penalty, adversary, group_dro, threshold_optimizer, "
            "reject_option, exponentiated_gradient; all if left out.",
            rich_help_panel=_REMEDIES,
        ),
    ] = "",
    strengths: Annotated[
        str, typer.Option(help="How much of each, with commas.", rich_help_panel=_REMEDIES)
    ] = "0.5,1",
    column: Annotated[
        str | None,
        typer.Option(
            help="The sensitive column, where there are several.", rich_help_panel=_REMEDIES
        ),
    ] = None,
    measure: Annotated[
        str,
        typer.Option(
            help="equalized_odds, demographic_parity, equal_opportunity, false_positive_rate, "
            "recall or subgroup_auc.",
            rich_help_panel=_REMEDIES,
        ),
    ] = "equalized_odds",
    at_most: Annotated[
        float | None,
        typer.Option(
            help="Largest disparity to choose from; below the unmitigated one's if left out.",
            rich_help_panel=_REMEDIES,
        ),
    ] = None,
    on_features: Annotated[
        bool | None,
        typer.Option(
            "--on-features/--retrain",
            help="Train the last layer alone, on features computed once, or the whole recipe for "
            "each remedy. Left out: features where training took over 2 minutes.",
            rich_help_panel=_REMEDIES,
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare groups: of a run's test rows, or of any table of predictions.

    Of a run, what was found is written to its audit.json, and its report shows it when it is
    written again. Options that are left out are as the run's recipe says.
    """
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
    documents = documents_of(out or ())
    settings = {
        "groups": names(groups),
        "positive": positive,
        "depth": depth,
        "cut": by_column("--cut", cut, cut_value),
        "control": names(control),
        "reference": by_column("--reference", reference, lambda option, value: value),
        "terms": names(terms),
        "term_file": None if term_file is None else str(term_file.absolute()),
        "derived": names(derived),
        "confidence": confidence,
        "permutations": permutations,
        "replicates": replicates,
        "small": small,
        "gap": gap,
        "seed": seed,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    table = {
        "label": label,
        "prediction": prediction,
        "score": score,
        "threshold": threshold,
        "task": task,
        "separator": separator,
        "text": text,
    }
    named = {name: value for name, value in table.items() if value is not None}
    with named_as_options(given):
        if folder is None:
            assert predictions is not None  # one of the two was named
            audit_table(predictions, given, named, against, documents, as_json)
        elif against is not None:
            audit_against(folder, given, named, against, documents, as_json, quiet)
        else:
            audit_run(folder, given, named, documents, as_json, quiet)
