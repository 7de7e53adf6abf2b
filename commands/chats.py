"""Tables of conversations: as a model reads them, and as hosted models are tuned on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .options import AsJson, Encoding
from .output import print_json

if TYPE_CHECKING:
    from rich.text import Text

Conversations = Annotated[
    Path,
    typer.Argument(
        help="A table of conversations (CSV, TSV, JSON, JSONL or Parquet): messages, ShareGPT, "
        "Alpaca, or prompt and completion."
    ),
]

LOOKS = {"context": "dim", "learnt": "bold green", "cut": "strike red"}
SIGNS = {"context": ("", ""), "learnt": ("⟦", "⟧"), "cut": ("⟨cut off: ", "⟩")}
"""What stands around a piece where there are no colours."""


def chat_look(
    table: Conversations,
    model: Annotated[
        str, typer.Option(help="Model whose chat template is taken: a folder or a hub id.")
    ],
    rows: Annotated[
        str, typer.Option(help="The first so many rows, or a range such as 10:13.")
    ] = "3",
    max_length: Annotated[int, typer.Option(min=8, help="Tokens that are read of each.")] = 256,
    template: Annotated[
        Path | None, typer.Option(help="Jinja file with another chat template.")
    ] = None,
    question: Annotated[
        list[str] | None,
        typer.Option(help="Column of a question, where its name doesn't tell. May be repeated."),
    ] = None,
    picture: Annotated[
        list[str] | None, typer.Option(help="Column of a picture that is asked about.")
    ] = None,
    answer: Annotated[str | None, typer.Option(help="Column of the answer.")] = None,
    folder: Annotated[
        Path | None, typer.Option(help="Where pictures lie, if not beside the table.")
    ] = None,
    encoding: Encoding = "utf-8",
    as_json: AsJson = False,
) -> None:
    """Show conversations as the model reads them, and which of their tokens are learnt.

    What is learnt is green, what is read alone is dim, what is cut off is struck through; without
    colours, ⟦what is learnt⟧ stands in brackets.
    """
    from ..core.chat_look import chat_look as look
    from ..multimodal.spec import Modality, ModelSpec

    settings = ModelSpec(
        name=model,
        max_length=max_length,
        chat_template=None if template is None else str(template),
    )
    inputs: dict[str, Modality] = dict.fromkeys(picture or (), "image")
    inputs |= dict.fromkeys(question or (), "text")
    told: dict[str, Any] = {"inputs": inputs, "label": answer, "folder": folder}
    found = look(table, settings, rows=rows, encoding=encoding, **told)
    if as_json:
        print_json(found)
        return
    from rich.console import Console

    console = Console(highlight=False)
    coloured = console.is_terminal and console.color_system is not None
    for one in found["shown"]:
        console.print(
            f"{one['place']}: {one['learnt']:,} of {one['tokens']:,} tokens are learnt"
            + (f", {one['cut']:,} more are cut off" if one["cut"] else "")
            + _pictures(one),
            style="bold",
            markup=False,
        )
        console.print(_drawn(one["pieces"], coloured), soft_wrap=True)
        console.print()
    for note in found["notes"]:
        console.print(note, markup=False)


def chat_export(
    table: Conversations,
    out: Annotated[Path, typer.Option("--out", help="JSONL file to write.")],
    encoding: Encoding = "utf-8",
    as_json: AsJson = False,
) -> None:
    """Write conversations as the JSONL from which hosted chat models are fine-tuned.

    Every line is checked as a service would: known roles, an answer at the end, tool calls that
    are answered. At the first fault the row is named and nothing is written. The last line is the
    file.
    """
    from ..core.conversations import export

    found = export(table, out, encoding)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{found['lines']:,} conversations were written and checked.")
    for note in found["notes"]:
        typer.echo(note)
    typer.echo(out)


def _pictures(one: dict[str, Any]) -> str:
    """Name a row's pictures, each with its tokens."""
    said = [
        name if tokens is None else f"{name} ({tokens:,} tokens)"
        for name, tokens in zip(one["pictures"], one["picture_tokens"], strict=True)
    ]
    return f"; pictures: {', '.join(said)}" if said else ""


def _drawn(pieces: list[dict[str, Any]], coloured: bool) -> Text:
    """Put the pieces of a conversation behind one another, each as its kind looks."""
    from rich.text import Text

    from ..multimodal.escape import visible

    out = Text()
    for piece in pieces:
        text = visible(piece["text"], lines=True)
        if coloured:
            out.append(text, style=LOOKS[piece["kind"]])
        else:
            before, behind = SIGNS[piece["kind"]]
            out.append(f"{before}{text}{behind}")
    return out
