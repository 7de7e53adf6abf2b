"""The queue with real processes: kills, cancelling, two runners, recipes that can't begin."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from pellucid import Recipe
from pellucid.core import Run, events, jobs, queue
from pellucid.core.runs import find


def pellucid(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *words]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=300
    )


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start runners of the folder `runs`; whatever they started ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*more: str) -> subprocess.Popen[str]:
        words = ["queue", "run", "--runs", str(tmp_path / "runs"), "--quiet", *more]
        process = subprocess.Popen(
            [sys.executable, "-m", "pellucid", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
        process.communicate()


def recipe(raw: dict[str, Any], name: str, epochs: int = 1, **sections: Any) -> str:
    raw = {**copy.deepcopy(raw), "name": name, **sections}
    raw["train"].update(epochs=epochs, checkpoint_steps=20, early_stopping={"patience": 0})
    return yaml.safe_dump(raw)


def fill(runs: Path, *recipes: str) -> list[queue.Entry]:
    return [
        queue.add(runs, Recipe.parse(text, folder=runs).dump(), steps=["train"]) for text in recipes
    ]


def until(true: Callable[[], object], patience: float = 120) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def step(run: Path) -> int:
    told = [one.at for one in events.read(run / "events.jsonl") if isinstance(one, events.Metric)]
    return max(told, default=0)


def stories(runs: Path) -> dict[str, str]:
    return {run.name: run.status for run in find(runs)}


def spans(runs: Path) -> list[tuple[float, float]]:
    """When each run worked, from its first to its last event."""
    told = [[one.time for one in events.read(run.path / "events.jsonl")] for run in find(runs)]
    return sorted((min(times), max(times)) for times in told)


def test_in_order_past_what_can_t_begin(
    raw_recipe: dict[str, Any], tmp_path: Path, runner: Callable[..., subprocess.Popen[str]]
) -> None:
    runs = tmp_path / "runs"
    lost = {**raw_recipe["data"], "source": str(tmp_path / "lost.csv")}
    fill(runs, recipe(raw_recipe, "bad", data=lost), recipe(raw_recipe, "b"))
    file = tmp_path / "a.yaml"
    file.write_text(recipe(raw_recipe, "a"), encoding="utf-8")
    words = ("--runs", str(runs))
    told = pellucid("queue", "add", str(file), *words, "--only", "train", "--set", "train.seed=5")
    assert told.returncode == 0 and "number 3" in told.stdout, told.stderr
    told = pellucid("queue", "add", str(file), *words, "--only", "trian")
    assert told.returncode == 2 and "did you mean “train”" in told.stderr
    assert pellucid("queue", "move", "3", "2", *words).returncode == 0

    first = runner()
    until(lambda: queue.runner_alive(runs))
    second = pellucid("queue", "run", *words)
    assert second.returncode == 2 and "another runner" in second.stderr
    out, err = first.communicate(timeout=300)
    assert first.returncode == 1, (out, err)  # one of three failed
    assert [Path(line).name for line in out.splitlines()] == ["a", "b"]
    assert "lost.csv" in err and "Traceback" not in err
    assert [run.name for run in find(runs)] == ["a", "b"]
    assert set(stories(runs).values()) == {"finished"}
    assert Run.open(runs / "a").recipe["train"]["seed"] == 5
    one, two = spans(runs)
    assert one[1] <= two[0]  # one at a time

    (left,) = json.loads(pellucid("queue", "list", *words, "--json").stdout)
    assert (left["name"], left["status"]) == ("bad", "failed") and "lost.csv" in left["error"]
    assert "lost.csv" in pellucid("queue", "list", *words).stdout
    assert not queue.runner_alive(runs)
    done = pellucid("queue", "run", *words)
    assert done.returncode == 0 and len(find(runs)) == 2  # what failed is not tried again unasked
    assert pellucid("queue", "retry", "1", *words).returncode == 0
    assert queue.at(runs, 1).status == "waiting"
    assert pellucid("queue", "remove", "1", *words).returncode == 0
    assert "is empty" in pellucid("queue", "list", *words).stdout


def test_cancelling_a_run_lets_the_next_one_begin(
    raw_recipe: dict[str, Any], tmp_path: Path, runner: Callable[..., subprocess.Popen[str]]
) -> None:
    runs = tmp_path / "runs"
    fill(runs, recipe(raw_recipe, "long", epochs=1000), recipe(raw_recipe, "next"))
    process = runner()
    until(lambda: step(runs / "long") >= 20)
    assert [entry.name for entry in queue.entries(runs)] == ["next"]
    (job,) = jobs.find(runs)
    assert job.pid != process.pid
    told = pellucid("cancel", str(runs / "long"))
    assert told.returncode == 0, told.stderr
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, (out, err)
    assert stories(runs) == {"long": "cancelled", "next": "finished"}
    assert queue.entries(runs) == []


def test_a_killed_runner_loses_no_entry_and_doubles_none(
    raw_recipe: dict[str, Any], tmp_path: Path, runner: Callable[..., subprocess.Popen[str]]
) -> None:
    runs = tmp_path / "runs"
    names = ["one", "two", "three"]
    fill(runs, *(recipe(raw_recipe, name) for name in names))
    generator = random.Random(3)
    # While Python starts, while the model is loaded, while the run works: each time another runner
    # comes at once, as the first one's child goes on.
    for wait in (0.4, 2.0, 3.5, 5.0):
        process = runner()
        until(lambda: queue.runner_alive(runs) or not queue.entries(runs))
        time.sleep(wait * (0.7 + 0.6 * generator.random()))
        process.send_signal(signal.SIGKILL)
    process = runner()
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, (out, err)
    # The last run may be one that outlives its killed runner.
    until(lambda: not queue.busy(runs) and "running" not in stories(runs).values())
    assert stories(runs) == dict.fromkeys(names, "finished")
    assert queue.entries(runs) == []
    worked = spans(runs)
    assert all(one[1] <= two[0] for one, two in itertools.pairwise(worked))


def test_killed_runner_and_run_at_once(
    raw_recipe: dict[str, Any], tmp_path: Path, runner: Callable[..., subprocess.Popen[str]]
) -> None:
    runs = tmp_path / "runs"
    fill(runs, recipe(raw_recipe, "one", epochs=1000), recipe(raw_recipe, "two"))
    process = runner()
    until(lambda: len(psutil.Process(process.pid).children()) == 1)
    tree = psutil.Process(process.pid).children(recursive=True)
    process.kill()  # the machine loses power while the model is loaded
    for child in tree:
        child.kill()
    assert [entry.name for entry in queue.entries(runs)] == ["one", "two"]
    process = runner()
    until(lambda: step(runs / "one") >= 20)
    tree = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for child in tree:
        child.kill()
    _, err = runner().communicate(timeout=300)
    assert stories(runs) == {"one": "interrupted", "two": "finished"}, err
    # What was interrupted is not begun anew; asked to resume, the queue goes on with it.
    text = (runs / "one" / "recipe.yaml").read_text(encoding="utf-8")
    queue.add(runs, text, steps=["train"], resume=True)
    process = runner()
    before = step(runs / "one")
    until(lambda: jobs.status(runs / "one") == "running" and step(runs / "one") > before)
    assert queue.entries(runs) == []
    process.terminate()  # takes no further entry, and lets the run go on
    queue.add(runs, text)
    jobs.ask(runs / "one", "stop")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, (out, err)
    assert stories(runs) == {"one": "stopped", "two": "finished"}
    assert [entry.name for entry in queue.entries(runs)] == ["one"]


def test_a_child_that_dies_without_a_word_is_not_tried_for_ever(
    raw_recipe: dict[str, Any], tmp_path: Path, runner: Callable[..., subprocess.Popen[str]]
) -> None:
    runs = tmp_path / "runs"
    fill(runs, recipe(raw_recipe, "one"))
    process = runner()
    until(lambda: len(psutil.Process(process.pid).children()) == 1)
    psutil.Process(process.pid).children()[0].kill()
    process.communicate(timeout=120)
    assert process.returncode == 1
    (entry,) = queue.entries(runs)
    assert entry.status == "failed" and "SIGKILL" in entry.error


def test_the_window_s_way_to_start_it(tmp_path: Path) -> None:
    """What waits is a run that was begun: the runner has only to take it off."""
    runs = tmp_path / "runs"
    entry = queue.add(runs, "name: one\n")
    Run.create(runs, "one", entry.recipe, {"queued": entry.path.stem})
    process = jobs.start(queue.runner_words(runs), tmp_path)
    assert process.wait(120) == 0
    assert queue.entries(runs) == [] and stories(runs) == {"one": "new"}
