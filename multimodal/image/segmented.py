"""One picture cut into segments that can be left out, and drawn with their scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from markupsafe import Markup
from numpy.typing import NDArray

from ..media import once_more, shown
from ..palette import LIGHT, Palette
from .encode import EncodedImages, Processed
from .mask import Fill, masked, neutral
from .placement import Placement, placement
from .read import read
from .score_map import score_map, score_map_png
from .segments import Labels, Pixels, count, grid, single, superpixels

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

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the segments by their scores for a page."""
        return score_map(
            read(self.file), self.labels, scores, place=self.place, scale=scale,
            name=shown(self.file),
        )  # fmt: skip

    def png(
        self, scores: NDArray[np.float64], scale: float | None = None, palette: Palette = LIGHT
    ) -> bytes:
        """Colour the segments by their scores as a PNG file."""
        return score_map_png(
            read(self.file), self.labels, scores, place=self.place, scale=scale, palette=palette
        )


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
