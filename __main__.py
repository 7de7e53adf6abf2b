"""The command line: one thin function for each command."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from ._version import __version__
from .errors import PellucidError

app = typer.Typer(
    name="pellucid",
    help="Fine-tune models, see why they answer as they do, and whom they treat worse.\n\n"
    "Begin with `pellucid demo`, or with `pellucid recipe new yourtable.csv`.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
recipes = typer.Typer(help="Write recipes.", no_args_is_help=True)
app.add_typer(recipes, name="recipe")

Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
RunFolder = Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write one JSON object to standard output, for programs.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the unfinished run of that name.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change one value: --set train.epochs=1. May be repeated."),
]


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="A recipe in YAML.")],
    runs: Runs = Path("runs"),
    only: Annotated[
        str,
        typer.Option(help="Steps to carry out, with commas: train,evaluate,explain,audit,report."),
    ] = "",
    changes: Change = None,
    resume: Resume = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Carry out a recipe: train, evaluate, explain, audit, report.

    The last line is the run's folder. Ctrl+C stops after the current step and saves a checkpoint;
    a second Ctrl+C cancels.
    """
    from .recipe import Recipe

    steps = [name.strip() for name in only.split(",") if name.strip()] or None
    _execute(Recipe.load(recipe, changes or ()), runs, steps, resume, as_json, quiet)


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe in YAML.")],
    runs: Runs = Path("runs"),
    changes: Change = None,
    resume: Resume = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune the model of a recipe, and nothing else."""
    from .recipe import Recipe

    _execute(Recipe.load(recipe, changes or ()), runs, ["train"], resume, as_json, quiet)


@app.command()
def evaluate(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Predict the test rows of a run and measure the predictions."""
    _again(folder, "evaluate", as_json, quiet)


@app.command()
def explain(
    folder: RunFolder,
    rows: Annotated[
        str | None,
        typer.Option(help="Test rows: a number, a range such as 0:200, “all”, or ids."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="Attribution method: integrated_gradients."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Attribute the answers of a run to the words of its test rows."""
    _again(folder, "explain", as_json, quiet, rows=rows, method=method)


@app.command()
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
        typer.Option(help="A table of anyone's predictions (CSV, TSV, JSONL, Parquet)."),
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
    from .errors import RunError, paragraph

    named = [name.strip() for name in (groups or "").split(",") if name.strip()] or None
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
    from .fairness import audit as compare
    from .fairness import findings

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
        _print_json(found.as_json())
        return
    for text in findings(found):
        typer.echo(text.text)


@app.command()
def report(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Write a run's report and model card again."""
    _again(folder, "report", as_json, quiet)


@app.command()
def predict(
    folder: RunFolder,
    table: Annotated[Path, typer.Argument(help="A table with the run's input columns.")],
    out: Annotated[
        Path, typer.Option("--out", help="Where to write: .parquet, .csv, .tsv or .jsonl.")
    ] = Path("predictions.parquet"),
    encoding: Annotated[str, typer.Option(help="Character encoding of the table.")] = "utf-8",
    quiet: Quiet = False,
) -> None:
    """Let a run's model answer the rows of a new table."""
    from .core.predict_table import predict_table
    from .core.runs import Run

    with _followed(False, quiet) as follow:
        predict_table(Run.open(folder), table, out, encoding=encoding, emit=follow)
    typer.echo(out)


@app.command("runs")
def list_runs(
    runs: Annotated[Path, typer.Argument(help="Folder that holds the runs.")] = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """List the runs of a folder, with how they stand and what they reached."""
    from rich.console import Console

    from .core.listing import overview

    found = overview(runs)
    if as_json:
        _print_json([one.as_json() for one in found])
        return
    if not found:
        typer.echo(f"There are no runs in {runs}. `pellucid demo --runs {runs}` makes one.")
        return
    from .terminal import runs_table

    Console().print(runs_table([one.cells for one in found]))


@app.command()
def stop(folder: RunFolder) -> None:
    """Ask the process that works on a run to save a checkpoint and end; it can be resumed."""
    from .core import jobs
    from .core.runs import Run

    jobs.ask(Run.open(folder).path, "stop")
    typer.echo(f"{folder} will stop after its current step.")


@app.command()
def cancel(folder: RunFolder) -> None:
    """End the process that works on a run at once; it can be resumed from its last checkpoint."""
    from .core import jobs
    from .core.runs import Run

    jobs.ask(Run.open(folder).path, "cancel")
    typer.echo(f"{folder} was cancelled.")


@app.command()
def demo(
    kind: Annotated[str, typer.Option(help="What the demo is about: text.")] = "text",
    runs: Runs = Path("runs"),
    changes: Change = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished demo.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Fine-tune, evaluate, explain and audit a model on sample data that comes with Pellucid."""
    from .recipe import Recipe

    _execute(Recipe.demo(kind, changes or ()), runs, None, resume, as_json, quiet)


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check what this machine has: device, precision, versions, bundled models."""
    from .doctor import examine

    found = examine()
    if as_json:
        _print_json({name: {"ok": ok, "found": text} for name, ok, text in found})
    else:
        for name, ok, text in found:
            typer.echo(f"{'ok  ' if ok else 'MISS'}  {name:<16} {text}")
    if not all(ok for _, ok, _ in found):
        raise typer.Exit(2)


@recipes.command("new")
def recipe_new(
    table: Annotated[Path, typer.Argument(help="A table (CSV, TSV, JSONL, Parquet).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write; TABLE.recipe.yaml if left out."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="The label's column.")] = None,
    input_columns: Annotated[
        list[str] | None,
        typer.Option("--input", help="An input column; may be repeated."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Character encoding of the table.")] = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a recipe.")] = False,
) -> None:
    """Look at a table and write a commented recipe for it, with a reason for every guess."""
    from .new_recipe import write_recipe

    path = write_recipe(
        table, out, label=label, inputs=input_columns or (), encoding=encoding, force=force
    )
    typer.echo(path)


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit()


def main() -> None:
    """Run the command line; errors become one paragraph and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        app(standalone_mode=False)
    except PellucidError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except typer.Exit as ended:
        raise SystemExit(ended.exit_code) from None
    except Exception as error:
        show = getattr(error, "show", None)  # click's own errors know how to show themselves
        if show is None:
            raise
        show()
        raise SystemExit(2) from None


@contextmanager
def _followed(as_json: bool, quiet: bool) -> Iterator[Any]:
    from .terminal import Follow

    with Follow(quiet=quiet or as_json) as follow:
        yield follow


def _execute(
    recipe: Any, runs: Path, steps: list[str] | None, resume: bool, as_json: bool, quiet: bool
) -> None:
    from .pipeline import execute

    with _followed(as_json, quiet) as follow:
        done = execute(recipe, runs, emit=follow, resume=resume, only=steps)
    _conclude(done, as_json)


def _again(folder: Path, step: str, as_json: bool, quiet: bool, **changes: Any) -> None:
    """Carry out one step on a run that exists."""
    from .core.runs import Run
    from .pipeline import carry_out

    with _followed(as_json, quiet) as follow:
        given = {name: value for name, value in changes.items() if value is not None}
        done = carry_out(Run.open(folder), [step], emit=follow, changes=given)
    _conclude(done, as_json)


def _conclude(done: Any, as_json: bool) -> None:
    """Print what a run came to; the last line is its folder."""
    from .core.files import read_json

    if as_json:
        measured = done.path / "evaluation.json"
        _print_json(
            {
                "run": str(done.path),
                "status": done.status,
                "evaluation": read_json(measured) if measured.exists() else None,
            }
        )
        return
    if done.has("report.html"):
        from .core.listing import summary

        for line in summary(done):
            typer.echo(line)
        typer.echo(f"Report: {done.path / 'report.html'}")
    typer.echo(done.path)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False))


if __name__ == "__main__":
    main()
