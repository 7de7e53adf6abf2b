"""Words: the segments that an explanation of a text speaks about.

A tokenizer cuts words into pieces; people read words. A word here is a run of letters and digits
(with inner apostrophes), a single mark of punctuation, or one character of a script that is
written without spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff"
WORD = re.compile(
    rf"[{WITHOUT_SPACES}]|[^\W{WITHOUT_SPACES}]+(?:['’][^\W{WITHOUT_SPACES}]+)*|[^\w\s]"
)


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


def separators(sample: tuple[str, ...], segments: Sequence[Segment]) -> tuple[str, ...]:
    """Return what stands behind each word, up to the next one; a new part begins a new line.

    Behind the last word stands nothing: what the model did not read is not shown.
    """
    out = []
    for one, following in zip(segments, segments[1:], strict=False):
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
    """Reduce a text to its letters and digits, for comparing near duplicates."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", folded))
