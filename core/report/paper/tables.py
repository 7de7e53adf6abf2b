"""Tables on paper: columns that fit, rows that break over pages, their columns named on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ....multimodal.escape import visible
from ....multimodal.palette import LIGHT
from ..numbers import Shown, numeric, shown
from ..tree import Table
from .lines import FIXED, Line, Piece, draw, widest, wrap
from .sheet import ROOM, SMALL, TINY, Item, Sheet, gap, rule, text_items

MOST_ROWS = 2_000
"""Rows that are printed; the JSON and CSV documents hold all of them."""

MOST_LINES = 24
"""Lines of a cell."""

SIZES = (8.5, 7.5, 6.75)
"""Sizes of letters that are tried until all columns have room."""

LONGEST_WORD, LONGEST = 96.0, 230.0
"""Points that a column asks for at most, for its longest word and for its longest cell."""

SPREAD = 1.75
"""How many times as wide as it needs to be a column grows in a narrow table."""

ROOMY = 3
"""Up to so many columns of intervals stand beside their values; more stand below them."""

WHOLE = 170.0
"""Points of a table's height up to which it is never broken."""

LINE = 1.38
ABOVE = 3.6
TAG = "few rows"


@dataclass(frozen=True)
class _Column:
    place: int
    name: str
    number: bool
    width: float


@dataclass(frozen=True)
class _Grid:
    """One table, or some of its columns where all of them don't fit a page."""

    columns: tuple[_Column, ...]
    size: float
    pad: float
    tight: bool

    @property
    def width(self) -> float:
        return sum(column.width for column in self.columns)


def table_items(sheet: Sheet, table: Table) -> Iterator[Item]:
    """Return a table as items: its title and columns, its rows, its note.

    Parameters
    ----------
    sheet
        Where it goes.
    table
        Plain data of the report.
    """
    count = len(table.columns)
    cells = [
        [shown(cell, signed=at in table.signed) for at, cell in enumerate(row[:count])]
        for row in table.rows[:MOST_ROWS]
    ]
    grids = _grids(sheet, table, cells)
    noted = bool(table.note) or len(table.rows) > MOST_ROWS
    for number, grid in enumerate(grids):
        part = f", part {number + 1} of {len(grids)}" if len(grids) > 1 else ""
        yield gap(10.0 if not number else 14.0)
        title = f"{visible(table.title, 300)}{part}"
        yield from _titled(sheet, title)
        head = _head(sheet, grid)
        named = _continued(sheet, title)
        yield Item(head.height, head.draw, keep=True)
        rows = [_row(sheet, grid, row, few=at in table.marked) for at, row in enumerate(cells)]
        last = len(cells) - 1
        whole = sum(item.height for item in rows) <= WHOLE
        for at, item in enumerate(rows):
            stays = at in {0, last - 1} or (whole and at < last) or (at == last and noted)
            yield Item(item.height, item.draw, keep=stays, again=(named, head))
        if not cells:
            nothing = [Piece("No rows.", SMALL, colour=LIGHT.muted)]
            yield from text_items(sheet, nothing, indent=grid.pad)
    yield from _noted(sheet, table)


def _titled(sheet: Sheet, title: str) -> list[Item]:
    lines = text_items(sheet, [Piece(title, 10.0, bold=True)], ROOM, leading=1.35, keep=True)
    return [*lines, gap(3.0, keep=True)]


def _continued(sheet: Sheet, title: str) -> Item:
    shown_title = sheet.letters.fitted(title, ROOM - 60, TINY)

    def put(x: float, y: float) -> None:
        text = f"{shown_title} (continued)"
        sheet.letters.draw(x, y + TINY, text, TINY, colour=LIGHT.muted)

    return Item(14.0, put)


def _noted(sheet: Sheet, table: Table) -> Iterator[Item]:
    more = len(table.rows) - MOST_ROWS
    notes = [table.note] if table.note else []
    if more > 0:
        notes.append(f"{more:,} more rows are in the report’s JSON and CSV documents.")
    for note in notes:
        yield gap(4.0, keep=True)
        yield from text_items(sheet, [Piece(note, 8.0, colour=LIGHT.muted)], leading=1.4)
    yield gap(8.0)


def _grids(sheet: Sheet, table: Table, cells: Sequence[Sequence[Shown]]) -> list[_Grid]:
    """Choose sizes and widths; columns that don't fit even in small letters go to further parts."""
    count = len(table.columns)
    numbers = [
        numeric(tuple(row[at] for row in table.rows if at < len(row))) for at in range(count)
    ]
    if table.marked and numbers:
        numbers[0] = False  # a tag stands behind it, so its numbers would not stand in line
    held = {at for row in cells for at, cell in enumerate(row) if cell.interval}
    for size in SIZES:
        pad = 5.5 if size == SIZES[0] else 4.0
        for tight in sorted({len(held) > ROOMY, True}):
            asked = _asked(sheet, table, cells, numbers, size, pad, tight)
            if sum(least for least, _ in asked) <= ROOM:
                widths = _widths(asked, ROOM)
                return [_grid(table, numbers, range(count), widths, size, pad, tight)]
    out: list[_Grid] = []
    # The first column names the rows, so each part has it.
    first, at = min(asked[0][0], ROOM / 3), 1
    while at < count:
        places, used = [0], first
        while at < count and (len(places) == 1 or used + asked[at][0] <= ROOM):
            used += asked[at][0]
            places.append(at)
            at += 1
        chosen = [(min(asked[one][0], ROOM / 3), asked[one][1]) for one in places]
        out.append(_grid(table, numbers, places, _widths(chosen, ROOM), size, pad, True))
    return out


def _grid(
    table: Table,
    numbers: Sequence[bool],
    places: Sequence[int],
    widths: Sequence[float],
    size: float,
    pad: float,
    tight: bool,
) -> _Grid:
    columns = tuple(
        _Column(at, table.columns[at], numbers[at], width)
        for at, width in zip(places, widths, strict=True)
    )
    return _Grid(columns, size, pad, tight)


def _asked(
    sheet: Sheet,
    table: Table,
    cells: Sequence[Sequence[Shown]],
    numbers: Sequence[bool],
    size: float,
    pad: float,
    tight: bool,
) -> list[tuple[float, float]]:
    """Return how wide each column must be at least, and how wide it would like to be."""
    out: list[tuple[float, float]] = []
    for at, name in enumerate(table.columns):
        word, whole = widest(sheet.letters, [_named(name, size)])
        least, most = min(word, 60.0), min(whole, 90.0)
        seen: set[tuple[Shown, bool]] = set()
        for number, row in enumerate(cells):
            if at >= len(row):
                continue
            few = number in table.marked and at == 0
            if (row[at], few) in seen:
                continue
            seen.add((row[at], few))
            word, whole = widest(
                sheet.letters, _pieces(row[at], size, few=few, tight=tight, even=numbers[at])
            )
            least = max(least, word if numbers[at] else min(word, LONGEST_WORD))
            most = max(most, min(whole, LONGEST))
        out.append((least + 2 * pad + 0.5, max(least, most) + 2 * pad + 0.5))
    return out


def _widths(asked: Sequence[tuple[float, float]], room: float) -> list[float]:
    """Share out the width of a page."""
    least = [one for one, _ in asked]
    most = [other for _, other in asked]
    if sum(most) <= room:
        grown = min(room / sum(most), SPREAD) if most else 1.0
        return [width * grown for width in most]
    if sum(least) > room:
        return [width * room / sum(least) for width in least]
    share = (room - sum(least)) / (sum(most) - sum(least))
    return [one + share * (other - one) for one, other in asked]


def _named(name: str, size: float) -> Piece:
    return Piece(visible(name, 120), size - 0.75, colour=LIGHT.muted)


def _pieces(
    cell: Shown, size: float, *, few: bool = False, tight: bool = False, even: bool = False
) -> list[Piece]:
    colour = LIGHT.muted if cell.quiet else LIGHT.text
    out = [Piece(visible(cell.text, 400), size, colour=colour, even=even)]
    if cell.interval:
        fixed = cell.interval.replace(" ", FIXED)
        start = "\n" if tight else " "
        out.append(Piece(start + fixed, size - 1, colour=LIGHT.muted, even=even))
    if few:
        out.append(Piece(" ", size))
        tag = TAG.replace(" ", FIXED)
        out.append(Piece(tag, size - 1.5, colour=LIGHT.warning, ground=LIGHT.warning_soft))
    return out


def _head(sheet: Sheet, grid: _Grid) -> Item:
    cells = [
        wrap(sheet.letters, [_named(column.name, grid.size)], column.width - 2 * grid.pad, 5)
        for column in grid.columns
    ]
    step = (grid.size - 0.75) * 1.3
    height = max(map(len, cells), default=1) * step + 2 * ABOVE

    def put(x: float, y: float) -> None:
        left = x
        for column, lines in zip(grid.columns, cells, strict=True):
            top = y + height - ABOVE - len(lines) * step
            _lines(sheet, grid, column, lines, left, top, step)
            left += column.width
        rule(sheet, x, y + height, grid.width, LIGHT.muted)

    return Item(height, put)


def _row(sheet: Sheet, grid: _Grid, row: Sequence[Shown], *, few: bool) -> Item:
    step = grid.size * LINE
    cells = []
    for column in grid.columns:
        pieces: list[Piece] = []
        if column.place < len(row):
            first = column.place == 0
            tagged = few and first
            pieces = _pieces(
                row[column.place], grid.size, few=tagged, tight=grid.tight, even=column.number
            )
            if few and not first:
                pieces = [replace(piece, colour=LIGHT.muted) for piece in pieces]
        lines = wrap(sheet.letters, pieces, column.width - 2 * grid.pad + 0.1, MOST_LINES)
        cells.append(lines if pieces else [])
    height = max((len(lines) for lines in cells), default=1) * step + 2 * ABOVE

    def put(x: float, y: float) -> None:
        left = x
        for column, lines in zip(grid.columns, cells, strict=True):
            _lines(sheet, grid, column, lines, left, y + ABOVE, step)
            left += column.width
        rule(sheet, x, y + height, grid.width)

    return Item(height, put)


def _lines(
    sheet: Sheet,
    grid: _Grid,
    column: _Column,
    lines: Sequence[Line],
    left: float,
    top: float,
    step: float,
) -> None:
    room = column.width - 2 * grid.pad
    for at, line in enumerate(lines):
        x = left + grid.pad + (room - line.width if column.number else 0.0)
        baseline = top + step * at + step / 2 + 0.36 * grid.size
        draw(sheet.pdf, sheet.letters, line, x, baseline, None if column.number else room)
