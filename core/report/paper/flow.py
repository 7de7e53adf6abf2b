"""Sections of a report as items, in the order in which they go onto pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise

from ....multimodal.escape import visible
from ..tree import Block, Drawing, Figure, Gallery, Section, Table, Text
from .drawn import drawing_items, gallery_items, pictured
from .lines import Piece
from .markup import parse
from .said import heading, lead, paragraph
from .sheet import ROOM, TALLEST, Item, Sheet, gap, text_items
from .svg import read
from .tables import table_items
from .vector import cuts, paint

Arrive = Callable[[str, int], None]
"""Called with a heading's title and level, from 2 on, when its page is known."""

NEARLY_FULL = 0.28 * TALLEST
"""A section begins a page where less than this is left of one."""


def section_items(sheet: Sheet, section: Section, level: int, arrive: Arrive) -> Iterator[Item]:
    """Return a section with all that stands in it.

    Parameters
    ----------
    sheet
        Where it goes.
    section
        Plain data.
    level
        Of its heading, from 2 on.
    arrive
        Called when the page of a heading is known.
    """
    if level == 2 and sheet.left < NEARLY_FULL:
        sheet.new_page()
    yield from heading(sheet, section.title, level, lambda title: arrive(title, level))
    if section.lead:
        yield from lead(sheet, section.lead)
    for pictures, blocks in groupby(section.blocks, key=_pictured):
        run = list(blocks)
        if pictures and len(run) > 1:
            drawings = tuple(block for block in run if isinstance(block, Drawing))
            yield from gallery_items(sheet, Gallery(drawings), 2)
            continue
        for before, block in pairwise((None, *run)):
            if isinstance(block, Section):
                yield from section_items(sheet, block, level + 1, arrive)
            elif block is not None:
                yield from block_items(sheet, block, first=not isinstance(before, Drawing))


def block_items(sheet: Sheet, block: Block, *, first: bool = True) -> Iterator[Item]:
    """Return one block; `first` says whether no drawing stands right before it."""
    if isinstance(block, Text):
        yield from paragraph(sheet, block)
    elif isinstance(block, Table):
        yield from table_items(sheet, block)
    elif isinstance(block, Drawing):
        yield from drawing_items(sheet, block, first=first)
    elif isinstance(block, Gallery):
        yield from gallery_items(sheet, block)
    else:
        yield from figure_items(sheet, block)


def figure_items(sheet: Sheet, figure: Figure) -> Iterator[Item]:
    """Return a figure as wide as the page; one that is higher than it is cut between its rows."""
    from ...figures import WIDE, svg

    drawn = read(parse(svg(figure, "figure", WIDE)).elements[0])
    scale = ROOM / drawn.width
    title = [Piece(visible(figure.title, 300), 10.0, bold=True)]
    yield gap(12.0)
    yield from text_items(sheet, title, ROOM, leading=1.35, keep=True)
    yield gap(6.0, keep=True)
    said = visible(figure.alt, 2000)
    for part in cuts(drawn, (TALLEST - 60) / scale):

        def put(x: float, y: float, part: tuple[float, float] = part) -> None:
            with sheet.pdf._marked_sequence(title=visible(figure.title, 300), alt_text=said):
                paint(sheet, drawn, x, y, ROOM, part=part)

        yield Item((part[1] - part[0]) * scale, put)
    yield gap(14.0)


def titles(sections: Sequence[Section], deepest: int, level: int = 2) -> Iterator[tuple[str, int]]:
    """Return titles and levels of sections and of those in them, down to a level."""
    for section in sections:
        yield section.title, level
        if level < deepest:
            inner = [block for block in section.blocks if isinstance(block, Section)]
            yield from titles(inner, deepest, level + 1)


def _pictured(block: Block | Section) -> bool:
    return isinstance(block, Drawing) and pictured(block)
