"""What a table is known by: hand-written tables of the forms that people fine-tune on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pellucid.core.guess import as_spec, guess
from pellucid.core.look import look
from pellucid.core.shapes import shape_of
from pellucid.core.tasks import task_of
from pellucid.new_recipe import write_recipe
from pellucid.recipe import Recipe

TALK = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Hello."}]
SHARED = [{"from": "human", "value": "Hello?"}, {"from": "gpt", "value": "Hello."}]
ANSWERS = [{"text": "two", "start": 4}]
ROWS = 40
TEXTS = [f"the {row} text speaks of {'tea' if row % 2 else 'rain'} again" for row in range(ROWS)]


def table(**columns: Any) -> pd.DataFrame:
    made = {
        name: cells if isinstance(cells, list) else [cells] * ROWS
        for name, cells in columns.items()
    }
    return pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in made.items()})


@pytest.mark.parametrize(
    ("columns", "task", "inputs", "label"),
    [
        ({"messages": json.dumps(TALK)}, "chat", ("messages",), None),
        ({"conversations": json.dumps(SHARED)}, "chat", ("conversations",), None),
        ({"instruction": "Do.", "input": "", "output": "Done."}, "chat", None, None),
        ({"prompt": "Do.", "completion": "Done."}, "chat", ("prompt", "completion"), None),
        ({"prompt": "Do.", "chosen": "Yes.", "rejected": "No."}, "preference", None, None),
        (
            {"question": "How many?", "context": "The two.", "answers": json.dumps(ANSWERS)},
            "extractive_qa",
            ("question", "context"),
            "answers",
        ),
        (
            {"tokens": json.dumps(["Ann", "ran"]), "tags": json.dumps(["B-PER", "O"])},
            "token_classification",
            ("tokens",),
            "tags",
        ),
    ],
)
def test_forms_that_are_known(
    columns: dict[str, Any], task: str, inputs: tuple[str, ...] | None, label: str | None
) -> None:
    found = shape_of(table(**columns))
    assert found is not None and found.task == task
    assert set(found.inputs) == set(inputs if inputs is not None else columns)
    assert found.label == label


@pytest.mark.parametrize(
    "columns",
    [
        {"text": "a b", "label": "x"},
        {"messages": "many of them were read"},
        {"question": "How many?", "answer": "two"},
        {"tokens": json.dumps(["Ann", "ran"]), "tags": json.dumps(["B-PER"])},
        {"prompt": "Do.", "label": "x"},
    ],
)
def test_forms_that_only_look_so(columns: dict[str, Any]) -> None:
    assert shape_of(table(**columns)) is None


def known(frame: pd.DataFrame) -> tuple[dict[str, str], str]:
    guesses = guess(frame, "t")
    return {one.column: one.role for one in guesses}, task_of(frame, as_spec(frame, "t", guesses))[
        0
    ]


def test_several_columns_of_0_and_1_are_labels() -> None:
    flags = {
        name: [str(int(row % (at + 2) == 0)) for row in range(ROWS)]
        for at, name in enumerate("abc")
    }
    roles, task = known(table(text=TEXTS, **flags))
    assert roles == {"text": "input", "a": "labels", "b": "labels", "c": "labels"}
    assert task == "multilabel"
    two = known(table(text=TEXTS, a=flags["a"], b=flags["b"]))
    assert two[1] == "classification" and set(two[0].values()) == {"input", "label", "none"}


def test_cells_with_several_labels() -> None:
    cells = ["angry|funny" if row % 2 else "funny" for row in range(ROWS)]
    assert known(table(text=TEXTS, labels=cells)) == (
        {"text": "input", "labels": "label"},
        "multilabel",
    )


def test_measures_are_not_classes() -> None:
    cells = [f"{row / 7:.3f}" for row in range(ROWS)]
    assert known(table(text=TEXTS, score=cells)) == (
        {"text": "input", "score": "label"},
        "regression",
    )
    stars = [str(row % 5) for row in range(ROWS)]
    assert known(table(text=TEXTS, stars=stars))[1] == "classification"


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("record", "task"),
    [
        ({"messages": TALK}, "chat"),
        ({"prompt": "Do.", "chosen": "Yes.", "rejected": "No."}, "preference"),
        ({"question": "How many?", "context": "The two.", "answers": ANSWERS}, "extractive_qa"),
        ({"tokens": ["Ann", "ran"], "tags": ["B-PER", "O"]}, "token_classification"),
    ],
)
def test_a_recipe_is_written_that_fits(tmp_path: Path, record: dict[str, Any], task: str) -> None:
    path = write(tmp_path / "t.jsonl", [record | {"row": row} for row in range(ROWS)])
    recipe = Recipe.load(write_recipe(path))
    assert recipe.model.task == task
    named = task == "token_classification"
    assert (recipe.data.inputs == {"tokens": "text"}) == named
    assert (recipe.data.label == "tags") == named
    assert (recipe.model.adapt.kind == "lora") == (task in ("chat", "preference"))
    text = path.with_name("t.recipe.yaml").read_text(encoding="utf-8")
    assert ("generations:" in text) == (task == "chat") and ("beta:" in text) == (
        task == "preference"
    )
    assert ("\nexplain:" in text) == (task in ("extractive_qa", "token_classification"))
    assert "audit:" not in text


def test_labels_and_separators_go_into_the_recipe(tmp_path: Path) -> None:
    flags = [
        {"text": TEXTS[row], "a": row % 2, "b": int(row % 3 == 0), "c": int(row % 5 == 0)}
        for row in range(ROWS)
    ]
    recipe = Recipe.load(write_recipe(write(tmp_path / "f.jsonl", flags)))
    assert recipe.data.labels == ["a", "b", "c"] and recipe.data.label is None
    cells = [{"text": TEXTS[row], "labels": "x;y" if row % 2 else "y"} for row in range(ROWS)]
    recipe = Recipe.load(write_recipe(write(tmp_path / "s.jsonl", cells)))
    assert recipe.data.label == "labels" and recipe.data.separator == ";"
    assert recipe.model.task == "multilabel"


def test_a_look_says_what_can_be_learnt(tmp_path: Path, tiny_model: Path) -> None:
    chats = write(tmp_path / "c.jsonl", [{"messages": TALK, "row": row} for row in range(ROWS)])
    found = look(chats, model=str(tiny_model))
    assert found.task == "chat" and found.named("input") == ("messages",)
    assert found.problem is None and found.balance is None
    assert type(found).from_json(found.as_json()) == found
    old = {name: cell for name, cell in found.as_json().items() if not name.startswith("task")}
    assert type(found).from_json(old).task == "classification"


@pytest.mark.parametrize(
    ("file", "task"),
    [
        ("chat_demos/alpaca_en_demo.json", "chat"),
        ("chat_demos/glaive_toolcall_en_demo.json", "chat"),
        ("chat_demos/dpo_en_demo.json", "preference"),
        ("xquad/xquad.en.json", "extractive_qa"),
        ("rt_polarity/rt_polarity.csv", "classification"),
    ],
)
def test_real_tables(real_data: Any, tmp_path: Path, file: str, task: str) -> None:
    folder, name = file.split("/")
    written = write_recipe(real_data(folder) / name, tmp_path / "r.yaml")
    assert Recipe.load(written).model.task == task


def test_pictures_of_chats_are_pictures() -> None:
    found = shape_of(table(messages=json.dumps(TALK), images=json.dumps(["a.png"])))
    assert found is not None and found.task == "chat" and found.named
    assert (found.holds("images"), found.holds("messages")) == ("image", None)
    found = shape_of(table(instruction="Do.", output="Done.", images="a.png"))
    assert found is not None and found.task == "chat" and found.pictures == ("images",)
    assert shape_of(table(prompt="Is it?", answer="Yes.", image="a.png")) is None
