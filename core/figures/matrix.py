"""A confusion matrix: counts, shares of each row, and right answers outlined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from ...multimodal.palette import FLIP, Palette
from ..report.tree import MatrixFigure
from .canvas import SMALL, Canvas, new_canvas, text_width

GAP = 2.0
FULL = 46.0  # from this width on a cell holds count and share
COUNT = 26.0  # from this width on a cell holds its count
SPARSE = 20  # with more classes cells without rows are not drawn one by one
NAMED = 12.0  # from this height on rows and columns are named


@dataclass(frozen=True)
class _Grid:
    left: float
    top: float
    cell_width: float
    cell_height: float
    name_width: float
    upright: bool


def draw_matrix(figure: MatrixFigure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    """Draw counts in a square; see `core.figures.draw` for the arguments."""
    counts = np.asarray(figure.counts)
    size = len(figure.labels)
    sparse = size > SPARSE
    grid = _grid(figure, counts, width)
    bottom = grid.top + grid.cell_height * size
    title = figure.title if alone else None
    canvas = new_canvas(width, bottom + 36, palette, title=title, pad=24 if alone else 0)
    right = grid.left + grid.cell_width * size
    canvas.write(0, 9, f"{figure.row_label} ↓", colour=palette.muted, fit=width / 2 - 8)
    canvas.write(
        right, 9, f"{figure.column_label} →",
        colour=palette.muted, align="right", fit=width / 2 - 8,
    )  # fmt: skip
    _names(canvas, figure, grid)
    totals = counts.sum(axis=1)
    if sparse:
        ground = (right - grid.left, bottom - grid.top)
        canvas.sheet.add_patch(
            Rectangle((grid.left, grid.top), *ground, facecolor=palette.shades[0], linewidth=0)
        )
    for row in range(size):
        for column in range(size):
            if sparse and row != column and not counts[row, column]:
                continue
            _cell(canvas, figure, grid, row, column, total=int(totals[row]))
    if size:
        _key(canvas, grid.left, right, bottom + 22)
    return canvas


def _grid(figure: MatrixFigure, counts: NDArray[np.int64], width: int) -> _Grid:
    size = max(len(figure.labels), 1)
    widest = max((text_width(label) for label in figure.labels), default=0)
    name_width = min(widest, width * 0.26)
    cell = min((width - name_width - 10) / size, 168.0)
    if cell < NAMED:
        name_width, cell = 0.0, width / size
    upright = cell < min(widest + 8, 64.0) and cell >= NAMED
    above = (min(widest, 110.0) + 12 if upright else 24.0) if cell >= NAMED else 8.0
    height = min(max(cell * 0.62, 58.0), 72.0) if cell >= FULL else cell
    left = name_width + 10 if name_width else 0.0
    return _Grid(left, 22 + above, cell, height, name_width, upright)


def _names(canvas: Canvas, figure: MatrixFigure, grid: _Grid) -> None:
    if not grid.name_width:
        return
    for at, label in enumerate(figure.labels):
        y = grid.top + grid.cell_height * (at + 0.5)
        canvas.write(grid.left - 10, y, label, align="right", fit=grid.name_width, full=label)
        x = grid.left + grid.cell_width * (at + 0.5)
        if grid.upright:
            canvas.write(x, grid.top - 8, label, rotation=90, fit=110, full=label)
        else:
            fit = grid.cell_width - 6
            canvas.write(x, grid.top - 13, label, align="center", fit=fit, full=label)


def _cell(
    canvas: Canvas, figure: MatrixFigure, grid: _Grid, row: int, column: int, *, total: int
) -> None:
    """Draw one cell: its shade is the share of its row, its text is chosen by contrast."""
    palette = canvas.palette
    count = int(figure.counts[row, column])
    share = count / total if total else 0.0
    step = round(share * (len(palette.shades) - 1))
    ink = palette.inverse if step >= FLIP else palette.text
    x, y = grid.left + grid.cell_width * column, grid.top + grid.cell_height * row
    gap = GAP if grid.cell_width >= NAMED else 0.0
    box = Rectangle(
        (x + gap / 2, y + gap / 2),
        grid.cell_width - gap,
        grid.cell_height - gap,
        facecolor=palette.shades[step],
        edgecolor=palette.accent if row == column else "none",
        linewidth=1.5 if row == column and gap else 0,
    )
    canvas.sheet.add_patch(box)
    percent = f"{share:.1%}" if total else "–"
    true, predicted = figure.labels[row], figure.labels[column]
    canvas.name(
        box,
        f"{figure.row_label}: {true}; {figure.column_label}: {predicted}: "
        f"{count:,} of {total:,} rows ({percent})",
    )
    middle = x + grid.cell_width / 2, y + grid.cell_height / 2
    shown = f"{count:,}"
    if grid.cell_width >= FULL and text_width(shown, 15) <= grid.cell_width - 8:
        canvas.write(middle[0], middle[1] - 9, shown, colour=ink, size=15, align="center")
        canvas.write(middle[0], middle[1] + 11, percent, colour=ink, size=SMALL, align="center")
    elif grid.cell_width >= COUNT and text_width(shown, SMALL) <= grid.cell_width - 4:
        canvas.write(*middle, shown, colour=ink, size=SMALL, align="center")


def _key(canvas: Canvas, left: float, right: float, y: float) -> None:
    """Say what the shades mean."""
    palette = canvas.palette
    shade_width, height = 11.0, 10.0
    parts = [text_width(text, SMALL) for text in ("share of the row", "0%", "100%")]
    whole = sum(parts) + len(palette.shades) * shade_width + 14 + 6 + 6
    x = max(0.0, min(left, right - whole) if right - left < whole else right - whole)
    canvas.write(x, y, "share of the row", colour=palette.muted, size=SMALL)
    x += parts[0] + 14
    canvas.write(x, y, "0%", colour=palette.muted, size=SMALL)
    x += parts[1] + 6
    for at, shade in enumerate(palette.shades):
        corner = (x + at * shade_width, y - height / 2)
        canvas.sheet.add_patch(Rectangle(corner, shade_width, height, facecolor=shade, linewidth=0))
    x += len(palette.shades) * shade_width + 6
    canvas.write(x, y, "100%", colour=palette.muted, size=SMALL)
