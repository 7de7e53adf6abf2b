"""The report as a tree of plain data: what is said, never how it is drawn.

Every room returns nodes of these kinds. `core.report.html` renders them, `core.figures` draws the
figures, and the window shows the same nodes in its own widgets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..measured import Measured

Tone = Literal["plain", "finding", "warning", "note"]
Cell = str | int | float | Measured | None


@dataclass(frozen=True)
class Text:
    """A paragraph; its tone says whether it is a finding, a warning or a note."""

    text: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Table:
    """A table; `marked` rows rest on few rows of data and are drawn so, `signed` columns show +."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    marked: frozenset[int] = frozenset()
    signed: frozenset[int] = frozenset()


@dataclass(frozen=True, eq=False)
class Line:
    """One curve: `x` and `y` of shape (points,), with an optional band `low` to `high`.

    Where `points` is set they are points that nothing connects.
    """

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    dashed: bool = False
    step: bool = False
    points: bool = False


@dataclass(frozen=True, eq=False)
class LineFigure:
    """Curves in one pair of axes (ROC, PR, training); `diagonal` draws the line of chance."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    alt: str
    unit_square: bool = False
    diagonal: bool = False
    diagonal_name: str = "chance"


@dataclass(frozen=True)
class IntervalFigure:
    """Named values with intervals, one row each; `reference` draws a vertical line."""

    title: str
    x_label: str
    names: tuple[str, ...]
    values: tuple[Measured, ...]
    alt: str
    reference: float | None = None
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True)
class BarFigure:
    """Named signed numbers as horizontal bars, longest first."""

    title: str
    x_label: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    alt: str


@dataclass(frozen=True)
class WaterfallFigure:
    """Signed numbers that lead from `start` to the sum of all, one bar behind the other."""

    title: str
    x_label: str
    names: tuple[str, ...]
    values: tuple[float, ...]
    start: float
    alt: str


@dataclass(frozen=True, eq=False)
class BeeswarmFigure:
    """Many numbers under each name, every one a point; `values` are arrays of shape (points,)."""

    title: str
    x_label: str
    names: tuple[str, ...]
    values: tuple[NDArray[np.float64], ...]
    alt: str


@dataclass(frozen=True, eq=False)
class HeatmapFigure:
    """Signed numbers in a table of rows and columns, coloured on one scale around zero.

    Cells of `marked` rest on few rows of data; with `written` numbers stand in the cells.
    """

    title: str
    row_label: str
    column_label: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: NDArray[np.float64]
    alt: str
    marked: frozenset[tuple[int, int]] = frozenset()
    written: bool = False


@dataclass(frozen=True, eq=False)
class MatrixFigure:
    """Counts in a square, rows are what is true and columns what was predicted."""

    title: str
    row_label: str
    column_label: str
    labels: tuple[str, ...]
    counts: NDArray[np.int64]
    alt: str


@dataclass(frozen=True)
class Drawing:
    """HTML that a modality drew of one sample; everything from the data in it is escaped."""

    html: Markup
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Gallery:
    """Drawings of several samples beside each other."""

    drawings: tuple[Drawing, ...]


Figure = (
    LineFigure
    | IntervalFigure
    | BarFigure
    | WaterfallFigure
    | BeeswarmFigure
    | HeatmapFigure
    | MatrixFigure
)
Block = Text | Table | Figure | Drawing | Gallery


@dataclass(frozen=True)
class Section:
    """A titled part of the report; `anchor` is its id and `lead` one sentence under the title."""

    title: str
    anchor: str
    blocks: tuple[Block | Section, ...]
    lead: str = ""


@dataclass(frozen=True)
class Report:
    """The whole report: title, summary in plain words, sections, and the facts of the run."""

    title: str
    subtitle: str
    summary: tuple[Text, ...]
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...] = field(default=())
