"""Every task answers new tables as it answered its own test rows, with labels and without."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid import Recipe, execute
from pellucid.core import Run
from pellucid.core.predict_table import predict_table

ROWS = 60
TASKS = (
    "multilabel",
    "regression",
    "token_classification",
    "extractive_qa",
    "masked_lm",
    "causal_lm",
    "chat",
)
ONLY_INPUTS = {
    "extractive_qa": ["id", "question", "context"],
    "chat": ["id", "instruction", "output"],
}


def rows_of(task: str, sentences: pd.DataFrame) -> pd.DataFrame:
    """Write the sentences as a table for a task."""
    text = sentences["text"].str.rstrip(".")
    out = pd.DataFrame({"id": sentences["id"], "text": text})
    match task:
        case "multilabel":
            very = text.str.contains("very").map({True: "|very", False: ""})
            out["label"] = sentences["label"] + very
        case "regression":
            out["label"] = text.str.split().str.len().astype(str)
        case "token_classification":
            out["text"] = text.str.split().map(json.dumps)
            out["label"] = [
                json.dumps(["B-ROOM" if word == "room" else "O" for word in words])
                for words in text.str.split()
            ]
        case "extractive_qa":
            out = out.rename(columns={"text": "context"})
            out["question"] = "was it good"
            out["answers"] = [
                json.dumps([{"text": one.split()[0], "start": 0}]) for one in out["context"]
            ]
        case "chat":
            out = out.rename(columns={"text": "instruction"})
            out["output"] = sentences["label"] + " staff"
    out["split"] = np.array(["train", "train", "train", "validation", "test"])[
        np.arange(len(out)) % 5
    ]
    return out


@pytest.fixture(scope="module")
def trained(
    tiny_model: Path,
    tiny_decoder: Path,
    make_sentences: Callable[..., pd.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], tuple[Run, pd.DataFrame]]:
    made: dict[str, tuple[Run, pd.DataFrame]] = {}

    def train(task: str) -> tuple[Run, pd.DataFrame]:
        if task not in made:
            folder = tmp_path_factory.mktemp(task)
            table = rows_of(task, make_sentences(ROWS, seed=4))
            table.to_csv(folder / "table.csv", index=False)
            data: dict[str, Any] = {
                "source": str(folder / "table.csv"),
                "id": "id",
                "split": {"column": "split"},
            }
            if "text" in table:
                data["inputs"] = {"text": "text"}
            if "label" in table:
                data["label"] = "label"
            decodes = task in ("causal_lm", "chat")
            raw = {
                "name": task,
                "data": data,
                "model": {
                    "name": str(tiny_decoder if decodes else tiny_model),
                    "task": task,
                    "max_length": 48,
                    "stride": 8,
                },
                "train": {"epochs": 1, "learning_rate": 1e-3, "sample_generations": 0},
                "evaluate": {"replicates": 100, "baselines": False, "new_tokens": 4},
            }
            run = execute(Recipe.of(raw), folder / "runs", only=["train", "evaluate"])
            made[task] = run, table
        return made[task]

    return train


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    for name in found.columns:
        ours, theirs = found[name], expected[name]
        if pd.api.types.is_float_dtype(theirs.dtype):
            np.testing.assert_allclose(ours.astype(float), theirs, atol=2e-4, err_msg=name)
        else:
            assert ours.isna().tolist() == theirs.isna().tolist(), name
            present = ~theirs.isna().to_numpy(bool)
            assert ours[present].astype(str).tolist() == theirs[present].astype(str).tolist(), name


@pytest.mark.parametrize("task", TASKS)
def test_its_own_test_rows_are_answered_alike(
    task: str, trained: Callable[[str], tuple[Run, pd.DataFrame]], tmp_path: Path
) -> None:
    run, table = trained(task)
    expected = run.predictions()
    expected = expected[expected["split"] == "test"].drop(columns="split").reset_index(drop=True)
    new = table[table["split"] == "test"].drop(columns="split")
    new.to_json(tmp_path / "new.jsonl", orient="records", lines=True)
    found = predict_table(run, tmp_path / "new.jsonl", tmp_path / "out.parquet")
    assert found.rows == len(expected) == ROWS // 5
    frame = found.frame()
    generated = [name for name in expected if name not in frame]
    assert set(frame.columns) <= set(expected.columns), generated
    assert "id" in frame and ("prediction" in frame or task.endswith("_lm"))
    same(frame, expected)


@pytest.mark.parametrize("first", [1, 5, 60])
def test_hidden_words_are_those_of_the_evaluation_whatever_the_parts(
    first: int,
    trained: Callable[[str], tuple[Run, pd.DataFrame]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, table = trained("masked_lm")
    monkeypatch.setattr("pellucid.core.predict_table.FIRST", first)
    monkeypatch.setattr("pellucid.core.predict_table.ROWS", max(first, 7))
    table.drop(columns="split").to_csv(tmp_path / "new.csv", index=False)
    frame = predict_table(run, tmp_path / "new.csv", tmp_path / "out.parquet").frame()
    tested = frame[(table["split"] == "test").to_numpy()]
    measured = json.loads((run.path / "evaluation.json").read_text())["test"]
    loss = tested["nats"].sum() / tested["tokens"].sum()
    assert loss == pytest.approx(measured["loss"]["value"], rel=1e-5)
    assert np.exp(loss) == pytest.approx(measured["perplexity"]["value"], rel=1e-5)


@pytest.mark.parametrize("task", TASKS)
def test_inputs_alone_are_enough(
    task: str, trained: Callable[[str], tuple[Run, pd.DataFrame]], tmp_path: Path
) -> None:
    run, table = trained(task)
    new = table[ONLY_INPUTS.get(task, ["id", "text"])]
    new.to_csv(tmp_path / "new.csv", index=False)
    frame = predict_table(run, tmp_path / "new.csv", tmp_path / "out.parquet").frame()
    assert frame["id"].tolist() == table["id"].tolist()
    assert "split" not in frame and ("label" not in frame or task == "chat")
