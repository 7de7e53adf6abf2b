"""What segments of different samples have in common: a word, a place in pictures, a band of sounds.

No two pictures have the same superpixels, so their scores are told by where in the picture they
lie. ``of(kind).places`` has two functions: ``placed(outline)`` says in which places a sample's
segments lie, and ``Alike(cells, places, codes, classes)`` learns from samples what in these places
tells their classes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a place, each as a share of the sample's width or height; of a
sound the first share of its time and the lowest frequency in Hz, then the last and the highest."""

INSIDE = 0.5
"""A segment lies in a place where at least this share of either is the other's too."""


@dataclass(frozen=True)
class Place:
    """Something that segments of many samples may be.

    Attributes
    ----------
    name
        A word in lower case, or where it is.
    modality
        ``text``, ``image`` or ``audio``.
    box
        Where it is; None of words.
    """

    name: str
    modality: str
    box: Box | None = None


@dataclass(frozen=True, eq=False)
class Placed:
    """In which places a sample's segments lie.

    Attributes
    ----------
    places
        The places, in an order that is the same for all samples of a kind.
    segments, numbers
        Segments and places that share something; shape (pairs,).
    share
        Which share of the segment lies in the place; those of one segment sum to 1. Shape (pairs,).
    cover
        Which share of the place is this segment's; shape (pairs,).
    """

    places: tuple[Place, ...]
    segments: NDArray[np.int64]
    numbers: NDArray[np.int64]
    share: NDArray[np.float64]
    cover: NDArray[np.float64]

    def summed(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the scores of the places, which sum to those of the segments; shape (places,)."""
        parts = scores[self.segments] * self.share
        return np.bincount(self.numbers, parts, len(self.places)).astype(np.float64)

    def inside(self, number: int) -> NDArray[np.int64]:
        """Return the segments that lie in a place; in any case the one that has most of it."""
        own = self.numbers == number
        share, cover, segments = self.share[own], self.cover[own], self.segments[own]
        if not len(segments):
            return np.empty(0, np.int64)
        chosen = (share >= INSIDE) | (cover >= INSIDE)
        chosen[cover.argmax()] = True
        return np.asarray(segments[chosen], np.int64)


class Telling:
    """What numbers of a place tell of the classes: linear regressions on each class, held out.

    A sample *looks like* a class at a place where a ridge regression on the place's numbers, which
    has not seen this sample, gives the class more than one half. What it was fitted to is left out
    in closed form (Allen's PRESS, 1974): a residual divided by one less the sample's leverage.

    Parameters
    ----------
    numbers
        Of the place in each sample; shape (samples, numbers).
    codes
        Class of each sample; shape (samples,).
    classes
        How many there are.
    """

    def __init__(
        self, numbers: NDArray[np.float64], codes: NDArray[np.int64], classes: int
    ) -> None:
        self._mean = numbers.mean(axis=0)
        # Numbers that hardly differ would be blown up to noise.
        self._spread = numbers.std(axis=0) + 0.01 * (numbers.std() or 1.0)
        known = self._scaled(numbers)
        wanted = np.eye(classes)[codes]
        held = np.eye(known.shape[1])
        held[0, 0] = 0.0  # how frequent a class is isn't held small
        gram = known.T @ known + RIDGE * len(known) * held
        solved = np.linalg.solve(gram, known.T)
        self._weights = solved @ wanted
        leverage = np.einsum("ij,ji->i", known, solved)[:, None]
        fitted = known @ self._weights
        left_out = wanted - (wanted - fitted) / np.maximum(1 - leverage, 1e-6)
        self.like = left_out > LIKE

    def looks(self, numbers: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which classes other samples look like at the place; shape (samples, classes)."""
        found: NDArray[np.bool_] = self._scaled(numbers) @ self._weights > LIKE
        return found

    def _scaled(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        scaled = (numbers - self._mean) / self._spread
        return np.hstack([np.ones((len(scaled), 1)), scaled])


class Resembling:
    """Which samples are like which class in which places, by what `Telling` finds there.

    Parameters
    ----------
    numbers
        ``numbers(cells, places)`` returns for each place an array of shape (samples, numbers).
    cells
        Files; shape (samples,).
    places
        Where they are looked at.
    codes, classes
        Class of each sample, and how many there are.
    """

    def __init__(
        self,
        numbers: Callable[[Sequence[str], Sequence[Place]], list[NDArray[np.float64]]],
        cells: Sequence[str],
        places: Sequence[Place],
        codes: NDArray[np.int64],
        classes: int,
    ) -> None:
        self._numbers, self._places = numbers, places
        self._telling = [Telling(one, codes, classes) for one in numbers(cells, places)]
        self.like = np.stack([one.like for one in self._telling], axis=1)

    def looks(self, cells: Sequence[str]) -> NDArray[np.bool_]:
        """Say which classes other samples are like; shape (samples, places, classes)."""
        found = self._numbers(cells, self._places)
        return np.stack(
            [one.looks(own) for one, own in zip(self._telling, found, strict=True)], axis=1
        )


RIDGE = 0.1
"""How much the weights of these regressions are held small, for each sample."""

LIKE = 0.5
"""A sample looks like a class where the regression gives it more than this."""
