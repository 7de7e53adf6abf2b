"""Token sequences of a dataset's rows, and how well a language model guesses them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from ...multimodal.text.token_losses import token_losses
from .. import processes
from ..batches import Batch, Rows, by_length
from ..events import Clock, Emit, Progress, silent
from ..predict import tokens_at_once

if TYPE_CHECKING:
    from ..dataset import Dataset

LOGITS = 2**26
"""Most logits that are computed at a time when a model is measured (256 MB in float32)."""


class Owned(Protocol):
    """Sequences that know their targets and the row that each of them comes from."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sequence; shape (sequences,)."""

    @property
    def units(self) -> NDArray[np.int64]:
        """Target tokens of each sequence; shape (sequences,)."""

    @property
    def owner(self) -> NDArray[np.int64]:
        """Row that each sequence comes from; shape (sequences,)."""

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether something was cut off each sequence; shape (sequences,)."""

    def batch(self, rows: Rows) -> Batch:
        """Return some sequences as the model's inputs, with their targets."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Sequenced:
    """Token sequences of a dataset's rows (`core.batches.Learned`).

    Attributes
    ----------
    samples
        The sequences.
    weights
        Weight of each row; shape (rows,).
    names
        The id of each row; shape (rows,).
    """

    samples: Owned
    weights: NDArray[np.float32]
    names: NDArray[np.object_]

    @classmethod
    def of(cls, samples: Owned, dataset: Dataset) -> Sequenced:
        """Put sequences beside the rows that they come from."""
        return cls(samples, dataset.weight, dataset.ids)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each sequence; shape (sequences,)."""
        return self.samples.lengths

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether something was cut off each sequence; shape (sequences,)."""
        return self.samples.cut

    @property
    def units(self) -> NDArray[np.int64]:
        """Target tokens of each sequence; shape (sequences,)."""
        return self.samples.units

    @property
    def weight(self) -> NDArray[np.float32]:
        """Weight of each sequence: its row's; shape (sequences,)."""
        return self.weights[self.samples.owner]

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some sequences."""
        return [str(name) for name in self.names[self.samples.owner[rows]]]

    def batch(self, rows: Rows) -> Batch:
        """Return the model's inputs for some sequences, with their targets."""
        return self.samples.batch(rows)

    @property
    def source(self) -> Owned:
        """The sequences themselves, also where a head is given features in their place."""
        return self.samples

    def begin_epoch(self, epoch: int) -> None:
        """Hide other tokens in each epoch, where the samples hide tokens."""
        begin = getattr(self.samples, "begin_epoch", None)
        if begin is not None:
            begin(epoch)


@torch.inference_mode()
def nats(
    model: torch.nn.Module,
    samples: Any,
    *,
    step: str = "predict",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Return minus the log-likelihood of each sequence's targets.

    Parameters
    ----------
    model
        A language model in evaluation mode, on its device.
    samples
        Sequences whose batches `multimodal.text.token_losses` reads.
    step, emit, check
        Name of the step in the progress events, listener, and a function that raises where the job
        was cancelled.

    Returns
    -------
    numpy.ndarray
        Shape (sequences,).
    """
    place = next(model.parameters()).device
    lengths = samples.lengths
    out = np.zeros(len(samples))
    batches = processes.share(by_length(lengths, _budget(model)))
    total, done = sum(int(lengths[rows].sum()) for rows in batches), 0
    clock = Clock(total)
    for rows in batches:
        batch = {name: tensor.to(place) for name, tensor in samples.batch(rows).items()}
        out[rows] = token_losses(model, batch).double().cpu().numpy()
        done += int(lengths[rows].sum())
        if clock.due() or done == total:
            emit(Progress(step=step, done=done, total=total, remaining=clock.remaining(done)))
        check()
    return processes.merge(out)


def by_row(
    samples: Sequenced, values: NDArray[Any], rows: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Add up sequences' values and targets for each row they come from; two of shape (rows,)."""
    owner = samples.samples.owner
    return (
        np.bincount(owner, values, minlength=rows).astype(np.float64),
        np.bincount(owner, samples.units, minlength=rows).astype(np.int64),
    )


def _budget(model: torch.nn.Module) -> int:
    config: Any = model.config
    words = int(getattr(config.get_text_config(), "vocab_size", 1))
    return min(tokens_at_once(model), max(LOGITS // max(words, 1), 512))
