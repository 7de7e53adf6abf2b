"""Remedies beside each other: each trained or fitted, chosen on validation, shown once on test."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...core.dataset import Dataset
from ...core.events import Emit, silent
from ...core.runs import Run
from ...errors import RecipeError, paragraph
from ..spec import AuditSpec
from .measures import CONSTRAINTS, Asked, Measure
from .members import grouping, members
from .plug import CHOSEN_ON, check_rows
from .plug import check as check_task
from .points import choose, frontier, points
from .record import UNMITIGATED, Remedies
from .spec import IN_TRAINING, ON_FEATURES, ON_SCORES, SHARES, Kind, RemedySpec
from .tried import Answering, Train, Tried

STRENGTHS = (0.5, 1.0)


def compare_remedies(
    run: Run,
    *,
    remedies: Sequence[Kind] = (*IN_TRAINING, *ON_SCORES, *ON_FEATURES),
    strengths: Sequence[float] = STRENGTHS,
    column: str | None = None,
    measure: Measure = "equalized_odds",
    at_most: float | None = None,
    train: Train | None = None,
    replicates: int = 1000,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Remedies:
    """Compare remedies for a run.

    Parameters
    ----------
    run
        A run that classifies and has been trained without a remedy.
    remedies, strengths
        What is tried; strengths above 1 only of remedies whose strength is no share.
    column
        Sensitive column; the data's only one if left out.
    measure
        What groups are compared by. Remedies are told to make the same alike, or what is nearest.
    at_most
        Largest disparity in the validation rows that may be chosen; below the unmitigated one's if
        left out.
    train
        Trains the run's recipe with a remedy. Left out, heads are trained on what the run's last
        layer reads, which takes seconds.
    replicates
        Resamples behind each interval.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    RecipeError
        If the column is not among the data's groups, or the run has no classes.
    DataError
        If no rows are there to choose by, or to show.
    """
    spec = run.section("audit", AuditSpec)
    dataset = run.dataset()
    chosen_column = _column(dataset, column)
    common = {"column": chosen_column, "constraint": CONSTRAINTS[measure]}
    specs = [
        RemedySpec(kind=kind, strength=strength, **common)
        for kind in remedies
        for strength in strengths
        if strength <= 1 or kind not in SHARES
    ]
    if run.task != "classification":
        check_task(specs[0], run.task, dataset.labels)
    members(dataset.take(dataset.rows("train")), chosen_column, spec.positive)
    asked = {
        split: _asked(dataset, split, chosen_column, measure, spec, replicates)
        for split in CHOSEN_ON
    }
    sets = {
        split: Answering(dataset.take(dataset.rows(split)), one) for split, one in asked.items()
    }
    tried = Tried(run, dataset, sets, emit=emit, check=check)
    if train is None:
        candidates, impossible = tried.on_features(specs)
    else:
        candidates, impossible = tried.retrained(specs, train)
    validated = points(asked["validation"], "validation", candidates)
    chosen = choose(validated, at_most)
    shown = [one for one in candidates if one.name in (UNMITIGATED, chosen)]
    return Remedies(
        column=chosen_column,
        measure=measure,
        positive=None if (code := asked["test"].positive) is None else dataset.labels[code],
        on_features=train is None,
        rows={
            split: dict(zip(one.names, map(int, one.rows), strict=True))
            for split, one in asked.items()
        },
        left_out={
            split: tuple(name for at, name in enumerate(one.names) if at not in one.kept)
            for split, one in asked.items()
        },
        validation=validated,
        frontier=frontier(validated),
        chosen=chosen,
        at_most=at_most,
        test=points(asked["test"], "test", shown),
        impossible=impossible,
        confidence=spec.confidence,
        replicates=replicates,
    )


def behind(
    run: Run,
    spec: RemedySpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Remedies | None:
    """Apply a recipe's remedy that stands behind the training; None where it stood in it.

    What it comes to is recorded; the run's predictions stay those of its model.

    Parameters
    ----------
    run
        A run that has been trained.
    spec
        The recipe's remedy.
    emit, check
        As for `compare_remedies`.
    """
    if spec.kind in IN_TRAINING:
        return None
    return compare_remedies(
        run,
        remedies=(spec.kind,),
        strengths=(spec.strength,),
        column=spec.column,
        measure=spec.constraint,
        emit=emit,
        check=check,
    )


def _column(dataset: Dataset, column: str | None) -> str:
    there = tuple(dataset.groups)
    if column is not None:
        grouping(dataset, column)
        return column
    if len(there) == 1:
        return there[0]
    problem = (
        f"data.groups names {', '.join(there)}, and a remedy is for one column"
        if there
        else "data.groups names no column, so that the groups of the training rows are not known"
    )
    raise RecipeError(
        paragraph(
            "--column",
            problem,
            "Name one with --column" if there else "Name one there and train again",
        )
    )


def _asked(
    dataset: Dataset,
    split: str,
    column: str,
    measure: Measure,
    spec: AuditSpec,
    replicates: int,
) -> Asked:
    # Numbered over all rows, so that a group has the same number in every split.
    groups = grouping(dataset, column)
    rows = dataset.rows(split)
    check_rows(dataset, split)
    positive = None
    if spec.positive is not None:
        positive = dataset.labels.index(spec.positive)
    elif len(dataset.labels) == 2:
        positive = 1
    return Asked(
        labels=dataset.codes[rows],
        groups=groups.codes[rows].astype(np.int64),
        names=groups.names,
        classes=dataset.labels,
        measure=measure,
        positive=positive,
        small=spec.small,
        replicates=replicates,
        confidence=spec.confidence,
        seed=spec.seed,
    )
