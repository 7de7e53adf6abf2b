"""A run's model once more, with the rows, classes and segments that were explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ...core.dataset import Dataset
from ...core.runs import Run
from ..attribution import Attribution
from ..opened import Opened, ask, open_run
from ..spec import ExplainSpec
from ..subject import Subject

CUT = ("segments", "baseline")
"""Settings that decide what segments are, and what stands for them."""


def subject_of(
    run: Run,
    rows: Dataset,
    attributions: Sequence[Attribution],
    *,
    opened: Opened | None = None,
    check: Callable[[], None] = lambda: None,
) -> Subject:
    """Return what methods take, for rows that were explained.

    Parameters
    ----------
    run
        Whose rows they are.
    rows
        One for each attribution.
    attributions
        Their targets are asked about, and their segments are cut once more.
    opened
        The model; the run's if left out.
    check
        Raises where the job was cancelled.
    """
    opened = open_run(run) if opened is None else opened
    asked = ask(opened, rows, spec_of(run, attributions), check=check)
    number = {name: code for code, name in enumerate(opened.labels)}
    targets = [number.get(one.target, 0) for one in attributions]
    return replace(asked.subject, targets=np.array(targets, np.int64))


def spec_of(run: Run, attributions: Sequence[Attribution]) -> ExplainSpec:
    """Return how segments were cut and left out."""
    known = run.section("explain", ExplainSpec).model_dump()
    settings = attributions[0].settings
    cut = {name: settings[name] for name in CUT if isinstance(settings.get(name), Mapping)}
    return ExplainSpec(**{**known, **cut, "target": "predicted"})
