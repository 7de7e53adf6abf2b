"""`attributed`: what answers rest on, group by group."""

from __future__ import annotations

from itertools import chain
from typing import Annotated

import typer

from .options import AsJson, Quiet, RunFolder, names
from .output import followed, tell


def attributed(
    folder: RunFolder,
    method: Annotated[
        str | None,
        typer.Option(help="Method of the attributions; the first that the run has if left out."),
    ] = None,
    groups: Annotated[
        str | None,
        typer.Option(help="Sensitive columns, with commas; all of the run’s if left out."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Only rows that were explained for this answer.")
    ] = None,
    terms: Annotated[
        str | None,
        typer.Option(
            help="Lists of words for people, with commas, whose share of the attribution is "
            "measured: gender, race, religion, nationality, age …"
        ),
    ] = None,
    pattern: Annotated[
        str | None, typer.Option(help="More such words, as a regular expression.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Compare the words, patches or bands that answers rest on between groups.

    Read are the attributions that `pellucid explain` wrote. What was found is also written to the
    run's audit/attributed.json. It says where to look, and names no cause.
    """
    from ..core.runs import Run
    from ..fairness.attributed.findings import findings, limits, sentences
    from ..fairness.attributed.measure import compare_attributions
    from ..fairness.attributed.record import FILE, write_attributed
    from ..multimodal.escape import visible

    run = Run.open(folder)
    with followed(as_json, quiet) as follow:
        found = compare_attributions(
            run,
            method,
            groups=None if groups is None else names(groups) or [],
            target=target,
            terms=names(terms or ""),
            pattern=pattern,
            emit=follow,
        )
    path = run.path / FILE
    write_attributed(path, found)
    said = (visible(line) for line in (*sentences(found), *(one.text for one in findings(found))))
    tell(run, path, {"attributed": found.as_json()}, chain(said, limits(found)), as_json)
