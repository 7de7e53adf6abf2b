"""Sounds for people: a spectrogram, the wave above it, and a player in pages.

A spectrogram shows time from left to right and pitch from low to high; the lighter, the louder.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ..escape import visible
from ..media import shown
from ..palette import HEAT, LIGHT, Palette
from .play import SECONDS, for_page
from .read import Sound, read
from .spectrogram import BANDS, log_mel, mel

FLAT = 0.5
"""Height of a spectrogram without axes, as a share of its width."""

PAGE = 250
"""Width of a spectrogram in a page."""

DENSITY = 2
"""Pixels of a point, so that letters are sharp on fine screens too."""

LEFT, RIGHT, TOP, BOTTOM, GAP = 42, 10, 6, 36, 8
WAVE = 0.24
"""Share of the height that the wave gets."""
LETTERS = 11
LOW = 120
"""Least height of a drawing with axes."""
APART = 24
"""Points between two frequencies that are named."""

TIME, PITCH = "time in s", "Hz"

_PLAYER = Markup(
    '<audio controls preload="metadata" aria-label="{}" src="data:{};base64,{}"></audio>'
)
_TIME = Markup(
    '<path d="M{x} {top}v4" class="tick"/><text x="{x}" y="{y}" class="mid">{text}</text>'
)
_PITCH = Markup(
    '<path d="M{left} {y}h4" class="tick"/><text x="{x}" y="{base}" class="end">{text}</text>'
)


@dataclass(frozen=True)
class _Places:
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
        return self.width - RIGHT


def thumbnail(path: Path | str, size: int) -> bytes:
    """Return a spectrogram without axes as PNG, `size` pixels wide and half as high.

    Raises
    ------
    Unreadable
        If the sound can't be read.
    """
    height = max(round(size * FLAT), 1)
    return _png(_spectrogram(read(path, seconds=SECONDS), size, height))


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
    at = _places(sound, size, max(min(round(0.6 * size), height or size), LOW))
    # The letters' own colour, fully transparent: what is half covered takes no other one.
    ground = (*bytes.fromhex(palette.muted[1:]), 0)
    whole = Image.new("RGBA", (at.width * DENSITY, at.height * DENSITY), ground)
    inner = _spectrogram(sound, (at.right - LEFT) * DENSITY, (at.bottom - at.top) * DENSITY)
    whole.paste(inner.convert("RGB"), (LEFT * DENSITY, at.top * DENSITY))
    pen = ImageDraw.Draw(whole)
    for x, low, high in _wave(sound, at, (at.right - LEFT) * DENSITY):
        ends = (x * DENSITY, low * DENSITY, x * DENSITY, high * DENSITY)
        pen.line(ends, fill=palette.series[0], width=1)
    font = ImageFont.load_default(LETTERS * DENSITY)

    def say(x: float, y: float, text: str, anchor: str) -> None:
        pen.text((x * DENSITY, y * DENSITY), text, font=font, fill=palette.muted, anchor=anchor)

    for x, text in at.times:
        ends = (x * DENSITY, at.bottom * DENSITY, x * DENSITY, (at.bottom + 4) * DENSITY)
        pen.line(ends, fill=palette.muted, width=DENSITY)
        say(x, at.bottom + 6, text, "ma")
    for y, text in at.pitches:
        ends = ((LEFT - 4) * DENSITY, y * DENSITY, LEFT * DENSITY, y * DENSITY)
        pen.line(ends, fill=palette.muted, width=DENSITY)
        say(LEFT - 7, y, text, "rm")
    say((LEFT + at.right) / 2, at.height - 1, TIME, "md")
    say(LEFT - 7, at.wave[1] - 4, PITCH, "rs")
    return _png(whole)


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
    at = _places(sound, PAGE, round(0.7 * PAGE))
    name = visible(shown(part), 200)
    inner = _png(_spectrogram(sound, (at.right - LEFT), BANDS))
    kind, raw = for_page(sound)
    cut = (
        Markup('<p class="left-out">{}</p>').format(f"the first {SECONDS:g} s") if sound.cut else ""
    )
    return Markup("{}{}{}").format(
        _svg(sound, at, inner, f"Spectrogram of {name}, {sound.seconds:.2f} s"),
        _PLAYER.format(f"Play {name}", kind, _base64(raw)),
        cut,
    )


def _svg(sound: Sound, at: _Places, inner: bytes, said: str) -> Markup:
    """Return wave, spectrogram and axes as SVG, whose letters take the page's colours."""
    lines = _wave(sound, at, at.right - LEFT)
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
        '<path d="{path}" class="wave"/>'
        '<image x="{left}" y="{top}" width="{inside}" height="{high}" '
        'preserveAspectRatio="none" href="data:image/png;base64,{inner}"/>{marks}'
        '<text x="{middle}" y="{last}" class="mid">{time}</text>'
        '<text x="{x}" y="{first}" class="end">{pitch}</text></svg>'
    ).format(
        width=at.width,
        height=at.height,
        said=said,
        path=path,
        left=LEFT,
        top=at.top,
        inside=at.right - LEFT,
        high=at.bottom - at.top,
        inner=_base64(inner),
        marks=Markup("").join(marks),
        middle=(LEFT + at.right) / 2,
        last=at.height - 3,
        x=LEFT - 7,
        first=at.wave[1] - 4,
        time=TIME,
        pitch=PITCH,
    )


def _places(sound: Sound, width: int, height: int) -> _Places:
    """Lay a drawing out: the wave on top, the spectrogram below it, ticks at round numbers."""
    wave = TOP, TOP + round(WAVE * (height - TOP - BOTTOM))
    top, bottom, right = wave[1] + GAP, height - BOTTOM, width - RIGHT
    step = _round_step(sound.seconds / max((right - LEFT) / 60, 1))
    times = [at * step for at in range(int(sound.seconds / step + 1e-9) + 1)]
    digits = max(-int(np.floor(np.log10(step))), 0)
    return _Places(
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


def _wave(sound: Sound, at: _Places, columns: int) -> Iterator[tuple[float, float, float]]:
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


def _spectrogram(sound: Sound, width: int, height: int) -> Image.Image:
    """Return a spectrogram in the colours of `HEAT`, the lowest pitch at the bottom."""
    values = log_mel(sound.samples, sound.rate, width, min(height, BANDS))
    steps = np.round(values[::-1] * (len(HEAT) - 1)).astype(np.uint8)
    out = Image.fromarray(np.ascontiguousarray(steps))
    out.putpalette(_colours(HEAT))
    return out if out.height == height else out.resize((width, height), Image.Resampling.NEAREST)


def _colours(colours: Sequence[str]) -> bytes:
    return b"".join(bytes.fromhex(colour[1:]) for colour in colours)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
