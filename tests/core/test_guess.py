"""Guessing roles: real tables, and small ones that could mislead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pellucid.core.guess import guess
from pellucid.core.spec import SourceSpec
from pellucid.core.tables import read_table
from pellucid.errors import DataError

TEXTS = [f"this is the text of row number {row} and nothing else" for row in range(60)]


def roles(**columns: Any) -> dict[str, str]:
    table = pd.DataFrame({"text": TEXTS, "label": ["yes", "no"] * 30} | columns)
    return {one.column: one.role for one in guess(table, "t.csv")}


REAL = {
    "rt_polarity/rt_polarity.csv": {"text": "input", "label": "label"},
    "sms_spam/sms.tsv": {"text": "input", "label": "label"},
    "hate_davidson/labeled_data.csv": {"tweet": "input", "class": "label", "": "none"},
    "jigsaw_templates/bias_madlibs_77k.csv": {"Text": "input", "Label": "label"},
    "jigsaw_templates/en_sentence_templates.csv": {"phrase": "input", "toxicity": "label"},
    "jigsaw_templates/toxicity_fuzzed_testset.csv": {
        "comment": "input",
        "toxic": "label",
        "rev_id": "id",
    },
    "eec/Equity-Evaluation-Corpus.csv": {
        "Sentence": "input",
        "Emotion": "label",
        "Gender": "group",
        "Race": "group",
        "ID": "id",
        "Template": "none",
    },
}


@pytest.mark.parametrize("name", REAL)
def test_real_tables(name: str, real_data: Callable[[str], Path]) -> None:
    folder, file = name.split("/")
    path = real_data(folder) / file
    found = {
        one.column: one.role for one in guess(read_table(SourceSpec(path=str(path))), str(path))
    }
    assert {column: found[column] for column in REAL[name]} == REAL[name]
    assert list(found.values()).count("label") == list(found.values()).count("input") == 1


@pytest.mark.parametrize(
    "name", ["adult/adult.csv", "compas/compas-scores-two-years.csv", "fsdd/metadata.csv"]
)
def test_real_tables_without_text(name: str, real_data: Callable[[str], Path]) -> None:
    folder, file = name.split("/")
    path = real_data(folder) / file
    with pytest.raises(DataError, match="no column reads like text") as error:
        guess(read_table(SourceSpec(path=str(path))), str(path))
    assert str(path) in str(error.value) and "--input COLUMN" in str(error.value)


def test_every_role_with_its_reason() -> None:
    table = pd.DataFrame(
        {
            "Row ID": [f"r{row}" for row in range(60)],
            "review": TEXTS,
            "sentiment": ["good", "bad", "so so"] * 20,
            "author_gender": ["f", "m"] * 30,
            "Age Band": ["young", "old", None] * 20,
            "part": ["train"] * 40 + ["dev"] * 10 + ["test"] * 10,
            "sample_weight": [1.5] * 60,
            "colour": ["red", "blue"] * 30,
        }
    )
    found = guess(table, "t.csv")
    assert {one.column: one.role for one in found} == {
        "Row ID": "id",
        "review": "input",
        "sentiment": "label",
        "author_gender": "group",
        "Age Band": "group",
        "part": "split",
        "sample_weight": "weight",
        "colour": "none",
    }
    assert [one.column for one in found] == list(table.columns)
    assert all(one.reason for one in found)


def test_what_only_looks_like_a_role() -> None:
    found = roles(
        part=["train"] * 60,  # nothing to test on
        phase=["train", None, "test"] * 20,
        user_id=["u1", "u2"] * 30,  # not one for each row
        weight=["heavy"] * 60,
        when=[f"2024-01-01 10:00:{row:02}" for row in range(60)],  # words, but no letters
        place=["the old town by the river"] * 60,  # words, but always the same
        key=[f"550e8400-e29b-41d4-a716-4466554400{row:02}" for row in range(60)],
    )
    assert set(found.values()) == {"input", "label", "none"}
    assert found["text"] == "input" and found["label"] == "label"


def test_one_id_is_enough() -> None:
    found = roles(id=range(60), other_id=range(60))
    assert (found["id"], found["other_id"]) == ("id", "none")


def test_classes_before_counts() -> None:
    table = pd.DataFrame({"text": TEXTS, "likes": [0, 1, 2] * 20, "mood": list("abcd") * 15})
    assert {one.column: one.role for one in guess(table, "t.csv")}["mood"] == "label"
    table = pd.DataFrame({"text": TEXTS, "spam": [0, 1] * 30, "mood": list("abcd") * 15})
    assert {one.column: one.role for one in guess(table, "t.csv")}["spam"] == "label"


def test_text_without_spaces() -> None:
    table = pd.DataFrame(
        {"评论": [f"这家酒店的房间非常干净{row}" for row in range(60)], "label": ["a", "b"] * 30}
    )
    assert {one.column: one.role for one in guess(table, "t.csv")}["评论"] == "input"


def test_columns_named_by_a_person() -> None:
    table = pd.DataFrame({"a": ["x"] * 60, "b": TEXTS, "c": list("pq") * 30, "d": list("stu") * 20})
    found = guess(table, "t.csv", label="d", inputs=["a", "b"])
    assert [one.role for one in found] == ["input", "input", "none", "label"]


def test_lists_have_no_role(tmp_path: Path) -> None:
    table = pd.DataFrame({"text": TEXTS, "label": ["a", "b"] * 30, "tags": [["x"]] * 60})
    assert {one.column: one.role for one in guess(table, "t.csv")}["tags"] == "none"


def test_a_table_without_a_label() -> None:
    table = pd.DataFrame({"text": TEXTS, "n": range(60)})
    with pytest.raises(DataError, match="no column could be the label"):
        guess(table, "t.csv")
