"""Guessing the task from a table's columns."""

import json

import numpy as np
import pandas as pd
import pytest

from pellucid.core.spec import DataSpec
from pellucid.core.tasks.guess import guess
from pellucid.errors import RecipeError


def guessed(table, **data):
    frame = pd.DataFrame(table).astype(object)
    return guess(list(frame.columns), DataSpec(source="rows.csv", **data), frame)


def labelled(cells):
    return guessed({"text": ["a"] * len(cells), "y": cells}, inputs={"text": "text"}, label="y")


def test_words_and_few_numbers_are_classes():
    assert labelled(["yes", "no", "yes"]) == "classification"
    assert labelled([str(stars) for stars in [1, 2, 3, 4, 5] * 20]) == "classification"
    # Seventy-seven numbered intents, as in Banking77.
    assert labelled([str(row % 77) for row in range(10_000)]) == "classification"
    assert labelled(["0.5", "1.0"] * 30) == "classification"
    assert labelled([None, None]) == "classification"


def test_many_numbers_are_a_measure():
    rng = np.random.default_rng(0)
    assert labelled([f"{value:.3f}" for value in rng.random(200)]) == "regression"
    assert labelled([str(price) for price in rng.integers(0, 100_000, 500)]) == "regression"
    assert labelled(["12.5", None, *(str(number / 7) for number in range(40))]) == "regression"
    assert labelled([*(str(number / 7) for number in range(40)), "none"]) == "classification"


def test_several_label_columns_are_several_labels():
    table = {"text": ["a"], "rude": ["0"], "loud": ["1"]}
    assert guessed(table, inputs={"text": "text"}, labels=["rude", "loud"]) == "multilabel"


def test_lists_of_tags_are_tags():
    tags = [json.dumps(["O", "B-PER", "I-PER"]), json.dumps(["O", "O"])]
    assert labelled(tags) == "token_classification"
    assert labelled([json.dumps(["rude", "loud"])] * 2) == "classification"
    assert labelled(["[sic]", "x"]) == "classification"


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        (["question", "context", "answers", "id"], "extractive_qa"),
        (["messages"], "chat"),
        (["id", "conversations"], "chat"),
        (["prompt", "completion"], "chat"),
        (["instruction", "input", "output"], "chat"),
        (["prompt", "chosen", "rejected"], "preference"),
    ],
)
def test_tables_without_a_label_are_known_by_their_columns(columns, task):
    cell = json.dumps([{"role": "user", "content": "Hello"}])
    assert guessed({name: [cell] for name in columns}) == task


def test_answers_may_be_named_as_the_label():
    table = {name: ["x"] for name in ("question", "context", "answers")}
    assert guessed(table, label="answers") == "extractive_qa"


def test_what_cant_be_guessed_is_to_be_named():
    with pytest.raises(RecipeError, match=r"model\.task.*masked_lm"):
        guessed({"text": ["a"]}, inputs={"text": "text"})
    with pytest.raises(RecipeError, match=r"data\.label"):
        guessed({"title": ["a"], "body": ["b"]})
