"""What is said of counterfactuals, by the record alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pellucid.core.report.html import render
from pellucid.core.report.tree import Drawing, Report, Table, Text
from pellucid.explain.attribution import Drawn
from pellucid.explain.search import (
    Counterfactual,
    LeftOut,
    Neighbour,
    Swap,
    add_counterfactuals,
    read_counterfactuals,
    sections,
)
from pellucid.explain.search.answers import Answer
from pellucid.explain.search.found import Word
from pellucid.explain.search.section import sentences

GOOD = Answer("good", {"bad": 0.2, "good": 0.8})
BAD = Answer("bad", {"bad": 0.7, "good": 0.3})
ROW = Counterfactual(
    id="r1",
    label="bad",
    split="test",
    answer=GOOD,
    names=("fine", "<b>", "food"),
    drawn=(Drawn("text", ("text",), 3, {"between": [" ", " ", ""]}),),
    cells={"text": "fine <b> food"},
    remove=LeftOut(False, (0, 2), ("fine", "food"), ("text",) * 2, 3, BAD, True, GOOD),
    keep=LeftOut(True, (0,), ("fine",), ("text",), 3, GOOD, True, GOOD),
    swap=Swap((Word(0, "text", "fine", "poor"),), {"text": "poor <b> food"}, BAD),
    neighbours=(Neighbour("t7", "train", "bad", "bad", 0.912, {"text": "x" * 400}, ("label",)),),
    missing={},
)


def test_sentences() -> None:
    assert sentences(ROW) == [
        "Without “fine”, “food” the answer is “bad” (0.70). No fewer segments do it. Deleted from "
        "the text instead, it is “good”.",
        "“fine” alone of 3 segments keeps the answer “good” (0.80).",
        "With “poor” in place of “fine” the answer is “bad” (0.70).",
        "The nearest training row with another label or answer is t7: labelled “bad”, answered "
        "“bad” (similarity 0.91).",
    ]
    none = replace(
        ROW, remove=None, keep=None, swap=None, neighbours=(), missing={"swap": "no words"}
    )
    assert sentences(none) == ["Other words: no words."]


def test_nodes() -> None:
    missed = replace(ROW, id="r2", remove=None, missing={"remove": "no set changes the answer"})
    (section,) = sections([ROW, missed], rows=2)
    table, one, two = section.blocks
    assert isinstance(table, Table)
    assert table.rows[0] == ("Left out, they change the answer", 2, 1, 2.0, 2)
    assert table.rows[2] == ("Words swapped for others", 2, 2, 1.0, 1)
    removed, kept, swapped, near = one.blocks
    assert isinstance(removed, Drawing)
    assert "<del>fine</del> &lt;b&gt; <del>food</del>" in removed.html
    assert "fine <del>&lt;b&gt;</del> <del>food</del>" in kept.html
    assert "<del>fine</del> <ins>poor</ins>" in swapped.html
    assert isinstance(near, Table) and len(near.rows[0][-1]) < 200
    assert "labelled “bad”" in one.lead
    assert isinstance(two.blocks[-1], Text) and "Leaving out" in two.blocks[-1].text
    assert sections([]) == ()
    assert len(sections([ROW] * 5, rows=2)[0].blocks) == 3


def test_the_page_holds_nothing_unescaped() -> None:
    page = render(Report("t", "s", (), sections([ROW])))
    assert "<del>fine</del>" in page and "<b>" not in page


def test_read_again(tmp_path: Path) -> None:
    from pellucid.explain.search import read_counterfactuals, write_counterfactuals

    write_counterfactuals(tmp_path / "a" / "found.json", [ROW])
    assert read_counterfactuals(tmp_path / "a" / "found.json") == [ROW]


def test_what_was_found_for_other_rows_stays(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    add_counterfactuals(file, [ROW, replace(ROW, id="r2")])
    add_counterfactuals(file, [replace(ROW, id="r3"), replace(ROW, keep=None)])
    assert [(one.id, one.keep is None) for one in read_counterfactuals(file)] == [
        ("r2", False),
        ("r3", False),
        ("r1", True),
    ]
