"""Samples with one target each: what classification, multilabel and regression learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .batches import TARGET, Batch, Rows, Samples


@dataclass(frozen=True, eq=False)
class Labelled:
    """Encoded samples and their targets, row by row.

    Attributes
    ----------
    samples
        The inputs.
    targets
        What is to be learnt of each sample: a class code, numbers; shape (samples, …).
    weight
        How much each sample counts in the loss; shape (samples,).
    names
        The id of each sample's row; shape (samples,).
    """

    samples: Samples
    targets: NDArray[Any]
    weight: NDArray[np.float32]
    names: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample; shape (samples,)."""
        return self.samples.lengths

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether each sample was longer than the model reads; shape (samples,)."""
        return np.asarray(getattr(self.samples, "cut", np.zeros(len(self), bool)))

    @property
    def units(self) -> NDArray[np.int64]:
        """One for each sample; shape (samples,)."""
        return np.ones(len(self), np.int64)

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some samples."""
        return [str(name) for name in self.names[rows]]

    def batch(self, rows: Rows) -> Batch:
        """Return the model's inputs for some samples, with their targets."""
        import torch

        return {**self.samples.batch(rows), TARGET: torch.from_numpy(self.targets[rows])}
