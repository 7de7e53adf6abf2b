"""Pairs of a picture and a text, of which several may share either: what contrastive tuning reads.

Each distinct picture and each distinct text is encoded once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..multimodal.encode import Repeated, Together, cut_off
from .batches import TARGET, Batch, Rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..multimodal.spec import ModelSpec
    from .dataset import Dataset

KINDS = ("image", "text")
"""The modalities of a pair's parts."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Encoded pairs (`core.batches.Learned`).

    A pair is learnt by telling its parts from those of the other pairs of its batch. So a batch
    goes through the model whole (`together`), and batches are drawn by chance, never by length:
    pairs of like length would be told apart by less than they differ in.

    Attributes
    ----------
    samples
        By modality the distinct parts, repeated pair by pair.
    codes
        Numbers of each pair's picture and text; shape (pairs, 2).
    weight
        How much each pair counts in the loss; shape (pairs,).
    names
        The id of each pair's row; shape (pairs,).
    """

    samples: Together
    codes: NDArray[np.int64]
    weight: NDArray[np.float32]
    names: NDArray[np.object_]
    together: bool = True

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """The mean cost of a pair in tokens, the same for all; shape (pairs,)."""
        mean = round(float(self.samples.lengths.mean())) if len(self) else 0
        return np.full(len(self), max(1, mean), np.int64)

    @property
    def cut(self) -> NDArray[np.bool_]:
        """Whether each pair's text was longer than the model reads; shape (pairs,)."""
        return cut_off(self.samples)

    @property
    def units(self) -> NDArray[np.int64]:
        """One for each pair; shape (pairs,)."""
        return np.ones(len(self), np.int64)

    def distinct(self, kind: str) -> Any:
        """Return the encoded parts of a modality, each once, numbered as in `codes`."""
        return self.samples.parts[kind].parts

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some pairs."""
        return [str(name) for name in self.names[rows]]

    def batch(self, rows: Rows) -> Batch:
        """Return the inputs of some pairs, and the numbers of their parts as targets."""
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> tuple[Any, Rows]:
        """Do all of a batch that draws nothing at random, for `finish`."""
        return self.samples.fetch(rows), rows

    def finish(self, fetched: tuple[Any, Rows]) -> Batch:
        """Do the rest."""
        import torch

        found, rows = fetched
        return {**self.samples.finish(found), TARGET: torch.from_numpy(self.codes[rows])}


def codes(dataset: Dataset) -> NDArray[np.int64]:
    """Return numbers of each row's picture and text, from 0 in the rows' order; shape (rows, 2)."""
    found = np.zeros((len(dataset), len(KINDS)), np.int64)
    for place, kind in enumerate(KINDS):
        number: dict[str, int] = {}
        cells = cells_of(dataset, kind)
        found[:, place] = [number.setdefault(_same(cell), len(number)) for cell in cells]
    return found


def cells_of(dataset: Dataset, kind: str) -> NDArray[np.object_]:
    """Return the cells of the one part of a modality; shape (rows,)."""
    return next(cells for name, cells in dataset.inputs.items() if dataset.modalities[name] == kind)


def first_rows(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first row of each number, numbers from 0 without gaps; shape (numbers,)."""
    return np.unique(codes, return_index=True)[1]


def encode_pairs(
    processor: Any,
    dataset: Dataset,
    model: ModelSpec,
    *,
    cache: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> Pairs:
    """Encode every distinct picture and text of a dataset's rows.

    Parameters
    ----------
    processor
        As `multimodal.processors.load_processor` returned it for pictures and texts.
    dataset
        The rows.
    model
        How much is read of each.
    cache
        Folder that keeps what was encoded as files; kept in memory if left out.
    check
        Raises where the job was cancelled.
    """
    from ..multimodal.contrastive.texts import encode_texts
    from ..multimodal.encode import encode
    from ..multimodal.processors import processor_of

    numbers = codes(dataset)
    pictures, texts = (
        cells_of(dataset, kind)[first_rows(numbers[:, place])].tolist()
        for place, kind in enumerate(KINDS)
    )
    tokenizer = processor_of(processor, "text")
    seen = encode(
        processor, [(one,) for one in pictures], ("image",), model, cache=cache, check=check
    )
    parts = {
        "image": Repeated(seen, numbers[:, 0]),
        "text": Repeated(
            encode_texts(tokenizer, texts, model.max_length, cache=cache), numbers[:, 1]
        ),
    }
    return Pairs(Together(parts), numbers, dataset.weight, dataset.ids)


def _same(cell: str) -> str:
    """Return by what cells are the same: files by what they hold, texts by their words."""
    from ..multimodal.media import content

    return " ".join(content(cell).split())
