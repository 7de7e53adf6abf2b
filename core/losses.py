"""What a wrong class costs: cross-entropy, smoothed, focal, and weighted by class.

Class weights are weights of rows, so that the mean of a step's loss is divided by the weights that
were used, as PyTorch and scikit-learn do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import RecipeError, nearest, paragraph
from .spec import TrainSpec

if TYPE_CHECKING:
    import torch


def cross_entropy(logits: torch.Tensor, codes: torch.Tensor, spec: TrainSpec) -> torch.Tensor:
    """Return each row's loss.

    With smoothing e the target is 1 - e at the row's class, plus e spread evenly over all classes
    (Szegedy et al. 2016). With a focal gamma g each class's term is turned down by (1 - p)^g, p
    being its probability (Lin et al. 2017).

    Parameters
    ----------
    logits
        Scores before softmax; shape (rows, classes).
    codes
        Each row's class; shape (rows,), int64.
    spec
        Its `label_smoothing` and `focal_gamma`.

    Returns
    -------
    torch.Tensor
        Nats, not averaged; shape (rows,), float32.
    """
    import torch

    if spec.focal_gamma == 0:
        return torch.nn.functional.cross_entropy(
            logits.float(), codes, reduction="none", label_smoothing=spec.label_smoothing
        )
    log_p = torch.log_softmax(logits.float(), dim=-1)
    # 1 - p from the logarithm, for a p near 1; its slope is infinite at 0 where gamma is below 1.
    others = (-torch.expm1(log_p)).clamp_min(torch.finfo(torch.float32).tiny)
    terms = -log_p * others**spec.focal_gamma
    own = terms.gather(-1, codes[:, None])[:, 0]
    if spec.label_smoothing == 0:
        return own
    return (1 - spec.label_smoothing) * own + spec.label_smoothing * terms.mean(dim=-1)


def class_weights(
    codes: NDArray[np.int64], labels: tuple[str, ...], spec: TrainSpec
) -> NDArray[np.float32]:
    """Return how much each row counts in the loss because of its class.

    ``balanced`` is scikit-learn's: rows / (classes with rows x rows of the class). A class that a
    mapping doesn't name counts 1.

    Parameters
    ----------
    codes
        Each row's class; shape (rows,).
    labels
        The classes in the order of their codes.
    spec
        Its `class_weight`.

    Raises
    ------
    RecipeError
        If a class is not one of the data's, or no row would count.
    """
    given = spec.class_weight
    if given is None:
        return np.ones(len(codes), np.float32)
    if given == "balanced":
        counts = np.bincount(codes, minlength=len(labels))
        each = len(codes) / (np.count_nonzero(counts) * np.maximum(counts, 1))
        return np.asarray(each[codes], np.float32)
    for name in given:
        if name not in labels:
            raise RecipeError(
                paragraph(
                    f"recipe, key “train.class_weight.{name}”",
                    f"the data has no such class ({nearest(name, labels)})",
                    "Write the class as the label column has it",
                )
            )
    weight = np.array([given.get(label, 1.0) for label in labels], np.float32)[codes]
    if len(codes) and not weight.any():
        raise RecipeError(
            paragraph(
                "recipe, key “train.class_weight”",
                "every training row has the weight 0, so nothing could be learnt",
                "Give at least one class that has rows a weight above 0",
            )
        )
    return weight
