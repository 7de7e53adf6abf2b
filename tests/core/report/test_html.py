"""The page: whole, strict, inert, and saying what the tree says."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from markupsafe import Markup
from PIL import Image

from pellucid.core.measured import Measured
from pellucid.core.report.html import render, write
from pellucid.core.report.numbers import number, numeric, shown
from pellucid.core.report.tree import (
    BarFigure,
    Drawing,
    Gallery,
    IntervalFigure,
    Line,
    LineFigure,
    MatrixFigure,
    Report,
    Section,
    Table,
    Text,
)
from pellucid.multimodal.draw import html_of
from pellucid.multimodal.palette import DARK, LIGHT
from pellucid.multimodal.text.draw import word_map

EVIL = "<script src=x>alert(1)</script>\"'><img onerror=y>&\u202e\x00\x1b\ud83d{{ 7*7 }}</style>-->"
UNSEEN = {"\u202e", "\x00", "\x1b", "\ud83d"}
VOID = {"meta", "link", "br", "img", "hr", "input"}


def tree(name: str = "plain") -> Report:
    """Return a report with every kind of node and `name` in every text field."""
    x = np.array([0.0, 0.5, 1.0])
    blocks: tuple[Any, ...] = (
        *(Text(name, tone) for tone in ("plain", "finding", "warning", "note")),
        Table(
            name,
            (name, "number", "measured"),
            ((name, 1234, Measured(0.5, 0.4, 0.6, 20)), ("b", -0.25, None), ("c", None, name)),
            note=name,
            marked=frozenset({1}),
            signed=frozenset({1}),
        ),
        LineFigure(name, name, name, (Line(name, x, x),), name, diagonal=True, diagonal_name=name),
        IntervalFigure(name, name, (name,), (Measured(0.5, 0.4, 0.6, 3),), name, 0.5),
        BarFigure(name, name, (name,), (0.5,), name),
        MatrixFigure(name, name, name, (name, "b"), np.array([[3, 1], [0, 2]]), name),
        Drawing(word_map([name, "b"], np.array([1.0, -1.0])), name, name),
        Gallery((Drawing(html_of("text", name), name, name),)),
    )
    inner = Section(name, name, blocks, name)
    return Report(
        name,
        name,
        tuple(Text(name, tone) for tone in ("finding", "warning", "note", "plain")),
        (Section(name, name, (*blocks, inner), name), Section(name, name, ())),
        ((name, name), ("b", name)),
    )


class Page(HTMLParser):
    """Checks that tags are balanced; collects elements, ids and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open[-1] == tag, (tag, self.open[-3:])
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def evil() -> str:
    return render(tree(EVIL))


def test_every_text_field_of_every_node_stays_text(evil: str):
    page = parsed(evil)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "img", "iframe", "object", "embed", "form", "base"}
    assert not UNSEEN & set(evil)
    evil.encode("utf-8")
    assert "<script" not in evil.lower()
    assert len(re.findall("<style", evil)) == 1 and evil.count("</style>") == 1
    for _, attributes in page.elements:
        assert not any(key.startswith("on") or key == "style" for key in attributes)
    whole = "".join(page.text)
    assert "<script src=x>alert(1)</script>\"'><img onerror=y>&⟨U+202E⟩␀␛⟨U+D83D⟩{{ 7*7 }}" in whole
    assert "49" not in whole.replace("1,249", "")


def test_the_tree_of_the_test_has_every_field_of_every_node():
    """A text field added to a node must be filled with the evil text above."""
    known = {
        Text: {"text", "tone"},
        Table: {"title", "columns", "rows", "note", "marked", "signed"},
        Drawing: {"html", "alt", "caption"},
        Gallery: {"drawings"},
        Section: {"title", "anchor", "blocks", "lead"},
        Report: {"title", "subtitle", "summary", "sections", "facts"},
        Line: {"name", "x", "y", "low", "high", "dashed", "step", "points"},
        BarFigure: {"title", "x_label", "names", "values", "alt"},
        MatrixFigure: {"title", "row_label", "column_label", "labels", "counts", "alt"},
        IntervalFigure: {"title", "x_label", "names", "values", "alt", "reference", "marked"},
        LineFigure: {
            "title", "x_label", "y_label", "lines", "alt", "unit_square", "diagonal",
            "diagonal_name",
        },
    }  # fmt: skip
    for node, names in known.items():
        assert {one.name for one in fields(node)} == names


def test_nothing_is_fetched(evil: str):
    for html in (evil, render(tree())):
        for _, attributes in parsed(html).elements:
            for key in ("src", "href", "srcset", "action", "data", "poster"):
                target = attributes.get(key) or "#"
                assert target.startswith(("#", "data:image/svg+xml;base64,")), target
        links = set(re.findall(r"https?://[^\"' <)]*", html))
        assert links == {"http://www.w3.org/2000/svg"}
        assert "@import" not in html and "url(h" not in html


def test_the_policy_allows_the_stylesheet_and_nothing_else():
    html = render(tree())
    (style,) = re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    (policy,) = (
        attributes["content"]
        for tag, attributes in parsed(html).elements
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "media-src data:; base-uri 'none'; form-action 'none'"
    )
    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert "&" not in style.replace("&&", "") and "\r" not in style
    assert not re.search(r"\sstyle=", html)


def test_ids_are_unique_and_every_link_has_its_target(evil: str):
    for html in (evil, render(tree("Summary")), render(tree("main"))):
        page = parsed(html)
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch("[a-z][A-Za-z0-9-]*", str(one)) for one in ids)
        for _, attributes in page.elements:
            pointed = [str(attributes.get("href") or "#top").removeprefix("#")]
            pointed += str(attributes.get("aria-labelledby") or "").split()
            assert {one for one in pointed if not one.startswith("data:")} <= set(ids)


def test_headings_go_down_one_level_at_a_time(evil: str):
    levels = [int(tag[1]) for tag, _ in parsed(evil).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_both_themes_and_paper_have_every_colour():
    html = render(tree())
    for name, colour in LIGHT.variables().items():
        assert html.count(f"--{name}: {colour};") == 2  # on screen and on paper
        assert html.count(f"--{name}: {DARK.variables()[name]};") == 1
    assert "@media (prefers-color-scheme: dark)" in html and "@media print" in html


def test_every_colour_of_a_figure_follows_the_theme(evil: str):
    figures = "".join(re.findall(r"<svg xmlns.*?</svg>", evil, flags=re.DOTALL))
    for kind, colour in set(re.findall(r'(fill|stroke)="(#[^"]+)"', figures)):
        assert f'.figure [{kind}="{colour}"] {{ {kind}: var(--' in evil


def test_classes_of_word_maps_have_a_colour():
    html = render(tree())
    for step in range(1, 11):
        assert f".p{step} {{" in html and f".n{step} {{" in html


def cells(html: str) -> list[str]:
    found = re.findall(r"<(t[hd])\b[^>]*>(.*?)</\1>", html, flags=re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", "", inside).split()) for _, inside in found]


def test_tables_say_value_interval_sign_and_few_rows():
    html = render(tree("name"))
    shown_cells = cells(html)
    assert "0.500 (0.400 to 0.600)" in shown_cells
    assert {"1,234", "+1,234"} & set(shown_cells) == {"+1,234"}
    assert "−0.250" in shown_cells and "–" in shown_cells
    assert "b few rows" in shown_cells
    assert 'title="from 20 rows"' in html
    page = parsed(html)
    scopes = [attributes.get("scope") for tag, attributes in page.elements if tag == "th"]
    assert set(scopes) == {"col", "row"}
    assert sum(tag == "caption" for tag, _ in page.elements) == 2


def long_table(count: int) -> str:
    table = Table("t", ("a", "b"), tuple((f"r{at}", at) for at in range(count)))
    return render(Report("r", "", (), (Section("s", "s", (table,)),)))


def test_only_long_tables_are_folded():
    assert "<details" not in long_table(60)
    html = long_table(61)
    parsed(html)
    assert html.count("<details") == 1
    assert re.search(r"<summary>.*61 rows.*</summary>", html)
    assert "r60" in html


def test_tones_are_words_and_not_only_colours():
    html = render(tree("text"))
    for tone, word in (("finding", "Finding"), ("warning", "Warning"), ("note", "Note")):
        assert f'<div class="said {tone}">' in html
        assert html.count(f'<strong class="tone">{word}</strong>') == 3


def test_the_summary_stands_before_everything_else():
    report = replace(tree("x"), summary=(Text("What was found."),))
    html = render(report)
    main = html.index("<main")
    assert main < html.index("What was found.") < html.index('id="facts"') < html.index('id="x"')


def test_an_empty_report_is_a_page():
    html = render(Report("t", "", (), ()))
    page = parsed(html)
    assert not any(attributes.get("id") == "summary" for _, attributes in page.elements)


def test_a_drawing_that_is_not_markup_is_escaped():
    drawing = Drawing("<b>x</b>", "alt")  # type: ignore[arg-type]
    html = render(Report("r", "", (), (Section("s", "s", (drawing,)),)))
    assert "<b>x</b>" not in html and "&lt;b&gt;x&lt;/b&gt;" in html
    trusted = Drawing(Markup('<i class="x">y</i>'), "alt")
    assert '<i class="x">y</i>' in render(Report("r", "", (), (Section("s", "s", (trusted,)),)))


def test_a_gallery_holds_pictures_and_sounds_in_the_page(tmp_path: Path):
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000)
    drawings = tuple(
        Drawing(html_of(kind, str(tmp_path / name)), "Row 1", "Row 1: answered “x”.")
        for kind, name in (("image", "a.png"), ("audio", "a.wav"))
    )
    html = render(Report("r", "", (), (Section("s", "s", (Gallery(drawings),)),)))
    held = [(tag, one["src"] or "") for tag, one in parsed(html).elements if "src" in one]
    assert [tag for tag, _ in held] == ["img", "audio"]
    assert [source.partition(";")[0] for _, source in held] == ["data:image/png", "data:audio/wav"]
    assert html.count('<figure class="drawing"') == 2 and html.count("Row 1: answered") == 2
    assert not re.search(r"\sstyle=", html), "the policy would refuse it"


def test_the_same_report_gives_the_same_page():
    assert render(tree()) == render(tree())


def test_write_puts_the_page_in_place(tmp_path: Path):
    write(tree(EVIL), tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render(tree(EVIL))
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("value", "signed", "text"),
    [
        (0.12345, False, "0.123"),
        (-0.5, False, "−0.500"),
        (0.5, True, "+0.500"),
        (0.0, True, "0.000"),
        (-0.0, False, "0.000"),
        (0.00032, False, "3.2×10⁻⁴"),
        (-0.00032, True, "−3.2×10⁻⁴"),
        (12345.678, False, "12,345.7"),
        (float("nan"), False, "not defined"),
        (float("inf"), True, "not defined"),
    ],
)
def test_numbers_are_written_for_people(value: float, signed: bool, text: str):
    assert number(value, signed=signed) == text


def test_columns_of_numbers_are_known():
    assert numeric((1, 2.5, None, Measured(0.5)))
    assert numeric(("<0.001", "12.3%", "0.38", "not defined"))
    assert not numeric(("1", "a")) and not numeric((None, None)) and not numeric((True, 1))
    assert shown(True).text == "yes" and shown(None).text == "–"
