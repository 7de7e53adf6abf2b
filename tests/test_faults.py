"""What must survive: a killed process, a full disk, a request to stop."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pellucid.core import Run, events


def write(folder: Path, raw: dict[str, Any], **train: Any) -> Path:
    path = folder / "recipe.yaml"
    sections = {**raw, "train": {**raw["train"], **train}}
    path.write_text(yaml.safe_dump(sections), encoding="utf-8")
    return path


def begin(recipe: Path, runs: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "pellucid", "run", str(recipe), "--runs", str(runs), *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )


def finish(recipe: Path, runs: Path, *more: str) -> str:
    process = begin(recipe, runs, *more)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    return out


def steps_done(run: Path) -> int:
    told = [one.at for one in events.read(run / "events.jsonl") if isinstance(one, events.Metric)]
    return max(told, default=0)


def kill_and_resume(
    recipe: Path, tmp_path: Path, kills: int, seed: int, *, steps: int
) -> tuple[bytes, bytes, list[int]]:
    """Kill a training at random moments; return its weights, undisturbed ones, and the moments."""
    finish(recipe, tmp_path / "whole", "--only", "train")
    (whole,) = (tmp_path / "whole").iterdir()
    generator, moments, runs = random.Random(seed), [], tmp_path / "killed"
    for number in range(kills):
        process = begin(recipe, runs, "--only", "train", "--resume")
        wanted = steps * (number + generator.random()) / kills
        while process.poll() is None:
            found = list(runs.glob("*/events.jsonl"))
            if found and steps_done(found[0].parent) >= wanted:
                time.sleep(generator.random() * 0.2)
                process.send_signal(signal.SIGKILL)
                break
            time.sleep(0.01)
        process.communicate()
        (run,) = runs.iterdir()
        moments.append(steps_done(run))
        if Run.open(run).status == "finished":
            break
    if Run.open(run).status != "finished":
        finish(recipe, runs, "--only", "train", "--resume")
    (run,) = runs.iterdir()
    assert Run.open(run).status == "finished"
    assert not list(run.rglob(".partial-*"))
    weights = [(one / "model" / "model.safetensors").read_bytes() for one in (run, whole)]
    return weights[0], weights[1], moments


def test_five_kills_change_no_bit(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=6, checkpoint_steps=3)
    killed, whole, moments = kill_and_resume(recipe, tmp_path, kills=5, seed=1, steps=110)
    assert len(moments) >= 3, moments  # the kills fell into the training, not behind it
    assert killed == whole


@pytest.mark.prove
def test_five_kills_change_no_bit_of_minilm(
    real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    raw = {
        "name": "kills",
        "data": {
            "source": str(real_data("rt_polarity") / "rt_polarity.csv"),
            "inputs": {"text": "text"},
            "label": "label",
            "split": {"train": 0.2, "validation": 0.1, "test": 0.7},
        },
        "model": {"name": "bundled/minilm"},
        "train": {"epochs": 2, "checkpoint_steps": 10},
    }
    recipe = write(tmp_path, raw)
    killed, whole, moments = kill_and_resume(recipe, tmp_path, kills=5, seed=2, steps=134)
    assert len(moments) == 5, moments
    assert killed == whole


def test_sigterm_saves_and_ends_well(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=1000, checkpoint_steps=None)
    process = begin(recipe, tmp_path / "runs")
    run = tmp_path / "runs" / "tiny"
    while steps_done(run) < 5:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    process.terminate()
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert out.splitlines()[-1] == str(run)
    assert Run.open(run).status == "stopped"
    assert list((run / "checkpoints").glob("step-*"))


def test_cancel_command_exits_with_130(raw_recipe: dict[str, Any], tmp_path: Path) -> None:
    recipe = write(tmp_path, raw_recipe, epochs=1000, checkpoint_steps=20)
    process = begin(recipe, tmp_path / "runs")
    run = tmp_path / "runs" / "tiny"
    while steps_done(run) < 25:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    command = [sys.executable, "-m", "pellucid", "cancel", str(run)]
    subprocess.run(command, check=True, capture_output=True)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert Run.open(run).status == "cancelled"


def test_a_full_disk_fails_the_job_and_keeps_the_last_checkpoint(
    raw_recipe: dict[str, Any], tmp_path: Path, small_disk: Path
) -> None:
    from safetensors.numpy import load_file

    recipe = write(tmp_path, raw_recipe, epochs=40, checkpoint_steps=5, keep_checkpoints=50)
    process = begin(recipe, small_disk)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 1, (out, err)
    assert "no space left on the disk" in err and "Traceback" not in err
    run = small_disk / "tiny"
    kept = sorted((run / "checkpoints").glob("step-*"))
    assert kept
    assert load_file(kept[-1] / "model.safetensors")
    assert json.loads((kept[-1] / "state.json").read_text())["step"] > 0
    assert not list(run.rglob(".partial-*"))
