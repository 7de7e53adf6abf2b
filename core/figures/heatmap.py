"""Signed numbers in rows and columns, coloured on one scale around zero."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle

from ...multimodal.palette import LEVELS, Palette, level
from ..report.numbers import number
from ..report.tree import HeatmapFigure
from .canvas import SMALL, Canvas, new_canvas, text_width

CELL = 26.0
"""Least height of a row, from which on it is named."""

LEAST = 11.0
"""Least width of a column that is named."""

STRONG = 7
"""Levels from this one on carry a sign, so that the figure reads without colour."""

FEW = "◇"
"""What stands in cells that rest on few rows of data."""

SIGN = 14.0
"""Least width of a cell that has room for it."""


@dataclass(frozen=True)
class _Grid:
    left: float
    top: float
    width: float
    upright: bool


def draw_heatmap(figure: HeatmapFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw a table of colours; see `core.figures.draw` for the arguments."""
    values = np.asarray(figure.values, np.float64)
    grid = _grid(figure, width)
    rows, columns = values.shape
    bottom, right = grid.top + CELL * rows, grid.left + grid.width * columns
    title = figure.title if alone else None
    canvas = new_canvas(width, bottom + 36, palette, title=title, pad=24 if alone else 0)
    canvas.write(0, 9, f"{figure.row_label} ↓", colour=palette.muted, fit=width / 2 - 8)
    canvas.write(
        max(right, width / 2), 9, f"{figure.column_label} →",
        colour=palette.muted, align="right", fit=width / 2 - 8,
    )  # fmt: skip
    for at, name in enumerate(figure.rows):
        y = grid.top + CELL * (at + 0.5)
        canvas.write(grid.left - 8, y, name, align="right", fit=grid.left - 10, full=name)
    for at, name in enumerate(figure.columns):
        if grid.width < LEAST:
            break
        x = grid.left + grid.width * (at + 0.5)
        if grid.upright:
            canvas.write(x, grid.top - 6, name, rotation=90, fit=110, full=name)
        else:
            canvas.write(x, grid.top - 11, name, align="center", fit=grid.width - 4, full=name)
    known = np.abs(values[np.isfinite(values)])
    scale = float(known.max(initial=0.0)) or 1.0
    for row in range(rows):
        for column in range(columns):
            _cell(canvas, figure, grid, row, column, scale)
    _key(canvas, width, bottom + 22, scale)
    return canvas


def _grid(figure: HeatmapFigure, width: int) -> _Grid:
    left = min(max((text_width(name) for name in figure.rows), default=0) + 12, width * 0.3)
    cell = min((width - left) / max(len(figure.columns), 1), 72.0)
    widest = max((text_width(name) for name in figure.columns), default=0)
    upright = widest + 6 > cell
    above = min(widest, 110.0) + 10 if upright else 24.0
    return _Grid(left, 22 + (above if cell >= LEAST else 4.0), cell, upright)


def _cell(
    canvas: Canvas, figure: HeatmapFigure, grid: _Grid, row: int, column: int, scale: float
) -> None:
    value = float(figure.values[row, column])
    if not math.isfinite(value):
        return
    step = level(value, scale)
    palette = canvas.palette
    x, y = grid.left + grid.width * column, grid.top + CELL * row
    gap = 1.0 if grid.width >= LEAST else 0.0
    box = Rectangle(
        (x + gap / 2, y + gap / 2),
        grid.width - gap,
        CELL - gap,
        facecolor=palette.diverging[LEVELS + step],
        linewidth=0,
    )
    canvas.sheet.add_patch(box)
    said = number(value, signed=True)
    few = (row, column) in figure.marked
    behind = ", few rows" if few else ""
    canvas.name(box, f"{figure.rows[row]}, {figure.columns[column]}: {said}{behind}")
    marked = f"{FEW} {said}" if few else said
    if figure.written and text_width(marked, SMALL) + 4 <= grid.width:
        canvas.write(x + grid.width / 2, y + CELL / 2, marked, size=SMALL, align="center")
    elif few and grid.width >= SIGN:
        canvas.write(x + grid.width / 2, y + CELL / 2, FEW, size=SMALL, align="center")
    elif abs(step) >= STRONG and grid.width >= SIGN:
        sign = "+" if step > 0 else "−"
        canvas.write(x + grid.width / 2, y + CELL / 2, sign, size=SMALL, align="center")


def _key(canvas: Canvas, width: float, y: float, scale: float) -> None:
    """Say what the colours mean."""
    palette = canvas.palette
    low, high = (number(end, signed=True) for end in (-scale, scale))
    shade = 9.0
    x = max(
        0.0, width - shade * len(palette.diverging) - text_width(low, SMALL)
        - text_width(high, SMALL) - 12,
    )  # fmt: skip
    canvas.write(x, y, low, colour=palette.muted, size=SMALL)
    x += text_width(low, SMALL) + 6
    for at, colour in enumerate(palette.diverging):
        canvas.sheet.add_patch(
            Rectangle((x + at * shade, y - 5), shade, 10, facecolor=colour, linewidth=0)
        )
    canvas.write(x + shade * len(palette.diverging) + 6, y, high, colour=palette.muted, size=SMALL)
