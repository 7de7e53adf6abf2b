"""One sample's texts cut into words that can be left out, and drawn with their scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from markupsafe import Markup
from numpy.typing import NDArray

from ..palette import LIGHT, Palette
from .draw import word_map, word_map_png
from .encode import EncodedText, token_spans
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

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the words by their scores for a page."""
        texts = [one.text for one in self.words]
        return word_map(texts, scores, separators=self.between, scale=scale)

    def png(
        self, scores: NDArray[np.float64], scale: float | None = None, palette: Palette = LIGHT
    ) -> bytes:
        """Colour the words by their scores as a PNG file, which is light always."""
        texts = [one.text for one in self.words]
        return word_map_png(texts, scores, separators=self.between, scale=scale)


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
    every = words(cell)
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
