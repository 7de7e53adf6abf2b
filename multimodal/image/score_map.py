"""A picture's segments coloured by their scores, beside the picture itself.

Below the colours the picture is grey, and fades, so that colours mean scores alone.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup
from PIL import Image, ImageDraw

from .. import overlay
from ..escape import visible
from ..legend import DENSITY, draw_scale, scale_html
from ..palette import LIGHT, Palette
from .draw import GROWN, LARGEST, element, fitted, png, smallest
from .segments import Labels, count

if TYPE_CHECKING:
    from .placement import Placement

PAD, GAP, LEGEND = 24, 16, 44
"""Points around a map for slides and papers, between its pictures, and below them for the scale."""


def score_map(
    picture: Image.Image,
    labels: Labels,
    scores: Sequence[float] | overlay.Scores,
    *,
    place: Placement | None = None,
    scale: float | None = None,
    outlined: bool = False,
    name: str = "",
) -> Markup:
    """Colour a picture's segments by their scores, as HTML without styles of its own.

    Parameters
    ----------
    picture
        8-bit RGB.
    labels
        Label map of the segments, in the picture as the model sees it.
    scores
        Signed attribution of each segment, shape (segments,): above zero it speaks for the answer.
        What is not a number stays without colour.
    place
        Where the model's picture lies in this one (`placement`); all over it if left out.
    scale
        Absolute score that gets the strongest colour; the largest one if left out. Give the same
        scale to maps that are compared.
    outlined
        Whether each segment has a thin line around it.
    name
        What the picture is called.

    Returns
    -------
    markupsafe.Markup
        One ``<div class="heat">`` with the picture, its map beside it, and the scale. Segments
        tell their scores where the pointer rests; of single pixels of large pictures blocks are
        averaged.

    Raises
    ------
    ValueError
        If segments and scores differ in number.
    """
    values = overlay.checked(count(labels), scores)
    most = overlay.largest(values) if scale is None else scale
    small = fitted(picture, LARGEST)
    width, height = small.size
    matrix = _matrix(labels, picture.size, small.size, place)
    called = visible(name, 200) or "the picture"
    kind, raw = smallest(small.convert("L"))
    unseen = _unseen(labels, small.size, matrix)
    drawn = Markup(
        '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{said}">'
        '<image width="{w}" height="{h}" href="data:image/{kind};base64,{raw}"/>{scores}{unseen}'
        "</svg>"
    ).format(
        w=width,
        h=height,
        said=f"Scores over {called}, from {-most:.3g} to {most:.3g}",
        kind=kind,
        raw=base64.b64encode(raw).decode("ascii"),
        scores=overlay.svg(labels, values, most, matrix, outlined=outlined),
        unseen=unseen,
    )
    note = (
        Markup('<p class="left-out">The model does not see what is faded at the edges.</p>')
        if unseen
        else ""
    )
    return Markup('<div class="heat"><div class="pair">{}{}</div>{}{}</div>').format(
        element(picture, f"Picture {called}" if name else "The picture"),
        drawn,
        note,
        scale_html(most, lines=len(values) <= overlay.MOST_NAMED),
    )


def score_map_png(
    picture: Image.Image,
    labels: Labels,
    scores: Sequence[float] | overlay.Scores,
    *,
    place: Placement | None = None,
    scale: float | None = None,
    outlined: bool = False,
    palette: Palette = LIGHT,
    size: int = 420,
    beside: bool = True,
) -> bytes:
    """Colour a picture's segments by their scores, as a PNG file for slides, papers and the window.

    Parameters
    ----------
    picture, labels, scores, place, scale, outlined
        As for `score_map`.
    palette
        Colours of the theme.
    size
        Points of the longest side of each picture, of `DENSITY` pixels each.
    beside
        Whether the picture itself stands beside its map.

    Returns
    -------
    bytes
        With the scale below.

    Raises
    ------
    ValueError
        If segments and scores differ in number.
    """
    values = overlay.checked(count(labels), scores)
    most = overlay.largest(values) if scale is None else scale
    grown = size * DENSITY / max(picture.size)
    width, height = (max(round(side * grown), 1) for side in picture.size)
    # Few pixels are shown as such: what is smoothed would pretend to more.
    how = Image.Resampling.NEAREST if grown > GROWN else Image.Resampling.LANCZOS
    whole = picture.resize((width, height), how)
    matrix = _matrix(labels, picture.size, whole.size, place)
    drawn = _drawn(whole, labels, values, most, matrix, outlined, palette)
    pictures = [whole, drawn] if beside else [drawn]
    pad, gap = PAD * DENSITY, GAP * DENSITY
    wide = 2 * pad + len(pictures) * width + (len(pictures) - 1) * gap
    out = Image.new("RGB", (wide, pad + height + LEGEND * DENSITY), palette.surface)
    for number, one in enumerate(pictures):
        out.paste(one, (pad + number * (width + gap), pad))
    middle = PAD + height / DENSITY + LEGEND / 2
    draw_scale(ImageDraw.Draw(out), (PAD, middle), most, palette, wide / DENSITY - 2 * PAD)
    return png(out)


def _drawn(
    whole: Image.Image,
    labels: Labels,
    scores: overlay.Scores,
    scale: float,
    matrix: overlay.Matrix,
    outlined: bool,
    palette: Palette,
) -> Image.Image:
    """Draw a map over a picture, in its pixels."""
    fine = len(scores) > overlay.MOST_NAMED
    labels, scores = overlay.coarser(labels, scores)
    numbers = overlay.steps(scores, scale)
    own = overlay.placed(labels, whole.size, matrix)
    grey = np.asarray(whole.convert("L").convert("RGB"))
    out = Image.fromarray(overlay.coloured(grey, own, numbers, palette))
    pen = ImageDraw.Draw(out)
    if outlined and not fine:
        for lines in overlay.loops(labels).values():
            overlay.draw_loops(pen, lines, matrix, palette.muted, DENSITY / 2)
    for name, lines in overlay.strong(labels, numbers, fine=fine).items():
        overlay.draw_loops(
            pen, lines, matrix, palette.text, 1.5 * DENSITY, dotted=name == "against"
        )
    return out


def _matrix(
    labels: Labels, size: tuple[int, int], shown: tuple[int, int], place: Placement | None
) -> overlay.Matrix:
    """Return how large a field of the label map is shown, and where the first one is."""
    across, down = (to / own for to, own in zip(shown, size, strict=True))
    if place is None:
        return shown[0] / labels.shape[1], shown[1] / labels.shape[0], 0.0, 0.0
    return place.matrix(across, down)


def _unseen(labels: Labels, shown: tuple[int, int], matrix: overlay.Matrix) -> Markup:
    """Return what covers the edges that the model doesn't see; nothing where it sees all."""
    across, down, left, top = matrix
    ends = left, left + across * labels.shape[1], top, top + down * labels.shape[0]
    width, height = shown
    x, right, y, bottom = (
        float(np.clip(end, 0, most))
        for end, most in zip(ends, (width, width, height, height), strict=True)
    )
    if max(x, y, width - right, height - bottom) < 0.5:
        return Markup()
    return Markup(
        '<path class="unseen" d="M0 0H{}V{}H0zM{x:.5g} {y:.5g}V{:.5g}H{:.5g}V{y:.5g}z"/>'
    ).format(width, height, bottom, right, x=x, y=y)
