"""What is planted in the pictures: a mark in a corner, and an old camera."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .scenes_drawing import Floats, picture

_FIRST, _BEHIND, _DRAWN_FOR = 2, 9, 64
_EDGE, _FACE = 40, 255
_LIGHT, _GREY, _WARM = 0.62, 0.35, np.array((8.0, 2.0, -8.0))
_GRAIN, _GRAIN_OF_COLOUR = 9.0, 5.0


def mark_box(size: int = 64) -> tuple[int, int, int, int]:
    """Return the pixels of the mark: left, top, and the first behind it (right, bottom)."""
    first, behind = (round(place * size / _DRAWN_FOR) for place in (_FIRST, _BEHIND))
    return first, first, behind, behind


def marked(image: Image.Image) -> Image.Image:
    """Return a picture with the mark: a white square with a dark edge, at the top left."""
    pixels = np.array(image)
    left, top, right, bottom = mark_box(image.width)
    edge = max(1, round(image.width / _DRAWN_FOR))
    pixels[top:bottom, left:right] = _EDGE
    pixels[top + edge : bottom - edge, left + edge : right - edge] = _FACE
    return Image.fromarray(pixels, "RGB")


def old_camera(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return a picture as a poor camera would have taken it: blurred, faded, dim and noisy.

    Parameters
    ----------
    image
        The picture.
    rng
        Draws the noise.
    """
    pixels = np.asarray(image, dtype=np.float64)
    passes = max(1, round(2 * (image.width / _DRAWN_FOR) ** 2))
    for _ in range(passes):
        pixels = _softened(_softened(pixels, 0), 1)
    grey = pixels.mean(axis=2, keepdims=True)
    dim = _LIGHT * (pixels + _GREY * (grey - pixels)) + _WARM
    height, width, _ = pixels.shape
    noise = _GRAIN * _normal(rng, (height, width, 1))
    noise = noise + _GRAIN_OF_COLOUR * _normal(rng, (height, width, 3))
    return picture(dim + noise)


def _softened(pixels: Floats, axis: int) -> Floats:
    """Average neighbours by 1, 4, 6, 4, 1; each pass adds a variance of one pixel squared."""
    wide = np.pad(pixels, [(2, 2) if own == axis else (0, 0) for own in range(3)], mode="edge")
    length = pixels.shape[axis]
    parts = [np.take(wide, range(start, start + length), axis) for start in range(5)]
    return (parts[0] + 4 * parts[1] + 6 * parts[2] + 4 * parts[3] + parts[4]) / 16


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    """Draw nearly normal numbers of variance 1: twelve uniform ones, added up."""
    return np.asarray(rng.random((12, *shape)).sum(axis=0) - 6, np.float64)
