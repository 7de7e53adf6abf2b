"""GradientSHAP: gradients at random points between the baseline and noisy copies.

Lundberg & Lee, *A Unified Approach to Interpreting Model Predictions* (NeurIPS 2017); Erion,
Janizek, Sturmfels, Lundberg & Lee, *Improving performance of deep learning models with axiomatic
attribution priors and expected gradients* (Nature Machine Intelligence 2021).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ...core.events import Emit, silent
from ..leaves import Started, Tensors
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .batches import Places, Points, Sums, explained, per_row
from .draws import evenly, keys, noise


def gradient_shap(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by gradients at random points.

    What `captum.attr.GradientShap` expects, with less chance in it: noise comes in pairs of both
    signs, and the points are spread evenly over the way from the baseline. The scores add up to
    the difference of the answers on average over seeds, not for one of them.

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
        shares = np.concatenate([evenly(key, count, spec.seed) for key in own.tolist()])

        def ways(some: Started, chosen: Places) -> Tensors:
            """Return the way from the baseline to each noisy copy."""
            drawn = noise(some, own[places[chosen]], copies[chosen], spec.noise, spec.seed, count)
            ends = zip(some.inputs, drawn, some.baselines, strict=True)
            return tuple(one + more - base for one, more, base in ends)

        def between(some: Started, chosen: Places) -> Tensors:
            pairs = zip(some.baselines, ways(some, chosen), strict=True)
            own = torch.from_numpy(shares[chosen])
            return tuple(base + per_row(own, way) * way for base, way in pairs)

        for some, chosen, _, slopes in points.gradients(started, places, between):
            pairs = zip(slopes, ways(some, chosen), strict=True)
            values = tuple(slope * way / count for slope, way in pairs)
            sums.add(some, places[chosen], points.leaves.by_token(values))
        return points.scores(started, sums.sums, count)

    return explained(subject, explain, copies=count, emit=emit, check=check)
