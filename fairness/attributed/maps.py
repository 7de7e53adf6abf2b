"""Mean scores of two sets of rows over the places of pictures and sounds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .explained import Explained
from .record import Map

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def maps(explained: Explained, own: Bools, others: Bools) -> tuple[Map, ...]:
    """Average the scores of places, one map for each column of pictures or sounds.

    Parameters
    ----------
    explained
        Attributions.
    own, others
        The two sets of rows; shape (rows,).
    """
    columns = dict.fromkeys((spot.column, spot.modality) for spot in explained.places)
    return tuple(_map(explained, own, others, *one) for one in columns)


def _map(explained: Explained, own: Bools, others: Bools, column: str, modality: str) -> Map:
    chosen = [
        (number, spot.box)
        for number, spot in enumerate(explained.places)
        if spot.column == column and spot.box is not None
    ]
    across = tuple(sorted({edge for _, box in chosen for edge in (box[0], box[2])}))
    down = tuple(sorted({edge for _, box in chosen for edge in (box[1], box[3])}))
    grids = []
    for rows in (own, others):
        means = np.asarray(explained.place_scores[rows].mean(axis=0)).ravel()
        grid = np.zeros((len(down) - 1, len(across) - 1))
        for number, (left, top, right, bottom) in chosen:
            area = np.s_[
                down.index(top) : down.index(bottom), across.index(left) : across.index(right)
            ]
            grid[area] = means[number]
        grids.append(grid)
    return Map(column, modality, across, down, grids[0], grids[1])
