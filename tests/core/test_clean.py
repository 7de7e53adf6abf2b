"""Cleaning: which rows are dropped, in which order, and what the lineage says."""

from __future__ import annotations

import pandas as pd
import pytest

from pellucid.core.clean import clean, near_key
from pellucid.core.lineage import Step
from pellucid.core.spec import CleanStep


def steps(*raw: object) -> list[CleanStep]:
    return [CleanStep.model_validate(one) for one in raw]


def kept(table: pd.DataFrame, *raw: object, inputs: list[str] | None = None) -> list[int]:
    table = table.assign(row=range(len(table)))
    found, _ = clean(table, steps(*raw), inputs or ["text"], [*(inputs or ["text"]), "y"])
    assert found.index.tolist() == list(range(len(found)))
    return found["row"].tolist()


def test_rows_without_label_or_input_are_dropped() -> None:
    table = pd.DataFrame(
        {"text": ["a", None, " ", "d", ""], "y": ["x", "x", "x", None, "x"]}, dtype=object
    )
    assert kept(table, "drop_missing") == [0]
    assert kept(table) == [0, 1, 2, 3, 4]
    assert kept(table, {"drop_missing": False}) == [0, 1, 2, 3, 4]


def test_the_first_of_equal_rows_is_kept() -> None:
    table = pd.DataFrame(
        {"text": ["b", "a", "b", "B", "b "], "y": ["x", "x", "y", "x", "x"]}, dtype=object
    )
    assert kept(table, "drop_duplicates") == [0, 1, 3, 4]
    assert kept(table, {"drop_duplicates": {"near": True}}) == [0, 1]


def test_rows_are_equal_where_every_part_is() -> None:
    table = pd.DataFrame(
        {"text": ["a", "a", "a b", "a"], "more": ["b", "c", "", "b"], "y": list("xxxx")}
    )
    assert kept(table, "drop_duplicates", inputs=["text", "more"]) == [0, 1, 2]
    assert kept(table, {"drop_duplicates": {"near": True}}, inputs=["text", "more"]) == [0, 1, 2]


def test_a_missing_text_is_not_the_word_none() -> None:
    table = pd.DataFrame({"text": [None, "None", "none", None], "y": list("xxxx")}, dtype=object)
    assert kept(table, "drop_duplicates") == [0, 1, 2]
    assert kept(table, {"drop_duplicates": {"near": True}}) == [0, 1]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Good, good!", "good   GOOD", True),
        ("ｆｕｌｌ width", "full width", True),
        ("STRASSE", "straße", True),
        ("good", "god", False),
        (":)", ":(", False),  # neither has letters, but they are not the same
        ("👍", "👎", False),
        (":)  ", " :)", True),
        ("!", "", False),
    ],
)
def test_near_duplicates_differ_in_case_punctuation_and_spaces(
    one: str, other: str, same: bool
) -> None:
    assert (near_key(one) == near_key(other)) is same


def test_steps_are_carried_out_in_their_order_and_counted() -> None:
    table = pd.DataFrame({"text": ["a", "a", "b", "b"], "y": [None, "x", "x", "y"]}, dtype=object)
    assert kept(table, "drop_missing", "drop_duplicates") == [1, 2]
    assert kept(table, "drop_duplicates", "drop_missing") == [2]
    _, lineage = clean(
        table, steps("drop_missing", {"drop_duplicates": {"near": True}}), ["text"], ["text", "y"]
    )
    assert lineage == [
        Step("drop_missing", "no label, or an empty input", 4, 3),
        Step("drop_duplicates", "the same inputs, but for case and punctuation", 3, 2),
    ]
    assert lineage[0].as_json() == {
        "name": "drop_missing",
        "reason": "no label, or an empty input",
        "before": 4,
        "after": 3,
    }
