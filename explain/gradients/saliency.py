"""Saliency: how much the answer changes with what the model reads or sees.

Simonyan, Vedaldi & Zisserman, *Deep Inside Convolutional Networks* (2013).
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


def saliency(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Score each segment by the size of the answer's gradient.

    The same numbers as `captum.attr.Saliency` returns: the gradient's absolute value, of each pixel
    or of each number of a token's embedding. A segment's score is their sum. They are not signed,
    because the signed numbers of an embedding, which speak of different directions, would cancel
    one another in a sum.

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
            sums.add(some, chosen, points.leaves.by_token(tuple(one.abs() for one in slopes)))
        return points.scores(started, sums.sums, 1, outputs)

    return explained(subject, explain, copies=1, emit=emit, check=check)
