"""Options and arguments that several commands take."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError, nearest, paragraph

RecipeFile = Annotated[Path, typer.Argument(help="A recipe in YAML.")]
RunFolder = Annotated[Path, typer.Argument(help="A run's folder.", metavar="RUN")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")]
Change = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change one value: --set train.epochs=1. May be repeated."),
]
Only = Annotated[
    str,
    typer.Option(help="Steps to carry out, with commas: train,evaluate,explain,audit,report."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the unfinished run of that name.")
]
Encoding = Annotated[str, typer.Option(help="Character encoding of the table.")]
TEST_ROWS = typer.Option(help="Test rows: a number, a range such as 0:200, “all”, or ids.")
TestRows = Annotated[str | None, TEST_ROWS]
Target = Annotated[
    str | None,
    typer.Option(help="Which answer: predicted, label, or a class (labels with commas)."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Write one JSON object to standard output, for programs.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def names(text: str) -> list[str] | None:
    """Read names with commas between them; None if there are none."""
    return [name.strip() for name in text.split(",") if name.strip()] or None


def one_of(option: str, given: str, known: Iterable[str]) -> str:
    """Refuse what an option can't be; the message names the nearest thing that it can."""
    ways = list(known)
    if given not in ways:
        raise DataError(
            paragraph(
                f"{option} {given}",
                f"there is no such way ({nearest(given, ways)})",
                f"Name some of {', '.join(ways)}",
            )
        )
    return given
