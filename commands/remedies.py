"""`audit --mitigate compare`: what each remedy would do for a run, and what it would cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, get_args

from ..errors import DataError, paragraph
from .options import names, one_of
from .output import followed, tell

if TYPE_CHECKING:
    from ..core.runs import Run
    from ..fairness.remedies.spec import RemedySpec

LONG = 120.0
"""Seconds of training beyond which remedies are tried on features if nothing else is asked for."""


def mitigate(
    folder: Path,
    *,
    way: str,
    remedies: str,
    strengths: str,
    column: str | None,
    measure: str,
    at_most: float | None,
    on_features: bool | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compare remedies for a run and write them to its audit/remedies.json.

    Parameters
    ----------
    folder
        The run's.
    way
        ``compare``; there is no other yet.
    remedies, strengths
        With commas between them.
    column, measure, at_most
        As `fairness.compare_remedies` takes them.
    on_features
        Train heads on frozen features; False trains the whole recipe for each remedy. None:
        features where the run's training took more than `LONG` seconds.
    as_json, quiet
        What is printed.
    """
    from ..core.runs import Run
    from ..fairness.remedies.compare import compare_remedies
    from ..fairness.remedies.measures import Measure
    from ..fairness.remedies.record import write_remedies
    from ..fairness.remedies.section import sentences
    from ..fairness.remedies.spec import Kind
    from ..multimodal.escape import visible

    one_of("--mitigate", way, ("compare",))
    chosen = {
        "remedies": [one_of("--remedies", one, get_args(Kind)) for one in names(remedies) or []],
        "strengths": [_strength(one) for one in names(strengths) or []],
    }
    run = Run.open(folder)
    frozen = _seconds(run) > LONG if on_features is None else on_features
    with followed(as_json, quiet) as follow:
        given: dict[str, Any] = {name: value for name, value in chosen.items() if value}
        found = compare_remedies(
            run,
            **given,
            column=column,
            measure=cast("Measure", one_of("--measure", measure, get_args(Measure))),
            at_most=at_most,
            train=None if frozen else _trained_beside(run, follow),
            emit=follow,
        )
    path = write_remedies(run.path, found)
    tell(run, path, {"remedies": found.as_json()}, map(visible, sentences(found)), as_json)


def _trained_beside(run: Run, emit: Any) -> Any:
    """Return what trains the run's recipe with a remedy, in a run's folder beside it."""
    from ..core.runs import Run as Opened
    from ..core.runs import folder_name
    from ..pipeline import execute
    from ..recipe import Recipe

    recipe = Recipe.of(run.recipe, where=str(run.path / "recipe.yaml"))

    def train(spec: RemedySpec, name: str) -> Run:
        there = Opened(run.path.parent / folder_name(name))
        wanted = recipe.model_copy(
            update={"name": name, "audit": recipe.audit.model_copy(update={"remedy": spec})}
        )
        if there.has("model"):
            _same(there, wanted)
            return there
        return execute(wanted, run.path.parent, emit, resume=True, only=["train", "evaluate"])

    return train


def _same(there: Run, wanted: Any) -> None:
    """Refuse a run of that name that was trained otherwise."""
    from ..recipe import Recipe

    key = wanted.difference(Recipe.of(there.recipe, where=str(there.path / "recipe.yaml")))
    if key:
        raise DataError(
            paragraph(
                str(there.path),
                f"a run of this name is there, and its recipe differs in “{key}”",
                "Throw it away with `pellucid trash`, or rename it",
            )
        )


def _strength(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise DataError(
            paragraph(
                f"--strengths {text}",
                "expected numbers of at least 0, with commas between them",
                "Write --strengths 0.5,1",
            )
        )
    return number


def _seconds(run: Run) -> float:
    """Return how long the run's training took, from its events."""
    from ..core import events

    path = run.path / "events.jsonl"
    told = events.read(path) if path.is_file() else []
    total, begun = 0.0, None
    for one in told:
        ends = isinstance(one, events.Started | events.Finished | events.Stopped | events.Failed)
        if ends and begun is not None:
            total, begun = total + one.time - begun, None
        if isinstance(one, events.Started) and one.step == "train":
            begun = one.time
    return total
