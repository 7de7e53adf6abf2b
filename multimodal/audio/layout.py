"""A drawn sound: where its wave and its spectrogram stand, and the axes of both."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

from ..legend import DENSITY
from ..palette import Palette
from .read import Sound
from .spectrogram import mel

LEFT, RIGHT, TOP, BOTTOM, GAP = 42, 10, 6, 36, 8
WAVE = 0.24
"""Share of the height that the wave gets."""
LETTERS = 11
LOW = 120
"""Least height of a drawing with axes."""
APART = 24
"""Points between two frequencies that are named."""

TIME, PITCH = "time in s", "Hz"

_TIME = Markup(
    '<path d="M{x} {top}v4" class="tick"/><text x="{x}" y="{y}" class="mid">{text}</text>'
)
_PITCH = Markup(
    '<path d="M{left} {y}h4" class="tick"/><text x="{x}" y="{base}" class="end">{text}</text>'
)


@dataclass(frozen=True)
class Places:
    """Where the parts of a drawing with axes are, in points, and what its ticks say."""

    width: int
    height: int
    wave: tuple[int, int]
    top: int
    bottom: int
    times: tuple[tuple[float, str], ...]
    pitches: tuple[tuple[float, str], ...]

    @property
    def right(self) -> int:
        """Right end of wave and spectrogram."""
        return self.width - RIGHT

    @property
    def inside(self) -> int:
        """Width of wave and spectrogram."""
        return self.right - LEFT


def places(sound: Sound, width: int, height: int) -> Places:
    """Lay a drawing out: the wave on top, the spectrogram below it, ticks at round numbers."""
    wave = TOP, TOP + round(WAVE * (height - TOP - BOTTOM))
    top, bottom, right = wave[1] + GAP, height - BOTTOM, width - RIGHT
    step = _round_step(sound.seconds / max((right - LEFT) / 60, 1))
    times = [at * step for at in range(int(sound.seconds / step + 1e-9) + 1)]
    digits = max(-int(np.floor(np.log10(step))), 0)
    return Places(
        width,
        height,
        wave,
        top,
        bottom,
        tuple((LEFT + (right - LEFT) * at / sound.seconds, f"{at:.{digits}f}") for at in times),
        tuple(_pitches(sound.rate, top, bottom)),
    )


def _pitches(rate: int, top: int, bottom: int) -> Iterator[tuple[float, str]]:
    """Name round frequencies from the lowest, as many as there is room for."""
    last = float("inf")
    for frequency in (0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000):
        y = bottom - (bottom - top) * mel(frequency) / mel(rate / 2)
        if top <= y <= last - APART:
            last = y
            yield y, f"{frequency:,}"


def _round_step(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is at least so large."""
    power = 10.0 ** np.floor(np.log10(least))
    return float(next(power * at for at in (1, 2, 5, 10) if power * at >= least * (1 - 1e-9)))


def svg(sound: Sound, at: Places, below: Markup, said: str) -> Markup:
    """Return a sound as SVG, whose letters take the page's colours.

    Parameters
    ----------
    sound
        What is drawn.
    at
        Where its parts stand.
    below
        What stands below the wave: the spectrogram (`spectrogram_svg`), and what covers it.
    said
        What is seen, in words.
    """
    lines = wave(sound, at, at.inside)
    path = "".join(f"M{x:g} {low:.1f}V{high:.1f}" for x, low, high in lines)
    marks = [
        _TIME.format(x=f"{x:g}", top=at.bottom, y=at.bottom + 5 + LETTERS, text=text)
        for x, text in at.times
    ]
    marks += [
        _PITCH.format(left=LEFT - 4, y=f"{y:g}", x=LEFT - 7, base=f"{y + 4:g}", text=text)
        for y, text in at.pitches
    ]
    return Markup(
        '<svg class="sound" viewBox="0 0 {width} {height}" role="img" aria-label="{said}">'
        '{below}<path d="{path}" class="wave"/>{marks}'
        '<text x="{middle}" y="{last}" class="mid">{time}</text>'
        '<text x="{x}" y="{first}" class="end">{pitch}</text></svg>'
    ).format(
        width=at.width,
        height=at.height,
        said=said,
        below=below,
        path=path,
        marks=Markup("").join(marks),
        middle=(LEFT + at.right) / 2,
        last=at.height - 3,
        x=LEFT - 7,
        first=at.wave[1] - 4,
        time=TIME,
        pitch=PITCH,
    )


def spectrogram_svg(at: Places, inner: bytes, kind: str = "") -> Markup:
    """Return a spectrogram's element; `inner` is a PNG file, and `kind` its class."""
    return Markup(
        '<image{kind} x="{left}" y="{top}" width="{inside}" height="{high}" '
        'preserveAspectRatio="none" href="data:image/png;base64,{inner}"/>'
    ).format(
        kind=Markup(' class="{}"').format(kind) if kind else "",
        left=LEFT,
        top=at.top,
        inside=at.inside,
        high=at.bottom - at.top,
        inner=base64.b64encode(inner).decode("ascii"),
    )


def draw_wave(pen: ImageDraw.ImageDraw, sound: Sound, at: Places, palette: Palette) -> None:
    """Draw a sound's wave, `DENSITY` pixels a point."""
    for x, low, high in wave(sound, at, at.inside * DENSITY):
        ends = (x * DENSITY, low * DENSITY, x * DENSITY, high * DENSITY)
        pen.line(ends, fill=palette.series[0], width=1)


def draw_axes(pen: ImageDraw.ImageDraw, at: Places, palette: Palette) -> None:
    """Draw the axes of time and frequency, `DENSITY` pixels a point."""
    font = ImageFont.load_default(LETTERS * DENSITY)

    def say(x: float, y: float, text: str, anchor: str) -> None:
        pen.text((x * DENSITY, y * DENSITY), text, font=font, fill=palette.muted, anchor=anchor)

    def tick(*ends: float) -> None:
        pen.line([end * DENSITY for end in ends], fill=palette.muted, width=DENSITY)

    for x, text in at.times:
        tick(x, at.bottom, x, at.bottom + 4)
        say(x, at.bottom + 6, text, "ma")
    for y, text in at.pitches:
        tick(LEFT - 4, y, LEFT, y)
        say(LEFT - 7, y, text, "rm")
    say((LEFT + at.right) / 2, at.height - 1, TIME, "md")
    say(LEFT - 7, at.wave[1] - 4, PITCH, "rs")


def wave(sound: Sound, at: Places, columns: int) -> Iterator[tuple[float, float, float]]:
    """Return for each column where it is, and the lowest and the highest place of the wave."""
    top, bottom = at.wave
    middle, half = (top + bottom) / 2, (bottom - top) / 2
    loudest = max(float(np.abs(sound.samples).max()), 1e-4)
    for x, low, high in zip(
        np.linspace(LEFT, at.right, columns), *envelope(sound.samples, columns), strict=True
    ):
        yield (
            round(float(x), 2),
            middle - half * low / loudest + 0.3,
            middle - half * high / loudest - 0.3,
        )


def envelope(
    samples: NDArray[np.float32], columns: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the least and the largest sample of each column; shape (columns,) each."""
    starts = np.linspace(0, len(samples), columns, endpoint=False).astype(int)
    return np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)
