"""Integrated gradients, as exactly as a person asks.

Sundararajan, Taly & Yan, *Axiomatic Attribution for Deep Networks* (ICML 2017). Points of many rows
go through the model together, and each row gets more of them where its completeness error arises.
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
from .batches import Places, Points, explained, per_row
from .path import Path


def integrated_gradients(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by the gradients between baseline and sample.

    The integral that `captum.attr.IntegratedGradients` approaches on pixels and sounds as the model
    sees and hears them, and `captum.attr.LayerIntegratedGradients` on the embeddings of tokens,
    summed over each segment. Parts of several modalities move from their baselines together.
    `Path` chooses the points, and nothing that was computed at one is thrown away.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        `steps` points of each row to begin with, and more up to `max_steps` until its completeness
        error is within `tolerance`.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    list of Scores
        In the rows' order; `evaluations` are the points of each.

    Raises
    ------
    ModelError
        If the model doesn't look its tokens up in ``get_input_embeddings()`` once.
    """
    steps = min(spec.steps, spec.max_steps)

    def explain(points: Points, started: Started) -> list[Scores]:
        paths = [Path(steps, spec.max_steps, spec.tolerance) for _ in started.rows]
        left = np.arange(len(paths))
        while len(left):
            _answer(points, started, paths, left)
            left = left[[paths[place].refine() for place in left]]
        return [_scores(path) for path in paths]

    return explained(subject, explain, copies=steps, emit=emit, check=check)


def _answer(points: Points, started: Started, paths: list[Path], left: Places) -> None:
    """Take gradients wherever paths ask for them."""
    asked = [paths[place].asked for place in left]
    places = np.repeat(left, [len(one) for one in asked])
    shares = torch.tensor([share for one in asked for share in one])

    def between(some: Started, chosen: Places) -> Tensors:
        own = shares[torch.from_numpy(chosen)].to(some.inputs[0])
        ends = zip(some.baselines, some.inputs, strict=True)
        return tuple(torch.lerp(base, one, per_row(own, one)) for base, one in ends)

    found: list[tuple[float, np.ndarray]] = [(0.0, np.empty(0))] * len(places)
    for some, chosen, outputs, slopes in points.gradients(started, places, between):
        ends = zip(slopes, some.inputs, some.baselines, strict=True)
        values = tuple(slope * (one - base) for slope, one, base in ends)
        summed = points.leaves.summed(some, points.leaves.by_token(values))
        for number, output, (scores, rest) in zip(chosen, outputs, summed, strict=True):
            found[number] = float(output), np.append(scores, rest)
    for place, one in zip(places, found, strict=True):
        paths[place].answer(*one)


def _scores(path: Path) -> Scores:
    baseline_output, output = path.ends
    *scores, rest = path.integral
    return Scores(np.array(scores), float(rest), output, baseline_output, len(path.shares))
