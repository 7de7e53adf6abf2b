"""The report as a PDF that can be printed and signed: A4, its own fonts, nothing from outside.

The pages hold what the HTML page holds, in its light colours, and a place to sign. The same report
with the same date gives the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..._version import __version__
from ...multimodal.escape import visible
from ...multimodal.palette import LIGHT
from ..files import write_bytes
from .tree import Report

if TYPE_CHECKING:
    from fpdf import FPDF

    from .paper.sheet import Item, Sheet

LEGEND = (
    "Figures in brackets are the ends of an interval: the smaller the number of rows, the wider it "
    "is. Rows marked “few rows” rest on too little data to tell much."
)
SIGNED = (
    "With this signature the reviewer confirms that they have read this report, including what it "
    "says it does not cover."
)
DEEPEST = 3
"""Level of the innermost headings in the table of contents; the outermost ones have level 2."""

ENTRY = {2: 19.0, 3: 14.5}
"""Points of a line of the table of contents."""


@dataclass
class _Entry:
    """A line of the table of contents, and where it leads."""

    title: str
    level: int
    page: int = 0
    y: float = 0.0


@dataclass
class _Document:
    sheet: Sheet
    entries: list[_Entry]
    arrived: int = 0

    @property
    def pdf(self) -> FPDF:
        return self.sheet.pdf

    def arrive(self, title: str, level: int) -> None:
        """Note where a heading stands: for the viewer's outline, and for the table of contents."""
        self.pdf.start_section(visible(title, 300), level - 2, strict=False)
        if level <= DEEPEST:
            entry = self.entries[self.arrived]
            entry.page, entry.y = self.pdf.page, self.pdf.get_y()
            self.arrived += 1


@dataclass(frozen=True)
class _Slot:
    """Room for some lines of the table of contents."""

    page: int
    y: float
    entries: tuple[_Entry, ...]


def render(report: Report, date: datetime | None = None) -> bytes:
    """Render a report as a PDF.

    Parameters
    ----------
    report
        The whole tree.
    date
        When it was made, which stands on its pages; now if left out.

    Returns
    -------
    bytes
        The file.
    """
    from fpdf import FPDF

    from .paper.letters import Letters
    from .paper.sheet import HEIGHT, LEFT, TOP, WIDTH, Sheet

    date = date or datetime.now(UTC)
    pdf = FPDF(unit="pt", format=(WIDTH, HEIGHT))
    pdf.set_auto_page_break(False)
    pdf.set_margins(LEFT, TOP, LEFT)
    pdf.set_title(visible(report.title, 300))
    pdf.set_subject(visible(report.subtitle, 600))
    pdf.set_creator(f"Pellucid {__version__}")
    pdf.set_lang("en")
    pdf.set_creation_date(date)
    document = _Document(Sheet(pdf, Letters(pdf)), _entries(report))
    slots = _title_page(document, report)
    document.sheet.place(_items(document, report))
    for slot in slots:
        _list(document, slot)
    _number(document, report, date)
    return bytes(pdf.output())


def write(report: Report, path: Path, date: datetime | None = None) -> None:
    """Render a report and write it, whole or not at all.

    Parameters
    ----------
    report
        The whole tree.
    path
        The file to write.
    date
        As for `render`.
    """
    write_bytes(path, render(report, date))


def _entries(report: Report) -> list[_Entry]:
    from .paper.flow import titles

    summary = [_Entry("Summary", 2)] if report.summary else []
    inner = [_Entry(title, level) for title, level in titles(report.sections, DEEPEST)]
    return [*summary, *inner, _Entry("Sign-off", 2)]


def _title_page(document: _Document, report: Report) -> list[_Slot]:
    """Fill the first page, and leave room for the table of contents there or behind it."""
    from .paper.lines import Piece
    from .paper.said import facts
    from .paper.sheet import BOTTOM, HEIGHT, ROOM, Item, gap, rule, text_items

    sheet = document.sheet
    sheet.new_page()

    def brand(x: float, y: float) -> None:
        for left, opacity in ((x, 0.9), (x + 6.5, 0.4)):
            with sheet.pdf.local_context(fill_opacity=opacity):
                sheet.pdf.set_fill_color(LIGHT.accent)
                sheet.pdf.ellipse(left, y, 15, 15, style="F")
        sheet.letters.draw(x + 29, y + 11.2, "Pellucid", 10.5, bold=True)
        after = x + 29 + sheet.letters.width("Pellucid ", 10.5, bold=True)
        sheet.letters.draw(after, y + 11.2, "report", 10.5, colour=LIGHT.muted)

    title = Piece(visible(report.title, 300), 26.0, bold=True)
    items = [Item(15.0, brand), Item(46.0), *text_items(sheet, [title], ROOM, leading=1.2, most=5)]
    if report.subtitle:
        under = Piece(visible(report.subtitle, 600), 11.5, colour=LIGHT.muted)
        items += [Item(6.0), *text_items(sheet, [under], ROOM, most=6)]
    if report.facts:
        items += [Item(22.0), Item(18.0, lambda x, y: rule(sheet, x, y, ROOM, LIGHT.border))]
        items += facts(sheet, report.facts)
    sheet.place([*items, gap(6.0)])

    slots: list[_Slot] = []
    left = list(document.entries)
    needed = 40.0 + sum(ENTRY[entry.level] for entry in left)
    if needed > sheet.left:
        sheet.new_page()
    while left:
        y = sheet.y
        taken = 0
        end = y + (40.0 if not slots else 0.0)
        while taken < len(left) and end + ENTRY[left[taken].level] <= HEIGHT - BOTTOM:
            end += ENTRY[left[taken].level]
            taken += 1
        slots.append(_Slot(sheet.pdf.page, y, tuple(left[:taken])))
        left = left[taken:]
        if left:
            sheet.new_page()
    sheet.new_page()
    return slots


def _items(document: _Document, report: Report) -> Iterator[Item]:
    """Return all that stands behind the table of contents."""
    from .paper.flow import section_items
    from .paper.said import heading, paragraph, sign_off
    from .paper.sheet import gap

    sheet = document.sheet
    if report.summary:
        yield from heading(sheet, "Summary", 2, lambda title: document.arrive(title, 2))
        for text in report.summary:
            yield from paragraph(sheet, text)
        yield gap(8.0)
    for section in report.sections:
        yield from section_items(sheet, section, 2, document.arrive)
    yield from heading(sheet, "Sign-off", 2, lambda title: document.arrive(title, 2))
    small = [LEGEND]
    missing = len(sheet.letters.missing)
    if missing:
        noun = "character is" if missing == 1 else "different characters are"
        small.append(
            f"{missing:,} {noun} shown as boxes, because the fonts of this document lack them. The "
            "HTML, JSON and CSV documents hold them."
        )
    small.append(f"SHA-256 of the report’s numbers (its JSON document): {_digest(report)}")
    yield from sign_off(sheet, SIGNED, small)


def _digest(report: Report) -> str:
    from .data import render as render_data

    return hashlib.sha256(render_data(report).encode("utf-8")).hexdigest()


def _list(document: _Document, slot: _Slot) -> None:
    """Write lines of the table of contents, each of which leads to its page."""
    from .paper.sheet import LEFT, ROOM

    pdf, letters = document.pdf, document.sheet.letters
    _turn_to(pdf, slot.page)
    y = slot.y
    if slot.entries[:1] == tuple(document.entries[:1]):
        letters.draw(LEFT, y + 22, "Contents", 12.5, bold=True)
        y += 40
    for entry in slot.entries:
        outer = entry.level == 2
        x, size = (LEFT, 9.5) if outer else (LEFT + 14, 8.5)
        colour = LIGHT.text if outer else LIGHT.muted
        baseline = y + ENTRY[entry.level] - 5
        number = f"{entry.page}"
        right = LEFT + ROOM - letters.width(number, size)
        title = letters.fitted(entry.title, right - x - 24, size)
        letters.draw(x, baseline, title, size, colour=colour)
        letters.draw(right, baseline, number, size, colour=LIGHT.muted)
        start = x + letters.width(title, size) + 6
        pdf.set_draw_color(LIGHT.border)
        pdf.set_line_width(0.6)
        pdf.set_dash_pattern(0.6, 3)
        pdf.line(start, baseline - 0.5, right - 6, baseline - 0.5)
        pdf.set_dash_pattern()
        link = pdf.add_link(y=entry.y, page=entry.page)
        pdf.link(LEFT, y, ROOM, ENTRY[entry.level], link)
        y += ENTRY[entry.level]


def _number(document: _Document, report: Report, date: datetime) -> None:
    """Write the running title and the page's number on each page."""
    from .paper.sheet import BOTTOM, HEIGHT, LEFT, ROOM, TINY, TOP, rule

    pdf, letters = document.pdf, document.sheet.letters
    count = len(pdf.pages)
    day = f"{date.day} {date:%B %Y}"
    for page in range(1, count + 1):
        _turn_to(pdf, page)
        y = HEIGHT - BOTTOM + 34
        number = f"Page {page} of {count}"
        right = LEFT + ROOM - letters.width(number, TINY)
        letters.draw(LEFT, y, f"Pellucid {__version__} · {day}", TINY, colour=LIGHT.muted)
        letters.draw(right, y, number, TINY, colour=LIGHT.muted)
        if page > 1:
            title = letters.fitted(report.title, ROOM, TINY)
            letters.draw(LEFT, TOP - 30, title, TINY, colour=LIGHT.muted)
            rule(document.sheet, LEFT, TOP - 22, ROOM)


def _turn_to(pdf: FPDF, page: int) -> None:
    """Go back to a page; fpdf2 doesn't know which font and colours are set there."""
    pdf.page = page
    pdf.current_font_is_set_on_page = False
    for change in (pdf.set_fill_color, pdf.set_draw_color):
        change(1)
        change(0)
