"""What a report says in words, on paper: headings, paragraphs by tone, facts, who signs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from ....multimodal.escape import visible
from ....multimodal.palette import LIGHT
from ..tree import Text
from .lines import Piece
from .sheet import (
    BODY,
    ROOM,
    TINY,
    Item,
    Sheet,
    gap,
    rule,
    text_items,
)

TONES = {
    "finding": ("Finding", LIGHT.finding, LIGHT.finding_soft),
    "warning": ("Warning", LIGHT.warning, LIGHT.warning_soft),
    "note": ("Note", LIGHT.note, LIGHT.note_soft),
}
"""Word, colour, and colour behind the text of each tone."""

HEADINGS = {2: (16.0, 30.0), 3: (12.5, 22.0), 4: (10.5, 17.0)}
"""Size of the letters of a heading of each level, and the blank above it."""

BAR, INSIDE, AIR = 3.0, 12.0, 5.0
"""Width of a tone's bar, where its text begins, and the blank above and below it."""


def heading(
    sheet: Sheet, title: str, level: int, arrive: Callable[[str], None] | None = None
) -> list[Item]:
    """Return a heading, which stays with what follows it.

    Parameters
    ----------
    sheet
        Where it goes.
    title
        Its words.
    level
        From 2 on; below 4 all look alike.
    arrive
        Called with the title when its page is known.
    """
    size, above = HEADINGS[min(max(level, 2), 4)]
    pieces = [Piece(visible(title, 300), size, bold=True)]
    lines = text_items(sheet, pieces, ROOM, leading=1.25, keep=True)
    if arrive is not None and lines:
        first = lines[0]

        def put(x: float, y: float) -> None:
            sheet.pdf.set_y(y)
            arrive(title)
            assert first.draw is not None
            first.draw(x, y)

        lines[0] = replace(first, draw=put)
    return [gap(above, keep=True), *lines, gap(4.0 if level > 2 else 6.0, keep=True)]


def lead(sheet: Sheet, text: str) -> list[Item]:
    """Return the sentence below a heading."""
    lines = text_items(sheet, [Piece(text, BODY, colour=LIGHT.muted)], keep=True)
    return [*lines, gap(6.0, keep=True)]


def paragraph(sheet: Sheet, text: Text) -> list[Item]:
    """Return a paragraph; a finding, a warning or a note gets a bar and a soft ground."""
    if text.tone not in TONES:
        return [gap(3.0), *text_items(sheet, [Piece(text.text, BODY)]), gap(5.0)]
    word, colour, soft = TONES[text.tone]
    pieces = [Piece(f"{word}  ", BODY, bold=True, colour=colour), Piece(text.text, BODY)]
    room = ROOM - INSIDE - 10
    lines = text_items(sheet, pieces, room, indent=INSIDE)
    ends = [Item(AIR, keep=True), *lines, Item(AIR)]
    if len(ends) > 3:
        ends[-2] = replace(ends[-2], keep=True)
    else:
        ends[1] = replace(ends[1], keep=True)
    return [gap(4.0), *(_toned(sheet, item, colour, soft) for item in ends), gap(4.0)]


def facts(sheet: Sheet, pairs: Sequence[tuple[str, str]]) -> Iterator[Item]:
    """Return facts in two columns, their names small above them."""
    half = (ROOM - 24) / 2
    for at in range(0, len(pairs), 2):
        cells = [_fact(sheet, *pair, half) for pair in pairs[at : at + 2]]
        height = max(sum(item.height for item in cell) for cell in cells)
        yield Item(height + 9, _beside(cells, half + 24))


def stacked(items: Sequence[Item]) -> Callable[[float, float], None]:
    """Return what draws items one below the other."""

    def put(x: float, y: float) -> None:
        for item in items:
            if item.draw is not None:
                item.draw(x, y)
            y += item.height

    return put


def sign_off(sheet: Sheet, said: str, small: Iterable[str]) -> list[Item]:
    """Return the place where the report is signed, on one page.

    Parameters
    ----------
    sheet
        Where it goes.
    said
        What is signed.
    small
        Paragraphs of small print above the lines for names.
    """
    out = text_items(sheet, [Piece(said, BODY)], keep=True)
    for text in small:
        print_of = [Piece(text, TINY, colour=LIGHT.muted)]
        out += [gap(5.0, keep=True), *text_items(sheet, print_of, ROOM, keep=True)]
    half = (ROOM - 30) / 2
    for names in (("Reviewed by (name)", "Role"), ("Place", "Date"), ("Signature", "")):
        out.append(Item(58.0, _blank_lines(sheet, names, half), keep=True))
    return [*out, Item(1.0)]


def _blank_lines(
    sheet: Sheet, names: tuple[str, str], half: float
) -> Callable[[float, float], None]:
    def put(x: float, y: float) -> None:
        for at, name in enumerate(names):
            if name:
                left = x + at * (half + 30)
                rule(sheet, left, y + 44, half, LIGHT.muted)
                sheet.letters.draw(left, y + 55, name, TINY, colour=LIGHT.muted)

    return put


def _fact(sheet: Sheet, name: str, value: str, room: float) -> list[Item]:
    quiet = Piece(visible(name, 120), TINY, colour=LIGHT.muted)
    return [
        *text_items(sheet, [quiet], room, leading=1.35),
        *text_items(sheet, [Piece(visible(value, 600), 9.0)], room, leading=1.4, most=8),
    ]


def _beside(cells: Sequence[Sequence[Item]], step: float) -> Callable[[float, float], None]:
    def put(x: float, y: float) -> None:
        for at, cell in enumerate(cells):
            stacked(cell)(x + at * step, y)

    return put


def _toned(sheet: Sheet, item: Item, colour: str, soft: str) -> Item:
    def put(x: float, y: float) -> None:
        # A hair higher than the line, so that no gap shows between two of them.
        for left, width, shade in ((x, ROOM, soft), (x, BAR, colour)):
            sheet.pdf.set_fill_color(shade)
            sheet.pdf.rect(left, y, width, item.height + 0.25, style="F")
        if item.draw is not None:
            item.draw(x, y)

    return replace(item, draw=put)
