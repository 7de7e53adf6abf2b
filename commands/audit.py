"""`audit`: whom a model treats worse, on a run's test rows or on anyone's predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import PellucidError, RecipeError, RunError, nearest, paragraph
from .options import AsJson, Quiet, names, one_of
from .output import conclude, followed, print_json

if TYPE_CHECKING:
    from ..core.events import Emit
    from ..core.report.tree import Report
    from ..core.runs import Run
    from ..fairness.audit_pairs.record import AuditPair
    from ..fairness.spec import AuditSpec

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
    documents = _documents(out or ())
    settings = {
        "groups": names(groups),
        "positive": positive,
        "depth": depth,
        "cut": _by_column("--cut", cut, _cut),
        "control": names(control),
        "reference": _by_column("--reference", reference, lambda option, value: value),
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
    with _named_as_options(given):
        if folder is None:
            assert predictions is not None  # one of the two was named
            _of_a_table(predictions, given, named, against, documents, as_json)
        elif against is not None:
            _before_and_after(folder, given, named, against, documents, as_json, quiet)
        else:
            _of_a_run(folder, given, named, documents, as_json, quiet)


def _of_a_run(
    folder: Path,
    given: Mapping[str, Any],
    named: Mapping[str, Any],
    out: Sequence[Path],
    as_json: bool,
    quiet: bool,
) -> None:
    """Audit the test rows of a run, as its job."""
    from ..core import processes
    from ..fairness import findings
    from ..fairness.reading import read_audit
    from ..multimodal.escape import visible

    with followed(as_json, quiet) as follow:
        done = _audited(folder, given, named, follow)
        written = _written(_report_of(done), out) if out else []
    if not as_json and processes.is_main():
        found = read_audit(done)
        for text in () if found is None else findings(found):
            typer.echo(visible(text.text, 2000))
        for path in written:
            typer.echo(f"Report of the audit: {path}")
    conclude(done, as_json)


def _audited(folder: Path, given: Mapping[str, Any], named: Mapping[str, Any], emit: Emit) -> Run:
    from ..core.runs import Run
    from ..core.spec import DataSpec
    from ..fairness.spec import AuditSpec, changed
    from ..pipeline import carry_out

    for name in named:
        raise RunError(
            paragraph(
                f"--{name}",
                "it tells of a table of predictions, and a run knows it itself",
                "Leave it out, or name the table with --predictions",
            )
        )
    run = Run.open(folder)
    spec = changed(run.section("audit", AuditSpec), given)
    own = spec.groups if spec.groups is not None else run.section("data", DataSpec).groups
    _check_columns(given, own, spec)
    return carry_out(run, ["audit"], emit=emit, changes=dict(given))


def _before_and_after(
    folder: Path,
    given: Mapping[str, Any],
    named: Mapping[str, Any],
    against: Path,
    out: Sequence[Path],
    as_json: bool,
    quiet: bool,
) -> None:
    """Set an audit that was made beside an earlier one; made anew where options say otherwise."""
    from ..core.runs import Run
    from ..fairness.audit_pairs.measure import compare_audits
    from ..fairness.audit_pairs.record import write_pair

    after: Run | Path = folder
    if given or named:
        with followed(as_json, quiet) as follow:
            after = _audited(folder, given, named, follow)
    elif folder.is_dir():
        after = Run.open(folder)
    pair = compare_audits(against, after, seed=given.get("seed", 13))
    file = write_pair(after.path, pair) if isinstance(after, Run) else None
    _tell_pair(pair, out, as_json, file)


def _tell_pair(pair: AuditPair, out: Sequence[Path], as_json: bool, file: Path | None) -> None:
    from ..fairness.audit_pairs.section import findings
    from ..fairness.document import pair_document
    from ..multimodal.escape import visible

    written = _written(pair_document(pair), out) if out else []
    if as_json:
        print_json({"file": None if file is None else str(file), "against": pair.as_json()})
        return
    for text in findings(pair):
        typer.echo(visible(text.text, 2000))
    for path in written:
        typer.echo(f"Report of the comparison: {path}")
    if file is not None:
        typer.echo(file)


def _of_a_table(
    predictions: Path,
    given: Mapping[str, Any],
    named: Mapping[str, Any],
    against: Path | None,
    out: Sequence[Path],
    as_json: bool,
) -> None:
    """Audit anyone's predictions."""
    from ..fairness import audit as compare
    from ..fairness import compare_audits, findings
    from ..fairness.document import document
    from ..fairness.spec import AUDITED, AuditSpec, changed

    if "task" in named:
        one_of("--task", named["task"], AUDITED)
    threshold = named.get("threshold")
    if threshold is not None and ("prediction" in named or "score" not in named):
        raise RecipeError(
            paragraph(
                f"--threshold {threshold:g}",
                "it makes predictions of a score, which goes with --score and without --prediction",
                "Leave it out, or name these columns so",
            )
        )
    spec = changed(AuditSpec(), given)
    _check_columns(given, spec.groups or (), spec)
    found = compare(predictions, spec=spec, **named)
    if against is not None:
        pair = compare_audits(against, found, names=("before", predictions.name), seed=spec.seed)
        _tell_pair(pair, out, as_json, None)
        return
    report = document(found, f"Audit of {predictions.name}", str(predictions))
    written = _written(report, out) if out else []
    if as_json:
        print_json(found.as_json())
        return
    for text in findings(found):
        typer.echo(text.text)
    for path in written:
        typer.echo(f"Report of the audit: {path}")


def _report_of(run: Run) -> Report:
    """Build the report on whom a run's model treats worse."""
    from ..explain.section import cells_of
    from ..fairness.document import document
    from ..fairness.reading import read_audit
    from ..fairness.reported import reported

    found = read_audit(run)
    if found is None:
        raise RunError(
            paragraph(
                "--out",
                "the run names no sensitive columns, so there is no audit to write up",
                "Name columns with --groups, or make some with --terms or --derived",
            )
        )
    rows = run.dataset()
    parts = reported(run.path, found, cells=cells_of(rows), modalities=rows.modalities)
    return document(found, f"Audit of {run.name}", str(run.path), parts)


def _documents(out: Sequence[Path]) -> tuple[Path, ...]:
    """Refuse documents that can't be written, before any work is done for them."""
    from ..core.report.documents import checked

    for path in out:
        checked(path)
        if not path.absolute().parent.is_dir():
            raise RunError(
                paragraph(
                    f"--out {path}",
                    f"there is no folder {path.parent}",
                    "Make it, or name a file in another one",
                )
            )
    return tuple(out)


def _written(report: Report, out: Sequence[Path]) -> list[Path]:
    """Write the documents; return the files and folders."""
    from ..core import processes
    from ..core.report import documents

    return [documents.write(report, path) for path in out] if processes.is_main() else []


def _by_column(option: str, given: Sequence[str] | None, read: Any) -> dict[str, Any] | None:
    """Read options such as ``age=4``; None where there are none."""
    out = {}
    for one in given or ():
        column, sign, value = one.partition("=")
        column, value = column.strip(), value.strip()
        if not (sign and column and value):
            raise RecipeError(
                paragraph(
                    f"{option} {one}",
                    "expected a column, an equals sign and a value",
                    f"Write {option} {'age=4' if option == '--cut' else 'sex=male'}",
                )
            )
        out[column] = read(f"{option} {one}", value)
    return out or None


def _cut(option: str, value: str) -> int | list[float]:
    """Read a number of bands, or edges with commas."""
    try:
        if "," not in value:
            return int(value)
        edges = [float(part) for part in value.split(",") if part.strip()]
    except ValueError:
        edges = []
    if not edges or not all(abs(edge) < float("inf") for edge in edges):
        raise RecipeError(
            paragraph(
                option,
                f"expected a number of bands, or edges with commas, and found “{value}”",
                "Write age=4 for four bands of about equal size, or age=18,30,65 for edges",
            )
        )
    return edges


def _check_columns(given: Mapping[str, Any], groups: Sequence[str], spec: AuditSpec) -> None:
    """Refuse options for columns that are not compared, which would do nothing."""
    compared = [*groups, *spec.derived]
    if spec.terms or spec.term_file:
        from ..fairness.terms.grouped import MENTIONS
        from ..fairness.terms.lists import term_lists

        lists = term_lists(spec.terms, spec.term_file)
        compared += [f"{MENTIONS}{one.category}" for one in lists]
    for key, known in (("cut", [*compared, *spec.control]), ("reference", compared)):
        for column in given.get(key, ()):
            # With several inputs of a kind, what is derived is called “brightness(photo)”.
            if column not in known and column.partition("(")[0] not in spec.derived:
                raise RecipeError(
                    paragraph(
                        f"--{key}",
                        f"“{column}” is not among the columns that are compared "
                        f"({nearest(column, known)})",
                        "Name it in --groups too, or correct its name",
                    )
                )


@contextmanager
def _named_as_options(given: Mapping[str, Any]) -> Iterator[None]:
    """Let messages speak of the options that were given in place of the recipe's keys."""

    def option(found: re.Match[str]) -> str:
        key = found[1]
        return f"--{key.replace('_', '-')}" if key in given else found[0]

    try:
        yield
    except PellucidError as error:
        told = re.sub(r"\baudit\.([a-z_]+)", option, str(error))
        raise type(error)(told) from error.__cause__
