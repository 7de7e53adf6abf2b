"""What a trained model's last layer reads of each row, computed once for all remedies.

Every modality's classifiers end in a linear layer with one output for each class. While the
features are computed that layer gives back what it reads, so that rows go through the model as they
do when they are predicted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ...core.batches import Samples
from ...core.events import Emit, silent
from ...core.predict import logits
from ...errors import RunError, paragraph

CLOSE = 1e-3
"""How near the last layer alone has to come to the whole model's scores."""

PROBED = 8


@dataclass(frozen=True, eq=False)
class LastLayer:
    """The last layer of a trained classifier.

    Attributes
    ----------
    weight, bias
        Shapes (classes, features) and (classes,).
    """

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def logits(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores before softmax; shape (rows, classes)."""
        out: NDArray[np.float64] = features @ self.weight.T + self.bias
        return out


def last_layer(model: torch.nn.Module, classes: int, where: str) -> torch.nn.Linear:
    """Find the linear layer that gives a classifier's scores.

    Raises
    ------
    RunError
        If there is none.
    """
    found = [
        part
        for part in model.modules()
        if isinstance(part, torch.nn.Linear) and part.out_features == classes
    ]
    if not found:
        raise _refused(where, "it has no linear layer with one output for each class")
    return found[-1]


def features(
    model: torch.nn.Module,
    samples: Samples,
    classes: int,
    where: str,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> tuple[NDArray[np.float64], LastLayer]:
    """Compute what the last layer reads of each sample.

    Parameters
    ----------
    model
        A classifier in evaluation mode, on its device.
    samples
        Encoded samples.
    classes
        How many it answers.
    where
        Its folder, for errors.
    emit, check
        Listener, and a function that raises where the job was cancelled.

    Returns
    -------
    features, last
        Features of shape (rows, width), and the layer that turns them to scores.

    Raises
    ------
    RunError
        If the model's scores don't come from a linear layer alone.
    """
    layer: Any = last_layer(model, classes, where)
    last = LastLayer(
        layer.weight.detach().double().cpu().numpy(),
        np.zeros(classes) if layer.bias is None else layer.bias.detach().double().cpu().numpy(),
    )
    layer.forward = lambda given: given
    try:
        found = logits(model, samples, step="features", emit=emit, check=check)
    finally:
        del layer.forward
    few = np.unique(np.linspace(0, len(samples) - 1, PROBED).astype(np.int64))
    whole = logits(model, _Few(samples, few), check=check)
    if found.shape[1] != last.weight.shape[1] or not np.allclose(
        last.logits(found[few]), whole, rtol=CLOSE, atol=CLOSE
    ):
        raise _refused(where, "its scores are no linear function of what the last layer reads")
    return found, last


class _Few:
    """Some of the samples."""

    def __init__(self, samples: Samples, rows: NDArray[np.int64]) -> None:
        self._samples, self._rows = samples, rows
        self.lengths = samples.lengths[rows]

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: NDArray[np.int64]) -> dict[str, Any]:
        return self._samples.batch(self._rows[rows])


def _refused(where: str, problem: str) -> RunError:
    return RunError(
        paragraph(
            where,
            f"remedies can't be tried on this model's features: {problem}",
            "Train each remedy by the run's whole recipe instead, with --retrain",
        )
    )
