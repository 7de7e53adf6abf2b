"""The words of one window of a text that is longer than the model reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .encode import EncodedText, longest
from .segmented import Instead, SegmentedText, cut_by
from .segments import Segment, words
from .windows import cuts, surroundings

Span = tuple[int, int, int]


def window_spans(
    tokenizer: Any, cells: tuple[str, ...], number: int, max_length: int, stride: int
) -> list[Span]:
    """Say which characters each token of a window covers.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    cells
        A text, or a question and its context; the last one is read in windows.
    number
        Of the window, counted from 0.
    max_length, stride
        As `windows.windows` and `tags.tagged_words` take them.

    Returns
    -------
    list
        For each token its part, its first character and the one behind its last; part -1 for
        special tokens.
    """
    pair = [[one] for one in cells]
    one = tokenizer(*pair, truncation=False, verbose=False).encodings[0]
    part = np.array([-1 if each is None else each for each in one.sequence_ids])
    inside = np.flatnonzero(part == len(cells) - 1)
    limit = longest(tokenizer, max_length)
    before, behind = surroundings(part, inside, limit)
    room = max(limit - len(before) - len(behind), 1)
    begin, end = cuts(len(inside), room, stride)[number]
    places = np.concatenate([before, inside[begin:end], behind])
    spans = [(-1, 0, 0) if part[at] < 0 else (int(part[at]), *one.offsets[at]) for at in places]
    return spans or [(-1, 0, 0)]


def in_window(
    tokenizer: Any,
    text: EncodedText,
    window: int,
    number: int,
    cells: tuple[str, ...],
    *,
    known: Sequence[str] | None = None,
    instead: Instead = "mask",
    max_length: int,
    stride: int,
) -> SegmentedText:
    """Cut what one window holds into words.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    text, window
        Tokens of all windows, and which of these is meant.
    number
        Which window of its sample it is, counted from 0.
    cells
        The sample's texts.
    known
        Words of the one text, where it was given as words with a space between them.
    instead
        As `segmented.segmented` takes it.
    max_length, stride
        By which windows were cut.
    """
    spans = window_spans(tokenizer, cells, number, max_length, stride)
    every = words(cells) if known is None else _placed(known)
    return cut_by(tokenizer, text, window, cells, every, spans, instead)


def _placed(known: Sequence[str]) -> list[Segment]:
    """Return words with their places in the text that they make up."""
    out, start = [], 0
    for word in known:
        out.append(Segment(0, word, start, start + len(word)))
        start += len(word) + 1
    return out
