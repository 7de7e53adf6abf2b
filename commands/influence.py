"""`influence`: which training rows made a model answer as it does."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from ..errors import DataError, paragraph
from .options import TEST_ROWS, AsJson, Quiet, RunFolder, one_of
from .output import followed, tell


def influence(
    folder: RunFolder,
    rows: Annotated[str, TEST_ROWS] = "20",
    measure: Annotated[
        str,
        typer.Option(
            help="tracin (over the checkpoints that the run kept) or cosine (of the trained "
            "model’s gradients)."
        ),
    ] = "tracin",
    answer: Annotated[
        str, typer.Option(help="Which answer is asked about: predicted, or label (the true one).")
    ] = "predicted",
    most: Annotated[
        int, typer.Option(help="Training rows listed for each answer, and against it.")
    ] = 10,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Find the training rows that spoke most for and against the answers to a run's test rows.

    Training rows with the largest influence on themselves are listed too, among which mislabelled
    and rare ones are found. What was found is also written to the run's
    explanations/influences.json.
    """
    from ..core.runs import Run
    from ..explain.whole.influence import influence as find
    from ..explain.whole.influence_section import heading, how, sentences, suspicion
    from ..explain.whole.influences import FILE, Asked, Measure, write_influences
    from ..multimodal.escape import visible

    by = cast("Measure", one_of("--measure", measure, get_args(Measure)))
    asked = cast("Asked", one_of("--answer", answer, get_args(Asked)))
    if most < 1:
        raise DataError(
            paragraph(f"--most {most}", "expected a number of at least 1", "Write --most 10")
        )
    run = Run.open(folder)
    with followed(as_json, quiet) as follow:
        found = find(run, rows, measure=by, answer=asked, most=most, emit=follow)
    path = run.path / "explanations" / FILE
    write_influences(path, found)
    lines = [how(found)]
    for row in found.rows:
        lines.append(visible(f"Row {row.id}: {heading(row, found)}"))
        lines += [f"  {visible(sentence)}" for sentence in sentences(row)]
    lines.append("Training rows to look at; the first ones may be mislabelled, or rare:")
    lines += [f"  {visible(f'{one.id}: {suspicion(one)}')}" for one in found.suspected]
    tell(run, path, {"influences": found.as_json()}, lines, as_json)
