"""SmoothGrad: the mean gradient of noisy copies.

Smilkov, Thorat, Kim, Viégas & Wattenberg, *SmoothGrad: removing noise by adding noise* (2017).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...core.events import Emit, silent
from ..leaves import Started, Tensors
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .batches import Places, Points, Sums, explained
from .draws import keys, noise


def smoothgrad(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Score each segment by the size of the answer's gradient, averaged over noisy copies.

    What `captum.attr.NoiseTunnel` makes of the gradient, except that noise comes in pairs of both
    signs, so that it sums to zero. A segment's score is the sum of the mean gradient's absolute
    values, as `saliency` has it.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        `samples` copies of each row with normal noise, whose standard deviation is `noise` times
        the distance from its least number to its largest. What is drawn follows from `seed` and the
        row's sample alone.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    ModelError
        If the model doesn't look its tokens up in ``get_input_embeddings()`` once.
    """
    count = spec.samples

    def explain(points: Points, started: Started) -> list[Scores]:
        sums, own = Sums(started), keys(started)
        places = np.repeat(np.arange(len(own)), count)
        copies = np.tile(np.arange(count), len(own))

        def noisy(some: Started, chosen: Places) -> Tensors:
            drawn = noise(some, own[places[chosen]], copies[chosen], spec.noise, spec.seed, count)
            return tuple(one + more for one, more in zip(some.inputs, drawn, strict=True))

        for some, chosen, _, slopes in points.gradients(started, places, noisy):
            sums.add(some, places[chosen], slopes)
        mean = tuple(one.abs() / count for one in sums.sums)
        return points.scores(started, mean, count)

    return explained(subject, explain, copies=count, emit=emit, check=check)
