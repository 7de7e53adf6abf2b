"""`swap`: what changes in the answers where texts are about other groups."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError, paragraph
from .options import TEST_ROWS, AsJson, Quiet, RunFolder, names
from .output import followed, tell


def swap(
    folder: RunFolder,
    terms: Annotated[
        str | None,
        typer.Option(
            help="Categories of terms, with commas: gender, race, religion, nationality, age, "
            "disability, sexual_orientation, gender_identity, names. Gender if nothing is named."
        ),
    ] = None,
    own_list: Annotated[
        Path | None,
        typer.Option(
            help="A file of terms of your own: category to group to words in YAML or JSON, CSV, "
            "or word pairs with tabs."
        ),
    ] = None,
    rows: Annotated[str | None, TEST_ROWS] = None,
    most: Annotated[
        int | None, typer.Option(help="Most swaps of a row, drawn at random; all if left out.")
    ] = None,
    maps: Annotated[
        int,
        typer.Option(
            help="Explain both texts of so many pairs, those whose scores moved most; the report "
            "shows them beside each other."
        ),
    ] = 0,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a run's test rows with the terms of groups swapped, and measure what changes.

    What was found is written to the run's audit/swapped.json, and all pairs with both answers to
    audit/swapped.parquet.
    """
    from ..core.runs import Run
    from ..fairness.swapped.record import FILE, write_swaps
    from ..fairness.swapped.section import limits, sentences
    from ..fairness.swapped.spec import SwapSpec
    from ..fairness.swapped.swapped import swap_test
    from ..multimodal.escape import visible

    if most is not None and most < 1:
        raise DataError(
            paragraph(f"--most {most}", "expected a number of at least 1", "Write --most 4")
        )
    asked = names(terms or "") or ([] if own_list is not None else ["gender"])
    run = Run.open(folder)
    with followed(as_json, quiet) as follow:
        found = swap_test(run, asked, own_list, rows=rows, most=most, spec=SwapSpec(), emit=follow)
        path = run.path / FILE
        write_swaps(path, found)
        if maps > 0 and found.whole is not None:
            from ..explain.whole.pairs import explain_pairs, write_pairs

            write_pairs(run.path / "explanations", explain_pairs(run, maps, emit=follow))
    lines = chain(
        (visible(sentence) for sentence in sentences(found)),
        (
            visible(f"  {one.id}, {one.pair}: “{one.before}” became “{one.after}”", 400)
            for one in found.examples[:5]
        ),
        (text.text for text in limits(found)),
    )
    tell(run, path, {"swapped": found.as_json()}, lines, as_json)
