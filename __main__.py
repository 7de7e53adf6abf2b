"""The command line: what each command is called, and how the program ends."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ._version import __version__
from .commands import (
    attributed,
    audit,
    chats,
    counterfactuals,
    difference,
    explain,
    influence,
    perturb,
    privacy,
    program,
    queue,
    results,
    running,
    runs,
    steps,
    stereotypes,
    swap,
    tables,
)
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
# In the order in which `pellucid --help` lists them.
app.command("run")(running.run)
app.command("train")(running.train)
app.command("estimate")(running.estimate)
app.command("evaluate")(steps.evaluate)
app.command("explain")(explain.explain)
app.command("counterfactual")(counterfactuals.counterfactual)
app.command("what-if")(counterfactuals.what_if)
app.command("influence")(influence.influence)
app.command("difference")(difference.difference)
app.command("audit")(audit.audit)
app.command("stereotypes")(stereotypes.stereotypes)
app.command("perturb")(perturb.perturb)
app.command("attributed")(attributed.attributed)
app.command("swap")(swap.swap)
app.command("privacy")(privacy.privacy)
app.command("report")(steps.report)
app.command("export")(results.export)
app.command("predict")(results.predict)
app.command("decide")(results.decide)
app.command("compare")(results.compare)
app.command("runs")(runs.list_runs)
app.command("notes")(runs.notes)
app.command("trash")(runs.trash)
app.command("restore")(runs.restore)
app.command("stop")(running.stop)
app.command("cancel")(running.cancel)
app.command("resume")(running.resume_run)
app.command("demo")(running.demo)
app.command("gui")(program.gui)
app.command("methods")(explain.methods)
app.command("doctor")(program.doctor)

recipe_group = typer.Typer(help="Write recipes.", no_args_is_help=True)
recipe_group.command("new")(tables.recipe_new)
app.add_typer(recipe_group, name="recipe")

data_group = typer.Typer(help="Look at tables before anything is trained.", no_args_is_help=True)
data_group.command("chat-look")(chats.chat_look)
data_group.command("chat-export")(chats.chat_export)
data_group.command("look")(tables.data_look)
app.add_typer(data_group, name="data")

canaries_group = typer.Typer(
    help="Made-up secrets in a training table, by which learning by heart is measured.",
    no_args_is_help=True,
)
canaries_group.command("plant")(privacy.plant)
app.add_typer(canaries_group, name="canaries")

queue_group = typer.Typer(
    help="Let recipes wait for their turn, and carry them out one after another.",
    no_args_is_help=True,
)
queue_group.command("add")(queue.add)
queue_group.command("list")(queue.list_entries)
queue_group.command("remove")(queue.remove)
queue_group.command("move")(queue.move)
queue_group.command("retry")(queue.retry)
queue_group.command("run")(queue.run)
queue_group.command("stop")(queue.stop)
queue_group.command("carry-out", hidden=True)(queue.carry_out)
app.add_typer(queue_group, name="queue")


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


if __name__ == "__main__":
    main()
