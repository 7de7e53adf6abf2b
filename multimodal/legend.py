"""The scale of signed scores beside what is coloured by them: words, pictures, sounds.

Blue speaks against an answer and orange for it. What speaks most strongly is marked by a line too,
solid where it speaks for the answer and dotted where it speaks against it, so that maps can be read
without colour.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from .palette import LEVELS, LIGHT, Palette

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

STRONG = 7
"""Levels of the colour scale from this one on are marked by a line."""

DENSITY = 2
"""Pixels of a point in pictures of maps."""

STEP = 11
"""Points of a colour's width in the scale of a picture."""

_PLAIN = Markup("blue speaks against the answer, orange for it")
_NOTE = Markup(
    'blue speaks against the answer (strong: <span class="w n9 strong">dotted line</span>), orange '
    'for it (strong: <span class="w p9 strong">solid line</span>)'
)


def signed(score: float) -> str:
    """Return a score with its sign, in three figures."""
    if not math.isfinite(score):
        return "not defined"
    return f"{score:+.3g}".replace("-", "−")


def scale_html(scale: float, *, lines: bool = True) -> Markup:
    """Return the scale: its ends always, what it means for the first map of a page.

    Parameters
    ----------
    scale
        Absolute score that gets the strongest colour.
    lines
        Whether what is strong is marked by a line.
    """
    steps = [*range(-LEVELS, 0, 2), *range(2, LEVELS + 1, 2)]
    swatches = Markup("").join(
        Markup('<span class="w {}{}"></span>').format("n" if step < 0 else "p", abs(step))
        for step in steps
    )
    return Markup(
        '<p class="scale"><span class="ends">{low}<span class="swatches" aria-hidden="true">'
        '{swatches}</span>{high}</span><span class="note">{note}</span></p>'
    ).format(
        low=signed(-scale), high=signed(scale), swatches=swatches, note=_NOTE if lines else _PLAIN
    )


def font(size: int) -> ImageFont.FreeTypeFont:
    """Return DejaVu Sans, which comes with matplotlib and covers most alphabets, in points."""
    import matplotlib
    from PIL import ImageFont

    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")
    return ImageFont.truetype(str(path), size * DENSITY)


def length(text: str, letters: ImageFont.FreeTypeFont) -> float:
    """Return how wide a text is, in points."""
    return float(letters.getlength(text)) / DENSITY


def draw_scale(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    scale: float,
    palette: Palette = LIGHT,
    room: float = math.inf,
) -> None:
    """Draw the scale in one line; `place` is its left end and its middle, all in points.

    Where there is less room than its words need, they are left out and its ends stay.
    """
    letters = font(13)
    words = f"against the answer  {signed(-scale)}", f"{signed(scale)}  for the answer"
    if sum(length(one, letters) for one in words) + STEP * (2 * LEVELS + 1) + 16 > room:
        words = signed(-scale), signed(scale)
    x, y = place
    pen.text((x * DENSITY, y * DENSITY), words[0], font=letters, fill=palette.muted, anchor="lm")
    x += length(words[0], letters) + 8
    for colour in palette.diverging:
        box = [value * DENSITY for value in (x, y - 7, x + STEP, y + 7)]
        pen.rectangle(box, fill=colour)
        x += STEP
    at = ((x + 8) * DENSITY, y * DENSITY)
    pen.text(at, words[1], font=letters, fill=palette.muted, anchor="lm")
