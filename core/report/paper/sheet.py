"""Pages that fill from top to bottom: what belongs together stays together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from fpdf import FPDF

from ....multimodal.palette import LIGHT
from .letters import Letters
from .lines import Line, Piece, draw, wrap

WIDTH, HEIGHT = 595.28, 841.89
"""Points of an A4 page (ISO 216)."""

LEFT, TOP, BOTTOM = 56.7, 68.0, 62.0
"""Margins; the running title stands in the upper one, the page's number in the lower one."""

ROOM = WIDTH - 2 * LEFT
"""Points from margin to margin."""

MEASURE = 440.0
"""Points of a line of running text, some 90 letters."""

TALLEST = HEIGHT - TOP - BOTTOM
"""Points of a page from margin to margin."""

BODY, SMALL, TINY = 9.5, 8.5, 7.5
LEADING = 1.47


@dataclass(frozen=True)
class Item:
    """What is put onto a page: its height, and what draws it with its upper left corner somewhere.

    Attributes
    ----------
    height
        In points.
    draw
        Called with x and y of the corner, None for what is blank.
    keep
        Whether it stays on the page of the item behind it.
    again
        What is put above it where it begins a page: a table's columns.
    blank
        Whether it is left out at the top of a page.
    """

    height: float
    draw: Callable[[float, float], None] | None = None
    keep: bool = False
    again: tuple[Item, ...] = ()
    blank: bool = False


@dataclass
class Sheet:
    """A document whose last page is being filled; `y` is where the next item goes."""

    pdf: FPDF
    letters: Letters
    y: float = TOP

    def new_page(self) -> None:
        """Begin a page."""
        self.pdf.add_page()
        self.y = TOP

    @property
    def left(self) -> float:
        """Points that are left on this page."""
        return HEIGHT - BOTTOM - self.y

    def place(self, items: Iterable[Item]) -> None:
        """Put items onto pages, one below the other."""
        for chain in _chains(items):
            height = sum(item.height for item in chain)
            if height > self.left and self.y > TOP and (height <= TALLEST or self.left < 120):
                self._next(chain[0])
            for item in chain:
                if item.height > self.left and self.y > TOP:
                    self._next(item)
                self._put(item)

    def _next(self, item: Item) -> None:
        self.new_page()
        for one in item.again:
            self._put(one)

    def _put(self, item: Item) -> None:
        if item.blank and self.y == TOP:
            return
        if item.draw is not None:
            item.draw(LEFT, self.y)
        self.y += item.height


def gap(height: float, *, keep: bool = False) -> Item:
    """Return a blank, which no page begins with."""
    return Item(height, keep=keep, blank=True)


def text_items(
    sheet: Sheet,
    pieces: list[Piece],
    room: float = MEASURE,
    *,
    leading: float = LEADING,
    indent: float = 0.0,
    keep: bool = False,
    most: int = 0,
) -> list[Item]:
    """Return one item for each line of a text; its first two and last two stay together."""
    lines = wrap(sheet.letters, pieces, room, most)
    count = len(lines)
    return [
        Item(
            max(line.size, TINY) * leading,
            _drawn(sheet, line, indent, room, max(line.size, TINY) * leading),
            keep=keep or (count > 1 and at in {0, count - 2}),
        )
        for at, line in enumerate(lines)
    ]


def rule(sheet: Sheet, x: float, y: float, width: float, colour: str = LIGHT.grid) -> None:
    """Draw a thin line across."""
    sheet.pdf.set_draw_color(colour)
    sheet.pdf.set_line_width(0.6)
    sheet.pdf.line(x, y, x + width, y)


def kept(items: list[Item]) -> list[Item]:
    """Return items that stay on the page of what follows them."""
    return [replace(item, keep=True) for item in items]


def box(sheet: Sheet, x: float, y: float, width: float, height: float, colour: str) -> None:
    """Fill a rectangle."""
    sheet.pdf.set_fill_color(colour)
    sheet.pdf.rect(x, y, width, height, style="F")


def _drawn(
    sheet: Sheet, line: Line, indent: float, room: float, height: float
) -> Callable[[float, float], None]:
    def put(x: float, y: float) -> None:
        baseline = y + height / 2 + 0.36 * line.size
        draw(sheet.pdf, sheet.letters, line, x + indent, baseline, room)

    return put


def _chains(items: Iterable[Item]) -> Iterator[list[Item]]:
    chain: list[Item] = []
    for item in items:
        chain.append(item)
        # A blank never parts a heading from what it is about.
        if not item.keep and not (item.blank and len(chain) > 1):
            yield chain
            chain = []
    if chain:
        yield chain
