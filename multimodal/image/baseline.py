"""Simple features of a picture, for baselines: its colours in 64 fields, and where its edges run.

Whoever learns from them sees a picture as if from far away: what lies where, in which colour and
roughly in which shape, but no thing as such.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .read import read

SIDE = 32
"""Pixels of a side that a picture is reduced to, whatever its shape."""

FIELDS = 8
"""Fields of a side whose mean colour is taken."""

CELLS, DIRECTIONS = 4, 8
"""Cells of a side in which edges are counted, and directions by which they are told apart."""


def features(path: Path | str) -> NDArray[np.float32]:
    """Return a picture's small copy, and a histogram of its oriented gradients.

    Returns
    -------
    numpy.ndarray
        First red, green and blue of 8 × 8 fields, row by row, between 0 and 1; then the 8
        directions of 4 × 4 cells (`gradients`); shape (320,).

    Raises
    ------
    Unreadable
        If the picture can't be read.
    """
    small = read(path, 2 * SIDE).resize((SIDE, SIDE), Image.Resampling.BOX)
    colours = np.asarray(small, np.float32) / np.float32(255)
    grey = np.asarray(small.convert("L"), np.float32) / np.float32(255)
    return np.concatenate([thumbnail(colours).ravel(), gradients(grey).ravel()])


def thumbnail(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the mean colour of each field.

    Parameters
    ----------
    colours
        Shape (`SIDE`, `SIDE`, 3).

    Returns
    -------
    numpy.ndarray
        Shape (`FIELDS`, `FIELDS`, 3).
    """
    part = SIDE // FIELDS
    mean = colours.reshape(FIELDS, part, FIELDS, part, 3).mean(axis=(1, 3))
    return np.asarray(mean, np.float32)


def gradients(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a histogram of oriented gradients (Dalal & Triggs 2005).

    In each cell the directions in which brightness changes are counted, each pixel by how much it
    does. Light on dark and dark on light count alike. Unlike in the paper each pixel counts for one
    direction alone, and all cells are normalised together.

    Parameters
    ----------
    grey
        Brightness; shape (`SIDE`, `SIDE`).

    Returns
    -------
    numpy.ndarray
        Shape (`CELLS`, `CELLS`, `DIRECTIONS`), of Euclidean length 1; all 0 for an even picture.
        The first direction is that of changes from left to right, then on clockwise.
    """
    down, right = np.gradient(grey)
    # Each direction is the middle of its bin, so that straight edges don't fall on a border.
    direction = np.rint(np.arctan2(down, right) / np.pi * DIRECTIONS).astype(int) % DIRECTIONS
    place = np.arange(SIDE) * CELLS // SIDE
    cell = place[:, None] * CELLS + place
    counts = np.bincount(
        (cell * DIRECTIONS + direction).ravel(),
        np.hypot(down, right).ravel(),
        CELLS * CELLS * DIRECTIONS,
    )
    length = np.linalg.norm(counts)
    scaled = counts / length if length > 0 else counts
    return scaled.reshape(CELLS, CELLS, DIRECTIONS).astype(np.float32)
