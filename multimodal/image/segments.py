"""A picture's segments: square patches, superpixels, or every pixel by itself.

A label map says to which segment each pixel belongs. It is int32, of shape (height, width), and
holds each number from 0 to the number of segments less one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Pixels = NDArray[np.uint8]

COMPACTNESS = 10.0
"""How much nearness counts beside colour in superpixels."""

TRIES = 4
"""How often superpixels are made to come near the number that was asked for."""

ROUNDER = (1, 4, 16, 64)
"""How many times as compact they become where noise leaves less than half of them connected."""

NEAR = 0.1
"""Share by which that number may be missed."""


def count(labels: Labels) -> int:
    """Return the number of segments of a label map."""
    return int(labels.max(initial=-1)) + 1


def middles(labels: Labels) -> NDArray[np.float64]:
    """Return where the middle of each segment is, from top and left; shape (segments, 2)."""
    height, width = labels.shape
    numbers = labels.ravel()
    sizes = np.bincount(numbers)
    down = np.bincount(numbers, np.repeat(np.arange(height) + 0.5, width)) / sizes
    across = np.bincount(numbers, np.tile(np.arange(width) + 0.5, height)) / sizes
    return np.stack([down, across], axis=1)


def patches(height: int, width: int, side: int) -> Labels:
    """Cut a picture into square patches, as vision transformers do.

    Parameters
    ----------
    height, width
        Pixels of the picture.
    side
        Pixels of a patch's side; those at the right and at the bottom may be smaller.

    Returns
    -------
    numpy.ndarray
        Label map, row by row.
    """
    if side < 1:
        raise ValueError(f"a patch needs a side of at least 1 pixel, got {side}")
    return _crossed(np.arange(height) // side, np.arange(width) // side)


def grid(height: int, width: int, wanted: int) -> Labels:
    """Cut a picture into about so many patches, all nearly square and nearly alike in size.

    Parameters
    ----------
    height, width
        Pixels of the picture.
    wanted
        Number of patches.

    Returns
    -------
    numpy.ndarray
        Label map, row by row.
    """
    _check(wanted)
    rows = min(max(round(math.sqrt(wanted * height / width)), 1), height, wanted)
    columns = min(max(round(wanted / rows), 1), width)
    return _crossed(np.arange(height) * rows // height, np.arange(width) * columns // width)


def superpixels(pixels: Pixels, wanted: int, compactness: float = COMPACTNESS) -> Labels:
    """Cut a picture into connected regions of like colour, by scikit-image's SLIC.

    Achanta et al., *SLIC Superpixels Compared to State-of-the-Art Superpixel Methods* (IEEE TPAMI
    34 (11), 2012). SLIC puts its seeds on a grid and joins small regions, so it comes to fewer
    than it was asked for; it is asked again for as many more.

    Parameters
    ----------
    pixels
        8 bits; shape (channels, height, width). Three channels are RGB; others are taken for grey.
    wanted
        Number of regions, about.
    compactness
        Larger ones make regions rounder, smaller ones let them follow edges more closely.

    Returns
    -------
    numpy.ndarray
        Label map; the pixels of a segment touch by their sides.
    """
    from skimage.segmentation import slic

    _check(wanted)
    # CIELAB's distances, beside which compactness is chosen, are those of RGB pictures alone.
    own = pixels if len(pixels) == 3 else pixels.mean(axis=0).round().astype(np.uint8)[None]
    picture = np.moveaxis(np.broadcast_to(own, (3, *own.shape[1:])), 0, -1)
    best, nearest = np.zeros(pixels.shape[1:], np.int32), wanted - 1
    for rounder in ROUNDER:
        asked = wanted
        for _ in range(TRIES):
            found = slic(
                picture,
                n_segments=asked,
                compactness=rounder * compactness,
                channel_axis=-1,
                start_label=0,
            )
            there = count(found)
            if abs(there - wanted) < nearest:
                best, nearest = found.astype(np.int32), abs(there - wanted)
            if nearest <= NEAR * wanted:
                return best
            asked = min(max(round(asked * wanted / there), 1), pixels[0].size)
        if nearest <= wanted / 2:
            break
    return best


def single(height: int, width: int) -> Labels:
    """Make every pixel a segment of its own; row by row."""
    return np.arange(height * width, dtype=np.int32).reshape(height, width)


def _crossed(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Labels:
    """Return the field of each pixel of a grid, given the rows and columns of fields."""
    return np.asarray(rows[:, None] * (columns[-1] + 1) + columns, np.int32)


def _check(wanted: int) -> None:
    if wanted < 1:
        raise ValueError(f"a picture has at least 1 segment, got {wanted}")
