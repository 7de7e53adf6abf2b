"""Pictures to the numbers that a model sees: decoded and resized once, kept, and made batches of.

What costs time in a picture's way to a model is its decoding and resizing by the model's own
processor. That is done once, and what comes of it is kept as 8-bit numbers; what remains for each
batch is one multiplication and one addition. Decoding, resizing and reading give up Python's lock,
so threads do them side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from .. import arrays
from ..arrays import Kind
from ..media import once_more
from .read import read

if TYPE_CHECKING:
    from .augment import Augment

FORMAT = 1
"""Counted up where the same pictures would come to other numbers."""

TOGETHER = 32
"""Pictures that a thread decodes and resizes at a time."""

PATCH = 256
"""Pixels that count as one token where batches are formed: a patch of 16 × 16."""

Rows = NDArray[np.int64]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Affine:
    """What a processor does to 8-bit pixels at last: ``pixels * factor + offset``, by channel."""

    factor: NDArray[np.float32]
    offset: NDArray[np.float32]

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return the model's numbers for pixels of shape (pictures, channels, height, width)."""
        factor, offset = map(torch.from_numpy, (self.factor, self.offset))
        return pixels.float().mul_(factor[:, None, None]).add_(offset[:, None, None])


@dataclass(frozen=True, eq=False)
class EncodedImages:
    """Pictures as a model's processor resizes and crops them.

    Attributes
    ----------
    kept
        The first pictures, as many as there is room for; shape (kept, channels, height, width). May
        be mapped from a file.
    decode
        Reads the pictures of other rows, in the same form.
    affine
        From 8 bits to the model's numbers.
    count
        How many pictures there are.
    augment
        Changes pictures at random where they are trained on, None where they are not.
    """

    kept: Pixels
    decode: Callable[[Rows], Pixels]
    affine: Affine
    count: int
    augment: Augment | None = None

    def __len__(self) -> int:
        return self.count

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Patches of each picture; shape (samples,)."""
        *_, height, width = self.kept.shape
        return np.full(self.count, max(1, height * width // PATCH), np.int64)

    def pixels(self, rows: Rows) -> Pixels:
        """Return 8-bit pixels of some pictures; shape (rows, channels, height, width)."""
        rows = np.asarray(rows)
        there = rows < len(self.kept)
        if there.all():
            return np.asarray(self.kept[rows])
        out = np.empty((len(rows), *self.kept.shape[1:]), np.uint8)
        out[there] = self.kept[rows[there]]
        out[~there] = self.decode(rows[~there])
        return out

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return the model's numbers for some pictures.

        Returns
        -------
        dict
            ``pixel_values`` of shape (rows, channels, height, width), float32; where pictures are
            mixed (`multimodal.image.augment`) what that means for their targets too.
        """
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Do all of a batch that draws nothing at random, for `finish`."""
        pixels = torch.from_numpy(self.pixels(rows))
        return {"pixel_values": self.affine(pixels) if self.augment is None else pixels}

    def finish(self, fetched: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Change pictures at random, and return the batch."""
        if self.augment is None:
            return fetched
        changed, mixed = self.augment(fetched["pixel_values"])
        return {"pixel_values": self.affine(changed), **mixed}


def encode(
    processor: Any,
    cells: Sequence[str],
    *,
    cache: Path | None = None,
    budget: int | None = None,
    check: Callable[[], None] = lambda: None,
) -> EncodedImages | Processed:
    """Decode and resize pictures as a model's processor does.

    Parameters
    ----------
    processor
        An image processor of transformers.
    cells
        A picture's file each.
    cache
        Folder that keeps what was decoded as files. They are mapped into memory, and found again
        for the same pictures and processor. All is held in memory if left out.
    budget
        Most bytes that are kept; pictures beyond are decoded for each batch. All are kept if left
        out.
    check
        Raises where the job was cancelled.

    Returns
    -------
    EncodedImages
        ``batch`` gives what ``processor(pictures)`` gives, to the rounding of float32.
    Processed
        Where a processor doesn't make pictures of one size, or does more with them than scale:
        every batch goes through it.
    """
    if not len(cells):
        return EncodedImages(np.zeros((0, 3, 1, 1), np.uint8), _nothing, _identity(3), 0)
    first = once_more(read, cells[0])
    affine = affine_of(processor, first)
    if affine is None:
        return Processed(processor, cells)
    shape = resized(processor, [first]).shape[1:]
    size = int(np.prod(shape))
    kept = len(cells) if budget is None else min(len(cells), budget // size)
    kinds = {"pixels": Kind(np.uint8, shape, mapped=True)}

    def pieces() -> Iterator[dict[str, Pixels]]:
        for piece in _decoded(processor, cells[:kept]):
            check()
            yield {"pixels": piece}

    said = (FORMAT, type(processor).__name__, processor.to_dict())
    found = arrays.kept(
        cache, said, cells[:kept], kinds, pieces, lambda one: len(one["pixels"]) == kept
    )

    def decode(rows: Rows) -> Pixels:
        return np.concatenate(list(_decoded(processor, [cells[row] for row in rows])))

    return EncodedImages(found["pixels"], decode, affine, len(cells))


@dataclass(frozen=True, eq=False)
class Processed:
    """Pictures that their model's processor has to see anew for each batch."""

    processor: Any
    cells: Sequence[str]
    augment: Augment | None = None

    def __len__(self) -> int:
        return len(self.cells)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """One for each picture: what it comes to is not known before."""
        return np.full(len(self.cells), PATCH, np.int64)

    def batch(self, rows: Rows) -> dict[str, torch.Tensor]:
        """Return what the processor makes of some pictures."""
        return self.finish(self.fetch(rows))

    def fetch(self, rows: Rows) -> list[Image.Image]:
        """Read pictures, for `finish`."""
        chosen = [self.cells[row] for row in rows]
        return list(arrays.in_threads(partial(once_more, read), chosen))

    def finish(self, pictures: list[Image.Image]) -> dict[str, torch.Tensor]:
        """Change pictures at random, and return what the processor makes of them."""
        if self.augment is not None:
            pictures = [self.augment.picture(one) for one in pictures]
        return dict(self.processor(images=pictures, return_tensors="pt"))


def resized(processor: Any, pictures: Sequence[Image.Image]) -> Pixels:
    """Return pictures as a processor resizes and crops them, before it scales their numbers."""
    found = processor(
        images=list(pictures), do_rescale=False, do_normalize=False, return_tensors="np"
    )["pixel_values"]
    return np.asarray(found).round().clip(0, 255).astype(np.uint8)


def affine_of(processor: Any, picture: Image.Image) -> Affine | None:
    """Return how a processor scales its numbers, None where it does anything else with pictures.

    That is tried on a picture rather than read from the processor's kind or settings: what it
    makes of the picture must be what its resizing and this scaling make of it.
    """
    whole = processor(images=[picture], return_tensors="np")
    if set(whole) != {"pixel_values"}:
        return None
    expected = np.asarray(whole["pixel_values"])
    try:
        pixels = resized(processor, [picture])
    except (TypeError, ValueError, KeyError):
        return None
    if expected.ndim != 4 or pixels.shape != expected.shape:
        return None
    if resized(processor, [_other_size(picture)]).shape != pixels.shape:
        return None
    channels = expected.shape[1]
    scale = float(processor.rescale_factor) if getattr(processor, "do_rescale", False) else 1.0
    mean, std = np.zeros(channels), np.ones(channels)
    if getattr(processor, "do_normalize", False):
        mean = np.broadcast_to(np.asarray(processor.image_mean, np.float64), channels)
        std = np.broadcast_to(np.asarray(processor.image_std, np.float64), channels)
    affine = Affine((scale / std).astype(np.float32), (-mean / std).astype(np.float32))
    near = np.abs(affine(torch.from_numpy(pixels)).numpy() - expected).max()
    # A resized picture has whole numbers; some processors resize in floating point instead.
    return affine if near <= 0.51 * float(affine.factor.max()) else None


def _other_size(picture: Image.Image) -> Image.Image:
    width, height = picture.size
    return picture.resize((width + 7, 2 * height + 3))


def _decoded(processor: Any, cells: Sequence[str]) -> Iterator[Pixels]:
    """Read and resize pictures in threads, a few at a time, in order."""
    groups = [cells[first : first + TOGETHER] for first in range(0, len(cells), TOGETHER)]

    def one(group: Sequence[str]) -> Pixels:
        return resized(processor, [once_more(read, cell) for cell in group])

    yield from arrays.in_threads(one, groups)


def _identity(channels: int) -> Affine:
    return Affine(np.ones(channels, np.float32), np.zeros(channels, np.float32))


def _nothing(rows: Rows) -> Pixels:
    raise IndexError(f"there is no picture {rows[0]}")
