"""`perturb`: what controlled changes of samples do to the answers, group by group."""

from __future__ import annotations

from itertools import chain
from typing import Annotated

import typer

from ..errors import RecipeError, paragraph
from .options import TEST_ROWS, AsJson, Quiet, RunFolder, names
from .output import followed, tell


def perturb(
    folder: RunFolder,
    change: Annotated[
        str | None,
        typer.Option(
            help="Kinds of change, with commas: brightness, contrast, saturation, hue, blur, "
            "noise, downscale, jpeg; speed, pitch, noise, low_pass, volume, reverberation; typos, "
            "dropped_letters, case. All that fit the run’s samples if left out."
        ),
    ] = None,
    strengths: Annotated[
        str | None,
        typer.Option(help="Strengths of one kind, with commas, in its own unit: 0.5,1,2."),
    ] = None,
    rows: Annotated[str | None, TEST_ROWS] = None,
    groups: Annotated[
        str | None,
        typer.Option(help="Sensitive columns, with commas; all of the run’s if left out."),
    ] = None,
    derived: Annotated[
        str | None,
        typer.Option(
            help="Groups made of the samples themselves, with commas: brightness, sharpness, "
            "pixels …; duration, loudness …; length …"
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Answer a run's test rows blurred, darkened, noisy, misspelt …, and compare the groups.

    Each kind of change is made at several strengths. What was found is also written to the run's
    audit/perturbed.json.
    """
    from ..core.runs import Run
    from ..fairness.perturbed.findings import findings, limits, sentences
    from ..fairness.perturbed.measure import perturb as measure
    from ..fairness.perturbed.record import FILE, write_perturbed
    from ..multimodal.escape import visible

    asked = {one: list[float]() for one in names(change or "") or ()}
    if strengths is not None:
        if len(asked) != 1:
            raise RecipeError(
                paragraph(
                    f"--strengths {strengths}",
                    f"they are in the unit of one kind of change, and {len(asked)} are named",
                    "Name one with --change, such as --change blur --strengths 1,2",
                )
            )
        asked = dict.fromkeys(asked, _numbers(strengths))
    run = Run.open(folder)
    with followed(as_json, quiet) as follow:
        found = measure(
            run,
            asked or None,
            rows=rows,
            groups=None if groups is None else names(groups) or [],
            derived=None if derived is None else names(derived) or [],
            emit=follow,
        )
    path = run.path / FILE
    write_perturbed(path, found)
    said = (visible(line) for line in (*sentences(found), *(one.text for one in findings(found))))
    tell(run, path, {"perturbed": found.as_json()}, chain(said, limits(found)), as_json)


def _numbers(text: str) -> list[float]:
    try:
        return [float(one) for one in text.split(",") if one.strip()]
    except ValueError:
        raise RecipeError(
            paragraph(
                f"--strengths {text}",
                "expected numbers with commas between them",
                "Write --strengths 0.5,1,2",
            )
        ) from None
