"""Where a model's picture lies in the original one, so that segments can be drawn over that.

Processors resize, crop and pad. How they do it is tried on pictures whose numbers tell where they
stand, rather than read from a processor's kind or settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..overlay import Matrix, placed
from .encode import resized
from .segments import Labels

EDGE = 3
"""Pixels at each end of a side where resizing has fewer pixels to weigh, which bends a ramp."""

BENT = 5.0
"""How far a ramp from 0 to 255 may come from a straight one: rounding alone bends it by 3."""

MIX = 0.7236
"""Part of one direction in a ramp: no simple ratio to the other's, or rounding would repeat."""

Grid = NDArray[np.float64]


@dataclass(frozen=True)
class Placement:
    """Where a model's picture lies: its pixel edge `x` is the original's ``left + x * across``.

    Attributes
    ----------
    left, top
        Place of the model's picture in the original one, in pixels; below 0 where it was padded.
    across, down
        The original's pixels for each pixel of the model's picture.
    """

    left: float
    top: float
    across: float
    down: float

    def labels(
        self, labels: Labels, size: tuple[int, int], shown: tuple[int, int] | None = None
    ) -> Labels:
        """Bring a label map of the model's picture to the original one.

        Parameters
        ----------
        labels
            Shape (height, width) of the model's picture.
        size
            Width and height of the original picture.
        shown
            Width and height in which the original picture is shown; its own if left out.

        Returns
        -------
        numpy.ndarray
            int32 of shape (height, width) of what is shown; -1 where the model sees nothing.
        """
        shown = shown or size
        across, down = (to / own for to, own in zip(shown, size, strict=True))
        return placed(labels, shown, self.matrix(across, down))

    def matrix(self, across: float = 1, down: float = 1) -> Matrix:
        """Return how the model's picture lies on the original one, drawn so many times as large."""
        return self.across * across, self.down * down, self.left * across, self.top * down


def placement(processor: Any, size: tuple[int, int]) -> Placement | None:
    """Find out what a processor does to pictures of one size.

    Parameters
    ----------
    processor
        An image processor of transformers that brings pictures to one size.
    size
        Width and height of the original picture.

    Returns
    -------
    Placement
        None where the processor turns or bends pictures, so that no straight way leads back.
    """
    width, height = size
    right, down = (
        ((np.arange(length) + 0.5) / length).astype(np.float32) for length in (width, height)
    )
    black, white = (_seen(processor, np.full((height, width), value)) for value in (0, 255))
    # Both directions in each ramp, so that rounding to 8 bits differs from row to row.
    one, other = (
        _seen(processor, _ramp(right, down[:, None])),
        _seen(processor, _ramp(down[:, None], right)),
    )
    inside = white - black > 250  # what a processor pads is the same in both
    columns = _side(_unmixed(one, other).T, inside.T, width)
    rows = _side(_unmixed(other, one), inside, height)
    if columns is None or rows is None:
        return None
    return Placement(columns[0], rows[0], columns[1], rows[1])


def _ramp(most: NDArray[np.float32], least: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.float32(255 * MIX) * most + np.float32(255 * (1 - MIX)) * least


def _unmixed(one: Grid, other: Grid) -> Grid:
    """Return from 0 to 1 what had the larger part in the first ramp."""
    return (MIX * one - (1 - MIX) * other) / (255 * (2 * MIX - 1))


def _seen(processor: Any, values: NDArray[Any]) -> Grid:
    """Return what a processor makes of a grey picture; shape (height, width)."""
    picture = Image.fromarray(values.round().astype(np.uint8)).convert("RGB")
    found: Grid = resized(processor, [picture])[0].astype(np.float64).mean(axis=0)
    return found


def _side(share: Grid, inside: NDArray[np.bool_], length: int) -> tuple[float, float] | None:
    """Return where the first row begins, and the original's rows for each row.

    Parameters
    ----------
    share
        Where each pixel stands in the original picture, from 0 at its first row to 1.
    inside
        Where that is the picture rather than padding.
    length
        Pixels of the original side.
    """
    edge = 1.5 / length
    kept = inside & (share > edge) & (share < 1 - edge)
    there = np.flatnonzero(inside.any(axis=1))
    if len(there) > 2 * EDGE + 1:
        kept[there[:EDGE]] = kept[there[-EDGE:]] = False
    rows, columns = np.nonzero(kept)
    if len(set(rows.tolist())) < 2:
        return None
    known = np.stack([np.ones(len(rows)), rows + 0.5, columns + 0.5], axis=1)
    (start, slope, slant), *_ = np.linalg.lstsq(known, share[kept], rcond=None)
    bent = np.abs(known @ (start, slope, slant) - share[kept]).max() * 255
    if slope <= 0 or bent > BENT or abs(slant) * share.shape[1] * 255 > BENT:
        return None
    first, step, most = float(start * length), float(slope * length), len(share)
    last = first + step * most
    # Ends are found to a tenth of a pixel of the model's; they nearly always are the picture's.
    first = 0.0 if abs(first) < step / 8 else first
    last = float(length) if abs(last - length) < step / 8 else last
    return first, (last - first) / most
