"""DeepLIFT: differences from the baseline, passed back through the model by the rescale rule.

Shrikumar, Greenside & Kundaje, *Learning Important Features Through Propagating Activation
Differences* (ICML 2017).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from captum.attr import DeepLift

from ...core.events import Emit, silent
from ...errors import ModelError, paragraph
from ..attribution import relative_error
from ..leaves import Leaves, Started, Tensors
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .batches import Places, Points, Sums, explained

LEFT_BEHIND = ("input", "output", "input_ref")
"""What captum notes on a layer while it works, and leaves there where it is interrupted."""


def deeplift(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by DeepLIFT, as `captum.attr.DeepLift` has it.

    Its rules serve activations that are layers of their own and used once (ReLU, tanh, sigmoid,
    max pooling, …), as convolutional networks have them. Whether that is all a model has shows in
    the sum of its scores, so each row's is compared with the difference of the answers.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        `tolerance`: largest completeness error, as a share of that difference.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    ModelError
        If the scores of a row miss the difference by more than the tolerance, or the model uses an
        activation twice: there is more in it that is not linear than DeepLIFT has rules for.
    """

    def explain(points: Points, started: Started) -> list[Scores]:
        leaves, sums = points.leaves, Sums(started)
        method = DeepLift(_Answer(leaves))

        def answer(some: Started, _: Places) -> Tensors:
            return _attributed(method, some)

        every = np.arange(len(started.rows))
        for some, chosen, scores in points.portions(started, every, answer, copies=2):
            sums.add(some, chosen, leaves.by_token(scores))
        found = points.scores(started, sums.sums, 2)
        for one in found:
            difference = one.output - one.baseline_output
            error = relative_error(float(one.scores.sum()) + one.rest - difference, difference)
            if not error <= spec.tolerance:
                raise _refused(
                    subject.model,
                    f"DeepLIFT's scores miss the difference of the answers by {error:.0%} "
                    f"({spec.tolerance:.0%} are allowed): not all that isn't linear in the model "
                    "is an activation for which DeepLIFT has a rule (attention and layer norm "
                    "are none)",
                )
        return found

    with _clean(subject.model):
        return explained(subject, explain, copies=2, emit=emit, check=check)


class _Answer(torch.nn.Module):
    """The function of a subject as a module, on whose layers captum works."""

    def __init__(self, leaves: Leaves) -> None:
        super().__init__()
        self.model = leaves.subject.model
        self._leaves = leaves

    def forward(self, *given: torch.Tensor) -> torch.Tensor:
        return self._leaves.forward(*given)


def _attributed(method: DeepLift, some: Started) -> Tensors:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it tells that it sets hooks
            found: Tensors = method.attribute(
                some.inputs, some.baselines, additional_forward_args=some.others
            )
    except RuntimeError as error:
        if "more than once" not in str(error):
            raise
        raise _refused(
            method.model.model, "an activation of it is used more than once in one answer"
        ) from None
    return found


def _refused(model: torch.nn.Module, reason: str) -> ModelError:
    return ModelError(
        paragraph(
            f"model {type(model).__name__}",
            reason,
            "Choose integrated_gradients, whose scores add up for any model",
        )
    )


@contextmanager
def _clean(model: torch.nn.Module) -> Iterator[None]:
    """Take what captum leaves behind off the layers."""
    try:
        yield
    finally:
        for layer in model.modules():
            for name in LEFT_BEHIND:
                if isinstance(layer.__dict__.get(name), (torch.Tensor, tuple)):
                    del layer.__dict__[name]
