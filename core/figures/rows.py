"""Named values, one row each: dots with whiskers, bars with a sign, waterfalls and beeswarms.

On a wide sheet a row reads name, picture, number. On a narrow one name and number stand above the
picture, so that neither has to be cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ...multimodal.palette import Palette
from ..measured import Measured
from ..report.numbers import UNDEFINED, number
from ..report.tree import BarFigure, BeeswarmFigure, IntervalFigure, WaterfallFigure
from .canvas import SMALL, Canvas, new_canvas, span, text_width, ticks

FEW = "few rows"
MOST_ROWS = 60
HEAD = 24
AXIS = 46
DOT = 5.0
"""Pixels across a point of many."""


@dataclass(frozen=True)
class _Row:
    """What stands beside the picture of one row."""

    name: str
    value: str
    interval: str = ""
    rows: str = ""
    few: bool = False
    hover: str = ""


@dataclass(frozen=True)
class _Layout:
    """Where the columns stand: `plot` is the picture's left end and width, the rest right ends."""

    narrow: bool
    step: float
    shift: float
    name_width: float
    plot: tuple[float, float]
    value_x: float
    interval_x: float
    rows_x: float | None


def draw_intervals(figure: IntervalFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw values with their intervals; see `core.figures.draw` for the arguments."""
    values = figure.values[:MOST_ROWS]
    rows = [
        _interval_row(name, value, few=at in figure.marked, signed=figure.reference == 0)
        for at, (name, value) in enumerate(zip(figure.names, values, strict=False))
    ]
    ends = span(
        [x for v in values for x in (v.value, v.low, v.high)]
        + ([figure.reference] if figure.reference is not None else [])
    )
    canvas, layout, axes = _prepare(figure, rows, ends, palette=palette, width=width, alone=alone)
    if figure.reference is not None:
        _reference(canvas, layout, axes, figure.reference, len(rows))
    for at, (row, value) in enumerate(zip(rows, values, strict=True)):
        if value.defined:
            _whisker(canvas, axes, at, value, row)
    return canvas


def draw_bars(figure: BarFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw signed numbers as bars, longest first; see `core.figures.draw` for the arguments."""
    pairs = sorted(
        zip(figure.names, figure.values, strict=True),
        key=lambda pair: -abs(pair[1]) if math.isfinite(pair[1]) else math.inf,
    )[:MOST_ROWS]
    rows = [_Row(name, number(value, signed=True), hover=name) for name, value in pairs]
    ends = span([0.0, *(value for _, value in pairs)])
    canvas, layout, axes = _prepare(figure, rows, ends, palette=palette, width=width, alone=alone)
    for at, (row, (_, value)) in enumerate(zip(rows, pairs, strict=True)):
        if math.isfinite(value):
            colour = palette.positive if value > 0 else palette.negative
            (bar,) = axes.barh([at], [value], height=13 / layout.step, color=colour, clip_on=False)
            canvas.name(bar, f"{row.name}: {row.value}")
    _upright(canvas, layout, _across(layout, axes, 0.0), len(rows), palette.muted)
    return canvas


def draw_waterfall(figure: WaterfallFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw numbers that lead from one sum to another; see `core.figures.draw`."""
    values = figure.values[:MOST_ROWS]
    sums = figure.start + np.cumsum([0.0, *values])
    rows = [
        _Row(name, number(value, signed=True), hover=f"{name}, from {number(before)}")
        for name, value, before in zip(figure.names, values, sums, strict=False)
    ]
    across = span(sums.tolist(), 0.08)
    canvas, layout, axes = _prepare(figure, rows, across, palette=palette, width=width, alone=alone)
    _upright(canvas, layout, _across(layout, axes, figure.start), len(rows), palette.muted)
    for at, (row, value) in enumerate(zip(rows, values, strict=True)):
        colour = palette.positive if value > 0 else palette.negative
        (bar,) = axes.barh(
            [at], [value], left=sums[at], height=15 / layout.step, color=colour, clip_on=False
        )
        canvas.name(bar, f"{row.hover}: {row.value}")
        if not layout.narrow:  # where words stand in between
            ends = [at, min(at + 1, len(rows) - 1)]
            axes.plot([sums[at + 1]] * 2, ends, color=palette.muted, linewidth=1)
    return canvas


def draw_beeswarm(figure: BeeswarmFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw each number as a point, those near to one another apart; see `core.figures.draw`."""
    values = [one[np.isfinite(one)] for one in figure.values[:MOST_ROWS]]
    rows = [
        _Row(name, number(float(one.mean()), signed=True), rows=f"{len(one):,}", hover=name)
        if len(one)
        else _Row(name, UNDEFINED, hover=name)
        for name, one in zip(figure.names, values, strict=False)
    ]
    ends = span([0.0, *(float(end) for one in values if len(one) for end in (min(one), max(one)))])
    canvas, layout, axes = _prepare(figure, rows, ends, palette=palette, width=width, alone=alone)
    _upright(canvas, layout, _across(layout, axes, 0.0), len(rows), palette.muted, dashes=(4, 3))
    room = 0.5 * layout.step - (12 if layout.narrow else 4)
    for at, one in enumerate(values):
        heights = at + beeswarm((one - ends[0]) / (ends[1] - ends[0]) * layout.plot[1], room) / (
            layout.step
        )
        colours = [palette.positive if value > 0 else palette.negative for value in one]
        axes.scatter(one, heights, s=DOT**2, c=colours, alpha=0.75, linewidths=0, clip_on=False)
    return canvas


def beeswarm(places: NDArray[np.float64], room: float) -> NDArray[np.float64]:
    """Move points apart that stand at nearly the same place.

    Parameters
    ----------
    places
        In pixels along the axis; shape (points,).
    room
        Pixels that a point may move to either side.

    Returns
    -------
    numpy.ndarray
        Pixels to the side of each point; shape (points,).
    """
    bins = np.floor(places / DOT).astype(int)
    order = np.argsort(bins, kind="stable")
    _, starts, counts = np.unique(bins[order], return_index=True, return_counts=True)
    out = np.zeros(len(places))
    for start, count in zip(starts, counts, strict=True):
        step = min(DOT, 2 * room / max(count - 1, 1))
        out[order[start : start + count]] = (np.arange(count) - (count - 1) / 2) * step
    return out


def _interval_row(name: str, value: Measured, *, few: bool, signed: bool) -> _Row:
    shown = number(value.value, signed=signed)
    interval = ""
    if value.defined and value.low is not None and value.high is not None:
        ends = (number(end, signed=signed) for end in (value.low, value.high))
        interval = f"({' to '.join(ends)})"
    rows = "" if value.n is None else f"{value.n:,}"
    hover = f"{name}: {shown} {interval}".rstrip() + (f", {rows} rows" if rows else "")
    return _Row(name, shown, interval, rows, few, hover + (f" ({FEW})" if few else ""))


def _prepare(
    figure: IntervalFigure | BarFigure | WaterfallFigure | BeeswarmFigure,
    rows: Sequence[_Row],
    ends: tuple[float, float],
    *,
    palette: Palette,
    width: int,
    alone: bool,
) -> tuple[Canvas, _Layout, Axes]:
    """Draw everything but the picture: names, numbers, grid, axis."""
    layout = _layout(rows, width)
    bottom = HEAD + layout.step * len(rows)
    more = len(figure.names) - len(rows)
    canvas = new_canvas(
        width,
        bottom + AXIS + (20 if more else 0),
        palette,
        title=figure.title if alone else None,
        pad=24 if alone else 0,
    )
    left, plot_width = layout.plot
    marks = ticks(*ends, 4 if layout.narrow else 5)
    for value, label in marks:
        x = left + plot_width * (value - ends[0]) / (ends[1] - ends[0])
        _upright(canvas, layout, x, len(rows), palette.grid)
        canvas.write(x, bottom + 13, label, colour=palette.muted, size=SMALL, align="center")
    middle = left + plot_width / 2
    fit = 2 * min(middle, width - middle)
    canvas.write(middle, bottom + 34, figure.x_label, colour=palette.muted, align="center", fit=fit)
    if more:
        note = f"{more:,} more are not drawn"
        canvas.write(0, bottom + AXIS + 8, note, colour=palette.muted, size=SMALL)
    _headings(canvas, layout, rows)
    for at, row in enumerate(rows):
        _words(canvas, layout, row, HEAD + layout.step * at)
    axes = canvas.axes(
        left,
        HEAD,
        plot_width,
        bottom - HEAD,
        x_range=ends,
        y_range=(max(len(rows), 1) - 0.5 - layout.shift, -0.5 - layout.shift),
    )
    return canvas, layout, axes


def _layout(rows: Sequence[_Row], width: int) -> _Layout:
    tag = text_width(FEW, SMALL) + 10
    names = max((text_width(r.name) + (tag if r.few else 0) for r in rows), default=0) + 2
    values = max((text_width(r.value, bold=True) for r in rows if r.value != UNDEFINED), default=0)
    intervals = max((text_width(r.interval, SMALL) for r in rows), default=0)
    gap = 6 if intervals else 0
    numbers = max(values + gap + intervals, text_width(UNDEFINED))
    if width < 560:
        plot = (6.0, width - 12.0)
        return _Layout(True, 46, 0.2, width - numbers - 14, plot, width, width, None)
    counts = max((text_width(r.rows, SMALL) for r in rows), default=0)
    rows_width = max(counts, text_width("rows", SMALL)) + 16 if counts else 0
    interval_x = width - rows_width
    names = min(names, width * 0.36)
    left = names + 16
    plot = (left, max(interval_x - numbers - 22 - left, 120.0))
    value_x = interval_x - intervals - gap
    return _Layout(False, 28, 0.0, names, plot, value_x, interval_x, width if counts else None)


def _headings(canvas: Canvas, layout: _Layout, rows: Sequence[_Row]) -> None:
    if layout.narrow:
        return
    quiet = canvas.palette.muted
    if any(row.interval for row in rows):
        canvas.write(
            layout.interval_x, 9, "value (interval)", colour=quiet, size=SMALL, align="right"
        )
    if layout.rows_x is not None:
        canvas.write(layout.rows_x, 9, "rows", colour=quiet, size=SMALL, align="right")


def _words(canvas: Canvas, layout: _Layout, row: _Row, top: float) -> None:
    """Write the name, the tag and the numbers of one row."""
    palette = canvas.palette
    y = top + (11 if layout.narrow else layout.step / 2)
    edge = top + layout.step
    canvas.rule((0, canvas.width), (edge, edge), palette.grid)
    tag = text_width(FEW, SMALL) + 10 if row.few else 0
    canvas.write(0, y, row.name, fit=layout.name_width - tag)
    if row.few:
        canvas.write(layout.name_width, y, FEW, colour=palette.warning, size=SMALL, align="right")
    if layout.narrow:
        canvas.write(
            canvas.width - (text_width(row.interval, SMALL) + 6 if row.interval else 0),
            y,
            row.value,
            bold=row.value != UNDEFINED,
            colour=palette.muted if row.value == UNDEFINED else None,
            align="right",
        )
        canvas.write(canvas.width, y, row.interval, colour=palette.muted, size=SMALL, align="right")
        return
    if row.value == UNDEFINED:
        canvas.write(layout.interval_x, y, row.value, colour=palette.muted, align="right")
    else:
        canvas.write(layout.value_x, y, row.value, align="right")
    canvas.write(
        layout.interval_x, y, row.interval, colour=palette.muted, size=SMALL, align="right"
    )
    if layout.rows_x is not None:
        canvas.write(layout.rows_x, y, row.rows, colour=palette.muted, size=SMALL, align="right")


def _reference(canvas: Canvas, layout: _Layout, axes: Axes, reference: float, count: int) -> None:
    x = _across(layout, axes, reference)
    _upright(canvas, layout, x, count, canvas.palette.muted, dashes=(4, 3))
    label = number(reference) if reference else "0"
    canvas.write(x, 9, label, colour=canvas.palette.muted, size=SMALL, align="center")


def _across(layout: _Layout, axes: Axes, value: float) -> float:
    """Return where a value stands on the sheet."""
    low, high = axes.get_xlim()
    return layout.plot[0] + layout.plot[1] * (value - low) / (high - low)


def _upright(
    canvas: Canvas, layout: _Layout, x: float, count: int, colour: str, **kind: Any
) -> None:
    """Draw a line from top to bottom; on a narrow sheet it leaves out the rows' words."""
    if not layout.narrow:
        canvas.rule((x, x), (HEAD, HEAD + layout.step * count), colour, **kind)
        return
    for at in range(count):
        top = HEAD + layout.step * at
        canvas.rule((x, x), (top + 22, top + layout.step), colour, **kind)


def _whisker(canvas: Canvas, axes: Axes, at: int, value: Measured, row: _Row) -> None:
    """Draw one dot with its interval; a row of few rows is hollow."""
    palette = canvas.palette
    colour = palette.series[0]
    if value.low is not None and value.high is not None and math.isfinite(value.low + value.high):
        (bar,) = axes.plot(
            [value.low, value.high],
            [at, at],
            color=colour,
            linewidth=2.0,
            marker="|",
            markersize=8,
            markeredgewidth=1.6,
            solid_capstyle="butt",
            clip_on=False,
        )
        canvas.name(bar, row.hover)
    (dot,) = axes.plot(
        [value.value],
        [at],
        linestyle="none",
        marker="o",
        markersize=9,
        markerfacecolor=palette.surface if row.few else colour,
        markeredgecolor=colour,
        markeredgewidth=2.0,
        clip_on=False,
    )
    canvas.name(dot, row.hover)
