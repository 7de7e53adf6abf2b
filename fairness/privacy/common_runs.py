"""The longest runs of words that texts have in common with a collection of texts.

Every window of a given number of words of the collection is known by a number of 64 bits, made of
the numbers of two shorter windows that cover it, as suffix arrays are built by doubling (Manber and
Myers 1993). Whether a window of another text stands in the collection is then one look-up, and the
longest one is found by halving: where a run of ten words stands, each run of nine in it does. What
is found is compared word by word, so that no two windows of the same number are mixed up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GAP = 0  # stands between two texts, so that no run crosses from one to the next
_STRANGE = 1  # stands for a word that the collection doesn't hold
_MIX = np.uint64(0x9E3779B97F4A7C15)
_TURN = np.uint64(31)


@dataclass(frozen=True)
class CommonRun:
    """The longest run of words that a text shares with the collection.

    Attributes
    ----------
    words
        How many; 0 where it shares none.
    begin
        Place of its first word in the text.
    text
        Number of the collection's text that holds it, -1 where none does.
    """

    words: int
    begin: int
    text: int


class Collection:
    """Texts in which runs of words are looked for.

    Parameters
    ----------
    texts
        Cut into words at white space; case and punctuation count.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._number: dict[str, int] = {}
        numbers: list[int] = [_GAP]
        starts = []
        for text in texts:
            starts.append(len(numbers))
            for word in text.split():
                numbers.append(self._number.setdefault(word, len(self._number) + 2))
            numbers.append(_GAP)
        self._words = np.array(numbers, np.uint64)
        self._starts = np.array(starts, np.int64)

    def longest(self, texts: Sequence[str]) -> list[CommonRun]:
        """Return the longest run that each text shares with the collection."""
        given = [text.split() for text in texts]
        known = [
            np.array([self._number.get(word, _STRANGE) for word in words], np.uint64)
            for words in given
        ]
        flat = np.concatenate([np.array([_STRANGE], np.uint64), *_apart(known)])
        begin = np.cumsum([1, *(len(one) + 1 for one in known)])[:-1]
        lengths = np.array([len(one) for one in known], np.int64)
        own, other = _Windows(flat), _Windows(self._words)
        best = np.zeros(len(known), np.int64)
        low, high = np.zeros(len(known), np.int64), lengths.copy()
        runs = [CommonRun(0, 0, -1)] * len(known)
        while (low < high).any():
            middle = (low + high + 1) // 2
            for size in np.unique(middle[low < high]).tolist():
                index = np.unique(other.of(size), return_index=True)
                for at in np.flatnonzero((low < high) & (middle == size)).tolist():
                    run = self._find(
                        own.of(size), index, int(begin[at]), int(lengths[at]), size, flat
                    )
                    if run is None:
                        high[at] = size - 1
                    else:
                        low[at] = best[at] = size
                        runs[at] = run
        return runs

    def _find(
        self,
        windows: NDArray[np.uint64],
        index: tuple[NDArray[np.uint64], NDArray[np.intp]],
        begin: int,
        length: int,
        size: int,
        flat: NDArray[np.uint64],
    ) -> CommonRun | None:
        """Return a run of that many words of one text which stands in the collection."""
        numbers, places = index
        mine = windows[begin : begin + length - size + 1]
        at = np.minimum(np.searchsorted(numbers, mine), len(numbers) - 1)
        for first in np.flatnonzero(numbers[at] == mine).tolist():
            place = int(places[at[first]])
            same = self._words[place : place + size] == flat[begin + first : begin + first + size]
            if len(same) == size and same.all():
                text = int(np.searchsorted(self._starts, place, "right")) - 1
                return CommonRun(size, first, text)
        return None


class _Windows:
    """The numbers of all windows of a sequence of words, by their length."""

    def __init__(self, words: NDArray[np.uint64]) -> None:
        self._doubled = [words]
        self._of: dict[int, NDArray[np.uint64]] = {}

    def of(self, size: int) -> NDArray[np.uint64]:
        """Return the number of the window that begins at each word; shape (words - size + 1,)."""
        if size not in self._of:
            power = size.bit_length() - 1
            while len(self._doubled) <= power:
                half = self._doubled[-1]
                step = 1 << (len(self._doubled) - 1)
                self._doubled.append(_joined(half[:-step], half[step:]))
            half, step = self._doubled[power], size - (1 << power)
            # One length at a time is kept: a long collection's windows take its memory once more.
            self._of = {size: _joined(half[: len(half) - step], half[step:])}
        return self._of[size]


def _joined(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Mix the numbers of two windows into one (the finaliser of SplitMix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        out = (one * _MIX) ^ ((other << _TURN) | (other >> np.uint64(33)))
        out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return out ^ (out >> np.uint64(31))


def _apart(known: Sequence[NDArray[np.uint64]]) -> list[NDArray[np.uint64]]:
    strange = np.array([_STRANGE], np.uint64)
    return [part for one in known for part in (one, strange)]
