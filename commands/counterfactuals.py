"""`counterfactual` and `what-if`: what would have to be different for another answer."""

from __future__ import annotations

from typing import Annotated

import typer

from ..errors import DataError, paragraph
from .options import AsJson, Quiet, RunFolder, TestRows, names
from .output import followed, print_json, tell


def counterfactual(
    folder: RunFolder,
    rows: TestRows = None,
    kind: Annotated[
        str,
        typer.Option(
            help="With commas: remove (the fewest segments without which the answer changes), keep "
            "(the fewest that alone keep it), swap (the fewest words in place of which others "
            "change it), neighbour (the nearest training rows with another label or answer)."
        ),
    ] = "remove,keep,swap,neighbour",
    masked_lm: Annotated[
        str | None,
        typer.Option(
            help="Folder or hub id of a masked language model that proposes words for swap; words "
            "of the training rows are taken if left out."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Search for what would have to be different for another answer to a run's test rows.

    What was found is also written to the run's explanations/counterfactuals.json, beside what it
    holds of other rows.
    """
    from ..core.runs import Run
    from ..explain.search import add_counterfactuals, counterfactuals
    from ..explain.search.found import FILE
    from ..explain.search.section import sentences

    run = Run.open(folder)
    with followed(as_json, quiet) as follow:
        found = counterfactuals(run, rows, names(kind) or (), masked_lm=masked_lm, emit=follow)
    path = run.path / "explanations" / FILE
    add_counterfactuals(path, found)
    lines = []
    for one in found:
        lines.append(f"Row {one.id}: “{one.answer.label}” ({one.answer.score:.2f})")
        lines += [f"  {sentence}" for sentence in sentences(one)]
    tell(run, path, {"rows": [one.as_json() for one in found]}, lines, as_json)


def what_if(
    folder: RunFolder,
    row: Annotated[str, typer.Option(help="Id of a test row.")],
    cells: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Put something else into a column: --set text=“It was fine.”; a picture's or "
            "sound's column takes a file. May be repeated.",
        ),
    ] = None,
    without: Annotated[
        str,
        typer.Option(
            help="Numbers of segments to leave out, from 0, with commas; `--segments` lists them."
        ),
    ] = "",
    segments: Annotated[
        bool, typer.Option("--segments", help="List the segments of the edited row.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let a run's model answer an edited test row, beside its answer to the row as it is."""
    from ..core.dataset import pick
    from ..core.runs import Run
    from ..explain.opened import open_run
    from ..explain.search import what_if as edit
    from ..explain.spec import ExplainSpec

    run = Run.open(folder)
    edited = dict(_cell(one) for one in cells or ())
    numbers = [_number(one) for one in names(without) or ()]
    dataset = run.dataset()
    test = dataset.take(dataset.rows("test"))
    found = edit(
        open_run(run),
        test.take(pick(test.ids, [row])),
        edited,
        numbers,
        run.section("explain", ExplainSpec),
    )
    if as_json:
        print_json(found.as_json())
        return
    for title, one in (("As it is", found.before), ("Edited", found.after)):
        typer.echo(f"{title}: “{one.label}” ({one.score:.2f})")
    if found.left_out:
        typer.echo(f"Left out: {', '.join(found.left_out)}")
    for number, name in enumerate(found.segments if segments else ()):
        typer.echo(f"{number:4d}  {name}")


def _cell(text: str) -> tuple[str, str]:
    column, equals, cell = text.partition("=")
    if not equals:
        raise DataError(
            paragraph(
                f"--set {text}", "expected a column and what stands in it", "Write --set text=Fine"
            )
        )
    return column.strip(), cell


def _number(text: str) -> int:
    if not text.isdecimal():
        raise DataError(
            paragraph(
                f"--without {text}",
                "expected numbers of segments with commas between them",
                "Write --without 0,3; --segments lists them",
            )
        )
    return int(text)
