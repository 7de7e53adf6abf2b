"""Samples with one target each: what classification, multilabel and regression learn from."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import RecipeError, paragraph
from ..multimodal.augment_spec import PARTNER, SHARE
from ..multimodal.encode import cut_off, fetch, finish
from .batches import TARGET, Batch, Learned, Rows, Samples
from .spec import TrainSpec

if TYPE_CHECKING:
    import torch

    from .dataset import Dataset


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
        return cut_off(self.samples)

    @property
    def units(self) -> NDArray[np.int64]:
        """One for each sample; shape (samples,)."""
        return np.ones(len(self), np.int64)

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
        return {**finish(self.samples, found), TARGET: torch.from_numpy(self.targets[rows])}


def costs(batch: Batch, cost: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    """Return what a batch's answers cost; of mixed samples by the shares of both their targets.

    Parameters
    ----------
    batch
        Its targets, and where samples were mixed (mixup, CutMix) with which others.
    cost
        ``cost(targets) -> losses``, shape (samples,).
    """
    losses = cost(batch[TARGET])
    if PARTNER not in batch:
        return losses
    share: torch.Tensor = batch[SHARE]
    return share * losses + (1 - share) * cost(batch[TARGET][batch[PARTNER]])


def augmented(samples: Learned, spec: TrainSpec, dataset: Dataset) -> Learned:
    """Return training samples that are changed at random as the recipe says (`train.augment`).

    Parameters
    ----------
    samples
        As the task encoded them.
    spec
        The changes.
    dataset
        Their rows.

    Raises
    ------
    RecipeError
        If no part of the samples can be changed so, or what is said of them would become wrong.
    """
    if not spec.augment:
        return samples
    from ..multimodal.augment import augmented as changed
    from ..multimodal.augment import check_preserving
    from .pairs import Pairs
    from .standardised import Standardised

    if not isinstance(samples, Labelled | Pairs | Standardised):
        raise RecipeError(
            paragraph(
                "recipe, key “train.augment”",
                "pictures and sounds can be changed where classes, labels, numbers or pairs are "
                "learnt of them; this task learns from texts, or writes about pictures as they are",
                "Leave it out",
            )
        )
    texts = [cells for name, cells in dataset.inputs.items() if dataset.modalities[name] == "text"]
    check_preserving(spec.augment, [*dataset.labels, *itertools.chain(*texts)])
    return replace(samples, samples=changed(samples.samples, spec.augment))
