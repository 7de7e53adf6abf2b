"""What words of different texts have in common: the word itself, in upper or lower case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..places import Place, Placed
from .outline import Outline
from .segments import words


def placed(outline: Outline, *, whole: bool = False) -> Placed:
    """Say which word each segment is.

    Parameters
    ----------
    outline
        Of a text's words.
    whole
        Makes no difference to words.
    """
    own = [name.lower() for name in outline.names]
    known = {name: number for number, name in enumerate(dict.fromkeys(own))}
    numbers = np.array([known[name] for name in own], np.int64)
    ones = np.ones(len(own))
    counts = np.bincount(numbers, minlength=len(known))
    return Placed(
        tuple(Place(name, "text") for name in known),
        np.arange(len(own)),
        numbers,
        ones,
        1 / counts[numbers],
    )


class Alike:
    """Which texts hold which words.

    Parameters
    ----------
    cells
        The texts; shape (samples,).
    places
        The words.
    codes, classes
        Class of each sample, which makes no difference to words, and how many there are.
    """

    def __init__(
        self,
        cells: Sequence[str],
        places: Sequence[Place],
        codes: NDArray[np.int64],
        classes: int,
    ) -> None:
        self._places, self._classes = places, classes
        self.like = self.looks(cells)

    def looks(self, cells: Sequence[str]) -> NDArray[np.bool_]:
        """Say which samples hold each word; shape (samples, places, classes)."""
        out = np.zeros((len(cells), len(self._places), self._classes), bool)
        for row, cell in enumerate(cells):
            own = {one.text.lower() for one in words((cell,))}
            out[row] = np.array([one.name in own for one in self._places], bool)[:, None]
        return out
