"""Layer conductance: how much of the change of the answer goes through the places of a layer.

Dhamdhere, Sundararajan & Yan, *How Important Is a Neuron?* (ICLR 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ...core.events import Emit, silent
from ..layers.activation import Explain, mapped
from ..leaves import Leaves, Tensors
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Rows, Subject

STEPS = 48
"""Stretches of the way from the baseline to the sample."""

FIRST = 1e-3
"""Where the way begins: at the baseline itself no change of the sample would be seen inside."""


def layer_conductance(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by what its places in a layer pass on.

    The sample moves from its baseline as in `integrated_gradients`. On each stretch of the way a
    place passes on the change of its features times the answer's gradient with respect to them.
    That is the sum that `captum.attr.LayerConductance` approaches, by the trapezoid rule. The layer
    is that of `layers.grad_cam`: the last one whose places still say something, named in
    ``settings["layers"]``. What class tokens pass on belongs to no place, so the scores need not
    add up to the difference of the answers.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        Not needed: the way has `STEPS` stretches.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    ModelError
        If no layer has places that belong to the sample's, or the model doesn't look its tokens up
        in ``get_input_embeddings()`` once.
    """
    way = _Way(subject)
    passed = _Passed()

    def passes(one: Explain, rows: Rows) -> list[Scores]:
        way.begin(rows)
        passed.clear()
        total: list[Scores] = []
        for share in np.linspace(1, FIRST, STEPS + 1):
            check()
            way.share = float(share)
            passed.next()
            found = one(rows)
            total = [_added(*pair) for pair in zip(total, found, strict=True)] if total else found
        way.share = 1.0
        return [_named(one) for one in total]

    return mapped(replace(subject, model=way), passed.weigh, emit=emit, check=check, passes=passes)


class _Way(torch.nn.Module):
    """A model that is given samples, and answers to a point between them and their baselines."""

    def __init__(self, subject: Subject) -> None:
        super().__init__()
        self.model = subject.model
        self.share = 1.0
        self._leaves = Leaves(subject)
        self._baselines: Tensors = ()
        self.train(subject.model.training)

    def begin(self, rows: Rows) -> None:
        """Take rows' baselines."""
        self.share = 1.0
        self._baselines = self._leaves.start(rows).baselines

    def forward(self, **batch: torch.Tensor) -> Any:
        if self.share == 1.0:
            return self.model(**batch)
        ends = zip(self._baselines, self._leaves.of(batch), strict=True)
        return self._leaves.answer(
            batch, tuple(torch.lerp(base, one, self.share) for base, one in ends)
        )


class _Passed:
    """What places pass on between one point of the way and the next, for one layer or more."""

    def clear(self) -> None:
        """Begin at the sample."""
        self._before: list[tuple[torch.Tensor, torch.Tensor]] = []
        self._now: list[tuple[torch.Tensor, torch.Tensor]] = []

    def next(self) -> None:
        """Go to the next point."""
        self._before, self._now = self._now, []

    def weigh(
        self, features: torch.Tensor, gradients: torch.Tensor, there: torch.Tensor
    ) -> torch.Tensor:
        """Return the map of each row (`layers.activation.Weigh`)."""
        self._now.append((features, gradients))
        if not self._before:
            return torch.zeros_like(there)
        farther, slopes = self._before[len(self._now) - 1]
        return ((slopes + gradients) / 2 * (farther - features)).sum(dim=-1) * there


def _added(one: Scores, other: Scores) -> Scores:
    return replace(
        one,
        scores=one.scores + other.scores,
        rest=one.rest + other.rest,
        evaluations=one.evaluations + 1,
    )


def _named(one: Scores) -> Scores:
    """Name the layer as the model does."""
    layers = {kind: name.removeprefix("model.") for kind, name in one.settings["layers"].items()}
    return replace(one, evaluations=STEPS + 1, settings={"layers": layers, "steps": STEPS})
