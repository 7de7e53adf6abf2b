"""What modalities drew of samples, on paper: coloured words, pictures, maps, conversations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ....multimodal.escape import visible
from ....multimodal.palette import LIGHT
from ..tree import Drawing, Gallery
from .lines import Mark, Piece
from .markup import Node, parse
from .pictures import picture_items
from .said import stacked
from .sheet import (
    BODY,
    ROOM,
    SMALL,
    TALLEST,
    TINY,
    Item,
    Sheet,
    gap,
    kept,
    rule,
    text_items,
)

COLUMNS, SPACE = 3, 14.0
"""Drawings beside each other in a gallery, and the blank between them."""

WHOLE = 0.55 * TALLEST
"""Points of a drawing's height up to which it is never broken."""

_PICTURE = re.compile("<(svg|img)")
_WORDS = re.compile("<(p|table)[ >]")
_NOT_WORDS = re.compile('<p class="(scale|left-out)"')
_GROUNDS = {
    **{f"p{at}": colour for at, colour in enumerate(LIGHT.favour, 1)},
    **{f"n{at}": colour for at, colour in enumerate(LIGHT.against, 1)},
}


@dataclass(frozen=True)
class _Frame:
    """How a drawing is laid out: how wide, how large its letters, and whether its scale is told."""

    sheet: Sheet
    width: float
    size: float
    told: bool


def drawing_items(sheet: Sheet, drawing: Drawing, *, first: bool = True) -> list[Item]:
    """Return a drawing as items.

    Parameters
    ----------
    sheet
        Where it goes.
    drawing
        HTML of a modality; what can't be shown on paper is said in words.
    first
        Whether it is the first of several, which says what its colours mean.
    """
    items = _drawing(_Frame(sheet, ROOM, BODY, first), drawing)
    if sum(item.height for item in items) <= WHOLE:
        items = kept(items)
    line = Item(0.0, lambda x, y: rule(sheet, x, y, ROOM))
    return [gap(9.0), *items, gap(9.0, keep=True), line]


def pictured(drawing: Drawing) -> bool:
    """Whether a drawing holds pictures alone, which are narrower than a page."""
    rest = _NOT_WORDS.sub("", drawing.html)
    return bool(_PICTURE.search(rest)) and not _WORDS.search(rest)


def gallery_items(sheet: Sheet, gallery: Gallery, count: int = COLUMNS) -> Iterator[Item]:
    """Return a gallery as rows of drawings beside each other; conversations stand in pairs."""
    if any('class="talk"' in drawing.html for drawing in gallery.drawings):
        count = 2
    width = (ROOM - SPACE * (count - 1)) / count
    for at in range(0, len(gallery.drawings), count):
        row = gallery.drawings[at : at + count]
        cells = [
            _drawing(_Frame(sheet, width, SMALL, not at and not place), drawing)
            for place, drawing in enumerate(row)
        ]
        heights = [sum(item.height for item in cell) for cell in cells]
        if max(heights) > TALLEST:
            for drawing in row:
                yield from drawing_items(sheet, drawing, first=False)
            continue
        yield gap(10.0)
        yield Item(max(heights), _beside(cells, width + SPACE))
    yield gap(8.0)


def _drawing(frame: _Frame, drawing: Drawing) -> list[Item]:
    items = list(_inside(frame, parse(str(drawing.html))))
    if not any(item.height for item in items):
        items = _words(frame, [Piece(visible(drawing.alt, 600), frame.size, colour=LIGHT.muted)])
    if drawing.caption:
        caption = Piece(visible(drawing.caption, 1000), frame.size - 1, colour=LIGHT.muted)
        items.append(gap(4.0, keep=True))
        items += _words(frame, [caption])
        # A caption stays with the end of what it is about.
        at = len(items) - 1
        while at and items[at].draw is not None:
            at -= 1
        items[at - 1] = replace(items[at - 1], keep=True)
    return items


def _inside(frame: _Frame, node: Node) -> Iterator[Item]:
    loose: list[Piece] = []
    for one in node.inside:
        if isinstance(one, str):
            if one.strip():
                loose.append(Piece(one, frame.size))
            continue
        if loose:
            yield from _words(frame, loose)
            loose = []
        yield from _element(frame, one)
    if loose:
        yield from _words(frame, loose)


def _element(frame: _Frame, node: Node) -> Iterator[Item]:
    classes = node.classes
    if node.tag in {"img", "svg"}:
        yield from picture_items(frame.sheet, frame.width, frame.size, [node])
    elif "pair" in classes:
        yield from picture_items(frame.sheet, frame.width, frame.size, node.elements)
    elif node.tag == "audio":
        return
    elif "scale" in classes:
        yield from _scale(frame, node)
    elif "turn" in classes:
        yield from _turn(frame, node)
    elif node.tag == "table":
        yield from _coloured(frame, node)
    elif node.tag in {"p", "span"}:
        quiet = LIGHT.muted if "left-out" in classes else LIGHT.text
        pieces = list(_pieces(node, Piece("", frame.size, colour=quiet)))
        yield from _words(frame, pieces, leading=1.75 if "text" in classes else 1.45)
        yield gap(2.0)
    else:
        yield from _inside(frame, node)


def _words(frame: _Frame, pieces: list[Piece], leading: float = 1.45) -> list[Item]:
    return text_items(frame.sheet, pieces, min(frame.width, 460.0), leading=leading)


def _pieces(node: Node, look: Piece) -> Iterator[Piece]:
    """Return the words of an element with what their classes say of their looks."""
    for one in node.inside:
        if isinstance(one, str):
            yield replace(look, text=one)
            continue
        own = look
        for name in one.classes:
            if name in _GROUNDS:
                mark: Mark = "solid" if name[0] == "p" else "dotted"
                own = replace(
                    own, ground=_GROUNDS[name], mark=mark if "strong" in one.classes else ""
                )
        if "left-out" in one.classes:
            own = replace(own, colour=LIGHT.muted, size=look.size - 1)
        if one.tag == "del":
            own = replace(own, colour=LIGHT.muted, mark="struck")
        if one.tag == "ins":
            own = replace(own, bold=True, colour=LIGHT.finding)
        yield from _pieces(one, own)


def _scale(frame: _Frame, node: Node) -> Iterator[Item]:
    """Return the scale of a map: its ends, its colours, and what they mean."""
    ends = next((one for one in node.elements if "ends" in one.classes), Node(""))
    swatches = [one for inner in ends.elements for one in inner.elements]
    said = [one for one in ends.inside if isinstance(one, str)] + ["", ""]
    sheet, letters, size = frame.sheet, frame.sheet.letters, TINY

    def put(x: float, y: float) -> None:
        baseline = y + 8.5
        letters.draw(x, baseline, said[0], size, colour=LIGHT.muted)
        x += letters.width(said[0], size) + 5
        for one in swatches:
            ground = next((_GROUNDS[name] for name in one.classes if name in _GROUNDS), "")
            if ground:
                sheet.pdf.set_fill_color(ground)
                sheet.pdf.rect(x, y + 2.6, 8.0, 6.5, style="F")
                x += 8.0
        letters.draw(x + 5, baseline, said[1], size, colour=LIGHT.muted)

    yield gap(2.0, keep=True)
    yield Item(12.0, put)
    note = next((one for one in node.elements if "note" in one.classes), None)
    if note is not None and frame.told:
        yield from _words(frame, list(_pieces(note, Piece("", size, colour=LIGHT.muted))), 1.5)


def _turn(frame: _Frame, node: Node) -> Iterator[Item]:
    """Return a message of a conversation on a ground of its own."""
    mine = "of-user" in node.classes
    ground = LIGHT.finding_soft if mine else LIGHT.note_soft
    room = frame.width * 0.92
    inner = replace(frame, width=room - 16)
    pieces = []
    for one in node.elements:
        if "speaker" in one.classes:
            pieces.append(Piece(one.text + "\n", TINY, colour=LIGHT.muted))
        else:
            pieces.append(Piece(one.text, frame.size))
    lines = [Item(4.0, keep=True), *_words(inner, pieces, 1.4), Item(4.0)]
    for item in lines:
        yield replace(item, draw=_grounded(frame, item, room, ground, mine))
    yield gap(5.0)


def _grounded(
    frame: _Frame, item: Item, room: float, ground: str, mine: bool
) -> Callable[[float, float], None]:
    def put(x: float, y: float) -> None:
        left = x + (frame.width - room if mine else 0.0)
        frame.sheet.pdf.set_fill_color(ground)
        frame.sheet.pdf.rect(left, y, room, item.height + 0.25, style="F")
        if item.draw is not None:
            item.draw(left + 8, y)

    return put


def _coloured(frame: _Frame, table: Node) -> Iterator[Item]:
    """Return a table of coloured cells: an answer's words over those of its prompt."""
    rows = [row.elements for row in table.all("tr")]
    count = max((len(row) for row in rows), default=0)
    if not count:
        return
    letters, size = frame.sheet.letters, TINY
    widths = [
        max((letters.width(visible(row[at].text, 80), size) for row in rows if at < len(row)),
            default=0.0) + 7
        for at in range(count)
    ]  # fmt: skip
    first = min(widths[0], frame.width * 0.3)
    rest = sum(widths[1:])
    shrink = min(1.0, (frame.width - first) / rest) if rest else 1.0
    widths = [first, *(width * shrink for width in widths[1:])]
    for row in rows:
        yield Item(14.0, _cells(frame, row, widths, size))
    yield gap(4.0)


def _cells(
    frame: _Frame, row: Sequence[Node], widths: Sequence[float], size: float
) -> Callable[[float, float], None]:
    letters = frame.sheet.letters

    def put(x: float, y: float) -> None:
        for cell, width in zip(row, widths, strict=False):
            ground = next((_GROUNDS[name] for name in cell.classes if name in _GROUNDS), "")
            if ground:
                frame.sheet.pdf.set_fill_color(ground)
                frame.sheet.pdf.rect(x + 0.5, y + 0.5, width - 1, 13.0, style="F")
            text = letters.fitted(cell.text, width - 3, size)
            colour = LIGHT.text if cell.tag == "td" and ground else LIGHT.muted
            left = x + (width - letters.width(text, size)) / 2 if cell.tag == "td" else x + 2
            letters.draw(left, y + 9.5, text, size, colour=colour)
            x += width

    return put


def _beside(cells: Sequence[Sequence[Item]], step: float) -> Callable[[float, float], None]:
    def put(x: float, y: float) -> None:
        for at, cell in enumerate(cells):
            stacked(cell)(x + at * step, y)

    return put
