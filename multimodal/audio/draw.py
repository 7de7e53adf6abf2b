"""Sounds for people: a spectrogram, the wave above it, and a player in pages.

A spectrogram shows time from left to right and pitch from low to high; the lighter, the louder.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from markupsafe import Markup
from PIL import Image, ImageDraw

from ..escape import visible
from ..legend import DENSITY
from ..media import shown
from ..palette import HEAT, LIGHT, Palette
from .layout import LEFT, LOW, draw_axes, draw_wave, places, spectrogram_svg, svg
from .play import SECONDS, for_page
from .read import Sound, read
from .spectrogram import BANDS, log_mel

FLAT = 0.5
"""Height of a spectrogram without axes, as a share of its width."""

PAGE = 250
"""Width of a spectrogram in a page."""

PLAYER = Markup(
    '<audio controls preload="metadata" aria-label="{}" src="data:{};base64,{}"></audio>'
)


def thumbnail(path: Path | str, size: int) -> bytes:
    """Return a spectrogram without axes as PNG, `size` pixels wide and half as high.

    Raises
    ------
    Unreadable
        If the sound can't be read.
    """
    height = max(round(size * FLAT), 1)
    return png(_spectrogram(read(path, seconds=SECONDS), size, height))


def picture(
    path: Path | str, size: int, palette: Palette = LIGHT, height: int | None = None
) -> bytes:
    """Return the wave and the spectrogram with axes of time and frequency as PNG.

    What is behind the axes is transparent.

    Parameters
    ----------
    path
        The sound's file.
    size
        Points of the width, of `DENSITY` pixels each.
    palette
        Colours of the axes and the wave.
    height
        Most points of the height, which is six tenths of the width if left out; at least `LOW`.

    Raises
    ------
    Unreadable
        If the sound can't be read.
    """
    sound = read(path, seconds=SECONDS)
    at = places(sound, size, max(min(round(0.6 * size), height or size), LOW))
    # The letters' own colour, fully transparent: what is half covered takes no other one.
    ground = (*bytes.fromhex(palette.muted[1:]), 0)
    whole = Image.new("RGBA", (at.width * DENSITY, at.height * DENSITY), ground)
    inner = _spectrogram(sound, (at.right - LEFT) * DENSITY, (at.bottom - at.top) * DENSITY)
    whole.paste(inner.convert("RGB"), (LEFT * DENSITY, at.top * DENSITY))
    draw_wave(ImageDraw.Draw(whole), sound, at, palette)
    draw_axes(ImageDraw.Draw(whole), at, palette)
    return png(whole)


def facts(path: Path | str) -> str:
    """Return how long a sound is, in words.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    import soundfile

    sound = read(path, seconds=SECONDS)
    seconds = soundfile.info(path).duration if sound.cut else sound.seconds
    said = f"{seconds:,.2f} s, {sound.rate:,} Hz"
    return f"{said}; the first {SECONDS:g} s are shown" if sound.cut else said


def html(part: str) -> Markup:
    """Return a sound for a page: its spectrogram with axes, and a player.

    Parameters
    ----------
    part
        A file (`multimodal.media.File`) or its path; of long sounds the first `SECONDS`.

    Raises
    ------
    Unreadable
        If it can't be read.
    """
    sound = read(part, seconds=SECONDS)
    at = places(sound, PAGE, round(0.7 * PAGE))
    name = visible(shown(part), 200)
    inner = png(_spectrogram(sound, (at.right - LEFT), BANDS))
    kind, raw = for_page(sound)
    cut = (
        Markup('<p class="left-out">{}</p>').format(f"the first {SECONDS:g} s") if sound.cut else ""
    )
    return Markup("{}{}{}").format(
        svg(sound, at, spectrogram_svg(at, inner), f"Spectrogram of {name}, {sound.seconds:.2f} s"),
        PLAYER.format(f"Play {name}", kind, base64.b64encode(raw).decode("ascii")),
        cut,
    )


def _spectrogram(sound: Sound, width: int, height: int) -> Image.Image:
    """Return a spectrogram in the colours of `HEAT`, the lowest pitch at the bottom."""
    values = log_mel(sound.samples, sound.rate, width, min(height, BANDS))
    steps = np.round(values[::-1] * (len(HEAT) - 1)).astype(np.uint8)
    out = Image.fromarray(np.ascontiguousarray(steps))
    out.putpalette(_colours(HEAT))
    return out if out.height == height else out.resize((width, height), Image.Resampling.NEAREST)


def _colours(colours: Sequence[str]) -> bytes:
    return b"".join(bytes.fromhex(colour[1:]) for colour in colours)


def png(image: Image.Image) -> bytes:
    """Return a picture as a PNG file."""
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
