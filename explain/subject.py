"""What is explained: a model, rows, and for each row the number of the answer that is asked about.

Every method takes a `Subject` and nothing else of the model, so that one that works for texts works
for pictures and sounds too, and for the formulas by which it is tested.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ..core.batches import Samples
from ..multimodal.padding import Padding, joined, padding_of
from .outputs import Logits, Read
from .pieces import Pieces

KEPT = 64
"""Rows whose segments are kept."""

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Subject:
    """A model, rows, and targets.

    Attributes
    ----------
    model
        In evaluation mode, on its device.
    samples
        The rows as the model's inputs (`core.batches.Samples`).
    cut
        Cuts a row into segments.
    targets
        Which of the numbers that `read` returns is explained of each row; shape (rows,).
    read
        Takes these numbers out of what the model returns.
    padding
        How inputs of several rows are put together; as `samples` says if left out.
    """

    model: torch.nn.Module
    samples: Samples
    cut: Callable[[int], Pieces]
    targets: NDArray[np.int64]
    read: Read = field(default_factory=Logits)
    padding: Padding | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cut", lru_cache(KEPT)(self.cut))

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each row in tokens or the like; shape (rows,)."""
        return self.samples.lengths

    @property
    def place(self) -> torch.device:
        """The device that the model is on."""
        return next(self.model.parameters()).device

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's inputs for some rows, on its device."""
        return self.sent(self.samples.batch(rows))

    def baselines(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's inputs for some rows without all of their segments, on its device."""
        return self.sent(self.joined([self.cut(int(row)).nothing() for row in rows]))

    def joined(self, batches: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """Put inputs of several rows together, padded."""
        padding = padding_of(self.samples) if self.padding is None else self.padding
        return joined(batches, padding)

    def sent(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Send inputs to the model's device."""
        return {name: one.to(self.place) for name, one in batch.items()}

    def numbers(self, batch: dict[str, Any], rows: Rows) -> torch.Tensor:
        """Return the numbers that can be explained, for copies of some rows.

        Parameters
        ----------
        batch
            Inputs, on the model's device.
        rows
            Which row each sample of the batch is a copy of.
        """
        return self.read(self.model(**batch), torch.from_numpy(rows).to(self.place))


@contextmanager
def at_rest(model: torch.nn.Module) -> Iterator[None]:
    """Hold a model in evaluation mode and its weights without gradients, then put both back."""
    training = model.training
    learnt = [weight for weight in model.parameters() if weight.requires_grad]
    model.eval()
    for weight in learnt:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in learnt:
            weight.requires_grad_(True)
        if training:
            model.train()
