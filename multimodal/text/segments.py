"""Words: the segments that an explanation of a text speaks about.

A tokenizer cuts words into pieces; people read words. A word here is a run of letters, digits and
the marks that belong to them (with inner apostrophes), one character of a script that is written
without spaces, or a single sign: a mark of punctuation, a symbol, an emoji with its modifiers. The
module `regex` knows the Unicode properties for this, which `re` doesn't.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import regex
from numpy.typing import NDArray

_ALONE = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u30fc"
_LETTER = rf"[\w--[{_ALONE}]]"
# Soft hyphens and joiners stand inside words of many scripts; people don't see them.
_RUN = rf"{_LETTER}(?:[[\w\p{{M}}]--[{_ALONE}]]|[\u00ad\u200c\u200d](?={_LETTER}))*"
WORD = regex.compile(
    rf"[[{_ALONE}]&&\w]\p{{M}}*"
    rf"|{_RUN}(?:['’]{_RUN})*"
    r"|(?![\s\p{Cc}\p{Cf}])\X",
    regex.V1,
)
_PLAIN = regex.compile(r"[\w\p{M}]+", regex.V1)


@dataclass(frozen=True)
class Segment:
    """One word: its part (number of the input column), its text, and its place in that part."""

    part: int
    text: str
    start: int
    end: int


def words(sample: tuple[str, ...]) -> list[Segment]:
    """Split a sample's texts into words.

    Parameters
    ----------
    sample
        One or several text parts.
    """
    return [
        Segment(part, found.group(), found.start(), found.end())
        for part, text in enumerate(sample)
        for found in WORD.finditer(text)
    ]


def read_words(
    segments: Sequence[Segment], spans: Sequence[tuple[int, int, int]]
) -> NDArray[np.int64]:
    """Find the words that the model read; what was cut off at either end of a part is not.

    Parameters
    ----------
    segments, spans
        As for `owners`.

    Returns
    -------
    numpy.ndarray
        Numbers of the words between the first and the last character of each part that a token
        covers, in order.
    """
    ends: dict[int, tuple[int, int]] = {}
    for part, start, end in spans:
        if part >= 0 and start < end:
            low, high = ends.get(part, (start, end))
            ends[part] = (min(low, start), max(high, end))
    return np.array(
        [
            number
            for number, one in enumerate(segments)
            if one.part in ends and one.start < ends[one.part][1] and one.end > ends[one.part][0]
        ],
        dtype=np.int64,
    )


def separators(sample: tuple[str, ...], segments: Sequence[Segment]) -> tuple[str, ...]:
    """Return what stands behind each word, up to the next one; a new part begins a new line.

    Behind the last word stands nothing: what the model did not read is not shown.
    """
    out = []
    for one, following in pairwise(segments):
        if one.part == following.part:
            out.append(sample[one.part][one.end : following.start])
        else:
            out.append("\n")
    return (*out, "") if segments else ()


def owners(segments: Sequence[Segment], spans: Sequence[tuple[int, int, int]]) -> NDArray[np.int64]:
    """Find the word to which each token belongs.

    Parameters
    ----------
    segments
        Words in their order, part after part.
    spans
        For each token its part (-1 for special tokens) and the characters it covers.

    Returns
    -------
    numpy.ndarray
        Number of the word for each token, -1 for none; shape (tokens,). A token that covers
        several words belongs to the first of them that it overlaps.
    """
    keys = np.array([(one.part, one.start, one.end) for one in segments], dtype=np.int64)
    out = np.full(len(spans), -1, dtype=np.int64)
    for part in {span[0] for span in spans if span[0] >= 0}:
        chosen = np.flatnonzero(keys[:, 0] == part) if len(keys) else np.empty(0, np.int64)
        if not len(chosen):
            continue
        starts, ends = keys[chosen, 1], keys[chosen, 2]
        for token, (owner, start, end) in enumerate(spans):
            if owner != part or start == end:
                continue
            place = int(np.searchsorted(ends, start, side="right"))
            if place < len(chosen) and starts[place] < end:
                out[token] = chosen[place]
    return out


def plain(text: str) -> str:
    """Reduce a text to its letters, their marks and digits, for comparing near duplicates."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(_PLAIN.findall(folded))
