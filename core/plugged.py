"""What other rooms plug into a training: another loss, weights of rows, another order of rows.

The loop knows none of what they are for. A loss that asks which rows it is about is given batches
that say so, and a loss that changes from step to step is kept in the checkpoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..multimodal.encode import fetch, finish
from .batches import TARGET, Batch, Learned, Rows, Sampler, goes_whole, length_buckets

if TYPE_CHECKING:
    import torch

    from .step import Loss

ROWS, WEIGHT = f"{TARGET}_rows", f"{TARGET}_weight"
"""Which training rows a batch is made of, and how much each counts; both of shape (samples,)."""


@runtime_checkable
class Remembering(Protocol):
    """A loss that changes from step to step, so that a checkpoint has to hold it."""

    def tensors(self) -> Mapping[str, torch.Tensor]:
        """Return what a checkpoint has to keep."""

    def load(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Go on from what `tensors` returned."""


def remembering(loss: object) -> Remembering | None:
    """Return a loss that changes from step to step; None of any other."""
    return loss if isinstance(loss, Remembering) else None


@dataclass(frozen=True)
class Plugged:
    """What a training does in another way.

    Attributes
    ----------
    loss
        In place of the task's; its batches hold `ROWS` and `WEIGHT`. It may be `Remembering`.
    sample_weight
        Weight of each training row beside its own; shape (rows,).
    sampler
        Order of the rows in an epoch.
    together
        Whether the loss of a sample depends on the others of its step, which therefore goes
        through the model whole.
    """

    loss: Loss | None = None
    sample_weight: NDArray[np.float32] | None = None
    sampler: Sampler = length_buckets
    together: bool = False


class Placed:
    """Samples whose batches say which rows they are made of, and how much these count.

    Everything else is that of the samples.

    Parameters
    ----------
    samples
        One for each training row.
    together
        Whether a step goes through the model whole.
    """

    def __init__(self, samples: Learned, together: bool) -> None:
        self._samples = samples
        self.together = together or goes_whole(samples)

    def __len__(self) -> int:
        return len(self._samples)

    def __getattr__(self, name: str) -> Any:
        # copy and pickle ask for names before there are samples
        if name.startswith("__") or name == "_samples":
            raise AttributeError(name)
        return getattr(self._samples, name)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Cost of each sample; shape (samples,)."""
        return self._samples.lengths

    @property
    def units(self) -> NDArray[np.int64]:
        """What each sample's loss is a sum over; shape (samples,)."""
        return self._samples.units

    @property
    def weight(self) -> NDArray[np.float32]:
        """How much each unit of a sample counts; shape (samples,)."""
        return self._samples.weight

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some samples."""
        return self._samples.ids(rows)

    def batch(self, rows: Rows) -> Batch:
        """Return inputs and targets of some samples, with their rows and weights."""
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> tuple[Any, Rows]:
        """Do all of a batch that draws nothing at random, for `finish`."""
        return fetch(self._samples, rows), rows

    def finish(self, fetched: tuple[Any, Rows]) -> Batch:
        """Do the rest."""
        import torch

        found, rows = fetched
        return {
            **finish(self._samples, found),
            ROWS: torch.from_numpy(rows),
            WEIGHT: torch.from_numpy(self.weight[rows]),
        }


def placed(samples: Learned, plugged: Plugged | None) -> Learned:
    """Return training samples as a plugged loss asks for them; as they are where none is."""
    if plugged is None or plugged.loss is None:
        return samples
    return Placed(samples, plugged.together)
