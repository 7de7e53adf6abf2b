"""A sheet of pixels to draw on: text that fits, axes without ornament, ticks on round numbers.

One unit is one CSS pixel at the figure's own width, y grows downwards. Widths of text are measured
in DejaVu Sans, which comes with matplotlib and is wider than the fonts of a page, so what fits here
fits there.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextToPath
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ...multimodal.escape import visible
from ...multimodal.palette import Palette
from ..report.numbers import true_minus

SIZE = 12.5
SMALL = 11.5
POINTS_PER_INCH = 72

Align = Literal["left", "center", "right"]


@dataclass
class Canvas:
    """One figure under construction; `titles` holds the full text of what was elided."""

    figure: Figure
    sheet: Axes
    palette: Palette
    width: float
    height: float
    left: float
    top: float
    titles: dict[str, str] = field(default_factory=dict)

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        colour: str | None = None,
        size: float = SIZE,
        bold: bool = False,
        align: Align = "left",
        fit: float | None = None,
        rotation: float = 0.0,
        full: str | None = None,
    ) -> None:
        """Write one line with its middle at height `y`, elided to `fit` pixels."""
        shown = visible(text)
        short = shown if fit is None else elide(shown, fit, size, bold=bold)
        artist: Text = self.sheet.text(
            x,
            y,
            short,
            color=colour or self.palette.text,
            fontsize=size,
            fontweight="bold" if bold else "normal",
            ha=align,
            va="center_baseline",
            rotation=rotation,
            rotation_mode="anchor",
        )
        if full is not None or short != shown:
            self.name(artist, full or text)

    def name(self, artist: Artist, text: str) -> None:
        """Show `text` when a pointer rests on `artist`."""
        gid = f"title-{len(self.titles)}"
        artist.set_gid(gid)
        self.titles[gid] = visible(text, 500)

    def axes(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> Axes:
        """Return bare axes over a part of the sheet: no frame, no ticks, nothing clipped away."""
        sheet_width = self.figure.get_figwidth() * POINTS_PER_INCH
        sheet_height = self.figure.get_figheight() * POINTS_PER_INCH
        axes = self.figure.add_axes(
            (
                (self.left + x) / sheet_width,
                1 - (self.top + y + height) / sheet_height,
                width / sheet_width,
                height / sheet_height,
            )
        )
        axes.axis("off")
        axes.set_xlim(*x_range)
        axes.set_ylim(*y_range)
        return axes

    def rule(self, xs: Iterable[float], ys: Iterable[float], colour: str, **kind: Any) -> None:
        """Draw a thin line through points of the sheet."""
        kind = {"linewidth": 1.0, "solid_capstyle": "butt", **kind}
        self.sheet.plot(list(xs), list(ys), color=colour, **kind)


def new_canvas(
    width: float, height: float, palette: Palette, *, title: str | None, pad: float
) -> Canvas:
    """Return an empty canvas; with a title, room for it is added above.

    Parameters
    ----------
    width, height
        Size of the drawing in pixels, without padding and title.
    palette
        Colours of the theme.
    title
        Drawn above where the figure stands alone.
    pad
        Empty pixels on each side.
    """
    heading = wrap(visible(title, 200), width, 16, bold=True, most=3) if title else []
    above = pad + 24 * len(heading) + (10 if heading else 0)
    whole_width, whole_height = width + 2 * pad, height + above + pad
    figure = Figure(
        figsize=(whole_width / POINTS_PER_INCH, whole_height / POINTS_PER_INCH),
        dpi=POINTS_PER_INCH,
        facecolor="none",
    )
    sheet = figure.add_axes((0, 0, 1, 1))
    sheet.axis("off")
    sheet.set_xlim(-pad, width + pad)
    sheet.set_ylim(height + pad, -above)
    canvas = Canvas(figure, sheet, palette, width, height, pad, above)
    for at, line in enumerate(heading):
        canvas.write(0, pad - above + 10 + 24 * at, line, size=16, bold=True)
    return canvas


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """Return how many pixels a line needs as shown; wide characters count as full squares."""
    text = visible(text)
    font = FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    narrow = "".join(char for char in text if unicodedata.east_asian_width(char) not in "WF")
    if not narrow:
        return wide * size
    return float(TextToPath().get_text_width_height_descent(narrow, font, False)[0]) + wide * size


def elide(text: str, width: float, size: float = SIZE, *, bold: bool = False) -> str:
    """Return `text`, with its middle left out where it is wider than `width` pixels.

    The end stays, because names often differ only there.
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 1, min(len(text) - 1, 400)
    while low < high:
        keep = (low + high + 1) // 2
        if text_width(_middle_out(text, keep), size, bold=bold) <= width:
            low = keep
        else:
            high = keep - 1
    return _middle_out(text, low)


def _middle_out(text: str, keep: int) -> str:
    tail = keep // 3
    return f"{text[: keep - tail].rstrip()}…{text[len(text) - tail :].lstrip()}"


def wrap(
    text: str, width: float, size: float = SIZE, *, bold: bool = False, most: int = 2
) -> list[str]:
    """Break `text` into at most `most` lines of `width` pixels, after a comma if one is near.

    What is left for the last line is elided.
    """
    words = text.split()
    lines: list[str] = []
    while words and len(lines) < most - 1:
        taken = 1
        while taken < len(words) and (
            text_width(" ".join(words[: taken + 1]), size, bold=bold) <= width
        ):
            taken += 1
        if taken < len(words):
            commas = [n for n in range(1, taken + 1) if words[n - 1][-1] in ",;:"]
            if commas and len(" ".join(words[: commas[-1]])) >= 0.6 * len(" ".join(words[:taken])):
                taken = commas[-1]
        lines.append(" ".join(words[:taken]))
        words = words[taken:]
    if words:
        lines.append(" ".join(words))
    return [elide(line, width, size, bold=bold) for line in lines] or [""]


def ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[tuple[float, str]]:
    """Return round numbers between `low` and `high` with their labels.

    Parameters
    ----------
    low, high
        Ends of the axis.
    most
        Most intervals between ticks.
    whole
        Only whole numbers (epochs, steps).
    """
    locator = MaxNLocator(nbins=max(most, 1), steps=[1, 2, 2.5, 5, 10], integer=whole)
    slack = (high - low) * 1e-6
    values = [v for v in locator.tick_values(low, high) if low - slack <= v <= high + slack]
    step = min(np.diff(values), default=high - low)
    digits = 0
    while digits < 8 and abs(round(step, digits) - step) > 1e-3 * step:
        digits += 1
    return [(float(v), true_minus(f"{v + 0.0:,.{digits}f}")) for v in values]


def span(values: Iterable[float | None], pad: float = 0.05) -> tuple[float, float]:
    """Return the ends of an axis for these values, a little wider than they are.

    Shares stay within 0 and 1, and what starts at zero is not shown below it.
    """
    known = [v for v in values if v is not None and math.isfinite(v)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    width = (high - low) or max(abs(high), 1.0) * 0.2
    first, last = low - pad * width, high + pad * width
    if low >= 0:
        first = max(first, 0.0)
        last = min(last, 1.0) if high <= 1 and width > pad else last
    elif high <= 0:
        last = min(last, 0.0)
    return first, last


def finite(values: NDArray[np.float64]) -> list[float]:
    """Return the numbers among `values`."""
    flat = np.asarray(values, dtype=np.float64).ravel()
    return [float(v) for v in flat[np.isfinite(flat)]]
