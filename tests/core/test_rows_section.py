"""Rows to look at: which ones are shown, in which order, and what is said of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid.core.dataset import Dataset
from pellucid.core.report.tree import Gallery, Section, Table, Text
from pellucid.core.rows_section import LISTED, MISTAKES, RIGHT, left_out, section
from pellucid.core.spec import DataSpec
from pellucid.multimodal.media import File

ROWS = 40


def spec(**inputs: str) -> DataSpec:
    return DataSpec.model_validate({"source": "t.csv", "inputs": inputs, "label": "label"})


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Pictures with a question each, of which the first 30 rows are test rows."""
    files = []
    for row in range(ROWS):
        path = tmp_path / f"{row}.png"
        Image.new("RGB", (6, 6), (row, 0, 0)).save(path)
        files.append(File.at(path, path.name))
    return Dataset(
        inputs={
            "image": np.array(files, object),
            "question": np.array([f"What is <{row}>?" for row in range(ROWS)], object),
        },
        modalities={"image": "image", "question": "text"},
        label=np.array(["a"] * ROWS, object),
        ids=np.array([f"r{row}" for row in range(ROWS)], object),
        split=np.array(["test"] * 30 + ["train"] * 10, object),
        labels=("a", "b"),
        groups={},
        weight=np.ones(ROWS, np.float32),
        fingerprint="",
        lineage=(),
    )


def frame(dataset: Dataset, **columns: Any) -> pd.DataFrame:
    known = {"id": dataset.ids, "split": dataset.split, "label": dataset.label}
    return pd.DataFrame(known | columns)


def shown(part: Section) -> list[str]:
    (gallery,) = part.blocks
    assert isinstance(gallery, Gallery)
    return [one.caption for one in gallery.drawings]


def test_the_surest_mistakes_come_first(dataset: Dataset) -> None:
    wrong = np.arange(ROWS) % 2 == 1
    score = np.linspace(0.5, 0.99, ROWS)
    b = np.where(wrong, score, 1 - score)
    predictions = frame(
        dataset,
        prediction=np.where(wrong, "b", "a"),
        **{"score:a": 1 - b, "score:b": b},
    )
    (found,) = section("classification", predictions, dataset, spec(image="image"))
    mistakes, right = found.blocks
    assert isinstance(mistakes, Section) and isinstance(right, Section)
    # Of the 30 test rows the odd ones are wrong, the last the surest.
    assert [said.split(":")[0] for said in shown(mistakes)] == [
        f"Row r{row}" for row in range(29, 5, -2)
    ]
    assert len(shown(mistakes)) == MISTAKES
    assert shown(mistakes)[0] == f"Row r29: answered “b” ({score[29]:.3f}), labelled “a”."
    rights = [int(said.split(":")[0].removeprefix("Row r")) for said in shown(right)]
    assert len(rights) == RIGHT and rights == sorted(rights, reverse=True)
    assert rights[0] == 28 and rights[-1] == 0
    assert "30 test rows" in found.lead


def test_a_row_shows_its_picture_and_its_question(dataset: Dataset) -> None:
    predictions = frame(
        dataset, prediction=["b"] * ROWS, **{"score:a": [0.1] * ROWS, "score:b": [0.9] * ROWS}
    )
    (found,) = section("classification", predictions, dataset, spec(image="image"))
    (gallery,) = found.blocks[0].blocks  # type: ignore[union-attr]
    first = gallery.drawings[0]  # type: ignore[union-attr]
    assert first.html.count("<img ") == 1 and "What is &lt;0&gt;?" in first.html
    assert str(dataset.inputs["image"][0]) not in first.html
    (none,) = found.blocks[1].blocks  # type: ignore[union-attr]
    assert isinstance(none, Text) and "none" in none.text


def test_texts_alone_have_no_such_section(dataset: Dataset) -> None:
    texts = Dataset(
        **vars(dataset)
        | {
            "inputs": {"question": dataset.inputs["question"]},
            "modalities": {"question": "text"},
        }
    )
    predictions = frame(dataset, prediction=dataset.label)
    assert section("classification", predictions, texts, spec(question="text")) == ()


def test_numbers_are_ranked_by_their_distance(dataset: Dataset) -> None:
    predictions = frame(dataset, prediction=np.arange(ROWS, dtype=float))
    predictions["label"] = "0"
    (found,) = section("regression", predictions, dataset, spec(image="image"))
    largest, smallest = (shown(part) for part in found.blocks)  # type: ignore[arg-type]
    assert largest[0].startswith("Row r29: answered 29")
    assert smallest[0].startswith("Row r0: answered 0.000, labelled 0.000")


def test_sets_are_ranked_by_what_differs(dataset: Dataset) -> None:
    said = ["a|b", "a", "", *["b"] * (ROWS - 3)]
    predictions = frame(dataset, prediction=said)
    predictions["label"] = ["", "a", "", *["a"] * (ROWS - 3)]
    (found,) = section("multilabel", predictions, dataset, spec(image="image"))
    worst, right = (shown(part) for part in found.blocks)  # type: ignore[arg-type]
    assert worst[0] == "Row r0: answered “a”, “b”; has no label."
    assert worst[1] == "Row r3: answered “b”; has “a”."
    assert right == ["Row r1: answered “a”.", "Row r2: answered no label."]


def test_rows_that_were_left_out_are_listed() -> None:
    assert left_out([]) == []
    one = {
        "source": "/far/away/t.csv",
        "row": 1234,
        "column": "image",
        "cell": "x.png",
        "reason": "empty",
    }
    (table,) = left_out([one] * (LISTED + 3))
    assert isinstance(table, Table)
    assert table.rows[0] == ("t.csv", 1234, "image", "x.png", "empty")
    assert len(table.rows) == LISTED and "3 more" in table.note


@pytest.fixture
def talks(dataset: Dataset) -> Dataset:
    """Conversations, one in each row."""
    cells = [
        json.dumps(
            [
                {"role": "system", "content": "fee: <b>5</b> euros"},
                {"role": "user", "content": f"What is the fee of {row}?"},
                {"role": "assistant", "content": f"It is {row} euros."},
            ]
        )
        for row in range(ROWS)
    ]
    return Dataset(
        **vars(dataset)
        | {
            "inputs": {"messages": np.array(cells, object)},
            "modalities": {"messages": "text"},
            "labels": (),
        }
    )


def talk_frame(talks: Dataset) -> pd.DataFrame:
    """Let the even rows match, the loss grow with the row, and three rows have no answer."""
    told = [f"It is {row} euros." for row in range(ROWS)]
    written = [text.upper() if row % 2 == 0 else "Ask <me>." for row, text in enumerate(told)]
    return frame(
        talks,
        prediction=[None] * 3 + written[3:],
        nats=np.arange(1.0, ROWS + 1),
        tokens=[2] * ROWS,
        **{"group:style": ["learner"] * ROWS},
    ).assign(label=told)


def test_conversations_are_shown_as_such(talks: Dataset) -> None:
    (found,) = section("chat", talk_frame(talks), talks, spec(messages="text"))
    differ, match = found.blocks
    (gallery,) = differ.blocks  # type: ignore[union-attr]
    html = str(gallery.drawings[0].html)  # type: ignore[union-attr]
    said = re.findall(
        r'<span class="speaker">(.*?)</span><p class="part" dir="auto">(.*?)</p>', html
    )
    assert said == [
        ("System", "fee: &lt;b&gt;5&lt;/b&gt; euros"),
        ("User", "What is the fee of 29?"),
        ("Assistant · generated", "Ask &lt;me&gt;."),
        ("Assistant · reference", "It is 29 euros."),
    ]
    assert "role" not in re.sub("<[^>]*>", "", html)
    # Matching answers need no reference beside them.
    (gallery,) = match.blocks  # type: ignore[union-attr]
    assert str(gallery.drawings[0].html).count("Assistant") == 1  # type: ignore[union-attr]
    assert "27 test rows" in found.lead


def test_conversations_are_ranked_by_their_perplexity(talks: Dataset) -> None:
    (found,) = section("chat", talk_frame(talks), talks, spec(messages="text"))
    differ, match = (shown(part) for part in found.blocks)  # type: ignore[arg-type]
    assert [one.split(":")[0] for one in differ] == [f"Row r{row}" for row in range(29, 5, -2)]
    # exp(6 / 2) and exp(4 / 2): the loss is over tokens.
    five = talk_frame(talks).iloc[:6]
    (found,) = section("chat", five, talks, spec(messages="text"))
    differ, match = (shown(part) for part in found.blocks)  # type: ignore[arg-type]
    assert differ == [
        "Row r5: perplexity 20.086; style “learner”.",
        "Row r3: perplexity 7.389; style “learner”.",
    ]
    assert [one.split(":")[0] for one in match] == ["Row r4"]


def test_runs_whose_answers_were_not_generated_show_no_conversations(talks: Dataset) -> None:
    predictions = talk_frame(talks).assign(prediction=None)
    assert section("chat", predictions, talks, spec(messages="text")) == ()


def test_a_conversation_about_a_picture_shows_it(talks: Dataset, dataset: Dataset) -> None:
    both = Dataset(
        **vars(talks)
        | {
            "inputs": {**talks.inputs, "image": dataset.inputs["image"]},
            "modalities": {"messages": "text", "image": "image"},
        }
    )
    (found,) = section("chat", talk_frame(both), both, spec(messages="text"))
    (gallery,) = found.blocks[0].blocks  # type: ignore[union-attr]
    html = str(gallery.drawings[0].html)  # type: ignore[union-attr]
    assert html.index("<img ") < html.index("talk")
