"""Draw a figure of the report tree, as an element for a page or as a picture of its own."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from typing import Any, Literal

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG

from ...multimodal.escape import visible
from ...multimodal.palette import LIGHT, THEMES, Palette
from ..report.tree import (
    BarFigure,
    BeeswarmFigure,
    Figure,
    HeatmapFigure,
    IntervalFigure,
    LineFigure,
    MatrixFigure,
    WaterfallFigure,
)
from .canvas import POINTS_PER_INCH, Canvas
from .heatmap import draw_heatmap
from .inline import inline
from .lines import draw_lines
from .matrix import draw_matrix
from .rows import draw_bars, draw_beeswarm, draw_intervals, draw_waterfall

WIDE = 720
"""Pixels of a figure on a desk."""

NARROW = 340
"""Pixels of a figure on a phone."""

_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"],
    "svg.fonttype": "none",
    "svg.hashsalt": "figure",
    "text.usetex": False,
    "text.parse_math": False,  # a dollar sign in a class name is a dollar sign
    "path.simplify": True,
    "path.sketch": None,
    "path.effects": [],
}


def svg(figure: Figure, name: str, width: int = WIDE) -> str:
    """Draw a figure as an SVG element that stands inside a page.

    Parameters
    ----------
    figure
        Plain data of the report tree.
    name
        Prefix of every id in it: lower-case letters, digits and hyphens.
    width
        Pixels to lay it out for; below 560 names stand above values instead of beside them.

    Returns
    -------
    str
        One ``<svg>`` element in the colours of the light theme, as presentation attributes that a
        stylesheet can map to variables; well-formed, escaped, the same for the same figure.

    Raises
    ------
    ValueError
        If `name` can't begin an id.
    """
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # the page has its own
        canvas = _drawn(figure, LIGHT, width, alone=False)
        out = io.StringIO()
        FigureCanvasSVG(canvas.figure)
        canvas.figure.savefig(out, format="svg", metadata={"Date": None})
    return inline(
        out.getvalue(),
        name,
        title=visible(figure.title, 300),
        description=visible(figure.alt, 2000),
        titles=canvas.titles,
    )


def png(
    figure: Figure,
    theme: Literal["light", "dark"] = "light",
    scale: float = 2.0,
    width: int = WIDE,
) -> bytes:
    """Draw a figure with its title as a PNG file.

    Parameters
    ----------
    figure
        Plain data of the report tree.
    theme
        Colours to draw in.
    scale
        Pixels of the file for each pixel of the layout.
    width
        Pixels to lay it out for, without the margin.
    """
    palette = THEMES[theme]
    with matplotlib.rc_context(_SETTINGS), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        canvas = _drawn(figure, palette, width, alone=True)
        canvas.figure.set_facecolor(palette.surface)
        out = io.BytesIO()
        FigureCanvasAgg(canvas.figure)
        canvas.figure.savefig(
            out, format="png", dpi=POINTS_PER_INCH * scale, metadata={"Software": None}
        )
    return out.getvalue()


def _drawn(figure: Figure, palette: Palette, width: int, *, alone: bool) -> Canvas:
    return DRAW[type(figure)](figure, palette, width, alone=alone)


DRAW: Mapping[type, Callable[..., Canvas]] = {
    LineFigure: draw_lines,
    IntervalFigure: draw_intervals,
    BarFigure: draw_bars,
    WaterfallFigure: draw_waterfall,
    BeeswarmFigure: draw_beeswarm,
    HeatmapFigure: draw_heatmap,
    MatrixFigure: draw_matrix,
}
"""What draws each kind of figure."""
