"""Class activation maps in which each place has weights of its own.

Jiang et al., *LayerCAM: Exploring Hierarchical Class Activation Maps for Localization* (IEEE
Transactions on Image Processing 2021), section III.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ...core.events import Emit, silent
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .activation import mapped


def layer_cam(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by the last layer that still has places.

    As `grad_cam`, but a feature counts at each place by its own gradient there, where that is above
    0.

    Parameters
    ----------
    subject
        What is explained; its model is left as it was found.
    spec
        Not needed: the method has no settings.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Raises
    ------
    ModelError
        If no layer has places that belong to the sample's.
    """
    return mapped(subject, weigh, emit=emit, check=check)


def weigh(features: torch.Tensor, gradients: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
    """Return the map of each row (`layers.activation.Weigh`)."""
    return (features * gradients.clamp_min(0)).sum(dim=2).clamp_min(0) * there
