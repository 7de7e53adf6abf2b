"""A picture of lines and letters on a page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from .sheet import HEIGHT, Sheet

APART = 16.0
"""Pixels between two lines of letters from which on a picture may be cut there."""


@dataclass(frozen=True)
class Letter:
    """A line of text in a picture, its place and angle in pixels of the whole picture."""

    text: str
    x: float
    y: float
    angle: float
    size: float
    bold: bool
    colour: str
    anchor: str


@dataclass(frozen=True)
class Shape:
    """Operators of a shape in pixels of the picture: its looks, its outline, how it is painted."""

    opacity: float
    before: str
    outline: str
    after: str


@dataclass
class Drawn:
    """A picture read once: operators of a PDF page, letters, and pictures below both."""

    width: float
    height: float
    shapes: list[Shape] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    pictures: list[tuple[float, float, float, float, bytes]] = field(default_factory=list)


def paint(
    sheet: Sheet,
    drawn: Drawn,
    x: float,
    y: float,
    width: float,
    *,
    part: tuple[float, float] | None = None,
) -> None:
    """Draw a picture with its upper left corner at `x`, `y`.

    Parameters
    ----------
    sheet
        Where it is drawn.
    drawn
        What `read` returned.
    x, y, width
        In points.
    part
        Only what lies between two heights, in pixels of the picture.
    """
    pdf = sheet.pdf
    scale = width / drawn.width
    top, bottom = part or (0.0, drawn.height)
    for left, above, wide, high, raw in drawn.pictures:
        place = (x + left * scale, y + (above - top) * scale, wide * scale, high * scale)
        pdf.image(io.BytesIO(raw), *place)
    origin = HEIGHT - y + top * scale
    clip = f"0 {top:.2f} {drawn.width:.2f} {bottom - top:.2f} re W n" if part else ""
    for opacity, operators in _by_opacity(drawn.shapes):
        with _opaque(sheet, opacity):
            # All of the picture stands in one coordinate system, whose y grows downwards.
            pdf._out(
                f"q {scale:.5f} 0 0 {-scale:.5f} {x:.2f} {origin:.2f} cm {clip}\n{operators}\nQ"
            )
    for one in drawn.letters:
        if top <= one.y <= bottom:
            _write(sheet, one, x + one.x * scale, y + (one.y - top) * scale, scale)


def cuts(drawn: Drawn, tallest: float) -> list[tuple[float, float]]:
    """Cut a picture that is higher than a page between its lines of letters.

    Parameters
    ----------
    drawn
        The picture.
    tallest
        Most pixels of a part.
    """
    heights = sorted({round(one.y, 1) for one in drawn.letters})
    between = [(one + other) / 2 for one, other in pairwise(heights)
               if other - one > APART]  # fmt: skip
    out: list[tuple[float, float]] = []
    top = 0.0
    while drawn.height - top > tallest:
        near = [at for at in between if top + tallest / 2 < at <= top + tallest]
        end = near[-1] if near else top + tallest
        out.append((top, end))
        top = end
    return [*out, (top, drawn.height)]


def _write(sheet: Sheet, one: Letter, x: float, y: float, scale: float) -> None:
    size = one.size * scale
    width = sheet.letters.width(one.text, size, bold=one.bold)
    left = x - {"middle": width / 2, "end": width}.get(one.anchor, 0.0)
    if abs(one.angle) < 0.01:
        sheet.letters.draw(left, y, one.text, size, bold=one.bold, colour=one.colour)
        return
    with sheet.pdf.rotation(one.angle, x, y):
        sheet.letters.draw(left, y, one.text, size, bold=one.bold, colour=one.colour)


def _by_opacity(shapes: list[Shape]) -> Iterator[tuple[float, str]]:
    """Return the operators of neighbours of one opacity."""
    for opacity, group in groupby(shapes, key=lambda one: one.opacity):
        yield opacity, "\n".join(f"{one.before} {one.outline} {one.after}" for one in group)


@contextmanager
def _opaque(sheet: Sheet, opacity: float) -> Iterator[None]:
    if opacity >= 1:
        yield
        return
    with sheet.pdf.local_context(fill_opacity=opacity, stroke_opacity=opacity):
        yield
