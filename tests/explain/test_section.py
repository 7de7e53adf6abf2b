"""What the report says about explanations, and which rows it shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pellucid.core.report.tree import Drawing, IntervalFigure, Table, Text
from pellucid.explain import importance, sections
from pellucid.explain.section import chosen, findings


@pytest.fixture
def rows(said: Any) -> list[Any]:
    """Twenty rows of which every fourth is answered wrongly."""
    return [
        said(
            "yes",
            [("good", 1.0 + row / 100), ("<b>", 0.1), ("x", -0.5)],
            id=f"r{row}",
            label="no" if row % 4 == 0 else "yes",
        )
        for row in range(20)
    ]


def drawings(section: Any) -> list[Drawing]:
    return [block for block in section.blocks if isinstance(block, Drawing)]


def test_the_words_of_each_class_with_their_intervals(rows: list[Any]) -> None:
    words, _ = sections(rows, importance(rows), maps=4)
    figure, table = words.blocks
    assert isinstance(figure, IntervalFigure) and isinstance(table, Table)
    assert figure.names == ("good", "<b>")
    assert figure.values[0].value == pytest.approx(1.095)
    assert "good +1.09" in figure.alt or "good +1.10" in figure.alt
    assert [row[:2] for row in table.rows] == [("good", 20), ("<b>", 20)]
    assert table.note.startswith("20 rows were explained for this answer.")
    assert words.lead == (
        "Integrated gradients of the answer’s logit, against a baseline of [PAD]. 16 steps; the "
        "completeness error is at most 5% of the difference in all 20 rows."
    )


def test_words_in_few_rows_are_marked(said: Any) -> None:
    rows = [said("a", [("x", 1.0), *([("y", 2.0)] if n < 3 else [])]) for n in range(9)]
    figure, table = sections(rows, importance(rows), maps=0)[0].blocks
    assert isinstance(figure, IntervalFigure) and isinstance(table, Table)
    assert figure.names == ("y", "x")
    assert figure.marked == table.marked == frozenset({0})


def test_wrong_answers_come_first(rows: list[Any]) -> None:
    _, maps = sections(rows, importance(rows), maps=6)
    drawn = drawings(maps)
    assert len(drawn) == 6
    assert maps.lead == "6 rows of the test split, word by word."
    assert [("wrong, labelled “no”" in one.caption) for one in drawn] == [True] * 3 + [False] * 3
    assert isinstance(maps.blocks[0], Text) and maps.blocks[0].text.endswith("come first.")
    right = [one for one in rows if one.label == one.prediction]
    only_right = sections(right, {}, maps=6)[1]
    assert isinstance(only_right.blocks[0], Text)
    assert "Wrong" not in only_right.blocks[0].text


@pytest.mark.parametrize(
    ("wrong", "right", "maps", "expected"),
    [(5, 15, 6, 3), (1, 15, 6, 1), (15, 2, 6, 4), (15, 0, 6, 6), (0, 15, 6, 0), (3, 3, 1, 1)],
)
def test_as_many_maps_as_asked_for(
    said: Any, wrong: int, right: int, maps: int, expected: int
) -> None:
    rows = [said("a", [("x", 1.0)], label="b", id=f"w{n}") for n in range(wrong)]
    rows += [said("a", [("x", 1.0)], id=f"r{n}") for n in range(right)]
    drawn = chosen(rows, maps)
    assert len(drawn) == len({one.id for one in drawn}) == min(maps, wrong + right)
    assert sum(one.label == "b" for one in drawn) == expected


def test_a_caption_says_what_was_answered_and_how_exact_it_is(said: Any) -> None:
    one = said("no", [("x", 1.5)], id="r7", label="yes", prediction="no", output=2.52, special=0.01)
    (caption,) = (one.caption for one in drawings(sections([one], {}, maps=1)[1]))
    assert caption == (
        "Row r7: answered “no” (wrong, labelled “yes”). Scores for “no”: they add up to +1.51 "
        "logits, of which +0.01 stands on the tokens that frame the text, with an error of "
        "-0.010 (0.7%, 16 steps)."
    )


def test_rows_that_missed_the_tolerance_are_named_and_marked(rows: list[Any]) -> None:
    rough = replace(rows[1], output=rows[1].output + 0.5, evaluations=64)
    rows[1] = rough
    words, maps = sections(rows, importance(rows), maps=20)
    assert "16 to 64 steps" in words.lead
    assert words.lead.endswith("in all but 1 of 20 rows, which are kept and marked.")
    marked = [one.caption for one in drawings(maps) if "above the tolerance" in one.caption]
    assert len(marked) == 1 and marked[0].startswith("Row r1:")
    said, warning = findings(rows, importance(rows))
    assert said.tone == "finding" and warning.tone == "warning"
    assert warning.text.startswith("The word scores of 1 of 20 rows are rough")
    assert "more than 5% after 64 steps" in warning.text


def test_the_summary_names_only_words_whose_interval_leaves_out_zero(said: Any) -> None:
    rows = [said("yes", [("good", 1.0 + n / 10)], id=f"r{n}") for n in range(4)]
    rows += [said("yes", [("lucky", s)], id=f"s{s}") for s in (0.01, 5.0, 0.02)]
    (finding,) = findings(rows, importance(rows))
    assert finding.text.startswith("Over 7 rows of the test split that were explained")
    assert "“yes” “good”. A word" in finding.text and "lucky" not in finding.text


def test_nothing_to_say(said: Any) -> None:
    assert findings([], {}) == sections([], {}, maps=3) == ()
    rows = [said("yes", [("x", -1.0)])]
    assert findings(rows, importance(rows)) == ()
    (words,) = sections(rows, importance(rows), maps=0)
    assert isinstance(words.blocks[0], Text)
    assert "No word stood in enough explained rows" in words.blocks[0].text


def test_data_is_escaped(rows: list[Any]) -> None:
    _, maps = sections(rows, importance(rows), maps=2)
    assert all("<b>" not in one.html and "&lt;b&gt;" in one.html for one in drawings(maps))


def test_the_maps_of_a_run_open_as_pictures(finished: Path) -> None:
    pictures = sorted((finished / "explanations" / "maps").rglob("*.png"))
    assert len(pictures) == 6
    for path in pictures:
        with Image.open(path) as picture:
            picture.load()
            assert picture.width > 500 and len(picture.getcolors(1 << 24) or []) > 5


def test_other_methods_and_tasks_are_named(said: Any) -> None:
    rows = [
        said("a", [("x", 1.0)], id=f"r{n}", method="elsewhere", complete=False, evaluations=3)
        for n in range(4)
    ]
    words, maps = sections(rows, importance(rows), maps=1)
    assert (words.anchor, maps.anchor) == ("explain-words-elsewhere", "explain-maps-elsewhere")
    assert words.title == "The most important words, by elsewhere"
    assert words.lead == (
        "elsewhere of the answer’s logit, against a baseline of [PAD]. 3 evaluations; they need "
        "not add up to the difference between the two answers."
    )
    (caption,) = (one.caption for one in drawings(maps))
    assert caption == (
        "Row r0: answered “a” (right). Scores for “a”, which need not add up to anything "
        "(3 evaluations)."
    )
    entity = said("PER", [("x", 1.0)], about="Ada", task="token_classification", label="")
    (caption,) = (one.caption for one in drawings(sections([entity] * 2, {}, maps=1)[1]))
    assert caption.startswith("Row r1: answered “PER”. Scores for “PER” of “Ada”: they add up to")
    number = said("stars", [("x", 1.0)], task="regression", label="2", prediction="3.1")
    (caption,) = (one.caption for one in drawings(sections([number], {}, maps=1)[1]))
    assert caption.startswith("Row r1: answered 3.1 (labelled 2). Scores for “stars”: they add up")
    answer = said("answer", [("x", 1.0)], task="extractive_qa", about="in 1998", label="")
    assert (
        "Scores for the answer “in 1998”" in drawings(sections([answer], {}, maps=1)[1])[0].caption
    )


def test_pictures_are_drawn_where_their_files_lie(said: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (8, 8), (200, 30, 30)).save(file)
    from pellucid.explain.attribution import Drawn
    from pellucid.multimodal.image.outline import Outline

    outline = Outline(str(file), np.repeat([[0] * 8, [1] * 8], 4, axis=0).astype(np.int32), None)
    one = said("a", [("0, 2", 1.0), ("0, 6", -0.5)], columns=("photo", "photo"))
    one = replace(one, drawn=(Drawn("image", ("photo",), 2, outline.as_json()),))
    kept = sections([one], {}, maps=1, cells=lambda row: {"photo": str(file)})[1]
    assert "<svg" in drawings(kept)[0].html and "segment" in kept.blocks[0].text  # type: ignore[union-attr]
    file.unlink()
    gone = sections([one], {}, maps=1, cells=lambda row: {"photo": str(file)})[1]
    assert "can’t be read any more" in drawings(gone)[0].html
