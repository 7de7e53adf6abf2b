"""Tags and notes of a run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid.core import notes
from pellucid.core.listing import overview
from pellucid.core.notes import Notes
from pellucid.errors import RunError


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "runs" / "tiny"
    skipped = shutil.ignore_patterns("maps", "checkpoints", "model")
    shutil.copytree(finished, folder, ignore=skipped)
    return folder


def test_no_file_is_no_note(tmp_path: Path) -> None:
    assert notes.read(tmp_path) == Notes()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    notes.write(tmp_path, Notes((" b ", "Ä x", "a", "b", "", "B\n c"), "line\nline “two”  "))
    raw = json.loads((tmp_path / "notes.json").read_text(encoding="utf-8"))
    assert raw == {"format": 1, "tags": ["a", "b", "B c", "Ä x"], "note": "line\nline “two”  "}
    assert notes.read(tmp_path) == Notes(("a", "b", "B c", "Ä x"), "line\nline “two”  ")


def test_tags_come_and_go() -> None:
    first = Notes(("best",), "kept")
    assert first.changed([" new", "best"], ["old"]) == Notes(("best", "new"), "kept")
    assert first.changed(["new"], [" best "], "") == Notes(("new",), "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"half',
        b"[]",
        b"\xff",
        b'{"tags": "one"}',
        b'{"tags": [1]}',
        b'{"note": 3}',
        b'{"format": 2}',
        b'{"format": true, "tags": []}',
    ],
)
def test_a_damaged_file_is_named_and_hides_no_run(content: bytes, run: Path) -> None:
    (run / "notes.json").write_bytes(content)
    with pytest.raises(RunError, match=r"notes\.json"):
        notes.read(run)
    (one,) = overview(run.parent)
    assert one.status == "finished" and (one.tags, one.note) == ((), "")


def pellucid(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *words]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_by_command(run: Path) -> None:
    before = pellucid("runs", str(run.parent)).stdout
    assert "Tags" not in before
    told = pellucid("notes", str(run), "--tag", "best", "--tag", " low [lr]", "--note", "Why?")
    assert told.stdout == "Tags: best, low [lr]\nWhy?\n"
    told = pellucid("notes", str(run), "--untag", "best", "--json")
    assert json.loads(told.stdout) == {"tags": ["low [lr]"], "note": "Why?"}
    (listed,) = json.loads(pellucid("runs", str(run.parent), "--json").stdout)
    assert (listed["tags"], listed["note"]) == (["low [lr]"], "Why?")
    assert "Tags" in pellucid("runs", str(run.parent)).stdout
    told = pellucid("notes", str(run.parent / "none"))
    assert told.returncode == 2 and "no such folder" in told.stderr


def test_a_note_does_not_make_a_run_newer(run: Path) -> None:
    from pellucid.core.runs import find

    shutil.copytree(run, run.parent / "later")
    (run.parent / "later" / "recipe.yaml").write_bytes((run / "recipe.yaml").read_bytes())
    notes.write(run, Notes(("a",)))
    assert [one.name for one in find(run.parent)] == ["tiny", "later"]
