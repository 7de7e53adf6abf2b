"""A prompt with its answer, cut into words, pieces of pictures, and the answer's own tokens.

The answer is given to the model as if it had been written already, so one look at it says of every
token how likely it was behind the tokens in front of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from ..errors import ModelError, paragraph
from .image.encode import EncodedImages, Processed
from .image.mask import masked
from .image.segmented import SegmentedImage, segmented
from .padding import Padding, joined
from .prompts import Prompt
from .vision_language.habits import vision

FIRST, TOLD = "first", "told"
"""Inputs beside the model's: the place from which the answer's first token is guessed, its tokens.

Behind the tokens of a short answer stands -1.
"""

OWN = ("input_ids", "attention_mask", FIRST, TOLD)


@dataclass(frozen=True, eq=False)
class Written:
    """A prompt and its answer (`explain.pieces.Pieces`).

    Attributes
    ----------
    prompt
        The prompt.
    answer
        The answer's tokens; shape (tokens,).
    width
        Most tokens of any answer that goes through the model with this one.
    pictures
        The prompt's pictures, cut into segments.
    vision
        Makes the model's inputs of copies of them, given the pixels of each picture of each copy.
    instead
        Number of the token that stands for one that is left out.
    earlier
        Whether the answer's own tokens can be left out too.
    whole
        Whether a message is one segment, instead of each of its words.
    """

    prompt: Prompt
    answer: NDArray[np.int64]
    width: int
    pictures: tuple[SegmentedImage, ...]
    vision: Vision | None
    instead: int
    earlier: bool = True
    whole: bool = False

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many segments the words, each picture, and the answer have."""
        answer = max(len(self.answer) - 1, 0) if self.earlier else 0
        return (len(self.texts), *map(len, self.pictures), answer)

    def __len__(self) -> int:
        return sum(self.counts)

    @cached_property
    def messages(self) -> NDArray[np.int64]:
        """The message that each segment of the texts stands in; shape (segments,)."""
        of = np.array([one.part for one in self.prompt.words], np.int64)
        return np.unique(of) if self.whole else of

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The words, or what each message says of what the model reads of it."""
        words = self.prompt.words
        if not self.whole:
            return tuple(one.text for one in words)
        spans = [[one for one in words if one.part == number] for number in self.messages]
        return tuple(self.prompt.text[one[0].start : one[-1].end] for one in spans)

    @property
    def between(self) -> tuple[str, ...]:
        """What stands behind each of them."""
        return ("\n",) * len(self.texts) if self.whole else self.prompt.between

    @cached_property
    def owners(self) -> NDArray[np.int64]:
        """Segment of each token that the model reads, -1 for none; shape (tokens,).

        The answer's last token is not read: nothing is guessed from it.
        """
        own = self.prompt.owners
        if self.whole and len(self.messages):
            of = [one.part for one in self.prompt.words]
            number = np.append(np.searchsorted(self.messages, of), -1)
            own = number[own]
        read = max(len(self.answer) - 1, 0)
        behind = np.full(read, -1)
        if self.earlier:
            behind = len(self) - read + np.arange(read)
        return np.concatenate([own, behind])

    @cached_property
    def row(self) -> dict[str, NDArray[np.int64]]:
        """The model's inputs for the whole of it, without pictures, and what is asked of it."""
        read = self.answer[:-1]
        told = np.full(self.width, -1)
        told[: len(self.answer)] = self.answer
        tokens = np.concatenate([self.prompt.tokens, read])
        out = {
            "input_ids": tokens,
            "attention_mask": np.ones(len(tokens), np.int64),
            FIRST: np.array(len(self.prompt.tokens) - 1),
            TOLD: told,
        }
        for name, values in self.prompt.beside.items():
            out[name] = np.append(values, np.full(len(read), self.prompt.answers[name]))
        return out

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies, each without other segments.

        Parameters
        ----------
        keep
            Which segments each copy keeps; shape (masks, segments).
        """
        keep = np.asarray(keep, bool)
        if keep.ndim != 2 or keep.shape[1] != len(self):
            raise ValueError(f"masks of {len(self)} segments have another shape: {keep.shape}")
        copies = len(keep)
        out = {
            name: torch.from_numpy(np.repeat(one[None], copies, axis=0))
            for name, one in self.row.items()
        }
        kept = np.pad(keep, ((0, 0), (0, 1)), constant_values=True)[:, self.owners]
        out["input_ids"][torch.from_numpy(~kept)] = self.instead
        if self.pictures and self.vision is not None:
            spans = self.spans[1:-1]
            copied = [
                masked(one.pixels, one.labels, keep[:, span], one.instead)
                for one, span in zip(self.pictures, spans, strict=True)
            ]
            out |= self.vision([[one[copy] for one in copied] for copy in range(copies)])
        return out

    def nothing(self) -> dict[str, torch.Tensor]:
        """Return the model's inputs for the baseline: the prompt without all of its segments."""
        return self.inputs(np.zeros((1, len(self)), bool))

    @property
    def spans(self) -> list[slice]:
        """The numbers of the words' segments, each picture's, and the answer's."""
        ends = np.cumsum((0, *self.counts))
        return [slice(int(a), int(b)) for a, b in pairwise(ends)]

    def summed(
        self, tokens: NDArray[np.float64], seen: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.float64], float]:
        """Sum numbers that belong to the model's inputs over each segment.

        Parameters
        ----------
        tokens
            Of each token; shape (tokens,).
        seen
            Of what the model sees, None where it sees nothing.

        Returns
        -------
        Sums of shape (segments,), and of what belongs to no segment.
        """
        inside = self.owners >= 0
        found = np.zeros(len(self))
        np.add.at(found, self.owners[inside], tokens[inside])
        rest = float(tokens[~inside].sum())
        if seen is not None and self.pictures:
            for one, span, part in zip(
                self.pictures, self.spans[1:-1], self._parts(seen), strict=True
            ):
                found[span], over = one.summed(part)
                rest += over
        return found.astype(np.float64), rest

    def _parts(self, seen: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Share what the model sees out among the pictures, as their own processor makes each."""
        shapes = []
        for one in self.pictures:
            alone = one.inputs(np.ones((1, len(one)), bool))
            shapes.append(tuple(next(iter(alone.values())).shape))
        for axis in (0, 1):
            ends = np.cumsum([0, *(shape[axis] for shape in shapes)])
            if axis < seen.ndim and ends[-1] == seen.shape[axis]:
                parts = [seen.take(np.arange(a, b), axis) for a, b in pairwise(ends)]
                return [
                    part[tuple(slice(size) for size in shape)]
                    for part, shape in zip(parts, shapes, strict=True)
                ]
        raise ModelError(
            paragraph(
                "pictures",
                "the model's processor puts them together in a way that gradients can't be shared "
                "out among them",
                "Choose the method occlusion, which leaves pieces of pictures out",
            )
        )


@dataclass(frozen=True, eq=False)
class Vision:
    """Makes a model's inputs of pictures, as `vision_language.pictures.Pictures` does.

    Attributes
    ----------
    processor
        Of a model that writes about pictures.
    mark
        The text that stands for a picture.
    kept
        Pictures that were read, None where the processor has to see them each time.
    """

    processor: Any
    mark: str
    kept: EncodedImages | None

    def __call__(self, copies: Sequence[Sequence[NDArray[np.uint8]]]) -> dict[str, torch.Tensor]:
        """Return the inputs for the pixels of each picture of each copy."""
        if self.kept is not None:
            flat = np.stack([one for copy in copies for one in copy])
            return {"pixel_values": self.kept.affine(torch.from_numpy(flat))}
        made = []
        for copy in copies:  # one at a time: a photograph has many pixels
            shown = [Image.fromarray(one.transpose(1, 2, 0)) for one in copy]
            made.append(dict(vision(self.processor, self.mark, [shown])))
        return joined(made, Padding({name: 0 for one in made for name in one}))

    def cut(self, pictures: Any, number: int, file: str, **settings: Any) -> SegmentedImage:
        """Cut one of the pictures into segments.

        Parameters
        ----------
        pictures
            `vision_language.pictures.Pictures`.
        number, file
            Its place among them, and its file.
        settings
            As `image.segmented.segmented` takes them.
        """
        own = self.processor.image_processor
        samples = self.kept or Processed(own, pictures.cells)
        return segmented(own, samples, number, file, **settings)


def padding(batches: Sequence[dict[str, torch.Tensor]], pad: int) -> Padding:
    """Return how copies of several prompts are put together: padded at the right.

    Nothing is written behind them, so no place moves and every model counts them as it learnt to.
    """
    names = {name for batch in batches for name, one in batch.items() if one.ndim > 1}
    return Padding({**dict.fromkeys(sorted(names), 0), "input_ids": pad})
