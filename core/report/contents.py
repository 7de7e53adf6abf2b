"""The tree as the page shows it: anchors made unique, cells written out, figures drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup

from .numbers import Shown, numeric, shown
from .tree import Block, Drawing, Figure, Gallery, MatrixFigure, Section, Table, Text

LONG = 60
"""Tables with more rows are folded."""

ROOMY = 3
"""Up to so many columns of intervals stand beside their values; more stand below them."""

WIDE_MATRIX = 20
"""Confusion matrices of more classes are scrolled on a phone instead of drawn again."""

RESERVED = ("main", "summary", "facts", "contents", "top")


@dataclass(frozen=True)
class Row:
    """One row of a table: its cells, and whether it rests on few rows of data."""

    cells: tuple[Shown, ...]
    few: bool


@dataclass(frozen=True)
class TableView:
    """A table with its cells written out."""

    id: str
    title: str
    note: str
    columns: tuple[tuple[str, bool], ...]
    rows: tuple[Row, ...]
    folded: bool
    roomy: bool
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class FigureView:
    """A figure drawn for a desk and, unless it is too large, for a phone."""

    title: str
    wide: Markup
    narrow: Markup | None
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True)
class TextView:
    """A paragraph."""

    text: str
    tone: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class DrawingView:
    """What a modality drew of one sample."""

    html: Markup
    alt: str
    caption: str
    kind: Literal["drawing"] = "drawing"


@dataclass(frozen=True)
class GalleryView:
    """Drawings beside each other."""

    drawings: tuple[DrawingView, ...]
    kind: Literal["gallery"] = "gallery"


@dataclass(frozen=True)
class SectionView:
    """A section with its heading's level, from 2 on."""

    title: str
    anchor: str
    lead: str
    level: int
    blocks: tuple[BlockView, ...]
    kind: Literal["section"] = "section"

    @property
    def children(self) -> tuple[SectionView, ...]:
        """Sections inside this one, for the table of contents."""
        return tuple(block for block in self.blocks if isinstance(block, SectionView))


BlockView = TableView | FigureView | TextView | DrawingView | GalleryView | SectionView


@dataclass
class Names:
    """Names that were given away, so that no id stands twice in a page."""

    taken: set[str] = field(default_factory=lambda: set(RESERVED))

    def give(self, wanted: str) -> str:
        """Return `wanted` as an id: lower-case letters, digits and hyphens, and not yet taken."""
        slug = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")[:60] or "section"
        if not slug[0].isalpha():
            slug = f"s-{slug}"
        name, number = slug, 2
        while name in self.taken:
            name, number = f"{slug}-{number}", number + 1
        self.taken.add(name)
        return name


def views(sections: Sequence[Section]) -> tuple[SectionView, ...]:
    """Prepare sections for the page.

    Parameters
    ----------
    sections
        Sections of the report, in order.
    """
    names = Names()
    return tuple(_section(section, names, 2) for section in sections)


def _section(section: Section, names: Names, level: int) -> SectionView:
    anchor = names.give(section.anchor)
    blocks = tuple(_blocks(section.blocks, names, min(level + 1, 6)))
    return SectionView(section.title, anchor, section.lead, level, blocks)


def _blocks(blocks: Sequence[Block | Section], names: Names, level: int) -> Iterator[BlockView]:
    for block in blocks:
        if isinstance(block, Section):
            yield _section(block, names, level)
        elif isinstance(block, Text):
            yield TextView(block.text, block.tone)
        elif isinstance(block, Table):
            yield _table(block, names)
        elif isinstance(block, Drawing):
            yield _drawing(block)
        elif isinstance(block, Gallery):
            yield GalleryView(tuple(map(_drawing, block.drawings)))
        else:
            yield _figure(block, names)


def _drawing(drawing: Drawing) -> DrawingView:
    return DrawingView(drawing.html, drawing.alt, drawing.caption)


def _figure(figure: Figure, names: Names) -> FigureView:
    # matplotlib loads slowly, and a report without figures does without it
    from ..figures import NARROW, WIDE, svg

    name = names.give("figure")
    wide = Markup(svg(figure, name, WIDE))  # svg escapes what comes from data
    if isinstance(figure, MatrixFigure) and len(figure.labels) > WIDE_MATRIX:
        return FigureView(figure.title, wide, None)
    narrow = Markup(svg(figure, f"{name}-narrow", NARROW))  # as above
    return FigureView(figure.title, wide, narrow)


def _table(table: Table, names: Names) -> TableView:
    flush_right = [
        numeric(tuple(row[at] for row in table.rows if at < len(row)))
        for at in range(len(table.columns))
    ]
    rows = tuple(
        Row(
            tuple(shown(cell, signed=at in table.signed) for at, cell in enumerate(row)),
            number in table.marked,
        )
        for number, row in enumerate(table.rows)
    )
    intervals = {at for row in rows for at, cell in enumerate(row.cells) if cell.interval}
    return TableView(
        names.give("table"),
        table.title,
        table.note,
        tuple(zip(table.columns, flush_right, strict=True)),
        rows,
        folded=len(rows) > LONG,
        roomy=len(intervals) <= ROOMY,
    )
