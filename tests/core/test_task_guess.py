"""Guessing the task from a table's columns."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid.core.dataset import load
from pellucid.core.look import look
from pellucid.core.spec import DataSpec, SourceSpec
from pellucid.core.tables import read_table
from pellucid.core.tasks import task_of
from pellucid.errors import DataError, RecipeError
from pellucid.new_recipe import write_recipe
from pellucid.recipe import Recipe


def guessed(table, **data):
    frame = pd.DataFrame(table).astype(object)
    return task_of(frame, DataSpec(source="rows.csv", **data))[0]


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
    assert labelled([json.dumps(["rude", "loud"])] * 2) == "multilabel"
    assert labelled([json.dumps([1, 2])] * 2) == "classification"
    assert labelled(["[sic]", "x"]) == "classification"


def test_cells_with_several_labels_by_the_separator_of_the_recipe():
    cells = ["angry|funny", "funny", " ", None, "angry"] * 4
    assert labelled(cells) == "multilabel"
    others = [None if cell is None else cell.replace("|", "; ") for cell in cells]
    assert labelled(others) == "classification"
    table = {"text": ["a"] * 20, "y": others}
    assert guessed(table, inputs={"text": "text"}, label="y", separator=";") == "multilabel"
    # Names of classes may hold a separator; they don't share their parts.
    assert labelled([f"{one}|{one}{one}" for one in "abcdefghijklmnopqrst"]) == "classification"


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


def test_pictures_with_texts_and_no_label_belong_together():
    table = {"image": ["a.png"], "caption": ["a red circle"]}
    given = {"image": "image", "caption": "text"}
    assert guessed(table, inputs=given) == "contrastive"
    assert guessed({**table, "y": ["b"]}, inputs=given, label="y") == "classification"
    with pytest.raises(RecipeError, match=r"model\.task"):
        guessed(table, inputs={"image": "image"})


def test_what_cant_be_guessed_is_to_be_named():
    with pytest.raises(RecipeError, match=r"model\.task.*masked_lm"):
        guessed({"text": ["a"]}, inputs={"text": "text"})
    with pytest.raises(RecipeError, match=r"data\.label"):
        guessed({"title": ["a"], "body": ["b"]})


ROWS = 120
TEXTS = [f"the {row} text speaks of {'tea' if row % 2 else 'rain'} again" for row in range(ROWS)]
TALK = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]


def rows(**columns: Any) -> dict[str, list[Any]]:
    return {
        "row": list(range(ROWS)),
        **{name: one if isinstance(one, list) else [one] * ROWS for name, one in columns.items()},
    }


TABLES = {
    "classification": rows(text=TEXTS, label=["yes", "no", "maybe"] * 40),
    "multilabel": rows(text=TEXTS, labels=["angry|funny", "funny", "angry"] * 40),
    "regression": rows(text=TEXTS, score=[f"{row / 7:.3f}" for row in range(ROWS)]),
    "token_classification": rows(tokens=[["Ann", "ran"]] * ROWS, tags=[["B-PER", "O"]] * ROWS),
    "extractive_qa": rows(
        question="How many?",
        context=[f"{row} of the two" for row in range(ROWS)],
        answers=[{"text": "two", "start": len(str(row)) + 8} for row in range(ROWS)],
    ),
    "chat": rows(messages=[TALK] * ROWS),
    "preference": rows(prompt=TEXTS, chosen="Yes.", rejected="No."),
    "masked_lm": rows(text=TEXTS),
    "causal_lm": rows(body=[text * 3 for text in TEXTS]),
}


@pytest.mark.parametrize("task", TABLES)
def test_all_who_ask_get_the_same_answer(task: str, tmp_path: Path, tiny_model: Path) -> None:
    """A look, a new recipe, and the data of a recipe whose task is left out."""
    path = tmp_path / "table.json"
    path.write_text(pd.DataFrame(TABLES[task]).to_json(orient="records"), encoding="utf-8")
    seen = look(path, model=str(tiny_model))
    if task.endswith("_lm"):  # texts alone could be learnt in both ways, so nobody guesses
        assert seen.problem is not None
        with pytest.raises(DataError, match="no column could be the label"):
            write_recipe(path)
        column = next(name for name in TABLES[task] if name != "row")
        given = {"source": str(path), "inputs": {column: "text"}}
        with pytest.raises(RecipeError, match=r"model\.task"):
            load(DataSpec.model_validate(given))
        assert load(DataSpec.model_validate(given), task).task == task
        return
    recipe = Recipe.load(write_recipe(path))
    assert seen.problem is None
    assert (seen.task, recipe.model.task, load(recipe.data).task) == (task, task, task)


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        ([str(row % 77) for row in range(1600)], "classification"),
        ([str(row % 77) for row in range(1500)], "regression"),
        ([str(row % 50) for row in range(200)], "classification"),
        ([str(row % 51) for row in range(200)], "regression"),
        ([str(row % 11 + 0.5) for row in range(200)], "regression"),
        ([str(row % 10 + 0.5) for row in range(200)], "classification"),
        ([str(row) for row in range(3000)] + ["none"], "classification"),
    ],
)
def test_measures_begin_at_the_same_number_for_all(
    cells: list[str], task: str, tmp_path: Path, tiny_model: Path
) -> None:
    path = tmp_path / "table.csv"
    texts = [f"the {row} text speaks of tea" for row in range(len(cells))]
    pd.DataFrame({"text": texts, "label": cells}).to_csv(path, index=False)
    given = {"source": str(path), "inputs": {"text": "text"}, "label": "label"}
    frame = pd.DataFrame({"text": texts, "label": cells}, dtype=object)
    assert task_of(frame, DataSpec.model_validate(given))[0] == task
    assert look(path, label="label", model=str(tiny_model)).task == task
    recipe = Recipe.load(write_recipe(path, label="label"))
    assert recipe.model.task == task and recipe.data.label == "label"


def test_folders_names_are_classes_however_many(tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "x.png").write_bytes(b"")
    frame = read_table(SourceSpec(path=str(tmp_path)))
    spec = DataSpec.model_validate(
        {"source": str(tmp_path), "inputs": {"image": "image"}, "label": "label"}
    )
    assert task_of(frame, spec) == ("classification", "label holds the names of 120 folders")
    # The same numbers in a table are a measure.
    frame.to_csv(tmp_path / "t.csv", index=False)
    other = spec.model_copy(update={"source": [SourceSpec(path=str(tmp_path / "t.csv"))]})
    assert task_of(frame, other)[0] == "regression"


def test_pictures_with_numbers_or_several_labels() -> None:
    names = [f"{row}.png" for row in range(100)]
    inputs = {"inputs": {"image": "image"}, "label": "y"}
    frame = pd.DataFrame({"image": names, "y": [row / 7 for row in range(100)]})
    assert task_of(frame, DataSpec(source="t.csv", **inputs))[0] == "regression"
    frame = pd.DataFrame({"image": names, "y": ["a|b", "a", "b", "a|c"] * 25})
    assert task_of(frame, DataSpec(source="t.csv", **inputs))[0] == "multilabel"
