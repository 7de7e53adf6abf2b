"""Gradient-weighted class activation maps.

Selvaraju et al., *Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization*
(ICCV 2017), section 3.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from ...core.events import Emit, silent
from ..scores import Scores
from ..spec import ExplainSpec
from ..subject import Subject
from .activation import mapped


def grad_cam(
    subject: Subject,
    spec: ExplainSpec,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> list[Scores]:
    """Attribute each row's target to its segments by the last layer that still has places.

    Each feature counts by the mean of its gradient over all places; a place has the sum of its
    features so weighted, or 0 where that is below 0, as in the paper: what spoke against the target
    is left out. Places are those of a convolution's map, a picture's patches, frames of a sound or
    a text's tokens; each score is spread over what the place stands for (`layers.spread`). Parts of
    several modalities have a layer each (`settings["layers"]`), and their scores are not on one
    scale.

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
    share = there / there.sum(dim=1, keepdim=True).clamp_min(1)
    weights = torch.einsum("bp,bpc->bc", share, gradients)
    return torch.einsum("bpc,bc->bp", features, weights).clamp_min(0) * there
