"""What segments of different pictures have in common: where in the picture they lie.

Places are the fields of a grid over the picture as the model sees it. What is in a place is looked
up in the file, of which most models see all; where a model sees a picture's middle alone, places
near its edges lie a little further out than what it sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..media import once_more
from ..places import Place, Placed, Resembling
from .outline import Outline
from .read import read
from .segments import count

SIDE = 8
"""Fields of the grid along either side."""

SEEN = 4
"""Pixels of a field's side that are looked at."""


def placed(outline: Outline, *, whole: bool = False) -> Placed:
    """Say in which fields of a grid the segments lie.

    Parameters
    ----------
    outline
        Of a picture's segments.
    whole
        Makes no difference to pictures.
    """
    height, width = outline.labels.shape
    rows, columns = (np.arange(length) * SIDE // length for length in (height, width))
    fields = (rows[:, None] * SIDE + columns).ravel()
    pairs, shared = np.unique(
        outline.labels.ravel().astype(np.int64) * SIDE**2 + fields, return_counts=True
    )
    segments, numbers = pairs // SIDE**2, pairs % SIDE**2
    sizes = np.bincount(outline.labels.ravel(), minlength=count(outline.labels))
    room = np.bincount(fields, minlength=SIDE**2)
    return Placed(_grid(), segments, numbers, shared / sizes[segments], shared / room[numbers])


def _numbers(cells: Sequence[str], places: Sequence[Place]) -> list[NDArray[np.float64]]:
    """Return the colours in each place; one array of shape (samples, numbers) each."""
    small = SIDE * SEEN
    seen = np.stack(
        [
            np.asarray(
                once_more(read, cell).resize((small, small), Image.Resampling.BOX), np.float64
            )
            for cell in cells
        ]
    )
    out = []
    for place in places:
        left, top, right, bottom = (round(edge * small) for edge in place.box or (0, 0, 1, 1))
        out.append(seen[:, top:bottom, left:right].reshape(len(seen), -1) / 255)
    return out


Alike = partial(Resembling, _numbers)
"""Which pictures look like which class in which fields of the grid."""


@lru_cache(maxsize=1)
def _grid() -> tuple[Place, ...]:
    def part(number: int) -> str:
        return f"{100 * number / SIDE:.0f}–{100 * (number + 1) / SIDE:.0f}%"

    return tuple(
        Place(
            f"left {part(column)}, top {part(row)}",
            "image",
            (column / SIDE, row / SIDE, (column + 1) / SIDE, (row + 1) / SIDE),
        )
        for row in range(SIDE)
        for column in range(SIDE)
    )
