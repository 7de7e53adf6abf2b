"""From scores of places inside a model to its inputs, and from there to segments.

A place of a map or a sequence stands for many pixels or samples of a wave. Its score is spread over
them, and a segment has the sum of what falls on it: the integral of a density. So large segments
have more than small ones that are as dense, and the sum of all scores stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..pieces import Pieces

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Places:
    """Where in an input the places of a map or a sequence inside a model lie.

    Attributes
    ----------
    modality
        Of the input.
    name
        The input's name.
    at
        Which place of the sequence each of the grid's is, -1 for one that isn't there; shape
        (places,).
    grid
        How they lie: (tokens,) of a text, (rows, columns) of a picture or a spectrogram, (frames,)
        of a sound.
    axes
        Axes of one sample's input along which the grid's lie.
    shuffled
        Whether the model draws their order, so that `at` holds for one row alone.
    """

    modality: str
    name: str
    at: NDArray[np.int64]
    grid: tuple[int, ...]
    axes: tuple[int, ...]
    shuffled: bool = False

    def taken(self, scores: Numbers, at: NDArray[np.int64] | None = None) -> Numbers:
        """Take the grid's scores out of those of a whole sequence; of shape `grid`."""
        at = self.at if at is None else at
        # What isn't there has the score that is put behind the others.
        return np.append(scores, 0.0)[at].reshape(self.grid)


def stretched(values: Numbers, size: int, axis: int) -> Numbers:
    """Spread numbers along an axis over more or fewer places, by linear interpolation.

    The share of a number that each new place gets falls linearly with the distance of their
    middles. Shares of one number add up to 1.

    Parameters
    ----------
    values
        Numbers.
    size
        How many places there are along the axis afterwards.
    axis
        The axis.
    """
    count = values.shape[axis]
    moved = np.moveaxis(values, axis, 0)
    few, many = sorted((count, size))
    middle = np.clip((np.arange(many) + 0.5) * few / many - 0.5, 0, few - 1)
    low = np.floor(middle).astype(np.int64)
    high = np.minimum(low + 1, few - 1)
    share = (middle - low).reshape(-1, *[1] * (moved.ndim - 1))
    if size < count:
        out = np.zeros((size, *moved.shape[1:]))
        np.add.at(out, low, moved * (1 - share))
        np.add.at(out, high, moved * share)
    else:
        total = np.bincount(low, 1 - share.ravel(), count) + np.bincount(high, share.ravel(), count)
        dense = moved / total.reshape(-1, *[1] * (moved.ndim - 1))
        out = dense[low] * (1 - share) + dense[high] * share
    return np.moveaxis(out, 0, axis)


def over_input(grid: Numbers, axes: tuple[int, ...], shape: tuple[int, ...]) -> Numbers:
    """Spread a grid's scores over an input.

    Parameters
    ----------
    grid
        Scores of places.
    axes
        Axes of the input along which the grid's lie.
    shape
        Of the input for one sample.

    Returns
    -------
    numpy.ndarray
        Of that shape; alike along all other axes. The sum is the grid's.
    """
    for number, axis in enumerate(axes):
        grid = stretched(grid, shape[axis], number)
    turned = np.transpose(grid, np.argsort(axes))
    wide = [shape[axis] if axis in axes else 1 for axis in range(len(shape))]
    others = int(np.prod(shape)) // int(np.prod(wide))
    found: Numbers = np.broadcast_to(turned.reshape(wide), shape) / others
    return found


def over_segments(
    pieces: Pieces,
    grids: Mapping[str, tuple[Numbers, Places]],
    shapes: Mapping[str, tuple[int, ...]],
    real: NDArray[np.bool_] | None,
) -> Numbers:
    """Sum scores of places over segments.

    Parameters
    ----------
    pieces
        The row's segments.
    grids
        By modality the scores of places, and where these lie.
    shapes
        By modality the shape of the row's input, padded as in the batch.
    real
        Which tokens of the row's text are no padding; all if left out.

    Returns
    -------
    numpy.ndarray
        Shape (segments,).
    """
    values = {}
    for kind, (grid, places) in grids.items():
        if kind == "text":
            kept = grid if real is None else grid[real]
            values[kind] = kept[:, None]
        else:
            values[kind] = over_input(grid, places.axes, shapes[kind])
    found, _ = pieces.summed(values)
    return found
