"""What a finished run is for: answering new tables, figures as files, being compared to others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import RecipeError, RunError, paragraph
from .options import AsJson, Encoding, Quiet, RunFolder
from .output import followed, print_json


def predict(
    folder: RunFolder,
    table: Annotated[
        Path, typer.Argument(help="A table with the run's input columns, or a folder.")
    ],
    out: Annotated[
        Path, typer.Option("--out", help="Where to write: .parquet, .csv, .tsv or .jsonl.")
    ] = Path("predictions.parquet"),
    encoding: Encoding = "utf-8",
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
    from ..core.predict_table import predict_table
    from ..core.runs import Run

    if precision not in ("fp32", "bf16", "auto"):
        raise RecipeError(
            paragraph(
                f"--precision {precision}",
                "expected fp32, bf16 or auto",
                "Correct it, or leave it out",
            )
        )
    with followed(False, quiet) as follow:
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
    from ..core import decision
    from ..core.runs import Run

    run = Run.open(folder)
    if clear:
        decision.clear(run.path)
    elif threshold is not None or positive is not None:
        chosen = decision.asked(run, positive, threshold)
        decision.write(run.path, chosen, run.labels)
    found = decision.read(run.path, run.labels)
    if as_json:
        print_json(None if found is None else found.as_json())
    else:
        typer.echo(decision.words(found))


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
    from ..core.runs import Run
    from ..export import contents
    from ..export import export as write_out

    run = Run.open(folder)
    if name is None:
        found = contents(run)
        if as_json:
            print_json(found.as_json())
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
        print_json({"name": name, "file": str(out)})
        return
    typer.echo(out)


def compare(
    folders: Annotated[
        list[Path], typer.Argument(help="Folders of two or more runs.", metavar="RUN…")
    ],
    as_json: AsJson = False,
) -> None:
    """Put runs beside each other: how their recipes differ, and their figures on the test rows."""
    from ..core.compare import compare as beside
    from ..core.runs import Run

    found = beside([Run.open(folder) for folder in folders])
    if as_json:
        print_json(found.as_json())
        return
    from rich.console import Console

    from ..terminal import comparison_tables

    for table in comparison_tables(found):
        Console().print(table)
    if not found.same_rows:
        typer.echo("The runs don't have the same rows, so their figures can't be compared as such.")
