"""Events: whole lines, numbered on, followed by byte offset."""

from __future__ import annotations

import json
from pathlib import Path

from pellucid.core import events


def test_events_come_back_numbered(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    heard: list[events.Event] = []
    log = events.EventLog(path, "job", heard.append)
    log(events.Started(step="run", steps=("train",)))
    log(events.Metric(name="loss", value=0.5, at=10))
    log.close()
    log = events.EventLog(path, "job")
    log(events.Finished(seconds=2.0))
    log.close()
    found = events.read(path)
    assert [one.sequence for one in found] == [1, 2, 3]
    assert found[:2] == heard
    assert isinstance(found[0], events.Started) and found[0].steps == ("train",)
    assert {one.job for one in found} == {"job"}


def test_tail_leaves_a_line_that_is_still_written(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = json.dumps({"event": "Finished", "seconds": 1.0, "sequence": 1}) + "\n"
    path.write_text(whole + '{"event": "Fini', encoding="utf-8")
    found, offset = events.tail(path)
    assert len(found) == 1 and offset == len(whole)
    assert events.tail(path, offset) == ([], offset)
    with path.open("a", encoding="utf-8") as file:
        file.write('shed", "seconds": 2.0, "sequence": 2}\n')
    found, _ = events.tail(path, offset)
    assert found == [events.Finished(seconds=2.0, sequence=2)]


def test_a_half_line_of_a_killed_process_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    log = events.EventLog(path, "job")
    log(events.Warning(text="one"))
    log.close()
    with path.open("a", encoding="utf-8") as file:
        file.write('{"event": "Warn')
    log = events.EventLog(path, "job")
    log(events.Warning(text="two"))
    log.close()
    assert [(one.sequence, one.text) for one in events.read(path)] == [(1, "one"), (2, "two")]


def test_events_of_a_newer_version_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    lines = [
        {"event": "Telepathy", "sequence": 1},
        {"event": "Warning", "text": "known", "colour": "red", "sequence": 2},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert events.read(path) == [events.Warning(text="known", sequence=2)]


def test_clock_estimates_from_its_own_pace() -> None:
    clock = events.Clock(total=100, done=50)
    assert clock.remaining(50) is None
    clock._begin -= 10
    left = clock.remaining(60)
    assert left is not None and abs(left - 40) < 1
    assert clock.due(every=60) and not clock.due(every=60)
