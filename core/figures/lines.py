"""Curves in one pair of axes, named beside their ends or in a list outside the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ...multimodal.escape import visible
from ...multimodal.palette import Palette
from ..report.tree import Line, LineFigure
from .canvas import SMALL, Canvas, finite, new_canvas, span, text_width, ticks, wrap

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
DASHES: tuple[float, tuple[float, ...]] = (0, (5, 3))
KEY = 26  # length of a line's sample in the list of names
ROW = 23
TURN = 17  # from one line of a long name to the next
BUCKETS = 256
BAND_BUCKETS = 48


@dataclass(frozen=True)
class _Frame:
    """Where the axes stand on the sheet, and what they span."""

    x: float
    y: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]


def draw_lines(figure: LineFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw curves; see `core.figures.draw` for the arguments."""
    narrow = width < 560
    longest = max((text_width(line.name) for line in figure.lines), default=0) + KEY + 22
    loose = any(line.points for line in figure.lines)
    at_ends = not (
        narrow or loose or figure.unit_square or figure.diagonal or longest > width * 0.36
    )
    frame = _frame(figure, width - (longest if at_ends else 0), narrow)
    beside = figure.unit_square and not narrow
    x = frame.x + frame.width + 28 if beside else 0.0
    names = [wrap(visible(text), width - x - KEY - 8, most=3) for text in _listed(figure)]
    y = frame.y + 12 if beside else frame.y + frame.height + 66
    end = y + sum(_entry_height(lines) for lines in names)
    height = frame.y + frame.height + 46
    if not at_ends:
        height = max(height, end - 8)
    title = figure.title if alone else None
    canvas = new_canvas(width, height, palette, title=title, pad=24 if alone else 0)
    axes = canvas.axes(
        frame.x, frame.y, frame.width, frame.height, x_range=frame.x_range, y_range=frame.y_range
    )
    _ground(canvas, axes, frame, figure)
    shown = [_curve(axes, figure, at, palette) for at in range(len(figure.lines))]
    if not any(finite(line.y) for line in figure.lines):
        middle = frame.x + frame.width / 2, frame.y + frame.height / 2
        canvas.write(*middle, "no values to draw", colour=palette.muted, align="center")
    for line, artist in zip(figure.lines, shown, strict=True):
        canvas.name(artist, line.name)
    if at_ends:
        _name_ends(canvas, figure, frame, shown)
    else:
        _list_names(canvas, figure, shown, names, (x, y))
    return canvas


def _frame(figure: LineFigure, width: float, narrow: bool) -> _Frame:
    if figure.unit_square:
        x_range = y_range = (0.0, 1.0)
    else:
        x_range = span((v for line in figure.lines for v in finite(line.x)), pad=0.02)
        bands = [b for line in figure.lines for b in (line.y, line.low, line.high) if b is not None]
        y_range = span((v for band in bands for v in finite(band)), pad=0.08)
    whole = all(v.is_integer() for line in figure.lines for v in finite(line.x))
    y_ticks = ticks(*y_range, 5)
    x_ticks = ticks(*x_range, 4 if narrow else 6, whole=whole and not figure.unit_square)
    left = max((text_width(label, SMALL) for _, label in y_ticks), default=0) + 8
    room = width - left - 12
    if figure.unit_square:
        side = min(room, 380.0)
        return _Frame(left, 30, side, side, x_range, y_range, x_ticks, y_ticks)
    return _Frame(left, 30, room, 210 if narrow else 290, x_range, y_range, x_ticks, y_ticks)


def _ground(canvas: Canvas, axes: Axes, frame: _Frame, figure: LineFigure) -> None:
    """Draw the grid, the tick labels and the names of both axes."""
    palette = canvas.palette
    bottom = frame.y + frame.height
    for value, label in frame.y_ticks:
        y = bottom - frame.height * _share(value, frame.y_range)
        canvas.rule((frame.x, frame.x + frame.width), (y, y), palette.grid)
        canvas.write(frame.x - 8, y, label, colour=palette.muted, size=SMALL, align="right")
    for value, label in frame.x_ticks:
        x = frame.x + frame.width * _share(value, frame.x_range)
        if figure.unit_square:
            canvas.rule((x, x), (frame.y, bottom), palette.grid)
        canvas.rule((x, x), (bottom, bottom + 4), palette.border)
        canvas.write(x, bottom + 15, label, colour=palette.muted, size=SMALL, align="center")
    canvas.rule((frame.x, frame.x + frame.width), (bottom, bottom), palette.border)
    canvas.write(0, 10, figure.y_label, colour=palette.muted, fit=canvas.width)
    middle = frame.x + frame.width / 2
    fit = 2 * min(middle, canvas.width - middle)
    canvas.write(middle, bottom + 37, figure.x_label, colour=palette.muted, align="center", fit=fit)
    if figure.diagonal:
        axes.plot([0, 1], [0, 1], color=palette.muted, linewidth=1.2, linestyle=(0, (1, 3)))


def _curve(axes: Axes, figure: LineFigure, at: int, palette: Palette) -> Line2D:
    """Draw one curve with its band; markers tell curves apart without colour."""
    line = figure.lines[at]
    colour = palette.series[at % len(palette.series)]
    if line.low is not None and line.high is not None:
        keep = _kept(line.x, line.low, BAND_BUCKETS)
        x, low, high = (
            np.asarray(v, dtype=np.float64)[keep] for v in (line.x, line.low, line.high)
        )
        step: Literal["post"] | None = "post" if line.step else None
        axes.fill_between(
            x, low, high, step=step, color=colour, alpha=0.15, linewidth=0, clip_on=False
        )
    if line.points:
        (artist,) = axes.plot(
            line.x,
            line.y,
            color=colour,
            linestyle="none",
            marker="o",
            markersize=4.0,
            markeredgewidth=0,
            alpha=0.45,
            clip_on=False,
        )
        return artist
    keep = _kept(line.x, line.y, BUCKETS)
    x, y = (np.asarray(v, dtype=np.float64)[keep] for v in (line.x, line.y))
    (artist,) = axes.plot(
        x,
        y,
        color=colour,
        linewidth=2.0,
        linestyle=DASHES if line.dashed else "-",
        drawstyle="steps-post" if line.step else "default",
        solid_joinstyle="round",
        marker=MARKERS[at % len(MARKERS)],
        markersize=6.5,
        markerfacecolor=palette.surface if line.dashed else colour,
        markeredgecolor=colour,
        markeredgewidth=1.2,
        markevery=_marked(x, figure, at),
        clip_on=False,
    )
    return artist


def _marked(
    x: NDArray[np.float64], figure: LineFigure, at: int
) -> int | list[int] | tuple[float, float]:
    """Return which points carry a marker: all of a few, else some, elsewhere on every curve.

    Curves in a square rise steeply, so theirs stand at equal distances along the curve; elsewhere
    they stand at equal distances along the axis, or a noisy curve would be full of them.
    """
    if len(x) <= 12:
        return 1
    if sum(not line.points for line in figure.lines) == 1:
        return []
    if figure.unit_square:
        return 0.06 + 0.04 * (at % 5), 0.22
    low, high = np.nanmin(x), np.nanmax(x)
    spots = low + (high - low) * (np.arange(5) + 0.15 + 0.14 * (at % 6)) / 5
    return sorted({int(np.nanargmin(np.abs(x - spot))) for spot in spots})


def _listed(figure: LineFigure) -> list[str]:
    names = [line.name for line in figure.lines]
    return [*names, figure.diagonal_name] if figure.diagonal else names


def _entry_height(lines: list[str]) -> float:
    return ROW + TURN * (len(lines) - 1)


def _name_ends(canvas: Canvas, figure: LineFigure, frame: _Frame, shown: list[Line2D]) -> None:
    """Name each curve beside its right end."""
    x = frame.x + frame.width + 14
    ends = [_end(line, frame) for line in figure.lines]
    heights = _apart(ends, frame.y + 6, frame.y + frame.height - 6)
    for line, artist, y in zip(figure.lines, shown, heights, strict=True):
        _key(canvas, artist, x, y)
        canvas.write(x + KEY + 8, y, line.name, fit=canvas.width - x - KEY - 8)


def _list_names(
    canvas: Canvas,
    figure: LineFigure,
    shown: list[Line2D],
    names: list[list[str]],
    corner: tuple[float, float],
) -> None:
    """Name the curves in a list outside the data."""
    x, y = corner
    full = _listed(figure)
    for at, lines in enumerate(names):
        chance = at == len(shown)
        if chance:
            canvas.rule(
                (x, x + KEY), (y, y), canvas.palette.muted, linewidth=1.2, linestyle=(0, (1, 3))
            )
        else:
            _key(canvas, shown[at], x, y)
        for turn, text in enumerate(lines):
            hover = full[at] if any("…" in line for line in lines) else None
            colour = canvas.palette.muted if chance or turn else None
            canvas.write(x + KEY + 8, y + TURN * turn, text, colour=colour, full=hover)
        y += _entry_height(lines)


def _key(canvas: Canvas, artist: Line2D, x: float, y: float) -> None:
    """Draw a sample of a curve: its colour, its marker, its dashes; of points one of them."""
    line = DASHES if artist.is_dashed() else "-"
    canvas.rule(
        (x, x + KEY / 2, x + KEY),
        (y, y, y),
        str(artist.get_color()),
        linewidth=2.0,
        linestyle="none" if artist.get_linestyle() == "None" else line,
        marker=artist.get_marker(),
        markersize=6.5,
        markevery=[1] if artist.get_markevery() != [] else [],
        markerfacecolor=artist.get_markerfacecolor(),
        markeredgewidth=1.2,
    )


def _share(value: float, ends: tuple[float, float]) -> float:
    return (value - ends[0]) / (ends[1] - ends[0])


def _end(line: Line, frame: _Frame) -> float:
    known = finite(line.y)
    share = _share(known[-1], frame.y_range) if known else 0.5
    return frame.y + frame.height * (1 - share)


def _apart(heights: list[float], top: float, bottom: float) -> list[float]:
    """Move heights apart by at least one row, as little as can be, within `top` and `bottom`."""
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    out = list(heights)
    floor = top
    for at in order:
        out[at] = max(heights[at], floor)
        floor = out[at] + ROW
    ceiling = max(bottom, top + ROW * (len(heights) - 1))
    for at in reversed(order):
        out[at] = min(out[at], ceiling)
        ceiling = out[at] - ROW
    return out


def _kept(x: NDArray[np.float64], y: NDArray[np.float64], buckets: int) -> NDArray[np.intp]:
    """Return the points to draw: the ends, the least and the largest of each small stretch.

    A curve of 100,000 points looks the same so, and its file is small.
    """
    y = np.asarray(y, dtype=np.float64)
    if len(x) <= 4 * buckets:
        return np.arange(len(x))
    keep: set[int] = set()
    for part in np.array_split(np.arange(len(x)), buckets):
        keep |= {int(part[0]), int(part[-1])}
        if np.isfinite(y[part]).any():
            keep |= {int(part[np.nanargmin(y[part])]), int(part[np.nanargmax(y[part])])}
    return np.array(sorted(keep))
