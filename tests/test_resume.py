"""Going on with one run, named by its folder."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pellucid import Recipe, execute
from pellucid.core import CancelToken, Run, events
from pellucid.core.events import Event, Metric
from pellucid.errors import RunError
from pellucid.pipeline import resume


def stopped(raw: dict[str, Any], runs: Path, only: list[str]) -> Run:
    """Begin the recipe and stop it at the first loss that it tells."""
    token = CancelToken()

    def listen(event: Event) -> None:
        if isinstance(event, Metric):
            token.stop()

    return execute(Recipe.of(copy.deepcopy(raw)), runs, emit=listen, cancel=token, only=only)


def pellucid(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *words]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300
    )


def test_the_run_that_is_named_goes_on_and_not_the_newest_of_its_name(
    raw_recipe: dict[str, Any], tmp_path: Path
) -> None:
    runs = tmp_path / "runs"
    first = stopped(raw_recipe, runs, ["train", "evaluate"])
    second = stopped(raw_recipe, runs, ["train", "evaluate"])
    assert (first.status, second.status) == ("stopped", "stopped")
    before = (second.path / "events.jsonl").read_bytes()

    done = pellucid("resume", str(first.path), "--json", "--quiet")

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["run"], told["status"]) == (str(first.path), "finished")
    assert second.status == "stopped"
    assert (second.path / "events.jsonl").read_bytes() == before
    # It was asked to train and evaluate, and does no more than that.
    assert first.has("evaluation.json") and not first.has("explanations")
    # Training went on where it was: it didn't tell of step 5 again.
    steps = [
        one.at
        for one in events.read(first.path / "events.jsonl")
        if isinstance(one, Metric) and one.name == "loss"
    ]
    assert steps == sorted(set(steps))


def test_a_finished_run_says_so(finished: Path) -> None:
    told = pellucid("resume", str(finished))
    assert told.returncode == 2
    assert "has finished" in told.stderr and "recipe.yaml" in told.stderr
    with pytest.raises(RunError, match="has finished"):
        resume(Run.open(finished))
