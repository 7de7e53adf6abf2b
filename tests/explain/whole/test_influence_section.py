"""What is said of training rows, by the record alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.core.report.html import render
from pellucid.core.report.tree import Drawing, Gallery, Report, Section, Table, Text
from pellucid.explain.whole.influence_section import (
    findings,
    heading,
    how,
    sections,
    sentences,
    suspicion,
)
from pellucid.explain.whole.influences import (
    Influence,
    Influences,
    Influential,
    Suspected,
    read_influences,
    write_influences,
)
from pellucid.multimodal.media import File

ROW = Influence(
    "r1",
    "bad",
    "good",
    (Influential("t1", "good", 0.25, 0.99, True), Influential("t2", "good", 0.125, 0.5, False)),
    (Influential("t3", "bad", -0.5, 0.75, False),),
)
FOUND = Influences(
    "tracin",
    3,
    (ROW,),
    (Suspected("t3", "bad", 2.5, "good", 0.01), Suspected("t4", "good", 1.5, "bad", 0.2)),
)
TEXTS = {
    "r1": "a <b>fine</b> room",
    "t1": "a <b>fine</b> room",
    "t2": "x" * 400,
    "t3": "a dull room",
    "t4": "a clean desk",
}


def cells(row: str) -> dict[str, str]:
    return {"text": TEXTS[row]}


def test_sentences() -> None:
    assert sentences(ROW) == [
        "Most for it: t1 (labelled “good”, +0.250), t2 (labelled “good”, +0.125).",
        "Most against it: t3 (labelled “bad”, −0.500).",
        "The same stands in the training rows, byte for byte: t1.",
    ]
    nothing = replace(ROW, helpful=(), harmful=())
    assert sentences(nothing) == [
        "No training row spoke for it.",
        "No training row spoke against it.",
    ]
    assert suspicion(FOUND.suspected[0]) == (
        "labelled “bad”, answered “good” (its label has a probability of 0.01; "
        "self-influence 2.500)"
    )


def test_what_was_asked() -> None:
    assert heading(ROW, FOUND) == "answered “good”, labelled “bad”"
    assert heading(replace(ROW, label="good"), FOUND) == "answered “good”"
    asked = replace(FOUND, answer="label")
    assert heading(replace(ROW, label="good"), asked) == "asked about its label “good”"
    assert "summed over 3 checkpoints (TracIn" in how(FOUND)
    assert "summed over 1 checkpoint (" in how(replace(FOUND, checkpoints=1))
    assert "by the trained model alone" in how(replace(FOUND, checkpoints=0))
    assert "cosine of both rows’ gradients" in how(replace(FOUND, measure="cosine"))


def test_nodes() -> None:
    rows, suspected = sections(replace(FOUND, rows=(ROW,) * 4), rows=3, cells=cells)
    assert len(rows.blocks) == 3
    assert "3 of them are shown" in rows.lead and "first order" in rows.lead
    one = rows.blocks[0]
    assert isinstance(one, Section) and one.lead == "Answered “good”, labelled “bad”."
    drawn, table = one.blocks
    assert isinstance(drawn, Drawing) and "a &lt;b&gt;fine&lt;/b&gt; room" in drawn.html
    assert isinstance(table, Table)
    assert [row[:5] for row in table.rows] == [
        ("t1", "good", 0.25, 0.99, "yes"),
        ("t2", "good", 0.125, 0.5, "no"),
        ("t3", "bad", -0.5, 0.75, "no"),
    ]
    assert table.columns[-1] == "text"
    assert table.rows[1][-1] == "x" * 160 + "…"
    (listed,) = suspected.blocks
    assert isinstance(listed, Table)
    assert listed.rows[0] == ("t3", "bad", "good", 0.01, 2.5, "a dull room")
    assert "mislabelled or rare stand first" in suspected.lead
    assert sections(replace(FOUND, rows=(), suspected=())) == ()


def test_without_cells_there_is_what_the_record_holds() -> None:
    rows, suspected = sections(FOUND)
    (table,) = rows.blocks[0].blocks  # type: ignore[union-attr]
    assert isinstance(table, Table) and table.columns[-1] == "The same"
    assert isinstance(suspected.blocks[0], Table) and len(suspected.blocks[0].columns) == 5


def test_an_answer_that_nothing_spoke_for() -> None:
    (part, _) = sections(replace(FOUND, rows=(replace(ROW, helpful=(), harmful=()),)))
    (text,) = part.blocks[0].blocks  # type: ignore[union-attr]
    assert isinstance(text, Text) and "No training row" in text.text


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, File]:
    out = {}
    for number, row in enumerate(TEXTS):
        path = tmp_path / f"{row}.png"
        Image.fromarray(np.full((8, 8, 3), 40 * number, np.uint8)).save(path)
        out[row] = File.at(path, f"photos/{row}.png")
    return out


def test_pictures_are_drawn_and_named(pictures: dict[str, File]) -> None:
    rows, suspected = sections(
        FOUND,
        cells=lambda row: {"photo": pictures[row], "question": TEXTS[row]},
        modalities={"photo": "image", "question": "text"},
    )
    gallery, table = rows.blocks[0].blocks  # type: ignore[union-attr]
    assert isinstance(gallery, Gallery)
    assert [one.alt for one in gallery.drawings] == ["Row r1", "Row t1", "Row t2", "Row t3"]
    assert all(one.html.count("<img") == 1 for one in gallery.drawings)
    assert "&lt;b&gt;" in gallery.drawings[0].html and "<b>" not in gallery.drawings[0].html
    assert gallery.drawings[3].caption.endswith("spoke against it (−0.500).")
    assert isinstance(table, Table) and table.rows[0][-2:] == ("photos/t1.png", TEXTS["t1"])
    assert isinstance(suspected.blocks[0], Gallery)
    (Path(pictures["t1"])).unlink()
    again, _ = sections(
        FOUND, cells=lambda row: {"photo": pictures[row]}, modalities={"photo": "image"}
    )
    page = render(Report("t", "s", (), (again,)))
    assert "photos/t1.png can’t be read any more." in page
    assert str(Path(pictures["t1"]).parent) not in page


def test_the_page_holds_nothing_unescaped() -> None:
    odd = replace(ROW, id="<i>", label="<i>bad", prediction="<i>good")
    page = render(
        Report(
            "t",
            "s",
            findings(FOUND),
            sections(replace(FOUND, rows=(odd,)), cells=lambda row: {"text": "<b>&"}),
        )
    )
    assert "<b>&" not in page and "<i>" not in page
    assert "&lt;i&gt;good" in page


def test_improbable_labels_are_told_of_in_the_summary() -> None:
    (text,) = findings(FOUND)
    assert text.text.startswith(
        "Of the 2 rows of the training split with the largest influence on themselves, 1 has a "
        "label that the trained model gives a probability below 5%: t3 (“bad”). It is mislabelled "
        "or rare"
    )
    many = replace(FOUND, suspected=FOUND.suspected[:1] * 5)
    assert "t3 (“bad”), t3 (“bad”), t3 (“bad”) and 2 more. They are" in findings(many)[0].text
    assert findings(replace(FOUND, suspected=FOUND.suspected[1:])) == ()


def test_read_again(tmp_path: Path) -> None:
    asked = replace(FOUND, answer="label")
    write_influences(tmp_path / "explanations" / "found.json", asked)
    assert read_influences(tmp_path / "explanations" / "found.json") == asked
