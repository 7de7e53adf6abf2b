"""Tables before anything is trained: what is in them, and a recipe for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson, Encoding
from .output import print_json

Table = Annotated[
    Path,
    typer.Argument(
        help="A table (CSV, TSV, JSON, JSONL or Parquet), or a folder of pictures or sounds."
    ),
]
Label = Annotated[str | None, typer.Option(help="The label's column.")]
Inputs = Annotated[
    list[str] | None, typer.Option("--input", help="An input column; may be repeated.")
]


def recipe_new(
    table: Table,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write; TABLE.recipe.yaml if left out."),
    ] = None,
    label: Label = None,
    input_columns: Inputs = None,
    encoding: Encoding = "utf-8",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a recipe.")] = False,
) -> None:
    """Look at a table and write a commented recipe for it, with a reason for every guess."""
    from ..new_recipe import write_recipe

    path = write_recipe(
        table, out, label=label, inputs=input_columns or (), encoding=encoding, force=force
    )
    typer.echo(path)


def data_look(
    table: Table,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write table.arrow and look.json into."),
    ] = None,
    label: Label = None,
    input_columns: Inputs = None,
    encoding: Encoding = "utf-8",
    model: Annotated[str, typer.Option(help="Model whose tokens are counted.")] = "bundled/minilm",
    max_length: Annotated[int, typer.Option(min=1, help="Longest sample in tokens.")] = 256,
    as_json: AsJson = False,
) -> None:
    """Look at a table: roles of its columns, balance, groups, duplicates, lengths in tokens.

    With --out the last line is that folder.
    """
    from ..core.look import look

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
        print_json(found.as_json())
        return
    from rich.console import Console

    from ..core.look_findings import cells, lines
    from ..terminal import plain_table

    names = ("Column", "Role", "Missing", "Distinct", "Why")
    Console().print(plain_table(names, cells(found), right=("Missing", "Distinct")))
    for line in lines(found):
        typer.echo(line)
    if out is not None:
        typer.echo(out)
