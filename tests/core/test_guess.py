"""Guessing roles: real tables, and small ones that could mislead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pellucid.core.guess import as_spec, guess
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


@pytest.mark.parametrize("name", ["adult/adult.csv", "compas/compas-scores-two-years.csv"])
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


def seen(**columns: Any) -> dict[str, tuple[str, str]]:
    folder = columns.pop("folder", None)
    found = guess(pd.DataFrame(columns), "t.csv", folder=folder)
    return {one.column: (one.role, one.modality) for one in found}


PICTURES = [f"pictures/{row}.jpg" for row in range(60)]
SOUNDS = [f"{row}.wav" for row in range(60)]


def test_real_sounds(real_data: Callable[[str], Path]) -> None:
    path = real_data("fsdd") / "metadata.csv"
    table = read_table(SourceSpec(path=str(path)))
    found = {one.column: one for one in guess(table, str(path), folder=path.parent)}
    assert {name: one.role for name, one in found.items()} == {
        "file": "input",
        "label": "label",
        "accent": "group",
        "split": "split",
        "speaker": "none",
        "gender": "none",  # all of them are men
        "sample_rate": "none",
        "seconds": "none",
    }
    assert found["file"].modality == "audio"
    spec = as_spec(table, str(path), list(found.values()))
    assert spec.inputs == {"file": "audio"} and spec.label == "label"


def test_pictures_with_questions() -> None:
    asked = ["what is the colour?", "is there a circle?"] * 30
    found = seen(image=PICTURES, question=asked, answer=["red", "yes", "blue"] * 20, n=range(60))
    assert found["image"] == ("input", "image") and found["question"] == ("input", "text")
    assert found["answer"][0] == "label" and found["n"][0] == "none"
    # What is asked is answered, whatever else could be learnt.
    found = seen(
        image=PICTURES, question=asked, labels=["a|b", "b"] * 30, answer=["no", "yes"] * 30
    )
    assert found["answer"][0] == "label" and found["labels"][0] == "none"
    # “prompt” beside “answer” would be a chat, were it not for the pictures.
    found = seen(image=PICTURES, prompt=asked, answer=["red", "yes"] * 30)
    assert [role for role, _ in found.values()] == ["input", "input", "label"]


def test_pictures_with_what_is_said_of_them() -> None:
    said = [f"a {word} circle on a background" for word in ("red", "blue", "green")] * 20
    found = seen(image=PICTURES, caption=said, n=range(60))
    assert found["image"] == ("input", "image") and found["caption"] == ("input", "text")
    assert found["n"][0] == "none"  # nothing is a label
    # Where a column is named as the label, that is learnt.
    found = seen(image=PICTURES, caption=said, label=["yes", "no"] * 30)
    assert found["label"][0] == "label" and found["caption"] == ("input", "text")
    # A question is asked of the pictures, whatever else is said of them.
    found = seen(image=PICTURES, caption=said, question=said, answer=["yes", "no"] * 30)
    assert found["question"] == ("input", "text") and found["caption"][0] == "none"


def test_one_column_of_pictures_or_sounds_is_read() -> None:
    found = seen(a=SOUNDS, b=PICTURES, text=TEXTS, label=["yes", "no"] * 30)
    assert found["a"] == ("input", "audio") and found["b"][0] == "none"
    assert found["text"][0] == "none"  # no model here reads sounds and texts together
    found = seen(a=PICTURES, text=TEXTS, label=["yes", "no"] * 30)
    assert found["a"] == ("input", "image") and found["text"] == ("input", "text")


def test_columns_that_only_look_like_files(tmp_path: Path) -> None:
    links = [f"https://example.org/{row}.jpg" for row in range(60)]
    labels = ["yes", "no"] * 30
    found = seen(link=links, text=TEXTS, label=labels, folder=tmp_path)
    assert found["link"][0] == "none" and found["text"] == ("input", "text")
    mixed = [*PICTURES[:-1], "b.txt"]
    assert seen(files=mixed, text=TEXTS, label=labels)["files"][0] == "none"
    with pytest.raises(DataError, match=r"name pictures, and there are no such files.*--input"):
        seen(link=links, label=labels, folder=tmp_path)
    # A few that are missing are told later, all at once.
    for name in PICTURES[:40]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert seen(file=PICTURES, label=labels, folder=tmp_path)["file"] == ("input", "image")


def test_a_column_of_files_named_by_a_person(tmp_path: Path) -> None:
    table = pd.DataFrame({"f": SOUNDS, "text": TEXTS, "y": ["a", "b"] * 30})
    found = guess(table, "t.csv", label="y", inputs=["f"], folder=tmp_path)
    assert (found[0].role, found[0].modality) == ("input", "audio")
    assert as_spec(table, "t.csv", found).inputs == {"f": "audio"}
