"""Words coloured by what they did for an answer, as HTML and as a picture.

Blue words speak against the answer and orange words for it. The strongest are underlined, solid
where they speak for it and dotted where they speak against it, so the map can be read without
colour. The page's stylesheet holds the colours (classes ``p1`` to ``p10`` and ``n1`` to ``n10``).
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from ..escape import visible
from ..legend import DENSITY, STRONG, draw_scale, font, length, scale_html, signed
from ..palette import LEVELS, LIGHT, level

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

MOST_WORDS = 120
"""Words that a map shows; of longer texts the stretch around the strongest word."""

WIDTH = 900
"""Pixels of a picture's width, before scaling."""

_LONGEST_WORD = 80
_BLANK_LINES = re.compile(r"\n\s*\n\s*")
_SIZE, _LINE, _PAD = 17, 30, 24


@dataclass(frozen=True)
class _Word:
    text: str
    score: float
    step: int
    after: str


@dataclass(frozen=True)
class _Map:
    """What is shown, and how many words before and after it are not."""

    words: tuple[_Word, ...]
    before: int
    after: int
    scale: float


def word_map(
    words: Sequence[str],
    scores: NDArray[np.float64],
    *,
    separators: Sequence[str] | None = None,
    scale: float | None = None,
) -> Markup:
    """Colour words by their scores, as HTML without styles of its own.

    Parameters
    ----------
    words
        Words in their order.
    scores
        Signed attribution of each word, shape (words,): above zero it speaks for the answer. What
        is not a number stays without colour.
    separators
        What stands after each word in the text; a space if left out.
    scale
        Absolute score that gets the strongest colour; the largest one if left out. Give the same
        scale to maps that are compared.

    Returns
    -------
    markupsafe.Markup
        One ``<div class="words">`` with the words and the scale; everything from the data is
        escaped, and characters that act unseen are shown.

    Raises
    ------
    ValueError
        If words, scores and separators differ in number.
    """
    shown = _map(words, scores, separators, scale)
    parts = [_left_out(shown.before)] if shown.before else []
    for word in shown.words:
        kind = _classes(word.step)
        attribute = Markup(' class="{}"').format(kind) if kind else Markup()
        parts.append(
            Markup('<span{} title="{}">{}</span>').format(attribute, signed(word.score), word.text)
        )
        parts.append(escape(word.after))
    if shown.after:
        parts.append(_left_out(shown.after))
    if not shown.words:
        parts.append(Markup('<span class="left-out">no words</span>'))
    text = Markup("").join(parts)
    return Markup('<div class="words"><p class="text" dir="auto">{}</p>{}</div>').format(
        text, scale_html(shown.scale)
    )


def word_map_png(
    words: Sequence[str],
    scores: NDArray[np.float64],
    *,
    separators: Sequence[str] | None = None,
    scale: float | None = None,
) -> bytes:
    """Colour words by their scores, as a PNG file for slides and papers.

    Parameters
    ----------
    words, scores, separators, scale
        As for `word_map`.

    Returns
    -------
    bytes
        A picture 900 pixels wide at double density, with the scale below the words.

    Raises
    ------
    ValueError
        If words, scores and separators differ in number.
    """
    from PIL import Image, ImageDraw

    shown = _map(words, scores, separators, scale)
    letters = font(_SIZE)
    lines = _laid_out(shown, letters)
    height = 2 * _PAD + _LINE * len(lines) + 44
    image = Image.new("RGB", (WIDTH * DENSITY, height * DENSITY), LIGHT.surface)
    pen = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        for x, word in line:
            _draw_word(pen, letters, x, _PAD + _LINE * row, word)
    draw_scale(pen, (_PAD, _PAD + _LINE * len(lines) + 22), shown.scale)
    out = io.BytesIO()
    image.save(out, format="PNG", optimize=True)
    return out.getvalue()


def _map(
    words: Sequence[str],
    scores: NDArray[np.float64],
    separators: Sequence[str] | None,
    scale: float | None,
) -> _Map:
    """Choose the words to show and their steps on the colour scale."""
    values = np.asarray(scores, dtype=np.float64)
    after = [" "] * len(words) if separators is None else separators
    if values.shape != (len(words),) or len(after) != len(words):
        raise ValueError(
            f"{len(words)} words need as many scores and separators, got scores of shape "
            f"{values.shape} and {len(after)} separators"
        )
    known = np.where(np.isfinite(values), np.abs(values), 0.0)
    if scale is None:
        scale = float(known.max(initial=0.0))
    start, end = _window(known)
    kept = tuple(
        _Word(
            visible(words[at], _LONGEST_WORD),
            float(values[at]),
            level(float(values[at]), scale),
            _BLANK_LINES.sub("\n\n", visible(after[at], 40, lines=True)),
        )
        for at in range(start, end)
    )
    return _Map(kept, start, len(words) - end, scale)


def _window(strength: NDArray[np.float64]) -> tuple[int, int]:
    """Return the stretch of words that holds the strongest one and most strength beside it."""
    count = len(strength)
    if count <= MOST_WORDS:
        return 0, count
    top = int(np.argmax(strength))
    sums = np.concatenate([[0.0], np.cumsum(strength)])
    first = max(0, top - MOST_WORDS + 1)
    starts = np.arange(first, min(top, count - MOST_WORDS) + 1)
    start = int(starts[np.argmax(sums[starts + MOST_WORDS] - sums[starts])])
    return start, start + MOST_WORDS


def _classes(step: int) -> str:
    if not step:
        return ""
    strong = " strong" if abs(step) >= STRONG else ""
    return f"w {'p' if step > 0 else 'n'}{abs(step)}{strong}"


def _left_out(count: int) -> Markup:
    return Markup(' <span class="left-out">{}</span> ').format(_left_out_text(count))


def _left_out_text(count: int) -> str:
    return f"… {count:,} {'word' if count == 1 else 'words'} not shown"


def _laid_out(shown: _Map, letters: ImageFont.FreeTypeFont) -> list[list[tuple[float, _Word]]]:
    """Break words into lines; a word wider than a line is cut into pieces."""
    room = WIDTH - 2 * _PAD
    words = list(shown.words)
    if shown.before:
        words.insert(0, _Word(_left_out_text(shown.before), math.nan, 0, "  "))
    if shown.after:
        words.append(_Word("  " + _left_out_text(shown.after), math.nan, 0, ""))
    lines: list[list[tuple[float, _Word]]] = [[]]
    x = 0.0
    for word in words or [_Word("no words", math.nan, 0, "")]:
        for piece in _pieces(word, letters, room):
            width = length(piece.text, letters)
            if x and x + width > room:
                lines.append([])
                x = 0.0
            lines[-1].append((_PAD + x, piece))
            x += width + length(piece.after.replace("\n", ""), letters)
        if "\n" in word.after:
            lines.append([])
            x = 0.0
    return lines


def _pieces(word: _Word, letters: ImageFont.FreeTypeFont, room: float) -> list[_Word]:
    if length(word.text, letters) <= room:
        return [word]
    pieces = [""]
    for char in word.text:
        if length(pieces[-1] + char, letters) > room:
            pieces.append("")
        pieces[-1] += char
    last = len(pieces) - 1
    return [
        _Word(text, word.score, word.step, word.after if at == last else "")
        for at, text in enumerate(pieces)
    ]


def _draw_word(
    pen: ImageDraw.ImageDraw, letters: ImageFont.FreeTypeFont, x: float, y: float, word: _Word
) -> None:
    width = length(word.text, letters)
    if word.step:
        colour = LIGHT.diverging[LEVELS + word.step]
        box = [value * DENSITY for value in (x - 2, y + 2, x + width + 2, y + _LINE - 3)]
        pen.rounded_rectangle(box, radius=4 * DENSITY, fill=colour)
    quiet = math.isnan(word.score)
    middle = (x * DENSITY, (y + _LINE / 2) * DENSITY)
    pen.text(
        middle, word.text, font=letters, fill=LIGHT.muted if quiet else LIGHT.text, anchor="lm"
    )
    if abs(word.step) >= STRONG:
        _underline(pen, x, x + width, y + _LINE - 6, dotted=word.step < 0)


def _underline(
    pen: ImageDraw.ImageDraw, left: float, right: float, y: float, *, dotted: bool
) -> None:
    ends = [(left, right)]
    if dotted:
        count = max(int((right - left) // 5), 1)
        ends = [(left + 5 * at, left + 5 * at + 2.5) for at in range(count)]
    for start, end in ends:
        line = [value * DENSITY for value in (start, y, end, y)]
        pen.line(line, fill=LIGHT.text, width=round(1.5 * DENSITY))
