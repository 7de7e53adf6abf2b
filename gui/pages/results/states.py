"""What stands on this page where a run has no results, with what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from ...frame.context import Context
from ...frame.texts import tr
from ...widgets.basics import EmptyState
from .desk import Desk
from .reading import Reading


def no_runs(context: Context) -> EmptyState:
    """Say that the workspace has no run."""
    return EmptyState(
        "results",
        tr("There is no run yet"),
        tr(
            "Results are read from a run: one execution of a recipe. Bring a table and train, or "
            "begin with an example."
        ),
        [
            (tr("Begin with an example"), lambda: context.go("home")),
            (tr("Bring a table"), lambda: context.go("data")),
        ],
    )


def unevaluated(reading: Reading, desk: Desk, evaluate: Callable[[], object]) -> EmptyState:
    """Say why a run has no results: it is at work, was not evaluated, or did not end."""
    jobs = (tr("Open jobs"), desk.open_job)
    if desk.busy or reading.status == "running":
        return EmptyState(
            "results",
            tr("{run} is at work").format(run=reading.name),
            tr("Its results stand here as soon as they are measured."),
            [jobs],
        )
    if "model" in reading.made:
        return EmptyState(
            "results",
            tr("{run} was not evaluated yet").format(run=reading.name),
            tr("Its model is trained; its test rows were not predicted and measured."),
            [(tr("Evaluate it"), evaluate), jobs],
        )
    title = tr("{run} has no results: it is {status}")
    return EmptyState(
        "results",
        title.format(run=reading.name, status=reading.status),
        tr(
            "Its training did not end, so there is nothing to measure. It can go on from its last "
            "checkpoint on the page “Jobs”."
        ),
        [jobs],
    )
