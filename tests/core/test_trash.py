"""Runs thrown away and had back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pellucid.core import events, jobs, trash
from pellucid.core.listing import overview
from pellucid.core.runs import find
from pellucid.errors import RunError


def make(runs: Path, name: str, content: str = "") -> Path:
    folder = runs / name
    (folder / "model").mkdir(parents=True)
    (folder / "recipe.yaml").write_text("name: x\n")
    (folder / "environment.json").write_text("{}")
    (folder / "job.json").write_text('{"pid": 1, "started": 0, "command": []}')
    (folder / "model" / "weights").write_text(content)
    log = events.EventLog(folder / "events.jsonl", name)
    log(events.Finished(seconds=1.0))
    log.close()
    return folder


def seen(runs: Path) -> list[set[str]]:
    return [
        {run.name for run in find(runs)},
        {job.folder.name for job in jobs.find(runs)},
        {one.name for one in overview(runs)},
    ]


def test_away_and_back(tmp_path: Path) -> None:
    folder = make(tmp_path, "one", "bytes")
    make(tmp_path, "two")
    before = {path.relative_to(folder): path.stat().st_size for path in folder.rglob("*")}
    gone = trash.discard(folder)
    assert gone == tmp_path / ".trash" / "one" and not folder.exists()
    assert seen(tmp_path) == [{"two"}] * 3
    (record,) = trash.trashed(tmp_path)
    assert (record.path, record.name) == (gone, "one")
    age = datetime.now(UTC) - datetime.fromisoformat(record.when)
    assert 0 <= age.total_seconds() + 1 < 60
    back = trash.restore(gone)
    assert back == folder and trash.trashed(tmp_path) == []
    after = {path.relative_to(folder): path.stat().st_size for path in folder.rglob("*")}
    assert {path: size for path, size in after.items() if path.name != ".lock"} == before
    assert not list((tmp_path / ".trash").iterdir())


def test_taken_names_get_numbers_on_both_sides(tmp_path: Path) -> None:
    gone = [trash.discard(make(tmp_path, "one", str(number))) for number in range(3)]
    assert [path.name for path in gone] == ["one", "one-2", "one-3"]
    make(tmp_path, "one", "new")
    back = [trash.restore(path) for path in gone]
    assert [path.name for path in back] == ["one-2", "one-3", "one-4"]
    assert [(path / "model" / "weights").read_text() for path in back] == ["0", "1", "2"]
    assert (tmp_path / "one" / "model" / "weights").read_text() == "new"


@pytest.mark.parametrize(
    "name", ["job.json", "recipe.yaml", "environment.json", "job", "environment"]
)
def test_no_name_is_found_in_the_trash(name: str, tmp_path: Path) -> None:
    trash.discard(make(tmp_path, name))
    assert seen(tmp_path) == [set()] * 3


def test_a_run_at_work_stays(tmp_path: Path) -> None:
    folder = make(tmp_path, "one")
    code = (
        "import sys; from pathlib import Path; from pellucid.core import jobs\n"
        "with jobs.working(Path(sys.argv[1]), jobs.CancelToken()):\n"
        "    print('at work', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdout.readline()
        with pytest.raises(RunError, match="a process is working on this run"):
            trash.discard(folder)
        process.communicate(timeout=60)
    assert folder.is_dir() and trash.trashed(tmp_path) == []
    trash.discard(folder)


def test_only_runs_can_be_thrown_away(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "cat.png").touch()
    gone = trash.discard(make(tmp_path, "one"))
    for path in (tmp_path / "pictures", tmp_path / "none", gone, tmp_path):
        with pytest.raises(RunError, match="no run here"):
            trash.discard(path)
    for path in (tmp_path / ".trash" / ".." / "pictures", tmp_path / ".trash" / "none"):
        with pytest.raises(RunError, match="no such run in the trash"):
            trash.restore(path)
    begun = tmp_path / "half"
    begun.mkdir()
    (begun / ".partial-01234567-environment.json").touch()
    assert trash.restore(trash.discard(begun)) == begun


@pytest.mark.parametrize("record", [None, b"", b"[]", b'{"name": "../../away", "when": "w"}'])
def test_a_lost_or_damaged_record_still_lets_a_run_back(
    record: bytes | None, tmp_path: Path
) -> None:
    runs = tmp_path / "work" / "runs"
    gone = trash.discard(make(runs, "one"))
    beside = gone.with_name("one.trashed.json")
    if record is None:
        beside.unlink()
    else:
        beside.write_bytes(record)
    (found,) = trash.trashed(runs)
    assert found.path == gone
    assert trash.restore(gone) in (runs / "one", runs / "away")
    assert not list(tmp_path.glob("away"))


def test_emptying(tmp_path: Path) -> None:
    assert trash.empty(tmp_path) == 0
    for number in range(3):
        trash.discard(make(tmp_path, f"run-{number}"))
    make(tmp_path, "kept")
    assert trash.empty(tmp_path) == 3
    assert trash.trashed(tmp_path) == [] and seen(tmp_path) == [{"kept"}] * 3
    assert not (tmp_path / ".trash").exists()


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    gone: list[Path] = []
    folders = [make(tmp_path / "a" / "runs", f"run-{number}", str(number)) for number in range(20)]
    threads = [
        threading.Thread(target=lambda f=folder: gone.append(trash.discard(f)))
        for folder in folders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.name for one in trash.trashed(tmp_path / "a" / "runs")} == {
        folder.name for folder in folders
    }


def pellucid(*words: str, at: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pellucid", *words]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=at
    )


def test_by_command(tmp_path: Path) -> None:
    make(tmp_path / "runs", "one")
    told = pellucid("trash", "runs/one", at=tmp_path)
    assert told.returncode == 0, told.stderr
    assert Path(told.stdout.splitlines()[-1]) == tmp_path / "runs" / ".trash" / "one"
    (listed,) = json.loads(pellucid("runs", "--trash", "--json", at=tmp_path).stdout)
    assert listed["name"] == "one"
    assert "one" in pellucid("runs", "--trash", at=tmp_path).stdout
    told = pellucid("restore", "one", "--runs", "runs", at=tmp_path)
    assert Path(told.stdout.splitlines()[-1]) == tmp_path / "runs" / "one"
    assert pellucid("restore", "one", at=tmp_path).returncode == 2
    assert pellucid("trash", at=tmp_path).returncode == 2
    pellucid("trash", "runs/one", at=tmp_path)
    assert pellucid("trash", "--empty", at=tmp_path).stdout == "1 runs were deleted.\n"
    assert not shutil.os.path.exists(tmp_path / "runs" / ".trash")
