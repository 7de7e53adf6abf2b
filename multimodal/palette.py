"""One palette for the report, its figures and the window, light and dark.

The series colours start from those of Okabe and Ito (*Color Universal Design*, 2008). They were
moved until every pair stays apart under simulated protanopia, deuteranopia and tritanopia (Machado,
Oliveira and Fernandes, 2009) and until each stands out from both themes' surfaces by 3:1 (WCAG 2.2,
1.4.11). Signed attributions are blue where they speak against an answer and orange where they speak
for it, the pair that red-green colour blindness leaves apart; both ends are equally light, so
neither sign looks stronger. Colour is never the only sign: lines carry markers, words an underline,
numbers their sign.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

LEVELS = 10
"""Steps on each side of the diverging scale, which has 2 × 10 + 1 colours."""

FLIP = 7
"""Shades from this one on carry `inverse` text, lower ones carry `text`, in both themes."""

_Lab = tuple[float, float, float]


@dataclass(frozen=True)
class Palette:
    """Colours of one theme, as ``#rrggbb`` in lower case; no two roles share a colour.

    Attributes
    ----------
    background, surface, border, grid
        The page, what lies on it (cards, figures), lines around it, lines inside a figure.
    text, muted, inverse
        Text, quiet text, and text on the strong half of `shades`.
    accent
        Links and the brand.
    finding, warning, note
        Text of the three tones; `finding_soft` and so on lie under it.
    series
        Six colours for lines and dots.
    positive, negative
        Bars for an answer and against it.
    shades
        Eleven steps from nothing to everything (shares of a row).
    against, favour
        Ten steps each of the diverging scale, weak to strong.
    """

    name: Literal["light", "dark"]
    background: str
    surface: str
    border: str
    grid: str
    text: str
    muted: str
    inverse: str
    accent: str
    finding: str
    finding_soft: str
    warning: str
    warning_soft: str
    note: str
    note_soft: str
    series: tuple[str, ...]
    positive: str
    negative: str
    shades: tuple[str, ...]
    against: tuple[str, ...]
    favour: tuple[str, ...]

    @property
    def diverging(self) -> tuple[str, ...]:
        """The 21 colours from strongest against, over `surface`, to strongest for."""
        return (*reversed(self.against), self.surface, *self.favour)

    def variables(self) -> dict[str, str]:
        """Return every colour under the name of its CSS variable, without the dashes in front."""
        out: dict[str, str] = {}
        for role, value in vars(self).items():
            if isinstance(value, tuple):
                start = 0 if role == "shades" else 1
                out |= {f"{role}-{at}": colour for at, colour in enumerate(value, start)}
            elif role != "name":
                out[role.replace("_", "-")] = value
        return out


def level(score: float, scale: float) -> int:
    """Return the step of the diverging scale for a signed score, from -10 to 10.

    Parameters
    ----------
    score
        Signed attribution; what is not a number has step 0.
    scale
        Absolute score that gets the strongest colour; above it colours don't change.
    """
    if not math.isfinite(score) or not scale > 0:
        return 0
    return round(max(-1.0, min(1.0, score / scale)) * LEVELS)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2), from 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _channels(colour: str) -> _Lab:
    """Return linear red, green and blue of an sRGB colour."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))

    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return linear(red), linear(green), linear(blue)


def _luminance(colour: str) -> float:
    red, green, blue = _channels(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _oklab(colour: str) -> _Lab:
    """Return a colour in OKLab (Ottosson, 2020), where equal steps look equal."""
    red, green, blue = _channels(colour)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _hex(lab: _Lab) -> str:
    """Return the sRGB colour of an OKLab colour, clipped to what a screen shows."""
    light, a, b = lab
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3

    def byte(value: float) -> int:
        value = max(0.0, min(1.0, value))
        curved = value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
        return round(curved * 255)

    red = byte(4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short)
    green = byte(-1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short)
    blue = byte(-0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short)
    return f"#{red:02x}{green:02x}{blue:02x}"


def _ramp(start: str, end: str, steps: int) -> tuple[str, ...]:
    """Return `steps` colours from `start` to `end`, both included, equally far apart in OKLab."""
    first, last = _oklab(start), _oklab(end)
    out = []
    for at in range(steps):
        share = at / (steps - 1)
        light, a, b = (x + (y - x) * share for x, y in zip(first, last, strict=True))
        out.append(_hex((light, a, b)))
    return tuple(out)


def _through(stops: tuple[str, ...], steps: int) -> tuple[str, ...]:
    """Return colours through several stops, `steps` from each one to the next."""
    legs = (_ramp(one, other, steps + 1)[:-1] for one, other in pairwise(stops))
    return (*(colour for leg in legs for colour in leg), stops[-1])


HEAT = _through(("#0b1020", "#243f86", "#118a93", "#8fcf8a", "#faf6c4"), 16)
"""Nothing to everything in pictures of numbers (spectrograms), in both themes: 65 colours.

Each is lighter than the one before, so the order can be seen without colours.
"""

# The shades step over the middle greys, on which neither dark nor light text can be read.
LIGHT = Palette(
    name="light",
    background="#f5f7f9",
    surface="#ffffff",
    border="#d8dfe5",
    grid="#e8ecf0",
    text="#18212b",
    muted="#55626f",
    inverse="#fbfeff",
    accent="#0b6a75",
    finding="#0f5285",
    finding_soft="#e9f3fb",
    warning="#8a4704",
    warning_soft="#fdf1e1",
    note="#485563",
    note_soft="#eef1f5",
    series=("#1f5096", "#dd5a12", "#12966d", "#c363b0", "#6f5208", "#59636f"),
    positive="#c8510d",
    negative="#2a69b5",
    shades=(*_ramp("#f4f9fa", "#5fa5ae", FLIP), *_ramp("#2f808b", "#0a4a53", 11 - FLIP)),
    against=_ramp("#edf4fc", "#5d9fe4", LEVELS),
    favour=_ramp("#fdf1ea", "#ec7f45", LEVELS),
)

DARK = Palette(
    name="dark",
    background="#0e1318",
    surface="#161c23",
    border="#303a45",
    grid="#252e37",
    text="#e5eaef",
    muted="#9daab7",
    inverse="#0a0f14",
    accent="#5fc9d1",
    finding="#8fc9f6",
    finding_soft="#14283a",
    warning="#f5be70",
    warning_soft="#2e2414",
    note="#b3bfca",
    note_soft="#1f2831",
    series=("#4d92fb", "#ee7b4a", "#4fd9b8", "#b97db2", "#f0d56e", "#eef3f8"),
    positive="#f08d5a",
    negative="#6cabf1",
    shades=(*_ramp("#1a232b", "#22666e", FLIP), *_ramp("#3f959e", "#9fe6ea", 11 - FLIP)),
    against=_ramp("#1a2733", "#2c64ae", LEVELS),
    favour=_ramp("#2a211d", "#a9471c", LEVELS),
)

THEMES = {"light": LIGHT, "dark": DARK}
