"""A job as its events tell it, whoever listens and from when on."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.core import events
from pellucid.core.follow import Following, Series


def write(path: Path, *told: events.Event) -> None:
    log = events.EventLog(path / "events.jsonl", path.name)
    for event in told:
        log(event)
    log.close()


def test_a_late_listener_knows_what_an_early_one_knows(tmp_path: Path) -> None:
    early, late = Following(tmp_path), Following(tmp_path)
    told = [
        events.Started(step="run", steps=("train", "evaluate")),
        events.Started(step="train"),
        events.Progress(step="train", done=3, total=9, remaining=12.5, text="epoch 1 of 3"),
        events.Metric(name="loss", value=0.7, at=3),
        events.Warning(text="cut off"),
        events.Started(step="evaluate"),
        events.Progress(step="predict", done=1, total=4),
    ]
    for event in told:
        write(tmp_path, event)
        early.catch_up()
    late.catch_up()
    early._offset = late._offset = 0
    assert early == late
    assert (late.step, late.finished_steps, late.share) == ("evaluate", ("train",), 0.25)
    assert late.series["loss", "train"] == Series([3], [0.7])
    assert late.warnings == ["cut off"]
    assert late.steps == ("train", "evaluate")


def test_a_resumed_run_tells_some_steps_twice_and_the_last_telling_counts(tmp_path: Path) -> None:
    series = Series()
    for step, value in [(10, 0.9), (20, 0.8), (30, 0.7), (20, 0.81), (30, 0.71), (40, 0.6)]:
        series.add(step, value)
    assert series == Series([10, 20, 30, 40], [0.9, 0.81, 0.71, 0.6])


def test_an_error_is_kept_until_the_job_begins_again(tmp_path: Path) -> None:
    job = Following(tmp_path)
    write(tmp_path, events.Started(step="run"), events.Failed(text="no room", kind="DiskFullError"))
    job.catch_up()
    assert job.error == "no room"
    write(tmp_path, events.Started(step="run", steps=("train",)))
    job.catch_up()
    assert job.error == ""


def test_a_half_written_line_waits_for_its_end(tmp_path: Path) -> None:
    job = Following(tmp_path)
    write(tmp_path, events.Metric(name="loss", value=0.5, at=1))
    file = tmp_path / "events.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    assert len(job.catch_up()) == 1
    with file.open("ab") as more:
        more.write(whole[len(whole) // 2 :])
    assert len(job.catch_up()) == 1
    assert job.began == pytest.approx(job.ended)


def test_status_follows_from_the_folder(finished: Path) -> None:
    job = Following(finished)
    job.catch_up()
    job.refresh()
    assert job.status == "finished"
    assert job.finished_steps == job.steps == ("train", "evaluate", "explain", "audit", "report")
    assert job.series["loss", "train"].steps == sorted(job.series["loss", "train"].steps)
