"""The report on paper: read back from the file as a viewer would read it."""

from __future__ import annotations

import base64
import io
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from markupsafe import Markup
from PIL import Image

from pellucid.core.measured import Measured
from pellucid.core.report.numbers import shown
from pellucid.core.report.paper.letters import arranged
from pellucid.core.report.pdf import render, write
from pellucid.core.report.tree import (
    BarFigure,
    BeeswarmFigure,
    Block,
    Drawing,
    Gallery,
    HeatmapFigure,
    IntervalFigure,
    Line,
    LineFigure,
    MatrixFigure,
    Report,
    Section,
    Table,
    Text,
    WaterfallFigure,
)
from pellucid.multimodal.text.draw import word_map

DATE = datetime(2025, 3, 1, 12, tzinfo=UTC)
WIDTH, HEIGHT = 595.28, 841.89


@dataclass(frozen=True)
class Words:
    """A run of letters on a page: where it stands, and what it says."""

    x: float
    y: float
    size: float
    text: str


class Read:
    """A PDF read by its own rules (ISO 32000): objects, pages, fonts and their Unicode maps."""

    def __init__(self, raw: bytes) -> None:
        found = re.finditer(rb"(?<=\n)(\d+) 0 obj\n(.*?)\nendobj", raw, re.DOTALL)
        self.objects = {int(one[1]): one[2] for one in found}
        pages = next(body for body in self.objects.values() if b"/Type /Pages" in body)
        kids = re.search(rb"/Kids \[(.*?)\]", pages, re.DOTALL)
        assert kids is not None
        numbers = [int(one) for one in re.findall(rb"(\d+) 0 R", kids[1])]
        self.pages = [list(self._words(number)) for number in numbers]

    @property
    def texts(self) -> list[str]:
        return ["".join(one.text for one in page) for page in self.pages]

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def stream(self, number: int) -> bytes:
        head, _, rest = self.objects[number].partition(b"stream\n")
        raw = rest.rpartition(b"\nendstream")[0]
        return zlib.decompress(raw) if b"FlateDecode" in head else raw

    def pictures(self) -> int:
        return sum(b"/Subtype /Image" in body for body in self.objects.values())

    def _words(self, page: int):
        contents = self._reference(page, rb"/Contents (\d+) 0 R")
        resources = self.objects[self._reference(page, rb"/Resources (\d+) 0 R")]
        fonts = {
            name.decode(): self._letters(int(number))
            for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", resources)
        }
        font, size, x, y = {}, 0.0, 0.0, 0.0
        tokens = rb"/(F\d+) ([\d.]+) Tf|(-?[\d.]+) (-?[\d.]+) Td|\(((?:\\.|[^\\)])*)\) ?Tj"
        for one in re.finditer(tokens, self.stream(contents), re.DOTALL):
            if one[1]:
                font, size = fonts[one[1].decode()], float(one[2])
            elif one[3]:
                x, y = float(one[3]), HEIGHT - float(one[4])
            else:
                codes = re.sub(rb"\\(.)", self._unescaped, one[5], flags=re.DOTALL)
                pairs = [codes[at : at + 2].hex() for at in range(0, len(codes), 2)]
                yield Words(x, y, size, "".join(font[code] for code in pairs))

    def _unescaped(self, match: re.Match[bytes]) -> bytes:
        return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(
            match[1], match[1]
        )

    def _reference(self, number: int, pattern: bytes) -> int:
        found = re.search(pattern, self.objects[number])
        assert found is not None
        return int(found[1])

    def _letters(self, font: int) -> dict[str, str]:
        table = self.stream(self._reference(font, rb"/ToUnicode (\d+) 0 R")).decode("ascii")
        out = {}
        for code, letters in re.findall(r"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\n", table):
            out[code.lower()] = bytes.fromhex(letters).decode("utf-16-be")
        return out


def report(*blocks: Block | Section, title: str = "Report", facts=()) -> Report:
    return Report(title, "", (), (Section("Part", "part", blocks),), facts)


def read(*blocks: Block | Section) -> Read:
    return Read(render(report(*blocks), DATE))


def test_every_number_of_a_table_is_on_the_page() -> None:
    cells = (1234, -0.25, Measured(0.5, 0.4, 0.625, 20), 1e-6, None, float("nan"), "word")
    found = read(Table("Numbers", tuple(f"c{at}" for at in range(7)), (cells,), note="The note."))
    for cell in cells:
        assert shown(cell).text in found.text
    assert shown(cells[2]).interval.replace(" ", "\u00a0") in found.text
    assert "Numbers" in found.text
    assert "The note." in found.text


def test_a_long_table_names_its_columns_on_each_page() -> None:
    rows = tuple((f"row-{at}", at) for at in range(150))
    found = read(Table("Many", ("Who", "Figure"), rows))
    holding = [page for page in found.texts if "row-" in page]
    assert len(holding) > 3
    for page in holding:
        assert "Who" in page
        assert "Figure" in page
    assert all("Many (continued)" in page for page in holding[1:])
    told = [one.text for page in found.pages for one in page if one.text.startswith("row-")]
    assert told == [f"row-{at}" for at in range(150)]


def test_a_wide_table_is_split_and_keeps_its_first_column() -> None:
    columns = ("Group", *(f"Metric{at}" for at in range(30)))
    row = ("young", *(Measured(at / 100, at / 100 - 0.01, at / 100 + 0.01) for at in range(30)))
    found = read(Table("Wide", columns, (row,)))
    for name in columns:
        assert name in found.text
    for at in range(30):
        assert shown(row[at + 1]).text in found.text
    parts = re.search(r"part 1 of (\d+)", found.text)
    assert parts is not None
    assert found.text.count("young") == int(parts[1])


def test_numbers_end_at_one_edge() -> None:
    found = read(Table("T", ("Name", "Count"), (("a", 1), ("b", 111_111), ("c", 42))))
    at = {one.text: one for page in found.pages for one in page}
    # Digits are equally wide: so the left ends lie as far apart as the lengths differ.
    digit = at["1"].x - at["42"].x
    assert digit > 0
    assert at["42"].x - at["111,111"].x > 4 * digit


def test_nothing_lies_beyond_the_margins() -> None:
    long = "w" * 500
    found = read(
        Text(long),
        Text(long, "warning"),
        Table(long, (long, "n"), ((long, 1), (Measured(0.5, 0.4, 0.6), long)), note=long),
        Section(long, "s", (Text("end"),), lead=long),
    )
    for page in found.pages:
        for one in page:
            assert 50 < one.x < WIDTH - 50
            assert 20 < one.y < HEIGHT - 20
    assert found.text.count("w") >= 6 * 300


def test_a_heading_stays_with_what_it_is_about() -> None:
    for count in range(20, 60, 3):
        blocks = [Text("filling\n" * count), Section("Heading", "h", (Text("first words"),))]
        for page in read(*blocks).texts[1:]:
            assert ("Heading" in page) == ("first words" in page) or "Contents" in page


def test_the_contents_lead_to_the_pages_that_they_name() -> None:
    parts = tuple(
        Section(f"Chapter {at}", f"c{at}", (Text("line\n" * (7 * at)),)) for at in range(1, 12)
    )
    raw = render(Report("Book", "", (Text("Told."),), parts), DATE)
    found = Read(raw)
    listing = next(page for page in found.pages if any(one.text == "Contents" for one in page))
    words = [one.text for one in listing]
    for at in range(1, 12):
        named = int(words[words.index(f"Chapter {at}") + 1])
        assert any(one.text == f"Chapter {at}" for one in found.pages[named - 1])
    count = len(found.pages)
    for number, page in enumerate(found.texts, 1):
        assert f"Page {number} of {count}" in page
    assert raw.count(b"/Subtype /Link") == 13  # the summary, eleven chapters, the signature
    assert raw.count(b"/Title (Chapter ") == 11


def test_facts_and_tones_and_the_signature_are_told() -> None:
    tree = Report(
        "A title",
        "a subtitle",
        (Text("found", "finding"), Text("beware", "warning"), Text("aside", "note")),
        (),
        (("Base model", "some model"),),
    )
    text = Read(render(tree, DATE)).text
    for word in ("A title", "a subtitle", "Base model", "some model", "Finding", "found"):
        assert word in text
    for word in ("Warning", "beware", "Note", "aside", "Reviewed by", "Date", "Place", "Signature"):
        assert word in text
    assert "1 March 2025" in text


def test_the_same_report_gives_the_same_bytes(tmp_path: Path) -> None:
    tree = report(
        Table("T", ("a",), ((1,),)),
        LineFigure("L", "x", "y", (Line("l", np.arange(5.0), np.arange(5.0) ** 2),), "a curve"),
        Drawing(picture(), "a picture"),
    )
    first = render(tree, DATE)
    write(tree, tmp_path / "a.pdf", DATE)
    assert (tmp_path / "a.pdf").read_bytes() == first
    assert render(tree, DATE.replace(day=2)) != first


def test_the_file_says_what_it_is() -> None:
    raw = render(report(title="Who is treated worse"), DATE)
    assert raw.startswith(b"%PDF-")
    assert b"/Title (Who is treated worse)" in raw
    assert b"/Creator (Pellucid" in raw
    assert b"/CreationDate (D:20250301120000Z" in raw
    assert b"/Lang (en)" in raw


def picture() -> Markup:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#c03020").save(out, "PNG")
    coded = base64.b64encode(out.getvalue()).decode()
    return Markup(f'<img src="data:image/png;base64,{coded}" width="40" height="30" alt="red">')


FIGURES = [
    LineFigure("F", "across", "upward", (Line("one", np.arange(9.0), np.arange(9.0)),), "told"),
    IntervalFigure("F", "across", ("one", "two"), (Measured(0.5, 0.4, 0.6, 3),) * 2, "told", 0.5),
    BarFigure("F", "across", ("one", "two"), (0.5, -0.25), "told"),
    WaterfallFigure("F", "across", ("one", "two"), (0.5, -0.25), 0.0, "told"),
    BeeswarmFigure("F", "across", ("one",), (np.array([0.1, 0.2]),), "told"),
    HeatmapFigure("F", "across", "down", ("one",), ("c", "d"), np.array([[0.5, -0.5]]), "told"),
    MatrixFigure("F", "across", "down", ("one", "two"), np.array([[5, 1], [2, 7]]), "told"),
]


@pytest.mark.parametrize("figure", FIGURES, ids=lambda one: type(one).__name__)
def test_figures_are_lines_and_letters_with_words_for_who_can_t_see_them(figure) -> None:
    raw = render(report(figure), DATE)
    found = Read(raw)
    assert found.pictures() == 0
    assert "one" in found.text
    assert "across" in found.text
    assert b"/Alt (told)" in raw


def test_a_figure_higher_than_a_page_is_cut_between_its_rows() -> None:
    names = tuple(f"name{at:02d}" for at in range(60))
    found = read(IntervalFigure("F", "x", names, (Measured(0.5, 0.4, 0.6, 30),) * 60, "told"))
    holding = [page for page in found.texts if re.search(r"name\d", page)]
    assert len(holding) == 2
    assert re.findall(r"name\d\d", "".join(holding)) == list(names)


def test_pictures_words_and_sounds_of_samples() -> None:
    words = Drawing(word_map(["good", "film"], np.array([1.0, -0.2])), "map", "Row 1: good.")
    broken = Drawing(Markup('<img src="data:image/png;base64,AAAA" alt="a lost one">'), "lost")
    heard = Drawing(Markup('<audio src="data:audio/wav;base64,AAAA"></audio>'), "a sound of rain")
    found = read(words, broken, heard, Gallery((Drawing(picture(), "p", "the caption"),) * 4))
    for word in ("good", "film", "Row 1: good.", "a lost one", "a sound of rain"):
        assert word in found.text
    assert found.text.count("the caption") == 4
    assert found.pictures() == 1  # the same picture is held once
    # A gallery's pictures stand beside each other.
    places = [one for page in found.pages for one in page if one.text == "the caption"]
    assert len({round(one.y) for one in places}) == 2
    assert len({round(one.x) for one in places}) == 3


def test_a_map_of_scores_keeps_its_colours() -> None:
    heat = Markup(
        '<svg viewBox="0 0 20 10" width="20" height="10"><g class="scores" '
        'transform="matrix(10 0 0 10 0 0)"><path class="p10" d="M0 0h1v1h-1z"/>'
        '<path class="n10" d="M1 0h1v1h-1z"/></g></svg>'
    )
    found = Read(render(report(Drawing(heat, "map")), DATE))
    content = b"".join(
        found.stream(number)
        for number, body in found.objects.items()
        if b"FlateDecode" in body and b"/Length1" not in body
    )
    assert re.search(rb"0\.925 0\.498 0\.271 rg\s+0 0 m 1 0 l 1 1 l 0 1 l h", content)  # #ec7f45
    assert re.search(rb"0\.365 0\.624 0\.894 rg\s+1 0 m 2 0 l", content)  # #5d9fe4


HOSTILE = [
    "<script>alert(1)</script>\u202e\x00\x1b\ud83d{nb}{{ 7*7 }}",
    "مرحبا بالعالم، لا شيء 123 abc",
    "שלום עולם 42 (x)",
    "这是一个很长的句子没有空格用来测试换行" * 6,
    "x" * 900,
    "👩‍👩‍👧 ok 🎉",
    "a" + "\u0301" * 40,
    "",
    "\n\n\n",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_breaks_no_page(name: str) -> None:
    blocks: tuple[Block, ...] = (
        *(Text(name, tone) for tone in ("plain", "finding", "warning", "note")),
        Table(name, (name, name), ((name, 1), (2.5, name)), name, frozenset({0})),
        Table(name, (), ()),
        BarFigure(name, name, (name,), (0.5,), name),
        Drawing(word_map([name, "b"], np.array([1.0, -1.0])), name, name),
        Gallery((Drawing(Markup("<p>{}</p>").format(name), name, name),) * 2),
    )
    tree = Report(
        name,
        name,
        (Text(name),),
        (Section(name, name, (*blocks, Section(name, name, blocks, name)), name),),
        ((name, name),),
    )
    found = Read(render(tree, DATE))
    for page in found.pages:
        for one in page:
            assert -1 < one.x < WIDTH
            assert 0 < one.y < HEIGHT
            assert not {"\x00", "\x1b", "\u202e", "\ud83d"} & set(one.text)


def test_what_no_font_has_is_a_box_and_is_counted() -> None:
    text = read(Text("一二三 ok")).text
    assert "□□□ ok" in text
    assert "3 different characters are shown as boxes" in text


def test_right_to_left_text_stands_as_it_is_read() -> None:
    # By hand (UAX #9): the letters turn around, the number in them does not.
    assert arranged("אבג 12") == "12 גבא"
    assert arranged("ab אב") == "ab בא"
    # Unicode's chart of presentation forms: beh initial, yeh medial, teh final.
    assert arranged("بيت") == "\ufe96\ufef4\ufe91"
    assert arranged("لا") == "\ufefb"
    left = next(one for page in read(Text("שלום")).pages for one in page if "ש" in one.text)
    assert left.x > 300
