"""Two processes that train together come to what one comes to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from safetensors.numpy import load_file

from pellucid.core import Run, events

LAUNCH = [
    *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
    *("--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"),
    *("--main_process_port", "0", "-m"),
]
"""How people start it. Where there is no GPU the processes speak through gloo."""

SHARDED = """
import os, sys
os.environ |= {"ACCELERATE_USE_FSDP": "true", "FSDP_VERSION": "2",
               "FSDP_AUTO_WRAP_POLICY": "TRANSFORMER_BASED_WRAP"}
from accelerate import state
from pellucid.__main__ import main

first = state.AcceleratorState.__init__

def begin(self, *given, fsdp_plugin=None, **named):
    first(self, *given, fsdp_plugin=fsdp_plugin, **named)
    if fsdp_plugin is not None:
        self.distributed_type, self.fsdp_plugin = state.DistributedType.FSDP, fsdp_plugin

state.AcceleratorState.__init__ = begin
sys.argv[0] = "pellucid"
main()
"""
"""FSDP over gloo: torch shards on CPUs, but accelerate asks for it on GPUs only, so it is told to.

On GPUs ``accelerate launch --use_fsdp --fsdp_version 2 -m pellucid run …`` does the same.
"""


def begin(
    recipe: Path, runs: Path, *more: str, launch: bool, sharded: bool = False
) -> subprocess.Popen[str]:
    start = [*(LAUNCH if launch else [sys.executable, "-m"]), "pellucid"]
    if sharded:
        driver = recipe.with_name("sharded.py")
        driver.write_text(SHARDED, encoding="utf-8")
        start = [*LAUNCH[:-1], str(driver)]
    return subprocess.Popen(
        [*start, "run", str(recipe), "--runs", str(runs), "--quiet", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
    )


def finish(recipe: Path, runs: Path, *more: str, launch: bool, sharded: bool = False) -> Run:
    process = begin(recipe, runs, *more, launch=launch, sharded=sharded)
    out, err = process.communicate(timeout=900)
    assert process.returncode == 0, err
    return Run.open(Path(out.splitlines()[-1]))


def write(folder: Path, raw: dict[str, Any], **train: Any) -> Path:
    """Write the recipe without anything that is random from step to step."""
    path = folder / "recipe.yaml"
    sections = {
        **raw,
        "model": {**raw["model"], "dropout": 0.0},
        "train": {**raw["train"], "precision": "fp32", **train},
    }
    path.write_text(yaml.safe_dump(sections), encoding="utf-8")
    return path


def told(run: Run, name: str, split: str = "train") -> dict[int, float]:
    return {
        one.at: one.value
        for one in events.read(run.path / "events.jsonl")
        if isinstance(one, events.Metric) and (one.name, one.split) == (name, split)
    }


@pytest.fixture(scope="module")
def both(raw_recipe: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    """Carry out one recipe in one process and in two.

    Steps of 15 samples can't be cut in half, and the last one of an epoch has 5; micro-batches of
    3 give the two processes different numbers of them.
    """
    folder = tmp_path_factory.mktemp("together")
    recipe = write(folder, raw_recipe, epochs=4, batch_size=15, micro_batch_size=3)
    more = ("--only", "train,evaluate,report")
    return (
        finish(recipe, folder / "one", *more, launch=False),
        finish(recipe, folder / "two", *more, launch=True),
    )


def test_two_processes_lose_what_one_does(both: tuple[Run, Run]) -> None:
    one, two = (told(run, "loss") for run in both)
    assert one.keys() == two.keys() and len(one) > 8
    assert [two[at] for at in one] == pytest.approx(list(one.values()), abs=1e-3)
    assert min(one.values()) < 0.5  # it learnt something
    weights = [load_file(run.model / "model.safetensors") for run in both]
    for name, tensor in weights[0].items():
        np.testing.assert_allclose(weights[1][name], tensor, atol=1e-3)


def test_two_processes_measure_what_one_does(both: tuple[Run, Run]) -> None:
    one, two = (told(run, "f1_macro", "validation") for run in both)
    assert len(one) == 4
    assert two == pytest.approx(one, abs=1e-3)
    tables = [run.predictions() for run in both]
    pd.testing.assert_frame_equal(tables[0], tables[1], atol=1e-3)
    found = [json.loads((run.path / "evaluation.json").read_text()) for run in both]
    assert found[0]["test"]["accuracy"]["value"] == pytest.approx(
        found[1]["test"]["accuracy"]["value"], abs=1e-3
    )


def test_one_process_owns_the_folder(both: tuple[Run, Run]) -> None:
    one, two = both
    assert [path.name for path in two.path.parent.iterdir()] == ["tiny"]
    kinds = [
        [type(event).__name__ for event in events.read(run.path / "events.jsonl")] for run in both
    ]
    for kind in ("Started", "Artifact", "Finished", "Metric"):
        assert kinds[0].count(kind) == kinds[1].count(kind), kind
    assert {path.name for path in one.path.iterdir()} == {path.name for path in two.path.iterdir()}


def test_a_sharded_model_comes_to_the_same(both: tuple[Run, Run], tmp_path: Path) -> None:
    one, _ = both
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text((one.path / "recipe.yaml").read_text())
    run = finish(recipe, tmp_path / "runs", "--only", "train,evaluate", launch=True, sharded=True)
    losses = [told(each, "loss") for each in (one, run)]
    assert losses[1] == pytest.approx(losses[0], abs=1e-3)
    pd.testing.assert_frame_equal(run.predictions(), one.predictions(), atol=1e-3)
    saved = [load_file(each.model / "model.safetensors") for each in (one, run)]
    assert {name: tensor.shape for name, tensor in saved[0].items()} == {
        name: tensor.shape for name, tensor in saved[1].items()
    }


@pytest.mark.parametrize("sharded", [False, True])
def test_sigterm_to_the_launcher_stops_all_and_resuming_is_exact(
    raw_recipe: dict[str, Any], tmp_path: Path, sharded: bool
) -> None:
    """Dropout is on: each process's random numbers go on where they were."""
    raw = {**raw_recipe, "model": {**raw_recipe["model"]}}
    recipe = write(tmp_path, raw, epochs=6, checkpoint_steps=None)
    how = {"launch": True, "sharded": sharded}
    settings = yaml.safe_load(recipe.read_text())
    settings["model"]["dropout"] = 0.3
    recipe.write_text(yaml.safe_dump(settings))
    whole = finish(recipe, tmp_path / "whole", "--only", "train", **how)

    process = begin(recipe, tmp_path / "parts", "--only", "train", **how)
    run = Run(tmp_path / "parts" / "tiny")
    while not any(isinstance(one, events.Metric) for one in events.read(run.path / "events.jsonl")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert run.status == "stopped"
    assert not run.has("model")
    finish(recipe, tmp_path / "parts", "--only", "train", "--resume", **how)
    assert run.status == "finished"
    weights = [(one.model / "model.safetensors").read_bytes() for one in (run, whole)]
    assert weights[0] == weights[1]


def test_another_number_of_processes_says_that_it_is_not_exact(
    raw_recipe: dict[str, Any], tmp_path: Path
) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=2, max_steps=None, checkpoint_steps=None)
    process = begin(recipe, tmp_path / "runs", "--only", "train", launch=True)
    run = Run(tmp_path / "runs" / "tiny")
    while not any(isinstance(one, events.Metric) for one in events.read(run.path / "events.jsonl")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=300)
    assert run.status == "stopped"
    finish(recipe, tmp_path / "runs", "--only", "train", "--resume", launch=False)
    warnings = [
        one.text
        for one in events.read(run.path / "events.jsonl")
        if isinstance(one, events.Warning)
    ]
    assert any("another number of processes" in text for text in warnings)


def test_a_bad_recipe_ends_all_processes(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    data = {**raw_recipe["data"], "label": "nothing"}
    recipe = write(tmp_path, {**raw_recipe, "data": data})
    process = begin(recipe, tmp_path / "runs", launch=True)
    _, err = process.communicate(timeout=300)
    assert process.returncode != 0
    assert "nothing" in err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("train", "version", "told"),
    [({"average": 0.9}, "2", "train.average"), ({}, "1", "--fsdp_version 2")],
)
def test_what_a_sharded_training_can_t_do_is_said(
    train: dict[str, Any], version: str, told: str
) -> None:
    from pellucid.core.spec import TrainSpec
    from pellucid.core.whole_state import check_shards
    from pellucid.errors import InputError

    check_shards(TrainSpec(), 2)
    with pytest.raises(InputError, match=told):
        check_shards(TrainSpec(**train), int(version))
