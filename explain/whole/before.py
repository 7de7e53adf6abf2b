"""The model as it was before fine-tuning, able to answer with the run's classes.

What was pretrained had no head for these classes, so what fine-tuning changed is told by the body:
the pretrained body carries the head that was trained. A head that is as random as at the beginning
of the training can be had as well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ...core import structure
from ...core.events import Emit, silent
from ...core.runs import Run
from ..attribute import explain_samples
from ..attribution import Attribution
from ..opened import Opened, open_run
from ..targets import PREDICTED
from .checkpoints import begun, task_of
from .reopened import spec_of


def open_begun(run: Run | str | Path, *, head: bool = True) -> Opened:
    """Load the model that a run began with.

    Parameters
    ----------
    run
        A run whose training has ended, or its folder.
    head
        Give it the head that was trained. Its body is the pretrained one in any case.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    trained = open_run(run)
    model = begun(run, task_of(run))
    if head:
        own = structure.head(model)
        for name, part in structure.head(trained.model).items():
            own[name].load_state_dict(part.state_dict())
    return replace(trained, model=model, digest="")


def before(
    run: Run | str | Path,
    attributions: Sequence[Attribution],
    *,
    head: bool = True,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Attribution]:
    """Explain rows of a run once more, by the model that it began with.

    Parameters
    ----------
    run
        A run, or its folder.
    attributions
        Explanations of its rows by one method; the same classes are explained.
    head
        As `open_begun` takes it.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Attribution
        For `difference`; by class, the rows of each in their order.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    opened = open_begun(run, head=head)
    dataset = run.dataset()
    number = {str(name): row for row, name in enumerate(dataset.ids)}
    out: list[Attribution] = []
    for target in sorted({one.target for one in attributions}):
        own = [one for one in attributions if one.target == target]
        rows = dataset.take(np.array([number[one.id] for one in own], np.int64))
        # A number that is answered has no classes to name.
        asked = PREDICTED if run.task == "regression" else target
        spec = spec_of(run, own).model_copy(update={"target": asked})
        out += explain_samples(opened, rows, spec, method=own[0].method, emit=emit, check=check)
    return out
