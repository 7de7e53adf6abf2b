"""Numbers to be learnt in units of their own spread, and a model's answers brought back from them.

A new output layer answers numbers around 0 whose size is about 1. Prices in thousands, or shares in
hundredths, are far from that, and the learning rate that suits the rest of the model would be far
too small or far too large for this layer. So training rows' numbers are counted from their mean in
units of their standard deviation while the model learns. Once training has ended, mean and
deviation are multiplied into the output layer, a change without any loss, and the saved model
answers in real units wherever it is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..multimodal.encode import fetch, finish
from .batches import TARGET, Batch, Rows, Samples

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Standardised:
    """Encoded samples and the numbers that belong to them (`core.batches.Learned`).

    Attributes
    ----------
    samples
        The inputs.
    values
        The numbers in real units; shape (samples,).
    weight
        How much each sample counts in the loss; shape (samples,).
    names
        The id of each sample's row; shape (samples,).
    mean, scale
        What 0 and 1 stand for in the targets of a batch.
    """

    samples: Samples
    values: NDArray[np.float64]
    weight: NDArray[np.float32]
    names: NDArray[np.object_]
    mean: float = 0.0
    scale: float = 1.0

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample; shape (samples,)."""
        return self.samples.lengths

    @property
    def units(self) -> NDArray[np.int64]:
        """One for each sample; shape (samples,)."""
        return np.ones(len(self), np.int64)

    @property
    def targets(self) -> NDArray[np.float32]:
        """The numbers as they are learnt; shape (samples,)."""
        return ((self.values - self.mean) / self.scale).astype(np.float32)

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some samples."""
        return [str(name) for name in self.names[rows]]

    def batch(self, rows: Rows) -> Batch:
        """Return the model's inputs for some samples, with their targets."""
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> tuple[Any, Rows]:
        """Do all of a batch that draws nothing at random, for `finish`."""
        return fetch(self.samples, rows), rows

    def finish(self, fetched: tuple[Any, Rows]) -> Batch:
        """Do the rest."""
        import torch

        found, rows = fetched
        target = (self.values[rows] - self.mean) / self.scale
        return {**finish(self.samples, found), TARGET: torch.from_numpy(target.astype(np.float32))}


def standardise(
    model: torch.nn.Module, samples: Standardised, held: Standardised
) -> tuple[Standardised, Standardised, Callable[[], None]]:
    """Bring numbers into units of the training rows' spread.

    Parameters
    ----------
    model
        What is to be trained, adapters and all.
    samples, held
        Training rows and validation rows.

    Returns
    -------
    Both with the training rows' mean and deviation, and what is to be called once when training has
    ended: it changes the model's output layer so that answers are in real units. An output layer
    without bias can't hold the mean: the numbers are then only scaled. A model of which no linear
    output layer is known learns the numbers as they are.
    """
    layer = output_layer(model)
    if layer is None:
        return samples, held, lambda: None
    weight = samples.weight.astype(np.float64)
    total = weight.sum()
    mean = float(weight @ samples.values / total) if layer.bias is not None else 0.0
    scale = float(np.sqrt(weight @ (samples.values - mean) ** 2 / total)) or 1.0

    def bring_back() -> None:
        fold(layer, mean, scale)

    return (
        replace(samples, mean=mean, scale=scale),
        replace(held, mean=mean, scale=scale),
        bring_back,
    )


def output_layer(model: torch.nn.Module) -> torch.nn.Linear | None:
    """Return the last trained linear layer with one output; None where there is none.

    Low-rank weights beside a layer are none, and of an output layer that peft copied it is the copy
    that is trained.
    """
    import torch

    found = None
    for name, module in model.named_modules():
        if (
            isinstance(module, torch.nn.Linear)
            and module.out_features == 1
            and module.weight.requires_grad
            and "lora_" not in name
        ):
            found = module
    return found


def fold(layer: torch.nn.Linear, mean: float, scale: float) -> None:
    """Change a layer in place so that it answers ``scale * answer + mean``."""
    import torch

    with torch.no_grad():
        layer.weight.mul_(scale)
        if layer.bias is not None:
            layer.bias.mul_(scale).add_(mean)
