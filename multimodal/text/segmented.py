"""One sample's texts cut into words that can be left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ..hierarchy import Hierarchy, together
from .encode import EncodedText, token_spans
from .hierarchy import hierarchy
from .outline import Outline
from .segments import Segment, owners, read_words, separators, words

Instead = Literal["mask", "pad"]


@dataclass(frozen=True, eq=False)
class SegmentedText:
    """A sample's texts as the model reads them, and their words (`multimodal.modality.Segmented`).

    Attributes
    ----------
    words
        Those that the model reads, in their order.
    between
        What stands behind each word.
    row
        The model's inputs for the sample; each of shape (1, tokens).
    owners
        Number of the word that each token belongs to, -1 for none; shape (tokens,).
    instead
        Number of the token that stands for one that is left out.
    """

    words: tuple[Segment, ...]
    between: tuple[str, ...]
    row: dict[str, torch.Tensor]
    owners: NDArray[np.int64]
    instead: int

    def __len__(self) -> int:
        return len(self.words)

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies of the texts, each without other words."""
        keep = np.asarray(keep, bool)
        if keep.ndim != 2 or keep.shape[1] != len(self):
            raise ValueError(f"masks of {len(self)} words have another shape: {keep.shape}")
        # Tokens that belong to no word are kept: the last column is theirs.
        kept = np.pad(keep, ((0, 0), (0, 1)), constant_values=True)[:, self.owners]
        out = {name: one.repeat(len(keep), 1) for name, one in self.row.items()}
        out["input_ids"][torch.from_numpy(~kept)] = self.instead
        return out

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Sum numbers over each word, and over what belongs to none.

        Parameters
        ----------
        values
            Of the tokens, padding left out; shape (tokens, …).
        """
        flat = values.reshape(len(values), -1).sum(axis=1)
        inside = self.owners >= 0
        found = np.bincount(self.owners[inside], flat[inside], minlength=len(self))
        return found.astype(np.float64), float(flat[~inside].sum())

    @property
    def parts(self) -> NDArray[np.int64]:
        """Which of the texts each word stands in; shape (words,)."""
        return np.array([one.part for one in self.words], np.int64)

    @property
    def positions(self) -> NDArray[np.float64]:
        """The words' numbers; shape (words, 1)."""
        return np.arange(len(self), dtype=np.float64)[:, None]

    @property
    def hierarchy(self) -> Hierarchy:
        """How words are grouped: as sentences are built, and each of several texts by itself."""
        texts = [np.flatnonzero(self.parts == part) for part in np.unique(self.parts)]
        return together([(hierarchy([self.words[at].text for at in text]), text) for text in texts])

    @property
    def outline(self) -> Outline:
        """What is drawn."""
        return Outline(tuple(one.text for one in self.words), self.between)


def segmented(
    processor: Any,
    samples: EncodedText,
    row: int,
    cell: tuple[str, ...],
    *,
    instead: Instead = "mask",
    max_length: int,
) -> SegmentedText:
    """Cut a sample's texts into words.

    Parameters
    ----------
    processor
        A fast tokenizer.
    samples
        What `encode` made of texts by it.
    row
        Number of the sample in them.
    cell
        The sample's texts.
    instead
        Which token stands for those that are left out: the one for hidden words (``mask``; the
        padding token where the tokenizer has none), or the padding token (``pad``).
    max_length
        Longest sample in tokens, as in `encode`.
    """
    (spans,) = token_spans(processor, [cell], max_length)
    return cut_by(processor, samples, row, cell, words(cell), spans, instead)


def cut_by(
    processor: Any,
    samples: EncodedText,
    row: int,
    cell: tuple[str, ...],
    every: Sequence[Segment],
    spans: Sequence[tuple[int, int, int]],
    instead: Instead,
) -> SegmentedText:
    """Cut a sample's texts into words whose places are known, by the characters of its tokens.

    Parameters
    ----------
    processor, samples, row, cell, instead
        As `segmented` takes them.
    every
        The texts' words, also those that the model doesn't read.
    spans
        For each token its part, its first character and the one behind its last.
    """
    read = read_words(every, spans)
    number = np.full(len(every) + 1, -1)  # what belongs to no word has number -1, the last place
    number[read] = np.arange(len(read))
    chosen = processor.mask_token_id if instead == "mask" else None
    token = processor.pad_token_id if chosen is None else chosen
    found = tuple(every[at] for at in read)
    return SegmentedText(
        found,
        separators(cell, found),
        samples.batch([row]),
        number[owners(every, spans)],
        int(token),
    )
