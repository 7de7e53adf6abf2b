"""A sound's segments coloured by their scores: spans over its wave too, cells over its spectrogram.

The spectrogram lies under the colours and fades, so that colours mean scores alone.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .. import overlay
from ..escape import visible
from ..legend import DENSITY, draw_scale, scale_html
from ..palette import LIGHT, Palette
from .draw import PLAYER, png
from .layout import LEFT, Places, draw_axes, draw_wave, places, spectrogram_svg, svg
from .play import SECONDS, for_page
from .read import Sound
from .segments import Cells, Labels, Spans
from .spectrogram import BANDS, hertz, log_mel, mel

PAGE = 540
"""Points of a map's width in a page."""

TALL = 0.5
"""Height of a map as a share of its width."""

PAD, LEGEND = 24, 40
"""Points around a map for slides and papers, and below it for the scale."""


def score_map(
    sound: Sound,
    segments: Spans | Cells,
    scores: Sequence[float] | overlay.Scores,
    *,
    scale: float | None = None,
    name: str = "",
) -> Markup:
    """Colour a sound's segments by their scores, as HTML without styles of its own.

    Parameters
    ----------
    sound
        As the model hears it.
    segments
        Of this sound.
    scores
        Signed attribution of each segment, shape (segments,): above zero it speaks for the answer.
        What is not a number stays without colour.
    scale
        Absolute score that gets the strongest colour; the largest one if left out. Give the same
        scale to maps that are compared.
    name
        What the sound is called.

    Returns
    -------
    markupsafe.Markup
        One ``<div class="heat">`` with the sound's map, a player and the scale. Segments tell their
        scores where the pointer rests.

    Raises
    ------
    ValueError
        If segments and scores differ in number.
    """
    at = places(sound, PAGE, round(TALL * PAGE))
    labels, matrix = _labels(segments, at, 1)
    values = overlay.checked(len(segments), scores)
    most = overlay.largest(values) if scale is None else scale
    called = visible(name, 200) or "the sound"
    beginning = Sound(sound.samples[: round(SECONDS * sound.rate)], sound.rate)
    cut = len(beginning.samples) < len(sound.samples)
    kind, raw = for_page(beginning)
    # Black ink, which the page turns white where it is dark.
    ink = Image.new("LA", (at.inside, BANDS))
    ink.putalpha(_loudness(sound, at.inside, BANDS))
    below = Markup("{}{}").format(
        spectrogram_svg(at, png(ink), "ink"),
        overlay.svg(labels, values, most, matrix),
    )
    note = Markup('<p class="left-out">The player plays the first {:g} s.</p>').format(SECONDS)
    return Markup('<div class="heat">{}{}{}{}</div>').format(
        svg(sound, at, below, f"Scores over {called}, from {-most:.3g} to {most:.3g}"),
        PLAYER.format(f"Play {called}", kind, base64.b64encode(raw).decode("ascii")),
        note if cut else "",
        scale_html(most, lines=len(values) <= overlay.MOST_NAMED),
    )


def score_map_png(
    sound: Sound,
    segments: Spans | Cells,
    scores: Sequence[float] | overlay.Scores,
    *,
    scale: float | None = None,
    palette: Palette = LIGHT,
    size: int = 640,
) -> bytes:
    """Colour a sound's segments by their scores, as a PNG file for slides, papers and the window.

    Parameters
    ----------
    sound, segments, scores, scale
        As for `score_map`.
    palette
        Colours of the theme.
    size
        Points of the map's width, of `DENSITY` pixels each.

    Returns
    -------
    bytes
        With the scale below.

    Raises
    ------
    ValueError
        If segments and scores differ in number.
    """
    values = overlay.checked(len(segments), scores)
    most = overlay.largest(values) if scale is None else scale
    at = places(sound, size, round(TALL * size))
    drawn = _drawn(sound, segments, values, most, at, palette)
    pad = PAD * DENSITY
    # Letters of the axes stand at the left of the map, which has room of its own there.
    out = Image.new(
        "RGB", (drawn.width + pad, drawn.height + pad + LEGEND * DENSITY), palette.surface
    )
    out.paste(drawn, (pad // 2, pad))
    place = PAD / 2 + LEFT, PAD + at.height + LEGEND / 2
    draw_scale(ImageDraw.Draw(out), place, most, palette, at.inside)
    return png(out)


def _drawn(
    sound: Sound,
    segments: Spans | Cells,
    scores: overlay.Scores,
    scale: float,
    at: Places,
    palette: Palette,
) -> Image.Image:
    labels, matrix = _labels(segments, at, DENSITY)
    fine = len(scores) > overlay.MOST_NAMED
    numbers = overlay.steps(scores, scale)
    whole = Image.new("RGB", (at.width * DENSITY, at.height * DENSITY), palette.surface)
    ink = _loudness(sound, at.inside * DENSITY, (at.bottom - at.top) * DENSITY)
    whole.paste(Image.new("RGB", ink.size, palette.text), (LEFT * DENSITY, at.top * DENSITY), ink)
    top = round(matrix[3])
    box = (LEFT * DENSITY, top, at.right * DENSITY, at.bottom * DENSITY)
    part = np.asarray(whole.crop(box))
    size = box[2] - box[0], box[3] - box[1]
    own = overlay.placed(labels, size, (matrix[0], matrix[1], 0, 0))
    whole.paste(Image.fromarray(overlay.coloured(part, own, numbers, palette)), box[:2])
    pen = ImageDraw.Draw(whole)
    draw_wave(pen, sound, at, palette)
    for name, lines in overlay.strong(labels, numbers, fine=fine).items():
        overlay.draw_loops(
            pen, lines, matrix, palette.text, 1.5 * DENSITY, dotted=name == "against"
        )
    draw_axes(pen, at, palette)
    return whole


def _labels(segments: Spans | Cells, at: Places, density: int) -> tuple[Labels, overlay.Matrix]:
    """Return the segment of each place of a drawing, and how that lies on it.

    Spans go through wave and spectrogram, cells lie on the spectrogram.
    """
    width = at.inside * density
    if isinstance(segments, Spans):
        length = int(segments.edges[-1])
        column = _between(segments.edges, (np.arange(width) + 0.5) * length / width)
        height, top = (at.bottom - at.wave[0]) * density, at.wave[0] * density
        return column[None].astype(np.int32), (1.0, float(height), LEFT * density, float(top))
    seconds = (np.arange(width) + 0.5) * segments.samples / segments.rate / width
    column = _between(segments.seconds, seconds)
    height = (at.bottom - at.top) * density
    mels = (np.arange(height)[::-1] + 0.5) / height * mel(segments.rate / 2)
    band = _between(segments.hertz, hertz(mels))
    labels = band[:, None] * (len(segments.frames) - 1) + column
    return labels.astype(np.int32), (1.0, 1.0, float(LEFT * density), float(at.top * density))


def _between(edges: NDArray[Any], places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return between which edges each place lies."""
    return np.clip(np.searchsorted(edges, places, side="right") - 1, 0, len(edges) - 2)


def _loudness(sound: Sound, width: int, height: int) -> Image.Image:
    """Return how much ink a spectrogram takes: none where nothing is heard, and 255 at most."""
    values = log_mel(sound.samples, sound.rate, width, min(height, BANDS))
    out = Image.fromarray(np.ascontiguousarray((values[::-1] * 255).round().astype(np.uint8)))
    return out if out.height == height else out.resize((width, height), Image.Resampling.NEAREST)
