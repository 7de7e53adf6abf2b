"""How a run came about: what its folder tells, in its order."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pellucid.core import Run, decision
from pellucid.core.chronicle import chronicle, section
from pellucid.core.events import EventLog, Failed, Started, Stopped
from pellucid.core.report.tree import Table


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Run:
    shutil.copytree(finished, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints"))
    return Run.open(tmp_path / "run")


def told(run: Run) -> list[str]:
    return [one.what for one in chronicle(run)]


def test_steps_stand_in_the_order_in_which_they_were_done(run: Run) -> None:
    found = chronicle(run)
    assert told(run)[:3] == ["Data: read", "Data: split", "Run begun"]
    assert [one for one in told(run) if one in ("Trained", "Evaluated", "Written up")] == [
        "Trained",
        "Evaluated",
        "Written up",
    ]
    times = [one.time for one in found]
    assert times == sorted(times)  # type: ignore[type-var]
    assert found[0].detail == "sentences.csv; 400 rows"
    assert found[1].detail == "rows: 320 train, 40 validation, 40 test"
    (evaluated,) = (one for one in found if one.what == "Evaluated")
    assert "evaluation.json" in evaluated.detail
    started = next(
        raw
        for raw in map(json.loads, (run.path / "events.jsonl").read_text().splitlines())
        if raw["event"] == "Started" and raw["step"] == "evaluate"
    )
    assert evaluated.when == f"{datetime.fromtimestamp(started['time'], UTC):%Y-%m-%d %H:%M:%S} UTC"


def test_what_was_done_later_is_told_as_such(run: Run) -> None:
    decision.write(run.path, decision.Decision("positive", 0.7), run.labels)
    (run.path / "audit").mkdir(exist_ok=True)
    (run.path / "audit" / "privacy.json").write_text("{}")
    for name, time in (("decision.json", 4102444800), ("audit/privacy.json", 4102444900)):
        os.utime(run.path / name, (time, time))
    log = EventLog(run.path / "events.jsonl", "run")
    log(Started(step="run", steps=("evaluate",)))
    log(Started(step="evaluate"))
    log(Stopped(reason="cancel", resumable=True))
    log(Started(step="run", steps=("report",)))
    log(Started(step="report"))
    log(Failed(text="/a/secret/path went wrong", kind="RunError"))
    log.close()
    found = chronicle(run)
    assert told(run)[-6:] == [
        "Evaluated once more",
        "Cancelled",
        "Written up once more",
        "Failed",
        "Threshold chosen",
        "Measured: privacy",
    ]
    assert found[-2].detail.startswith("“positive” is answered from a score of 0.7 on")
    assert found[-2].when == "2100-01-01 00:00:00 UTC"
    assert not any("secret" in one.detail for one in found)


def test_nobody_is_named_who_was_not_stated(run: Run) -> None:
    part = section(run)
    assert "Who answers for it: (not stated)." in part.lead
    (table,) = part.blocks
    assert isinstance(table, Table) and len(table.rows) == len(chronicle(run))
    assert os.environ.get("USER", "nobody-at-all") not in str(table)
    path = run.path / "recipe.yaml"
    path.write_text(path.read_text().replace("author: null", "author: The library’s data office"))
    assert "Who answers for it: The library’s data office." in section(run).lead
