"""Answers to tables of any size: part by part, gone on with after a kill, and only once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from pellucid.core import Run, decision, streaming
from pellucid.core.events import Progress
from pellucid.core.parts import parts
from pellucid.core.predict_table import predict_table as answer
from pellucid.errors import Cancelled, DataError, DiskFullError, RunError

SCORES = ["score:negative", "score:positive"]
module = sys.modules[answer.__module__]


@pytest.fixture
def many(make_sentences: Callable[..., pd.DataFrame], tmp_path: Path) -> Path:
    """Write a table of 500 rows."""
    path = tmp_path / "many.csv"
    make_sentences(500, seed=8).to_csv(path, index=False)
    return path


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 16)
    monkeypatch.setattr(module, "ROWS", 100)


def stop_after(parts_done: int, folder: Path) -> Callable[[], None]:
    def check() -> None:
        if len(list(folder.glob("part-*"))) >= parts_done:
            raise Cancelled("cancelled")

    return check


@pytest.mark.usefixtures("small_parts")
def test_many_parts_answer_as_one(
    finished: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    run = Run.open(finished)
    found = answer(run, many, tmp_path / "parts.parquet", emit=told.append)
    assert found.rows == 500
    groups = pq.read_metadata(found.path)
    rows = [groups.row_group(number).num_rows for number in range(groups.num_row_groups)]
    assert rows == [16, 32, 64, 100, 100, 100, 88]
    monkeypatch.setattr(module, "FIRST", 1000)
    monkeypatch.setattr(module, "ROWS", 1000)
    whole = answer(run, many, tmp_path / "whole.parquet").frame()
    parted = found.frame()
    assert parted.drop(columns=SCORES).equals(whole.drop(columns=SCORES))
    np.testing.assert_allclose(parted[SCORES], whole[SCORES], atol=1e-6)
    assert parted["id"].tolist() == pd.read_csv(many)["id"].tolist()
    progress = [event for event in told if isinstance(event, Progress)]
    done = [event.done for event in progress]
    assert done == sorted(done) and done[-1] == 500
    assert {(event.step, event.total) for event in progress} == {("predict", 500)}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".tsv", ".jsonl"])
@pytest.mark.usefixtures("small_parts")
def test_what_was_finished_is_not_done_again(
    ending: str, finished: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.open(finished)
    expected = answer(run, many, tmp_path / f"whole{ending}").path.read_bytes()
    out = tmp_path / f"out{ending}"
    folder = tmp_path / f".out{ending}.parts"
    with pytest.raises(Cancelled):
        answer(run, many, out, check=stop_after(3, folder))
    assert not out.exists() and len(list(folder.glob("part-*"))) == 3
    answered: list[int] = []
    plain = module._finished

    def listen(found: pd.DataFrame, *rest: Any) -> pd.DataFrame:
        answered.append(len(found))
        return plain(found, *rest)

    monkeypatch.setattr(module, "_finished", listen)
    told: list[Any] = []
    assert answer(run, many, out, resume=True, emit=told.append).rows == 500
    assert sum(answered) == 500 - 16 - 32 - 64
    assert out.read_bytes() == expected  # parts grow as they would have
    assert not folder.exists()
    assert min(event.done for event in told if isinstance(event, Progress)) >= 16 + 32 + 64


@pytest.mark.usefixtures("small_parts")
def test_without_resume_it_is_done_anew(finished: Path, many: Path, tmp_path: Path) -> None:
    run = Run.open(finished)
    out, folder = tmp_path / "out.csv", tmp_path / ".out.csv.parts"
    with pytest.raises(Cancelled):
        answer(run, many, out, check=stop_after(3, folder))
    with pytest.raises(Cancelled):
        answer(run, many, out, check=stop_after(1, folder))
    assert len(list(folder.glob("part-*"))) == 1
    assert answer(run, many, out).rows == 500 and not folder.exists()


@pytest.mark.usefixtures("small_parts")
def test_parts_of_another_table_or_decision_are_refused(
    finished: Path, many: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(finished, tmp_path / "run")
    run = Run.open(tmp_path / "run")
    out, folder = tmp_path / "out.csv", tmp_path / ".out.csv.parts"
    with pytest.raises(Cancelled):
        answer(run, many, out, check=stop_after(2, folder))
    with pytest.raises(RunError, match="begun with another precision"):
        answer(run, many, out, resume=True, precision="bf16")
    decision.write(run.path, decision.Decision("positive", 0.9), run.labels)
    with pytest.raises(RunError, match="begun with another decision"):
        answer(run, many, out, resume=True)
    decision.clear(run.path)
    many.write_text(many.read_text() + "x,good room,positive,male,north\n")
    with pytest.raises(RunError, match=r"out\.csv.*begun with another table"):
        answer(run, many, out, resume=True)
    assert len(list(folder.glob("part-*"))) == 2  # nothing was lost by asking
    assert answer(run, many, out).rows == 501


def test_resuming_what_was_never_begun_begins_it(
    finished: Path, many: Path, tmp_path: Path
) -> None:
    assert answer(Run.open(finished), many, tmp_path / "out.csv", resume=True).rows == 500


def test_two_processes_do_not_write_one_table(finished: Path, many: Path, tmp_path: Path) -> None:
    folder = tmp_path / ".out.csv.parts"
    folder.mkdir()
    with (
        FileLock(folder / ".lock"),
        pytest.raises(RunError, match="another process is writing"),
    ):
        answer(Run.open(finished), many, tmp_path / "out.csv")


SCRIPT = """
import sys
from pathlib import Path
from pellucid.core import Run
from pellucid.core.predict_table import predict_table
module = sys.modules[predict_table.__module__]
module.FIRST, module.ROWS = 16, 64
predict_table(Run.open(sys.argv[1]), sys.argv[2], sys.argv[3], resume=True)
"""


def test_a_killed_process_is_gone_on_with(
    finished: Path, make_sentences: Callable[..., pd.DataFrame], tmp_path: Path
) -> None:
    table = tmp_path / "many.csv"
    make_sentences(6000, seed=2).to_csv(table, index=False)
    out, folder = tmp_path / "out.csv", tmp_path / ".out.csv.parts"
    command = [sys.executable, "-c", SCRIPT, str(finished), str(table), str(out)]
    kills, before = 0, -1
    while kills < 3:
        child = subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})
        while child.poll() is None and len(list(folder.glob("part-*"))) <= before + 3:
            time.sleep(0.002)
        if child.poll() is not None:
            break
        child.send_signal(signal.SIGKILL)
        child.wait()
        kills += 1
        done = len(list(folder.glob("part-*")))
        assert done > before  # what was finished stays
        before = done
        assert not out.exists()
    assert kills >= 1
    assert subprocess.run(command, check=False).returncode == 0
    found = pd.read_csv(out)
    assert found["id"].tolist() == pd.read_csv(table)["id"].tolist()
    whole = answer(Run.open(finished), table, tmp_path / "whole.csv").frame()
    np.testing.assert_allclose(found[SCORES], whole[SCORES], atol=1e-6)
    assert found["prediction"].tolist() == whole["prediction"].tolist()


def test_a_full_disk_says_so_and_keeps_what_is_there(
    finished: Path, many: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST", 16)
    monkeypatch.setattr(module, "ROWS", 16)
    run = Run.open(finished)
    folder = small_disk / ".out.csv.parts"
    filler = small_disk / "filler"

    def fill() -> None:
        if len(list(folder.glob("part-*"))) == 2 and not filler.exists():
            with filler.open("wb", buffering=0) as file, pytest.raises(OSError):
                while True:
                    file.write(b"x" * 1024)

    with pytest.raises(DiskFullError, match="--resume"):
        answer(run, many, small_disk / "out.csv", check=fill)
    assert len(list(folder.glob("part-*"))) == 2
    filler.unlink()
    assert answer(run, many, small_disk / "out.csv", resume=True).rows == 500


@pytest.mark.usefixtures("small_parts")
def test_parts_without_a_value_take_the_others_type(finished: Path, tmp_path: Path) -> None:
    """Groups and labels that only later rows have, in a table that counts as large."""
    table = tmp_path / "t.jsonl"
    rows = [
        {"text": "good room", "gender": None if row < 60 else "female", "label": None}
        for row in range(120)
    ]
    rows[-1]["label"] = "positive"
    table.write_text("\n".join(map(json.dumps, rows)))
    found = answer(Run.open(finished), table, tmp_path / "out.parquet").frame()
    assert found["group:gender"].isna().sum() == 60
    assert found["label"].isna().sum() == 119 and found["label"].iloc[-1] == "positive"
    assert found["id"].tolist() == [str(row) for row in range(1, 121)]


@pytest.mark.usefixtures("small_parts")
def test_large_tables_answer_as_small_ones(
    finished: Path, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = answer(Run.open(finished), many, tmp_path / "small.csv").frame()
    monkeypatch.setattr(streaming, "WHOLE", 0)
    monkeypatch.setattr(streaming, "BLOCK", 4096)
    large = answer(Run.open(finished), many, tmp_path / "large.csv").frame()
    assert large.drop(columns=SCORES).equals(small.drop(columns=SCORES))
    np.testing.assert_allclose(large[SCORES], small[SCORES], atol=1e-6)


def test_bf16_answers_nearly_the_same(finished: Path, many: Path, tmp_path: Path) -> None:
    run = Run.open(finished)
    exact = answer(run, many, tmp_path / "exact.csv").frame()
    quick = answer(run, many, tmp_path / "quick.csv", precision="bf16").frame()
    difference = (exact[SCORES] - quick[SCORES]).abs().to_numpy().max()
    assert 0 < difference < 0.05
    assert (exact["prediction"] == quick["prediction"]).mean() > 0.98


def test_a_row_that_breaks_the_work_leaves_the_parts_before(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with pytest.raises(DataError), parts(out, {"table": 1}) as written:
        written.add(pd.DataFrame({"id": ["1"], "prediction": ["a"]}))
        raise DataError("the second part")
    with parts(out, {"table": 1}, resume=True) as written:
        assert written.rows == [1]
        written.add(pd.DataFrame({"id": ["2", "3"], "prediction": [None, "é"]}))
        assert written.join() == 3
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [line["prediction"] for line in lines] == ["a", None, "é"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]
