"""`stereotypes`: what published tests find of stereotypes in a model."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from ..errors import DataError, paragraph
from .options import AsJson, Quiet, names, one_of
from .output import followed, print_json


def stereotypes(
    model: Annotated[
        str,
        typer.Argument(
            help="A run's folder, or the name or folder of a language model.", metavar="RUN|MODEL"
        ),
    ],
    test: Annotated[
        str,
        typer.Option(
            help="crows_pairs, stereoset, winobias, winogender or bbq (language models); eec or "
            "jigsaw_templates (classifiers; eec also regressions)."
        ),
    ],
    path: Annotated[str, typer.Option(help="The test's file, or the folder that holds its files.")],
    rows: Annotated[
        int | None, typer.Option(help="Most rows, drawn by the seed; all of them if left out.")
    ] = None,
    positive: Annotated[
        str,
        typer.Option(
            help="Classes whose probability, summed, is compared, with commas (eec, "
            "jigsaw_templates)."
        ),
    ] = "",
    precision: Annotated[
        str, typer.Option(help="Weights of a language model: fp32, bf16, or auto.")
    ] = "fp32",
    seed: Annotated[int, typer.Option(help="Seed of drawn rows and of the bootstrap.")] = 13,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Test a model for stereotypes with a published test, whose files are read from a path.

    What was found of a run is also written to its audit/stereotypes.json, in the place of an older
    result of the same test. The report shows it, with examples; here none are printed.
    """
    from ..fairness.stereotype_tests.about import ABOUT, LIMITS
    from ..fairness.stereotype_tests.opened import Precision, run_of
    from ..fairness.stereotype_tests.run import keep
    from ..fairness.stereotype_tests.run import stereotypes as make
    from ..fairness.stereotype_tests.section import sentences, source
    from ..fairness.stereotype_tests.spec import Test
    from ..multimodal.escape import visible

    which = cast("Test", one_of("--test", test, get_args(Test)))
    weights = cast("Precision", one_of("--precision", precision, get_args(Precision)))
    if rows is not None and rows < 1:
        raise DataError(
            paragraph(f"--rows {rows}", "expected a number of at least 1", "Write --rows 500")
        )
    run = run_of(model)
    with followed(as_json, quiet) as follow:
        found = make(
            model if run is None else run,
            test=which,
            path=path,
            rows=rows,
            positive=names(positive),
            precision=weights,
            seed=seed,
            emit=follow,
        )
    file = None if run is None else keep(run, found)
    if as_json:
        print_json(
            {
                "model": model,
                "file": None if file is None else str(file),
                "stereotypes": found.as_json(),
            }
        )
        return
    about = ABOUT[which]
    for sentence in sentences(found):
        typer.echo(visible(sentence))
    for name, title in about.figures.items():
        if name in found.figures:
            typer.echo(f"  {title}: {found.figures[name].show()}")
    for one in found.breakdowns:
        typer.echo(f"By {one.by}:")
        for part in one.parts:
            shown = ", ".join(
                part.figures[name].show() for name in about.main if name in part.figures
            )
            typer.echo(f"  {visible(part.name)}: {shown}")
    for text in (about.limits, *found.notes, source(found), LIMITS):
        typer.echo(visible(text))
    if file is not None:
        typer.echo(file)
