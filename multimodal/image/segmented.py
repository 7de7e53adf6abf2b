"""One picture cut into segments that can be left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ..hierarchy import Hierarchy, halved
from ..media import once_more
from ..shares import Shares, shares
from .encode import EncodedImages, Processed
from .mask import Fill, masked, neutral
from .outline import Outline
from .placement import Placement, placement
from .read import read
from .segments import Labels, Pixels, count, grid, middles, single, superpixels

By = Literal["superpixels", "patches", "pixels"]


@dataclass(frozen=True, eq=False)
class SegmentedImage:
    """A picture as the model sees it, and its segments (`multimodal.modality.Segmented`).

    Attributes
    ----------
    file
        The picture's file.
    pixels
        8 bits; shape (channels, height, width).
    labels
        Label map; shape (height, width).
    instead
        What left-out segments become; shape of `pixels`.
    numbers
        Makes the model's inputs of pixels of shape (pictures, channels, height, width).
    place
        Where the model's picture lies in the file's; None where they are drawn as one.
    """

    file: str
    pixels: Pixels
    labels: Labels
    instead: Pixels
    numbers: Callable[[Pixels], dict[str, torch.Tensor]]
    place: Placement | None

    def __len__(self) -> int:
        return count(self.labels)

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        """Return the model's inputs for copies of the picture, each without other segments."""
        return self.numbers(masked(self.pixels, self.labels, keep, self.instead))

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Sum numbers over each segment; nothing is left over.

        Parameters
        ----------
        values
            Of what the model sees; of shape (channels, height, width), as `pixels`, where the
            model's processor brings pictures to one size.
        """
        if values.shape[-2:] == self.labels.shape:
            flat = values.reshape(-1, *self.labels.shape).sum(axis=0)
            found = np.bincount(self.labels.ravel(), flat.ravel(), minlength=len(self))
            return found.astype(np.float64), 0.0
        return self.shares.summed(values)

    @cached_property
    def shares(self) -> Shares:
        """Which segments each of the model's numbers comes from."""
        return shares(self)

    @property
    def parts(self) -> NDArray[np.int64]:
        """Which of the sample's pictures each segment is of: there is one."""
        return np.zeros(len(self), np.int64)

    @property
    def positions(self) -> NDArray[np.float64]:
        """Where the middle of each segment is, from top and left; shape (segments, 2)."""
        return middles(self.labels)

    @property
    def hierarchy(self) -> Hierarchy:
        """How segments are grouped: the picture is halved along its longer side, and so on."""
        return halved(self.positions)

    @property
    def outline(self) -> Outline:
        """What is drawn."""
        return Outline(self.file, self.labels, self.place)


def segmented(
    processor: Any,
    samples: EncodedImages | Processed,
    row: int,
    file: str,
    *,
    by: By = "superpixels",
    wanted: int = 64,
    fill: Fill = "mean",
) -> SegmentedImage:
    """Cut a picture into segments.

    Parameters
    ----------
    processor
        The model's image processor.
    samples
        What `encode` made of pictures by it.
    row
        Number of the picture in them.
    file
        The picture's file.
    by
        ``superpixels`` that follow edges, ``patches`` of a grid, or single ``pixels``.
    wanted
        Number of superpixels or patches, about.
    fill
        What left-out segments become (`mask.neutral`).
    """
    if isinstance(samples, EncodedImages):
        pixels, affine = samples.pixels(np.array([row]))[0], samples.affine
        place = placement(processor, once_more(read, file).size)

        def numbers(some: Pixels) -> dict[str, torch.Tensor]:
            return {"pixel_values": affine(torch.from_numpy(some))}
    else:
        # Such a processor has to see the pictures themselves, so they lose segments before it.
        pixels, place = np.asarray(once_more(read, file)).transpose(2, 0, 1), None

        def numbers(some: Pixels) -> dict[str, torch.Tensor]:
            pictures = list(some.transpose(0, 2, 3, 1))
            return dict(processor(images=pictures, return_tensors="pt"))

    return SegmentedImage(
        file, pixels, _labels(pixels, by, wanted), neutral(pixels, fill), numbers, place
    )


def _labels(pixels: Pixels, by: By, wanted: int) -> Labels:
    _, height, width = pixels.shape
    if by == "pixels":
        return single(height, width)
    return superpixels(pixels, wanted) if by == "superpixels" else grid(height, width, wanted)
