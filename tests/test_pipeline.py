"""The whole path on a tiny model: what a run's folder holds, and how runs go on."""

from __future__ import annotations

import copy
import json
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from pellucid import Recipe, execute
from pellucid.core import CancelToken, Run, events
from pellucid.errors import Cancelled, DataError, RecipeError, RunError
from pellucid.pipeline import carry_out

FILES = [
    "recipe.yaml",
    "environment.json",
    "job.json",
    "events.jsonl",
    "model/model.safetensors",
    "model/config.json",
    "model/tokenizer.json",
    "predictions.parquet",
    "evaluation.json",
    "curves.parquet",
    "explanations/integrated_gradients.parquet",
    "explanations/importance.json",
    "audit.json",
    "audit/curves.parquet",
    "report.html",
    "model_card.md",
]


def changed(raw: dict[str, Any], **sections: Any) -> Recipe:
    raw = copy.deepcopy(raw)
    for key, value in sections.items():
        if isinstance(value, dict):
            raw.setdefault(key, {}).update(value)
        else:
            raw[key] = value
    return Recipe.of(raw)


def test_a_run_is_a_folder_anyone_can_read(finished: Path) -> None:
    for name in FILES:
        assert (finished / name).is_file(), name
    assert not list(finished.rglob(".partial-*"))
    run = Run.open(finished)
    assert run.status == "finished"
    recipe = yaml.safe_load((finished / "recipe.yaml").read_text())
    assert recipe["train"]["weight_decay"] == 0.0  # defaults are filled in
    assert Recipe.of(recipe).dump() == (finished / "recipe.yaml").read_text()
    environment = json.loads((finished / "environment.json").read_text())
    assert environment["format"] == 1
    assert environment["device"]["threads"] >= 1
    assert environment["data"]["rows"] == {"train": 320, "validation": 40, "test": 40}
    told = events.read(finished / "events.jsonl")
    assert isinstance(told[0], events.Started) and isinstance(told[-1], events.Finished)
    assert [one.sequence for one in told] == list(range(1, len(told) + 1))


def test_it_learns_what_the_words_say(
    finished: Path, vocabulary: tuple[set[str], set[str]]
) -> None:
    measured = json.loads((finished / "evaluation.json").read_text())["test"]
    assert measured["accuracy"]["value"] > 0.9
    assert measured["accuracy"]["low"] > measured["baselines"]["majority_class"]["accuracy"]["high"]
    importance = json.loads((finished / "explanations" / "importance.json").read_text())

    # The classes are each other's complement, so the tiny model need only learn one kind of word.
    first = importance["integrated_gradients"]
    assert {word["word"] for word in first["negative"][:2]} <= vocabulary[1]


def test_predictions_have_the_promised_columns(finished: Path) -> None:
    table = pd.read_parquet(finished / "predictions.parquet")
    assert list(table.columns) == [
        "id",
        "split",
        "label",
        "prediction",
        "score:negative",
        "score:positive",
        "group:gender",
        "group:region",
        "fingerprint",
    ]
    assert set(table["split"]) == {"validation", "test"}
    scores = table[["score:negative", "score:positive"]].to_numpy()
    np.testing.assert_allclose(scores.sum(1), 1, atol=1e-12)
    best = np.array(["negative", "positive"])[scores.argmax(1)]
    assert (table["prediction"] == best).all()


def test_the_same_recipe_gives_the_same_predictions(
    raw_recipe: dict[str, Any], finished: Path, tmp_path: Path
) -> None:
    again = execute(changed(raw_recipe, explain={"methods": []}), tmp_path)
    pd.testing.assert_frame_equal(
        pd.read_parquet(again.path / "predictions.parquet"),
        pd.read_parquet(finished / "predictions.parquet"),
    )
    assert weights(again.path) == weights(finished)


def weights(run: Path) -> bytes:
    return (run / "model" / "model.safetensors").read_bytes()


def test_a_taken_name_gets_a_number(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = changed(raw_recipe, train={"epochs": 1})
    paths = [execute(recipe, tmp_path, only=["train"]).path.name for _ in range(3)]
    assert paths == ["tiny", "tiny-2", "tiny-3"]


def test_only_some_steps_then_the_rest(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    run = execute(changed(raw_recipe, train={"epochs": 1}), tmp_path, only=["train", "evaluate"])
    assert run.has("evaluation.json") and not run.has("report.html")
    with pytest.raises(RunError, match="no such folder"):
        Run.open(tmp_path / "nothing")
    carry_out(run, ["report"])
    assert run.has("report.html") and not run.has("audit.json")
    carry_out(run, ["explain"], changes={"rows": "0:5"})
    kept = pd.read_parquet(run.path / "explanations" / "integrated_gradients.parquet")
    assert len(kept) == 5
    with pytest.raises(RecipeError, match="no such step"):
        execute(changed(raw_recipe), tmp_path, only=["trian"])


def test_steps_need_what_comes_before(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    run = execute(changed(raw_recipe, train={"epochs": 1}), tmp_path, only=["train"])
    for step in ("audit", "report"):
        with pytest.raises(RunError, match=r"not there yet.*evaluate"):
            carry_out(run, [step])


def test_stop_and_resume(raw_recipe: dict[str, Any], finished: Path, tmp_path: Path) -> None:
    token = CancelToken()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Metric) and event.at >= 20:
            token.stop()

    recipe = changed(raw_recipe)
    run = execute(recipe, tmp_path, emit=listen, cancel=token)
    assert run.status == "stopped" and not run.has("model")
    again = execute(recipe, tmp_path, resume=True)
    assert again.path == run.path and again.status == "finished"
    assert weights(again.path) == weights(finished)
    other = execute(changed(raw_recipe, train={"epochs": 1}), tmp_path, resume=True, only=["train"])
    assert other.path.name == "tiny-2"  # the first one is finished, so a new one begins


def test_cancel_from_another_thread(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    token = CancelToken()
    begun = threading.Event()

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Progress):
            begun.set()

    def cancel() -> None:
        begun.wait(60)
        token.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    recipe = changed(raw_recipe, train={"epochs": 500})
    with pytest.raises(Cancelled):
        execute(recipe, tmp_path, emit=listen, cancel=token)
    thread.join()
    assert Run.open(tmp_path / "tiny").status == "cancelled"


def test_a_changed_recipe_is_not_resumed(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    token = CancelToken()
    token.stop()
    execute(changed(raw_recipe), tmp_path, cancel=token)
    other = changed(raw_recipe, train={"learning_rate": 0.5})
    with pytest.raises(RecipeError, match=r"train\.learning_rate"):
        execute(other, tmp_path, resume=True)


def test_changed_data_are_noticed(raw_recipe: dict[str, Any], tmp_path: Path, table: Path) -> None:
    copied = tmp_path / "copy.csv"
    copied.write_text(table.read_text())
    recipe = changed(raw_recipe, data={"source": str(copied)}, train={"epochs": 1})
    run = execute(recipe, tmp_path / "runs", only=["train"])
    copied.write_text(table.read_text().replace("lovely", "awful"))
    with pytest.raises(RunError, match="has changed"):
        carry_out(run, ["evaluate"])
    assert run.status == "failed"


@pytest.mark.parametrize("name", ["environment.json", "recipe.yaml"])
def test_a_damaged_run_is_named(finished: Path, tmp_path: Path, name: str) -> None:
    copied = tmp_path / "run"
    shutil.copytree(finished, copied)
    (copied / name).write_text("{not: [whole", encoding="utf-8")
    with pytest.raises(RunError, match=f"{name}.*damaged"):
        carry_out(Run.open(copied), ["report"])


def test_rows_to_explain_are_checked_before_training(
    raw_recipe: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match="no test row has this id"):
        execute(changed(raw_recipe, explain={"rows": ["nobody"]}), tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_from_pretrained_needs_no_pellucid(finished: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(finished / "model").eval()
    AutoTokenizer.from_pretrained(finished / "model")
    assert model.config.id2label == {0: "negative", 1: "positive"}
