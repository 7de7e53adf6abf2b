"""Text broken into lines: words of several kinds beside each other, whatever stands in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fpdf import FPDF

from ....multimodal.escape import visible
from ....multimodal.palette import LIGHT
from .letters import Letters, rightwards

Mark = Literal["", "solid", "dotted", "struck"]
FIXED = "\u00a0"
"""A space at which no line breaks."""

_SOFT = frozenset("-/_\\.,;:@?&=+|")
"""Characters behind which a word breaks that is wider than a line."""


@dataclass(frozen=True)
class Piece:
    """Text of one kind; `ground` colours what is behind it, `mark` draws a line.

    Digits are equally wide where `even` is set, as columns of numbers need.
    """

    text: str
    size: float
    bold: bool = False
    colour: str = LIGHT.text
    ground: str = ""
    mark: Mark = ""
    even: bool = False


@dataclass(frozen=True)
class Line:
    """Pieces with the place where each begins, from the line's left end."""

    spans: tuple[tuple[float, Piece], ...]
    width: float
    rightwards: bool = False

    @property
    def size(self) -> float:
        """Size of its largest letters."""
        return max((piece.size for _, piece in self.spans), default=0.0)


@dataclass(frozen=True)
class _Word:
    parts: tuple[tuple[Piece, float], ...]
    space: float = 0.0
    """Width of the blank in front of it."""

    @property
    def width(self) -> float:
        return sum(width for _, width in self.parts)


def wrap(letters: Letters, pieces: Sequence[Piece], room: float, most: int = 0) -> list[Line]:
    """Break pieces into lines.

    Parameters
    ----------
    letters
        Fonts of the document.
    pieces
        Text in its order; line breaks in it are kept, characters that act unseen are shown.
    room
        Points of a line.
    most
        Most lines, of which the last ends in an ellipsis where there are more; all of them if 0.
    """
    whole = "".join(piece.text for piece in pieces)
    turned = rightwards(whole)
    out: list[Line] = []
    for paragraph in _paragraphs(pieces):
        line: list[_Word] = []
        x = 0.0
        for word in _words(letters, paragraph):
            for part in _split(letters, word, room):
                space = part.space if line else 0.0
                if line and x + space + part.width > room:
                    out.append(_line(line, turned))
                    line, x, space = [], 0.0, 0.0
                line.append(replace(part, space=space))
                x += space + part.width
        out.append(_line(line, turned))
        if most and len(out) > most:
            break
    if most and len(out) > most:
        return [*out[: most - 1], _cut(letters, out[most - 1], room)]
    return out


def widest(letters: Letters, pieces: Sequence[Piece]) -> tuple[float, float]:
    """Return the width of the widest word, and that of the widest paragraph in one line."""
    words = paragraphs = 0.0
    for paragraph in _paragraphs(pieces):
        found = list(_words(letters, paragraph))
        words = max(words, *(word.width for word in found), 0.0) if found else words
        paragraphs = max(paragraphs, sum(word.width + word.space for word in found))
    return words, paragraphs


def draw(
    pdf: FPDF, letters: Letters, line: Line, x: float, baseline: float, room: float | None = None
) -> None:
    """Write a line; with `room`, lines written from right to left end at its right end."""
    if line.rightwards and room is not None:
        x += room - line.width
    for left, piece in line.spans:
        width = _width(letters, piece)
        if piece.ground:
            pdf.set_fill_color(piece.ground)
            box = (x + left - 1, baseline - 0.95 * piece.size, width + 2, 1.28 * piece.size)
            pdf.rect(*box, style="F", round_corners=True, corner_radius=1.5)
    for left, piece in line.spans:
        letters.draw(
            x + left, baseline, piece.text, piece.size, bold=piece.bold, even=piece.even,
            colour=piece.colour,
        )  # fmt: skip
        if piece.mark:
            width = _width(letters, piece)
            _mark(pdf, piece, x + left, x + left + width, baseline)


def _mark(pdf: FPDF, piece: Piece, left: float, right: float, baseline: float) -> None:
    struck = piece.mark == "struck"
    y = baseline - 0.3 * piece.size if struck else baseline + 0.2 * piece.size
    pdf.set_draw_color(piece.colour)
    pdf.set_line_width(0.8)
    if piece.mark == "dotted":
        pdf.set_dash_pattern(1.2, 1.6)
    pdf.line(left, y, right, y)
    pdf.set_dash_pattern()


def _paragraphs(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    paragraph: list[Piece] = []
    for piece in pieces:
        first, *rest = visible(piece.text, lines=True).replace("\t", " ").split("\n")
        paragraph.append(replace(piece, text=first))
        for text in rest:
            yield paragraph
            paragraph = [replace(piece, text=text)]
    yield paragraph


def _words(letters: Letters, pieces: Sequence[Piece]) -> Iterator[_Word]:
    """Join what stands beside each other without a blank between."""
    parts: list[tuple[Piece, float]] = []
    space = 0.0
    for piece in pieces:
        measure = _measure(letters, piece)
        for text, blank in _tokens(piece.text):
            if blank:
                if parts:
                    yield _Word(tuple(parts), space)
                    parts, space = [], 0.0
                space = max(space, measure(" "))
            elif text:
                parts.append((replace(piece, text=text), measure(text)))
    if parts:
        yield _Word(tuple(parts), space)


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Return words, and whether they are blanks."""
    word = ""
    for char in text:
        if char.isspace() and char != FIXED:
            if word:
                yield word, False
            word = ""
            yield " ", True
        else:
            word += char
    if word:
        yield word, False


def _split(letters: Letters, word: _Word, room: float) -> list[_Word]:
    """Cut a word that is wider than a line, behind a hyphen, slash or dot where there is one."""
    if word.width <= room:
        return [word]
    out: list[_Word] = []
    parts: list[tuple[Piece, float]] = []
    used = 0.0
    for piece, _ in word.parts:
        measure = _measure(letters, piece)
        text, soft = "", 0
        for char in piece.text:
            width = measure(char)
            if used + width > room and (text or parts):
                keep = soft if soft > len(text) // 2 and not _wide(char) else len(text)
                kept, text = text[:keep], text[keep:]
                if kept:
                    parts.append((replace(piece, text=kept), measure(kept)))
                out.append(_Word(tuple(parts), 0.0 if out else word.space))
                parts, soft = [], 0
                used = measure(text)
            text += char
            used += width
            if char in _SOFT:
                soft = len(text)
        if text:
            parts.append((replace(piece, text=text), measure(text)))
    if parts:
        out.append(_Word(tuple(parts), 0.0 if out else word.space))
    return out


def _wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF"


def _measure(letters: Letters, piece: Piece) -> Callable[[str], float]:
    return lambda text: letters.width(text, piece.size, bold=piece.bold, even=piece.even)


def _width(letters: Letters, piece: Piece) -> float:
    return letters.width(piece.text, piece.size, bold=piece.bold, even=piece.even)


def _line(words: Sequence[_Word], turned: bool) -> Line:
    """Put words beside each other; neighbours of one kind become one piece."""
    spans: list[tuple[float, Piece]] = []
    x = 0.0
    for word in words:
        blank = word.space
        for piece, width in word.parts:
            last = spans[-1][1] if spans else None
            same = last is not None and replace(last, text="") == replace(piece, text="")
            if same and not piece.ground and not piece.mark:
                # In logical order: the bidirectional algorithm arranges what is one piece.
                left, last = spans[-1]
                spans[-1] = (
                    left,
                    replace(last, text=last.text + (" " if blank else "") + piece.text),
                )
            else:
                spans.append((x + blank, piece))
            x += blank + width
            blank = 0.0
    if turned:
        ends = [left for left, _ in spans[1:]] + [x]
        spans = [(x - end, piece) for (_, piece), end in zip(spans, ends, strict=True)]
    return Line(tuple(spans), x, turned)


def _cut(letters: Letters, line: Line, room: float) -> Line:
    """Let a line end in an ellipsis."""
    if not line.spans:
        return line
    left, piece = line.spans[-1]
    text = letters.fitted(piece.text + " …", room - left, piece.size, bold=piece.bold)
    width = letters.width(text, piece.size, bold=piece.bold)
    return replace(
        line, spans=(*line.spans[:-1], (left, replace(piece, text=text))), width=left + width
    )
