"""The report's numbers and words as Markdown, JSON and CSV, read back by other programs."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from markdown_it import MarkdownIt
from markupsafe import Markup
from PIL import Image

from pellucid.core.measured import Measured
from pellucid.core.report import data, documents, markdown
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
from pellucid.errors import RunError
from pellucid.multimodal.heat_map import heat_map
from pellucid.multimodal.palette import LIGHT
from pellucid.multimodal.text.changed import changed_words
from pellucid.multimodal.text.draw import word_map

DATE = datetime(2025, 3, 1, tzinfo=UTC)
MEASURED = Measured(0.1 + 0.2, 1 / 3, 2 / 3, 412, "wilson")
EVIL = "<img src=x onerror=y>|`[a](http://e.vil)*b*\n# c\x00\u202e\ud83d"


def tree() -> Report:
    table = Table(
        "By group",
        ("Group", "TPR", "Rows"),
        (("a", MEASURED, 412), ("b", Measured(math.nan, n=0), None), ("−", 0.25, -7)),
        note="A note.",
        marked=frozenset({1}),
    )
    figures = (
        LineFigure("ROC", "x", "y", (Line("one", np.arange(3.0), np.arange(3.0) / 7),), "a curve"),
        IntervalFigure("TPR", "rate", ("a",), (MEASURED,), "one value"),
        BarFigure("Bars", "sum", ("a", "b"), (0.5, math.inf), "bars"),
        MatrixFigure("Counts", "true", "told", ("u", "v"), np.array([[5, 1], [2, 7]]), "counts"),
    )
    out = io.BytesIO()
    Image.new("RGB", (2, 2), "#c03020").save(out, "PNG")
    coded = base64.b64encode(out.getvalue()).decode()
    drawn = Drawing(Markup(f'<img src="data:image/png;base64,{coded}" alt="">'), "a dot", "Row 1.")
    inner = Section("Inner", "inner", (Text("deep", "warning"), Gallery((drawn,))))
    return Report(
        "Title",
        "subtitle",
        (Text("found", "finding"),),
        (Section("Outer", "outer", (table, *figures, inner), lead="a lead"),),
        (("Seed", "13"),),
    )


def test_json_holds_every_number_as_it_was_measured() -> None:
    found = json.loads(data.render(tree()))
    outer = found["sections"][0]
    kinds = [block["kind"] for block in outer["blocks"]]
    assert kinds == [
        "table", "line_figure", "interval_figure", "bar_figure", "matrix_figure", "section",
    ]  # fmt: skip
    table, curve, interval, bars, counts, inner = outer["blocks"]
    assert Measured.from_json(table["rows"][0][1]) == MEASURED
    again = Measured.from_json(table["rows"][1][1])
    assert (again.defined, again.n) == (False, 0)
    assert table["rows"][2] == ["−", 0.25, -7]
    assert table["marked"] == [1]
    assert curve["lines"][0]["y"] == (np.arange(3.0) / 7).tolist()
    assert Measured.from_json(interval["values"][0]) == MEASURED
    assert bars["values"] == [0.5, None]
    assert counts["counts"] == [[5, 1], [2, 7]]
    assert inner["blocks"][1]["drawings"] == [
        {"kind": "drawing", "alt": "a dot", "caption": "Row 1."}
    ]
    assert found["facts"] == [{"name": "Seed", "value": "13"}]
    assert found["summary"] == [{"kind": "text", "text": "found", "tone": "finding"}]


def test_csv_is_read_back_by_pandas(tmp_path: Path) -> None:
    folder = documents.write(tree(), tmp_path / "report.csv")
    assert folder == tmp_path / "report_tables"
    index = pd.read_csv(folder / "index.csv")
    assert list(index["title"]) == ["By group", "ROC", "TPR", "Bars", "Counts"]
    assert list(index["kind"]) == ["table", *["figure"] * 4]
    assert sorted(index["file"]) == sorted(
        one.name for one in folder.iterdir() if one.name != "index.csv"
    )
    table = pd.read_csv(folder / "01-by-group.csv", float_precision="round_trip")
    assert list(table) == ["Group", "TPR", "TPR: low", "TPR: high", "TPR: rows", "Rows"]
    assert table["TPR"][0] == MEASURED.value
    assert table["TPR: low"][0] == MEASURED.low
    assert table["TPR: high"][0] == MEASURED.high
    assert table["TPR: rows"].fillna(-1).tolist() == [412, 0, -1]
    assert math.isnan(table["TPR"][1])
    assert table["TPR"][2] == 0.25
    assert table["Rows"].fillna(0).tolist() == [412, 0, -7]
    counts = pd.read_csv(folder / "05-counts.csv", index_col=0)
    assert counts.to_numpy().tolist() == [[5, 1], [2, 7]]


def test_a_zip_holds_the_same_files_and_is_the_same_each_time(tmp_path: Path) -> None:
    first = documents.write(tree(), tmp_path / "a.zip").read_bytes()
    assert documents.write(tree(), tmp_path / "b.zip").read_bytes() == first
    folder = documents.write(tree(), tmp_path / "c.csv")
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.mark.parametrize("text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", " =1"])
def test_no_spreadsheet_runs_what_data_says(text: str) -> None:
    rows = [["name", "n"], [text, -0.5]]
    found = pd.read_csv(io.StringIO(data.csv_text(rows)))
    assert found["name"][0] == f"'{text}"
    assert found["n"][0] == -0.5


@pytest.mark.parametrize("text", ["-0.5", "+3", "-1e-05", "a=b", "5%"])
def test_numbers_and_common_words_stay_as_they_are(text: str) -> None:
    found = pd.read_csv(io.StringIO(data.csv_text([["name"], [text]])), dtype=str)
    assert found["name"][0] == text


def test_markdown_says_what_the_tree_says(tmp_path: Path) -> None:
    path = documents.write(tree(), tmp_path / "report.md")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Title\n")
    assert "\n## Outer\n" in text
    assert "\n### Inner\n" in text
    assert "> **Finding** found" in text
    assert "> **Warning** deep" in text
    assert (
        "| Group | TPR | Rows |\n| --- | ---: | ---: |\n| a | 0.300 (0.333 to 0.667) | 412 |"
        in text
    )
    assert "| b *(few rows)* | not defined | – |" in text
    pictures = re.findall(r"!\[([^\]]*)\]\((report_files/[^)]+)\)", text)
    assert [said for said, _ in pictures] == ["a curve", "one value", "bars", "counts", "a dot"]
    for _, name in pictures:
        content = (tmp_path / name).read_bytes()
        assert content.startswith(b"\x89PNG" if name.endswith(".png") else b"<svg ")
    assert "Row 1." in text


def test_markdown_without_files_says_figures_in_words() -> None:
    text = markdown.render(tree())
    assert "![" not in text
    for said in ("a curve", "one value", "a dot", "Row 1."):
        assert said in text


def test_markdown_keeps_the_words_and_maps_of_samples(tmp_path: Path) -> None:
    words = Drawing(word_map(["good", "_film_"], np.array([1.0, -0.9])), "map", "Row 1.")
    changed = Drawing(changed_words(["a", "b"], {1: "c"}, separators=[" ", ""]), "changed")
    heat = heat_map(np.array([[1.0, -0.2]]), "said")
    section = Section("S", "s", (words, changed, Drawing(heat, "places")))
    path = documents.write(Report("T", "", (), (section,)), tmp_path / "r.md")
    text = path.read_text(encoding="utf-8")
    assert "**good** *\\_film\\_* (bold: for the answer, italic: against it)" in text
    assert "a ~~b~~ **c**" in text
    assert "![places](r_files/places.svg)" in text
    svg = ElementTree.parse(tmp_path / "r_files/places.svg").getroot()
    assert (svg.get("width"), svg.get("height")) == ("280", "220")
    style = "".join(svg.find("{http://www.w3.org/2000/svg}style").itertext())
    assert f".p10 {{ fill: {LIGHT.favour[-1]} }}" in style


def test_nothing_from_data_acts_in_markdown() -> None:
    blocks: tuple[Any, ...] = (
        Text(EVIL),
        Text(EVIL, "note"),
        Table(EVIL, (EVIL, "n"), ((EVIL, 1),), EVIL),
        BarFigure(EVIL, EVIL, (EVIL,), (0.5,), EVIL),
        Drawing(Markup.escape(EVIL), EVIL, EVIL),
        Drawing(word_map([EVIL, "b"], np.array([1.0, -1.0])), EVIL, EVIL),
    )
    text = markdown.render(
        Report(EVIL, EVIL, (Text(EVIL),), (Section(EVIL, EVIL, blocks, EVIL),), ((EVIL, EVIL),))
    )
    bare = re.sub(r"\\.", "", text)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    assert set(re.findall(r"<(\w+)", page)) <= {
        "h1", "h2", "p", "em", "strong", "blockquote", "hr", "table", "thead", "tbody", "tr", "th",
        "td", "br",
    }  # fmt: skip
    assert "://" not in text
    assert not {"\x00", "\u202e", "\ud83d"} & set(text)
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert [line.split(" ")[0] for line in headings] == ["#", "##", "##"]
    for line in bare.splitlines():
        if line.startswith("|"):
            assert line.count("|") == 3


@pytest.mark.parametrize("ending", [one for one in documents.WRITERS if one != ".pdf"])
def test_every_ending_writes_something_and_the_same_again(ending: str, tmp_path: Path) -> None:
    evil = Report(EVIL, EVIL, (Text(EVIL),), (Section(EVIL, "", (Text(EVIL),)), *tree().sections))
    first = documents.write(evil, tmp_path / f"one{ending}", DATE)
    assert first.exists()
    content = _content(first)
    assert _content(documents.write(evil, tmp_path / f"one{ending}", DATE)) == content


def test_an_unknown_ending_is_said_in_one_paragraph(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"report\.docx.*“\.docx”.*\.html, \.pdf, \.md"):
        documents.write(tree(), tmp_path / "report.docx")
    with pytest.raises(RunError):
        documents.checked(tmp_path / "report")
    assert not list(tmp_path.iterdir())


def _content(path: Path) -> dict[str, bytes]:
    if path.is_file():
        return {path.name: path.read_bytes()}
    return {one.name: one.read_bytes() for one in path.iterdir()}
