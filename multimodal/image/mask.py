"""Pictures without some of their segments: what is left out becomes neutral.

All masks of a picture are carried out by one operation on 8-bit pixels, as `EncodedImages` keeps
them; its `affine` makes the model's numbers of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .segments import Labels, Pixels, count

BLUR = 0.05
"""Standard deviation of the blur as a share of the longer side: 11 pixels of 224."""

Fill = Literal["mean", "blur"] | Sequence[int]
"""What left-out segments become: the picture's mean colour, the picture blurred, or a colour."""


def neutral(pixels: Pixels, fill: Fill = "mean") -> Pixels:
    """Return what a picture is replaced by where its segments are left out.

    Parameters
    ----------
    pixels
        8 bits; shape (channels, height, width).
    fill
        ``mean``, ``blur``, or a number from 0 to 255 for each channel. A mean colour has no edges
        of its own but those of the segments; a blurred picture (Fong & Vedaldi, ICCV 2017) has
        softer ones, and tells more of what was there.

    Returns
    -------
    numpy.ndarray
        Shape (channels, height, width), 8 bits.
    """
    if fill == "blur":
        return _blurred(pixels)
    if fill == "mean":
        colour = pixels.mean(axis=(1, 2)).round()
    else:
        colour = np.asarray(fill)
        if colour.shape != (len(pixels),) or colour.min() < 0 or colour.max() > 255:
            raise ValueError(
                f"a picture of {len(pixels)} channels is filled by as many numbers from 0 to 255, "
                f"got {fill}"
            )
    return np.broadcast_to(colour.astype(np.uint8)[:, None, None], pixels.shape).copy()


def masked(
    pixels: Pixels, labels: Labels, keep: NDArray[np.bool_], fill: Fill | Pixels = "mean"
) -> Pixels:
    """Leave segments out of copies of a picture, each copy others.

    Parameters
    ----------
    pixels
        8 bits; shape (channels, height, width).
    labels
        Label map of its segments; shape (height, width).
    keep
        Which segments each copy keeps; shape (masks, segments).
    fill
        As for `neutral`, or what it returned.

    Returns
    -------
    numpy.ndarray
        Shape (masks, channels, height, width), 8 bits; a copy that keeps all is the picture.
    """
    keep = np.asarray(keep, bool)
    if labels.shape != pixels.shape[1:] or keep.ndim != 2 or keep.shape[1] != count(labels):
        raise ValueError(
            f"a picture of shape {pixels.shape} needs labels of shape {pixels.shape[1:]} and masks "
            f"of {count(labels)} segments, got {labels.shape} and masks of shape {keep.shape}"
        )
    instead = fill if isinstance(fill, np.ndarray) else neutral(pixels, fill)
    # A byte of ones or zeros selects bits, several times as fast as a choice for each number.
    chosen = np.where(keep, np.uint8(255), np.uint8(0)).take(labels.ravel(), axis=1)
    chosen = chosen.reshape(len(keep), 1, *labels.shape)
    out: Pixels = (pixels ^ instead) & chosen
    out ^= instead
    return out


def _blurred(pixels: Pixels) -> Pixels:
    import torch

    from .changes import blurred

    sigma = torch.tensor([BLUR * max(pixels.shape[1:])])
    found = blurred(torch.from_numpy(np.ascontiguousarray(pixels))[None], sigma)[0]
    return found.round().to(torch.uint8).numpy()
