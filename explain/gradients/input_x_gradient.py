"""Input times gradient: what the answer would change by on the way to the baseline, if straight.

Shrikumar, Greenside, Shcherbina & Kundaje, *Not Just a Black Box* (2016).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...core.events import Emit, silent
from ..leaves import Started
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .batches import Points, Sums, explained


def input_x_gradient(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by the gradient on the sample alone.

    The gradient times the sample's difference from its baseline; against a baseline of zeros that
    is `captum.attr.InputXGradient`. The scores add up to the difference of the answers only where
    the answer is linear.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        Nothing of it is used here.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    ModelError
        If the model doesn't look its tokens up in ``get_input_embeddings()`` once.
    """

    def explain(points: Points, started: Started) -> list[Scores]:
        sums, outputs = Sums(started), np.empty(len(started.rows))
        every = np.arange(len(outputs))
        for some, chosen, found, slopes in points.gradients(
            started, every, lambda some, _: some.inputs
        ):
            outputs[chosen] = found
            ends = zip(slopes, some.inputs, some.baselines, strict=True)
            values = tuple(slope * (one - base) for slope, one, base in ends)
            sums.add(some, chosen, points.leaves.by_token(values))
        return points.scores(started, sums.sums, 1, outputs)

    return explained(subject, explain, copies=1, emit=emit, check=check)
