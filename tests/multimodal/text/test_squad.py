"""SQuAD's form: files flattened to rows, and cells of answers found in their contexts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pellucid.errors import DataError
from pellucid.multimodal.text.squad import (
    COLUMNS,
    Answer,
    flatten,
    is_squad,
    read_answers,
    write_answers,
)

CONTEXT = "Anna met Ben. Ben met Carl; Carl met Anna."


def file(*questions: dict[str, Any], context: Any = CONTEXT) -> dict[str, Any]:
    """One document with one paragraph."""
    return {"data": [{"title": "T", "paragraphs": [{"context": context, "qas": list(questions)}]}]}


def test_a_row_for_each_question() -> None:
    one = {"id": "1", "question": "Who?", "answers": [{"text": "Ben", "answer_start": 9}]}
    two = {
        "id": "2",
        "question": "Why?",
        "is_impossible": True,
        "answers": [],
        "plausible_answers": [{"text": "Carl", "answer_start": 22}],
    }
    rows = flatten(file(one, two, {"question": "When?"}), "f.json")
    assert [tuple(row) for row in rows] == [COLUMNS] * 3
    assert [row["answers"] for row in rows] == [one["answers"], [], []]
    assert [row["id"] for row in rows] == ["1", "2", None]
    assert {row["title"] for row in rows} == {"T"}
    assert all(row["context"] is CONTEXT for row in rows)  # held in memory once


@pytest.mark.parametrize(
    ("found", "squad"),
    [
        (file(), True),
        ({"data": []}, True),
        ({"data": [{"text": "a"}]}, False),
        ({"rows": []}, False),
        ([{"paragraphs": []}], False),
        (3, False),
    ],
)
def test_which_files_are_of_this_form(found: Any, squad: bool) -> None:
    assert is_squad(found) is squad


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (file({"question": 3}), "document 1, paragraph 1, question 1: “question” is int"),
        (file({"question": "a"}, {"id": 2}), "question 2: “question” is missing"),
        (file(3), "question 1: “question” is missing"),  # type: ignore[arg-type]
        (file(context=None), "document 1, paragraph 1: “context” is missing"),
        ({"data": [{"paragraphs": {}}]}, "f.json, document 1: “paragraphs” is dict"),
        ({"data": [{"paragraphs": [{"context": "a"}]}]}, "paragraph 1: “qas” is missing"),
    ],
)
def test_what_is_missing_is_told_with_its_place(found: Any, said: str) -> None:
    with pytest.raises(DataError, match="in SQuAD's form") as error:
        flatten(found, "f.json")
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("cell", "starts"),
    [
        ([{"text": "Ben", "answer_start": 14}], [14]),
        ([{"text": "Ben", "start": 14}, {"text": "Anna", "start": 37}], [14, 37]),
        ({"text": ["Ben", "Carl"], "answer_start": [9, 28]}, [9, 28]),
        ({"text": ["Ben"]}, [9]),
        ({"text": [], "answer_start": []}, []),
        (["Carl", "Ben"], [22, 9]),
        ({"text": "Carl", "answer_start": 28}, [28]),
        ([], []),
        ([{"text": "Ben", "answer_start": 15}], [14]),  # counted otherwise: the nearest place
        ([{"text": "Ben", "answer_start": 11}], [9]),
        ([{"text": "Carl", "answer_start": 999}], [28]),
        ([{"text": " Ben ", "answer_start": 13}], [14]),
        ([{"text": "Ben", "start": 9}, {"text": "Ben", "answer_start": 9}], [9]),
        ([{"text": "", "answer_start": 0}], []),
    ],
)
def test_answers_are_found_in_their_context(cell: Any, starts: list[int]) -> None:
    found = read_answers(json.dumps(cell), CONTEXT)
    assert [one.start for one in found] == starts
    assert all(CONTEXT[one.start : one.end] == one.text for one in found)
    assert read_answers(write_answers(found), CONTEXT) == found


def test_a_cell_of_plain_text_is_one_answer() -> None:
    assert read_answers(" Ben met Carl", CONTEXT) == (Answer("Ben met Carl", 14),)
    assert read_answers("[sic]", "as written [sic] there") == (Answer("[sic]", 11),)
    assert read_answers(None, CONTEXT) == read_answers(" ", CONTEXT) == ()


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("Dora", "the answer “Dora” doesn't stand in the context"),
        ('{"answer": "Ben"}', "this is no answer"),
        ("[3]", "this is no answer"),
        ('[{"text": "Ben", "answer_start": "9"}]', "expected a whole number"),
        ('{"text": ["Ben"], "answer_start": [9, 14]}', "1 texts stand beside 2 starts"),
    ],
)
def test_cells_that_hold_no_answer(cell: str, said: str) -> None:
    with pytest.raises(ValueError, match="(?s)" + said.replace("(", r"\(")):
        read_answers(cell, CONTEXT)
