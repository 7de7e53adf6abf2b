"""The command line: one thin function for each command."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from . import commands_chat
from ._version import __version__
from .errors import PellucidError, RecipeError, paragraph

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
tables = typer.Typer(help="Look at tables before anything is trained.", no_args_is_help=True)
app.add_typer(tables, name="data")
tables.command("chat-look")(commands_chat.chat_look)
tables.command("chat-export")(commands_chat.chat_export)
queues = typer.Typer(
    help="Let recipes wait for their turn, and carry them out one after another.",
    no_args_is_help=True,
)
app.add_typer(queues, name="queue")

Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
RunFolder = Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN")]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write one JSON object to standard output, for programs.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the unfinished run of that name.")
]
Only = Annotated[
    str,
    typer.Option(help="Steps to carry out, with commas: train,evaluate,explain,audit,report."),
]
Number = Annotated[int, typer.Argument(help="Number of the entry in `pellucid queue list`.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change one value: --set train.epochs=1. May be repeated."),
]


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="A recipe in YAML.")],
    runs: Runs = Path("runs"),
    only: Only = "",
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

    _execute(Recipe.load(recipe, changes or ()), runs, _names(only), resume, as_json, quiet)


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
def estimate(
    recipe: Annotated[Path, typer.Argument(help="A recipe in YAML.")],
    changes: Change = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what a recipe will take before it is run: time, memory, disk.

    Data and model are loaded and a few steps are timed, some ten seconds. Nothing is written.
    """
    from .estimate import estimate as reckon
    from .recipe import Recipe

    found = reckon(Recipe.load(recipe, changes or ()))
    if as_json:
        _print_json(found.as_json())
        return
    for sentence in found.sentences:
        typer.echo(sentence)


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
    from .errors import RunError

    named = _names(groups or "")
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
def export(
    folder: RunFolder,
    name: Annotated[
        str | None, typer.Argument(help="What to write; left out, the names are listed.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where to write: .svg, .png (figures), .csv, .parquet (tables)."
        ),
    ] = None,
    dark: Annotated[
        bool, typer.Option("--dark", help="Draw a figure's PNG in the dark theme's colours.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write one figure, table or word map of a run's report to a file of its own.

    Without NAME, lists what there is. The last line is the file.
    """
    from .core.runs import Run
    from .errors import RunError
    from .export import contents
    from .export import export as write_out

    run = Run.open(folder)
    if name is None:
        found = contents(run)
        if as_json:
            _print_json(found.as_json())
            return
        for each in found.blocks:
            typer.echo(f"{each.name}  ({each.kind}: {each.block.title})")
        if found.maps:
            count = len(found.maps)
            typer.echo(f"map:ID  (the words of a row; {count} were explained: {found.maps[0]} …)")
        typer.echo("rows  (table: predictions with inputs)")
        return
    if out is None:
        raise RunError(
            paragraph("--out", f"expected a file to write “{name}” to", "Name one: --out FILE.png")
        )
    write_out(run, name, out, theme="dark" if dark else "light")
    if as_json:
        _print_json({"name": name, "file": str(out)})
        return
    typer.echo(out)


@app.command()
def predict(
    folder: RunFolder,
    table: Annotated[Path, typer.Argument(help="A table with the run's input columns.")],
    out: Annotated[
        Path, typer.Option("--out", help="Where to write: .parquet, .csv, .tsv or .jsonl.")
    ] = Path("predictions.parquet"),
    encoding: Annotated[str, typer.Option(help="Character encoding of the table.")] = "utf-8",
    precision: Annotated[
        str,
        typer.Option(
            help="fp32 answers as any program does with the saved model; bf16 is faster where the "
            "machine has it; auto takes it there."
        ),
    ] = "fp32",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on behind what a killed process had finished.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Let a run's model answer the rows of a new table, of any size.

    The table is read, answered and written a part at a time.
    """
    from .core.predict_table import predict_table
    from .core.runs import Run

    if precision not in ("fp32", "bf16", "auto"):
        raise RecipeError(
            paragraph(
                f"--precision {precision}",
                "expected fp32, bf16 or auto",
                "Correct it, or leave it out",
            )
        )
    with _followed(False, quiet) as follow:
        predict_table(
            Run.open(folder),
            table,
            out,
            encoding=encoding,
            precision=precision,  # type: ignore[arg-type]
            resume=resume,
            emit=follow,
        )
    typer.echo(out)


@app.command()
def decide(
    folder: RunFolder,
    positive: Annotated[
        str | None,
        typer.Option(help="The class; the recipe's audit.positive if left out."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Score, from 0 to 1, from which it is answered.")
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="Answer the class with the highest score again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show or change from which score on `pellucid predict` answers a class.

    Where its score is lower, the best of the other classes is answered. The run's own predictions,
    report and audit stay as they were measured: by the highest score.
    """
    from .core import decision
    from .core.runs import Run

    run = Run.open(folder)
    if clear:
        decision.clear(run.path)
    elif threshold is not None or positive is not None:
        chosen = decision.asked(run, positive, threshold)
        decision.write(run.path, chosen, run.labels)
    found = decision.read(run.path, run.labels)
    if as_json:
        _print_json(None if found is None else found.as_json())
    else:
        typer.echo(decision.words(found))


@app.command()
def compare(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of two or more runs.", metavar="RUN…")
    ],
    as_json: AsJson = False,
) -> None:
    """Put runs beside each other: how their recipes differ, and their figures on the test rows."""
    from .core.compare import compare as beside
    from .core.runs import Run

    found = beside([Run.open(folder) for folder in folders])
    if as_json:
        _print_json(found.as_json())
        return
    from rich.console import Console

    from .terminal import comparison_tables

    for table in comparison_tables(found):
        Console().print(table)
    if not found.same_rows:
        typer.echo("The runs don't have the same rows, so their figures can't be compared as such.")


@app.command("runs")
def list_runs(
    runs: Annotated[Path, typer.Argument(help="Folder that holds the runs.")] = Path("runs"),
    as_json: AsJson = False,
    trashed: Annotated[
        bool, typer.Option("--trash", help="List what lies in the trash instead.")
    ] = False,
) -> None:
    """List the runs of a folder, with how they stand and what they reached."""
    from rich.console import Console

    from .core.listing import overview

    if trashed:
        _list_trash(runs, as_json)
        return
    found = overview(runs)
    if as_json:
        _print_json([one.as_json() for one in found])
        return
    if not found:
        typer.echo(f"There are no runs in {runs}. `pellucid demo --runs {runs}` makes one.")
        return
    from .terminal import runs_table

    tags = [", ".join(one.tags) for one in found]
    Console().print(runs_table([one.cells for one in found], tags))


@app.command()
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
    from .core.notes import read, write
    from .core.runs import Run

    run = Run.open(folder)
    found = read(run.path)
    if tag or untag or note is not None:
        found = found.changed(tag or (), untag or (), note)
        write(run.path, found)
    if as_json:
        _print_json(found.as_json())
        return
    typer.echo(f"Tags: {', '.join(found.tags) or 'none'}")
    typer.echo(found.note or "No note.")


@app.command()
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
    from .core.trash import discard, empty
    from .errors import RunError

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


@app.command()
def restore(
    name: Annotated[str, typer.Argument(help="Name in `pellucid runs --trash`.")],
    runs: Runs = Path("runs"),
) -> None:
    """Bring a run back from the trash. The last line is its folder."""
    from .core.trash import FOLDER
    from .core.trash import restore as bring_back

    typer.echo(bring_back(runs / FOLDER / name))


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


@app.command("resume")
def resume_run(folder: RunFolder, as_json: AsJson = False, quiet: Quiet = False) -> None:
    """Go on with a run that was stopped, cancelled or killed, or that failed.

    Steps whose work is there already are passed over; training goes on from its last checkpoint.
    """
    from .core.runs import Run
    from .pipeline import resume

    with _followed(as_json, quiet) as follow:
        done = resume(Run.open(folder), emit=follow)
    _conclude(done, as_json)


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
    from .gui import main as open_window

    raise typer.Exit(open_window(workspace, tuple(files or ())))


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


@tables.command("look")
def data_look(
    table: Annotated[Path, typer.Argument(help="A table (CSV, TSV, JSONL, Parquet).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write table.arrow and look.json into."),
    ] = None,
    label: Annotated[str | None, typer.Option(help="The label's column.")] = None,
    input_columns: Annotated[
        list[str] | None,
        typer.Option("--input", help="An input column; may be repeated."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Character encoding of the table.")] = "utf-8",
    model: Annotated[str, typer.Option(help="Model whose tokens are counted.")] = "bundled/minilm",
    max_length: Annotated[int, typer.Option(min=1, help="Longest sample in tokens.")] = 256,
    as_json: AsJson = False,
) -> None:
    """Look at a table: roles of its columns, balance, groups, duplicates, lengths in tokens.

    With --out the last line is that folder.
    """
    from .core.look import look

    found = look(
        table,
        label=label,
        inputs=input_columns or (),
        encoding=encoding,
        model=model,
        max_length=max_length,
        out=out,
    )
    if as_json:
        _print_json(found.as_json())
        return
    from rich.console import Console

    from .core.look_findings import cells, lines
    from .terminal import plain_table

    names = ("Column", "Role", "Missing", "Distinct", "Why")
    Console().print(plain_table(names, cells(found), right=("Missing", "Distinct")))
    for line in lines(found):
        typer.echo(line)
    if out is not None:
        typer.echo(out)


@queues.command("add")
def queue_add(
    recipe: Annotated[Path, typer.Argument(help="A recipe in YAML.")],
    runs: Runs = Path("runs"),
    only: Only = "",
    changes: Change = None,
    resume: Resume = False,
) -> None:
    """Put a recipe at the end of the queue, as it stands now."""
    from .core import queue
    from .pipeline import chosen
    from .recipe import Recipe

    steps = _names(only)
    chosen(steps)  # a step that doesn't exist is told now, not in its turn
    entry = queue.add(runs, Recipe.load(recipe, changes or ()).dump(), steps=steps, resume=resume)
    number = [one.path for one in queue.entries(runs)].index(entry.path) + 1
    typer.echo(f"“{entry.name}” is number {number} in the queue of {runs}.")
    if not queue.runner_alive(runs):
        typer.echo(f"`pellucid queue run --runs {runs}` carries the queue out.")


@queues.command("list")
def queue_list(runs: Runs = Path("runs"), as_json: AsJson = False) -> None:
    """List what waits, and what could not begin and why."""
    from rich.console import Console

    from .core import queue
    from .terminal import plain_table

    found = queue.entries(runs)
    if as_json:
        _print_json([one.as_json() for one in found])
        return
    if not found:
        typer.echo(f"The queue of {runs} is empty. `pellucid queue add recipe.yaml` fills it.")
        return
    rows = [
        (str(number), one.name, one.status, ", ".join(one.steps or ("all",)), one.added)
        for number, one in enumerate(found, 1)
    ]
    Console().print(plain_table(("", "Recipe", "Status", "Steps", "Added"), rows, right=("",)))
    for number, one in enumerate(found, 1):
        if one.error:
            typer.echo(f"{number}: {one.error}")


@queues.command("remove")
def queue_remove(number: Number, runs: Runs = Path("runs")) -> None:
    """Take an entry out of the queue."""
    from .core import queue

    entry = queue.at(runs, number)
    queue.remove(entry)
    typer.echo(f"“{entry.name}” was removed.")


@queues.command("move")
def queue_move(
    number: Number,
    place: Annotated[int, typer.Argument(help="Its number afterwards; 1 is next.")],
    runs: Runs = Path("runs"),
) -> None:
    """Give an entry another place in the order."""
    from .core import queue

    entry = queue.at(runs, number)
    queue.move(entry, place)
    typer.echo(f"“{entry.name}” was moved.")


@queues.command("retry")
def queue_retry(number: Number, runs: Runs = Path("runs")) -> None:
    """Let an entry that could not begin wait for its turn again."""
    from .core import queue

    entry = queue.at(runs, number)
    queue.retry(entry)
    typer.echo(f"“{entry.name}” waits again.")


@queues.command("run")
def queue_run(runs: Runs = Path("runs"), quiet: Quiet = False) -> None:
    """Carry out the queue in its order until none waits; a failed run doesn't end it.

    Each run is a process of its own, which prints its folder. Ctrl+C stops the run at work and
    takes no further one. Exit code 1 says that some run failed.
    """
    from .queue_runner import work

    worked = work(runs, quiet=quiet)
    typer.echo(f"Taken from the queue: {worked.taken}; failed: {worked.failed}.", err=True)
    if worked.failed:
        raise typer.Exit(1)


@queues.command("stop")
def queue_stop(runs: Runs = Path("runs")) -> None:
    """Let the run at work come to its end, and take no further one."""
    from .core import jobs, queue

    jobs.ask(queue.runner_folder(runs), "stop")
    typer.echo("The queue will stop after the run at work.")


@queues.command("carry-out", hidden=True)
def queue_carry_out(
    entry: Annotated[Path, typer.Argument(help="An entry's file.")], quiet: Quiet = False
) -> None:
    """Carry out one entry: what `pellucid queue run` starts for each."""
    from .queue_runner import carry_out

    with _followed(False, quiet) as follow:
        done = carry_out(entry, emit=follow)
    if done is not None:
        _conclude(done, as_json=False)


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
        code = app(standalone_mode=False)  # a number where a command ended by typer.Exit
    except PellucidError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except (KeyboardInterrupt, typer.Abort):
        raise SystemExit(130) from None
    except Exception as error:
        show = getattr(error, "show", None)  # click's own errors know how to show themselves
        if show is None:
            raise
        show()
        raise SystemExit(2) from None
    if code:
        raise SystemExit(code)


@contextmanager
def _followed(as_json: bool, quiet: bool) -> Iterator[Any]:
    from .core import processes
    from .terminal import Follow

    with Follow(quiet=quiet or as_json or not processes.is_main()) as follow:
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


def _list_trash(runs: Path, as_json: bool) -> None:
    from rich.console import Console

    from .core.trash import trashed
    from .terminal import plain_table

    found = trashed(runs)
    if as_json:
        _print_json([one.as_json() for one in found])
    elif found:
        rows = [(one.path.name, one.name, one.when) for one in found]
        Console().print(plain_table(("In the trash", "Run", "Thrown away"), rows))
    else:
        typer.echo(f"The trash of {runs} is empty.")


def _names(text: str) -> list[str] | None:
    """Read names with commas between them; None if there are none."""
    return [name.strip() for name in text.split(",") if name.strip()] or None


def _conclude(done: Any, as_json: bool) -> None:
    """Print what a run came to; the last line is its folder."""
    from .core import processes
    from .core.files import read_json

    if not processes.is_main():
        return
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
