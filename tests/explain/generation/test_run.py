"""What the models of runs write, explained on the runs' own rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Recipe, execute
from pellucid.core.runs import Run
from pellucid.errors import DataError
from pellucid.explain.generation.asking import open_run, prompts_of, rows_of_run
from pellucid.explain.generation.explain import explain_writing, explain_writing_rows
from pellucid.explain.spec import ExplainSpec

from .conftest import written


def trained(folder: Path, rows: list[dict[str, Any]], **data: Any) -> Run:
    """Train a tiny model for one step."""
    model = written("llama", folder / "model", chats=data.pop("task") == "chat")
    (folder / "rows.json").write_text(json.dumps(rows))
    recipe = {
        "name": "writes",
        "data": {"source": str(folder / "rows.json"), "split": {"column": "split"}, **data},
        "model": {"name": str(model), "task": "chat" if not data else "causal_lm"},
        "train": {"max_steps": 1, "batch_size": 4, "precision": "fp32", "warmup": 0},
        "evaluate": {"new_tokens": 6},
    }
    return execute(Recipe.of(recipe), folder / "runs", only=("train",))


def splits(count: int) -> list[str]:
    return [*["train"] * (count - 3), "validation", "test", "test"]


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train on chats of two turns."""
    rows = [
        {
            "messages": [
                {"role": "system", "content": "be short"},
                {"role": "user", "content": f"is {number} odd?"},
                {"role": "assistant", "content": "yes" if number % 2 else "no"},
            ],
            "split": split,
        }
        for number, split in enumerate(splits(9))
    ]
    return trained(tmp_path_factory.mktemp("chat"), rows, task="chat")


def test_the_rows_of_a_chat_are_explained(chat: Run) -> None:
    found = explain_writing(chat)
    assert [one.segments for one in found] == [("is", "7", "odd", "?"), ("is", "8", "odd", "?")]
    assert [one.label for one in found] == ["yes", "no"]
    assert {one.split for one in found} == {"test"}
    dataset = chat.dataset()
    test = dataset.take(dataset.rows("test"))
    again = explain_writing_rows(chat, test, ExplainSpec())
    for one, other in zip(found, again, strict=True):
        assert np.array_equal(one.scores, other.scores)
    (last,) = explain_writing(chat.path, rows=[str(test.ids[1])], answer="no", instead="yes")
    assert last.contrastive
    assert last.id == str(test.ids[1])


def test_what_is_explained_is_what_the_run_would_answer(chat: Run) -> None:
    """The prompts and answers are those of `predict`."""
    from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
    from pellucid.core.tasks import make
    from pellucid.multimodal.spec import ModelSpec

    opened = open_run(chat)
    dataset = chat.dataset()
    test = dataset.take(dataset.rows("test"))
    prompts, _, reader = prompts_of(opened, rows_of_run(chat, test), [None, None])
    texts = [one.text for one in prompts]
    expected = reader.prompts(texts, [(), ()], 6).tokens
    assert [one.tokens.tolist() for one in prompts] == [list(one) for one in expected]
    section = chat.section
    task = make(
        "chat", section("data", DataSpec), section("model", ModelSpec),
        section("train", TrainSpec), section("evaluate", EvaluateSpec),
    )  # fmt: skip
    told = task.predict(chat, opened.model, opened.processor, test)["prediction"]
    found = explain_writing(chat)
    shown = [one.answer for one in found]
    for special in opened.tokenizer.all_special_tokens:  # they are no part of a text for people
        shown = [text.replace(special, "") for text in shown]
    assert [text.strip() for text in shown] == told.tolist()


def test_a_text_is_explained_with_its_answer(tmp_path: Path) -> None:
    rows = [
        {"text": f"say {number} now", "told": "well", "split": split}
        for number, split in enumerate(splits(9))
    ]
    run = trained(tmp_path, rows, task="text", inputs={"text": "text"}, label="told")
    found = explain_writing(run, answer="well", earlier=False)
    assert [one.segments for one in found] == [("say", "7", "now"), ("say", "8", "now")]
    assert {one.answer for one in found} == {" well"}
    assert {one.label for one in found} == {"well"}
    assert not any(one.earlier.any() for one in found)


def test_of_a_text_without_an_answer_the_second_half_is_written(tmp_path: Path) -> None:
    rows = [
        {"text": f"one two {number} four", "split": split} for number, split in enumerate(splits(9))
    ]
    run = trained(tmp_path, rows, task="text", inputs={"text": "text"})
    found = explain_writing(run, method="input_x_gradient")
    assert {one.segments for one in found} == {("one", "two")}
    assert [one.label for one in found] == ["7 four", "8 four"]


def test_what_is_not_there_is_told(chat: Run) -> None:
    with pytest.raises(DataError, match="tolerance"):
        explain_writing(chat, tolerance=3)
    with pytest.raises(DataError, match="words or messages"):
        explain_writing(chat, by="tokens")  # type: ignore[arg-type]
