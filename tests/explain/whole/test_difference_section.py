"""What is said of two models' explanations, by the record alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pellucid.core.measured import Measured
from pellucid.core.report.html import render
from pellucid.core.report.tree import IntervalFigure, Report, Table, Text
from pellucid.explain.whole.beside import Beside, read_beside, write_beside
from pellucid.explain.whole.difference import Changed, Difference, RowChange
from pellucid.explain.whole.difference_section import findings, sections, sentences


def changed(name: str, value: float, half: float, rows: int = 8) -> Changed:
    told = Measured(value, value - half, value + half, rows, "student-t")
    return Changed(name, "text", "text", None, "good", 0.1, 0.1 + value, told)


FOUND = Beside(
    "reviews",
    None,
    "integrated_gradients",
    "predicted",
    Difference(
        (
            RowChange("r1", "good", 0.5, np.array([0.5, -0.5])),
            RowChange("r2", "good", float("nan"), np.array([0.0])),
            RowChange("r3", "good", -0.25, np.array([0.25, -0.25])),
        ),
        2,
        Measured(0.125, -0.5, 0.4, 2, "student-t"),
        (changed("fine", 0.5, 0.25), changed("<b>", 0.25, 0.5, rows=3)),
        (changed("the", -0.25, 0.5),),
    ),
)


def test_sentences() -> None:
    assert sentences(FOUND) == [
        "Over 3 rows, the mean rank correlation of the explanations before and after fine-tuning "
        "is 0.125 (95% interval −0.500 to 0.400): 1 is the same order of segments, 0 none in "
        "common.",
        "2 explanations had no counterpart: a row that one side doesn’t have, or that was cut into "
        "other segments.",
        "Gained: “fine” for “good” +0.500 (95% interval +0.250 to +0.750) in 8 rows.",
        "Lost: nothing whose 95% interval lies below zero.",
    ]
    nothing = replace(FOUND.difference, rows=(), gained=(), lost=(), unmatched=1)
    assert sentences(replace(FOUND, difference=nothing)) == [
        "No explanation could be compared.",
        "1 explanation had no counterpart: a row that one side doesn’t have, or that was cut into "
        "other segments.",
    ]
    other = replace(FOUND, other="reviews-2")
    assert "by “reviews-2” and by “reviews” is 0.125 (" in sentences(other)[0]


def test_nodes() -> None:
    texts = {"r1": "a fine room", "r2": "fine", "r3": "<b> the end"}
    (part,) = sections(FOUND, cells=lambda row: {"text": texts[row]})
    assert part.title == "Before and after fine-tuning"
    assert part.lead.startswith("Integrated gradients of this run’s model beside the pretrained")
    agreement, unmatched, figure, more, less, rows = part.blocks
    assert isinstance(agreement, Text) and isinstance(unmatched, Text)
    assert isinstance(figure, IntervalFigure)
    assert figure.names == ("fine (good)", "<b> (good)", "the (good)")
    assert figure.marked == {1}
    assert isinstance(more, Table) and isinstance(less, Table) and isinstance(rows, Table)
    assert more.rows[0][:3] == ("fine", "good", 8)
    assert more.rows[0][3:5] == pytest.approx((0.1, 0.6))
    assert more.marked == {1}
    assert less.title == "What speaks less for its answer" and len(less.rows) == 1
    # The least alike first; where no correlation is defined, last.
    assert [row[0] for row in rows.rows] == ["r3", "r1", "r2"]
    assert rows.rows[0][-1] == "<b> the end"
    page = render(Report("t", "s", (), (part,)))
    assert "<b>" not in page and "&lt;b&gt; the end" in page


def test_another_run() -> None:
    other = replace(FOUND, other="reviews-2")
    (part,) = sections(other)
    assert part.title == "Explained beside the run “reviews-2”"
    table = part.blocks[3]
    assert isinstance(table, Table)
    assert table.columns[3:5] == ("Share in reviews-2", "Share in reviews")
    (text,) = findings(other)
    assert (
        "rest on different segments" in text.text
        and "0.125 (95% interval −0.500 to 0.400)" in text.text
    )
    assert findings(FOUND) == ()
    alike = replace(other.difference, correlation=Measured(0.6, 0.4, 0.8, 3))
    assert findings(replace(other, difference=alike)) == ()
    single = replace(other.difference, correlation=Measured(0.1, n=1))
    assert findings(replace(other, difference=single)) == ()


def test_nothing_to_compare() -> None:
    nothing = Difference((), 4, Measured(float("nan"), n=0), (), ())
    (part,) = sections(replace(FOUND, difference=nothing))
    assert [type(block) for block in part.blocks] == [Text, Text]
    few = replace(FOUND.difference, gained=(), lost=())
    (part,) = sections(replace(FOUND, difference=few))
    assert any(isinstance(one, Text) and one.tone == "note" for one in part.blocks)


def test_read_again(tmp_path: Path) -> None:
    path = tmp_path / "explanations" / "difference.json"
    write_beside(path, FOUND)
    again = read_beside(path)
    assert again.as_json() == FOUND.as_json()
    assert again.difference.gained == FOUND.difference.gained
