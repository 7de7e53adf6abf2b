"""The list of runs: every folder is named, however it was left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pellucid.core import Run
from pellucid.core.listing import overview, summary


@pytest.fixture
def runs(finished: Path, tmp_path: Path) -> Path:
    """A finished run in a workspace of its own."""
    folder = tmp_path / "runs"
    shutil.copytree(finished, folder / "tiny", ignore=shutil.ignore_patterns("maps", "checkpoints"))
    return folder


def test_a_finished_run(runs: Path) -> None:
    (one,) = overview(runs)
    measured = json.loads((runs / "tiny" / "evaluation.json").read_text())["test"]["accuracy"]
    assert (one.name, one.status) == ("tiny", "finished") and one.model.endswith("tiny")
    assert one.metrics["accuracy"].as_json() == measured
    assert one.as_json()["metrics"]["accuracy"] == measured
    assert f"{measured['value']:.3f}" in one.cells[2]
    lines = summary(Run.open(runs / "tiny"))
    assert len(lines) == 2 and f"{measured['value']:.3f}" in lines[0]


def test_a_workspace_without_runs(tmp_path: Path) -> None:
    assert overview(tmp_path) == [] and overview(tmp_path / "none") == []
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert overview(tmp_path) == []


def broken(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)


@pytest.mark.parametrize("content", [b"", b'{"half', b"[]", b"3", b"\xff\xfe"])
@pytest.mark.parametrize("name", ["environment.json", "evaluation.json", "job.json"])
def test_a_damaged_file_does_not_hide_the_others(name: str, content: bytes, runs: Path) -> None:
    shutil.copytree(runs / "tiny", runs / "hurt")
    broken(runs / "hurt", name, content)
    found = {one.name: one for one in overview(runs)}
    assert set(found) == {"tiny", "hurt"} and found["tiny"].status == "finished"
    assert all(isinstance(cell, str) for one in found.values() for cell in one.cells)
    if name == "evaluation.json":
        assert found["hurt"].cells[2:4] == ("–", "–")


@pytest.mark.parametrize("content", [b"3\n", b'{"event": "Progress"}\n', b"[1, 2]\n", b"\xff\n"])
def test_damaged_events_do_not_hide_a_run(content: bytes, runs: Path) -> None:
    broken(runs / "tiny", "events.jsonl", content)
    (one,) = overview(runs)
    assert one.name == "tiny" and one.metrics


def test_folders_that_a_killed_process_left(runs: Path) -> None:
    for name, file in {
        "one": "environment.json",
        "two": ".partial-0123abcd-environment.json",
    }.items():
        (runs / name).mkdir()
        broken(runs / name, file, b'{"form')
    (runs / "three").mkdir()
    broken(runs / "three", "recipe.yaml", b"name: three\n")
    found = {one.name: one.status for one in overview(runs)}
    assert found == {"tiny": "finished", "one": "only begun", "two": "only begun", "three": "new"}
