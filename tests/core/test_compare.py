"""Runs beside each other, against what their own files hold."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pellucid.core import Run, events, history
from pellucid.core.compare import (
    compare,
    loss_curves,
    metrics_table,
    recipe_differences,
    training_curves,
)


def made(folder: Path, recipe: dict[str, Any]) -> Run:
    """Make a folder that holds nothing of a run but its recipe."""
    folder.mkdir()
    (folder / "recipe.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return Run.open(folder)


def test_differences_of_recipes(tmp_path: Path) -> None:
    one = {
        "name": "one",
        "data": {
            "source": [{"path": "a.csv", "weight": 1.0}],
            "inputs": {"text": "text"},
            "groups": ["x"],
            "clean": [{"drop_missing": True}],
            "same": {"deep": [1, {"x": 2}]},
        },
        "train": {"epochs": 3, "early_stopping": {"patience": 2}, "checkpoint_steps": None},
        "flag": True,
    }
    other = {
        "name": "two",
        "data": {
            "source": [{"path": "b.csv", "weight": 1.0}],
            "inputs": {"title": "text", "text": "text"},
            "groups": ["x", "y"],
            "clean": [],
            "same": {"deep": [1, {"x": 2}]},
        },
        "train": {"epochs": 3, "early_stopping": {"patience": 0}},
        "flag": 1,
        "more": {"of": "this"},
    }
    runs = [made(tmp_path / "1", one), made(tmp_path / "2", other), made(tmp_path / "3", one)]
    assert recipe_differences(runs) == [
        ("name", ["one", "two", "one"]),
        ("data.source.0.path", ["a.csv", "b.csv", "a.csv"]),
        ("data.inputs.title", [None, "text", None]),
        ("data.groups", [["x"], ["x", "y"], ["x"]]),
        ("data.clean", [[{"drop_missing": True}], [], [{"drop_missing": True}]]),
        ("train.early_stopping.patience", [2, 0, 2]),
        ("flag", [True, 1, True]),
        ("more.of", [None, "this", None]),
    ]
    assert recipe_differences([runs[0], runs[2]]) == [] == recipe_differences(runs[:1])


@pytest.fixture
def runs(finished: Path, tmp_path: Path) -> tuple[Run, Run]:
    """A finished run, and a copy with another recipe, other figures and no validation."""
    folders = [tmp_path / "first", tmp_path / "second"]
    for folder in folders:
        shutil.copytree(
            finished, folder, ignore=shutil.ignore_patterns("checkpoints", "maps", "model")
        )
    text = (folders[1] / "recipe.yaml").read_text()
    assert "learning_rate: 0.003" in text
    (folders[1] / "recipe.yaml").write_text(
        text.replace("learning_rate: 0.003", "learning_rate: 0.1")
    )
    measured = json.loads((folders[1] / "evaluation.json").read_text())
    measured["test"]["accuracy"]["value"] = 0.125
    del measured["test"]["log_loss"]
    (folders[1] / "evaluation.json").write_text(json.dumps(measured))
    told = (folders[1] / "events.jsonl").read_text().splitlines(keepends=True)
    kept = [line for line in told if json.loads(line).get("split") != "validation"]
    (folders[1] / "events.jsonl").write_text("".join(kept))
    return Run.open(folders[0]), Run.open(folders[1])


def test_figures_and_curves_stand_beside_each_other(runs: tuple[Run, Run]) -> None:
    test = json.loads((runs[0].path / "evaluation.json").read_text())["test"]
    table = dict(metrics_table(runs))
    assert [one.value for one in table["accuracy"]] == [test["accuracy"]["value"], 0.125]
    assert table["accuracy"][0].as_json() == test["accuracy"]
    assert table["log_loss"][0].value == test["log_loss"]["value"] and table["log_loss"][1] is None
    assert "per_class" not in table and "confusion" not in table
    assert dict(metrics_table(runs, "validation"))["accuracy"][0] is not None

    told = [one for one in events.read(runs[0].path / "events.jsonl")]
    losses = [one for one in told if isinstance(one, events.Metric) and one.name == "loss"]
    steps, values = loss_curves(runs)["training"][0]
    assert steps.tolist() == [one.at for one in losses]
    assert values.tolist() == [one.value for one in losses]
    first, second = loss_curves(runs)["validation"]
    assert first[0].tolist() == [20, 40, 60] and second is None
    assert {"loss", "learning_rate", "f1_macro"} <= {name for name, _ in training_curves(runs)}
    assert compare(runs).same_rows


def test_a_resumed_run_counts_by_its_last_telling(tmp_path: Path) -> None:
    log = events.EventLog(tmp_path / "events.jsonl", "x")
    for at, value in [(10, 0.9), (20, 0.8), (30, 0.7), (35, 0.6), (20, 0.5), (30, 0.4)]:
        log(events.Metric(name="loss", value=value, at=at))
    log(events.Metric(name="f1_macro", value=0.3, at=30, split="validation"))
    log.close()
    found = history.metrics(tmp_path)
    assert set(found) == {("loss", "train"), ("f1_macro", "validation")}
    steps, values = found["loss", "train"]
    # The process that had come to step 35 was killed, and what it did behind step 10 was lost.
    assert steps.tolist() == [10, 20, 30]
    np.testing.assert_array_equal(values, [0.9, 0.5, 0.4])
    assert history.metrics(tmp_path / "nothing") == {}


def pellucid(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def test_the_command(runs: tuple[Run, Run], tmp_path: Path) -> None:
    paths = [run.path for run in runs]
    done = pellucid("compare", *paths)
    lines = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines() if line.strip()}
    assert lines["Recipe"] == ["first", "second"]
    assert lines["train.learning_rate"] == ["0.003", "0.1"]
    assert "0.125" in " ".join(lines["accuracy"]) and lines["log_loss"][-1] == "–"
    assert "same rows" not in done.stdout
    found = json.loads(pellucid("compare", *paths, "--json").stdout)
    assert found["runs"] == [str(path) for path in paths]
    assert found["recipe"] == {"train.learning_rate": [0.003, 0.1]}
    assert found["metrics"]["accuracy"][1]["value"] == 0.125
    assert found["training"]["train.loss"][0]["steps"][-1] == 60
    assert found["training"]["validation.log_loss"][1] is None

    environment = json.loads((paths[1] / "environment.json").read_text())
    environment["data"]["fingerprint"] = "0" * 64
    (paths[1] / "environment.json").write_text(json.dumps(environment))
    assert "don't have the same rows" in pellucid("compare", *paths).stdout
    refused = pellucid("compare", paths[0], tmp_path / "none")
    assert refused.returncode == 2 and "no such folder" in refused.stderr
