"""The queue as a folder: its order against a list, and what can't be lost or doubled."""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.core import jobs, queue
from pellucid.core.runs import Run, find
from pellucid.errors import Cancelled, RunError

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("add")),
        st.tuples(st.just("remove"), st.integers(0, 20)),
        st.tuples(st.just("move"), st.integers(0, 20), st.integers(-2, 20)),
    ),
    max_size=25,
)


def names(runs: Path) -> list[str]:
    return [entry.name for entry in queue.entries(runs)]


@settings(max_examples=25, deadline=None)
@given(ACTIONS)
def test_the_order_equals_a_list(actions: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        runs, expected = Path(folder), []
        for count, action in enumerate(actions):
            found = queue.entries(runs)
            match action:
                case ("add",):
                    queue.add(runs, f"name: r{count}\n")
                    expected.append(f"r{count}")
                case ("remove", number) if found:
                    queue.remove(found[number % len(found)])
                    del expected[number % len(expected)]
                case ("move", number, place) if found:
                    queue.move(found[number % len(found)], place)
                    name = expected.pop(number % len(found))
                    expected.insert(min(max(place - 1, 0), len(expected)), name)
            assert names(runs) == expected


def test_an_entry_keeps_what_it_was_given(tmp_path: Path) -> None:
    text = "name: Über “uns”/x\ndata: {source: /a/b.csv}\n"
    added = queue.add(tmp_path, text, steps=["train", "evaluate"], resume=True)
    (found,) = queue.entries(tmp_path)
    assert found == added and queue.at(tmp_path, 1) == added
    assert (found.recipe, found.steps, found.resume) == (text, ("train", "evaluate"), True)
    assert found.status == "waiting" and found.path.parent == tmp_path / ".queue"
    assert queue.add(tmp_path, text).steps is None
    for number in (0, 3):
        with pytest.raises(RunError, match="entries 1 to 2"):
            queue.at(tmp_path, number)


def test_moving_to_and_fro_never_ends(tmp_path: Path) -> None:
    for name in "abc":
        queue.add(tmp_path, f"name: {name}\n")
    order = ["a", "b", "c"]
    for _ in range(130):  # more often than a number can be halved
        queue.move(queue.at(tmp_path, 3), 2)
        order.insert(1, order.pop())
        assert names(tmp_path) == order


def test_failing_and_trying_again(tmp_path: Path) -> None:
    one = queue.add(tmp_path, "name: one\n")
    queue.fail(one.path, "data.csv: there is no such file. Name one.")
    (found,) = queue.entries(tmp_path)
    assert found.status == "failed" and found.error.startswith("data.csv") and found.recipe
    queue.retry(found)
    assert queue.entries(tmp_path) == [one]
    queue.remove(one)
    queue.fail(one.path, "too late")
    assert queue.entries(tmp_path) == []
    for change in (queue.remove, queue.retry, lambda entry: queue.move(entry, 1)):
        with pytest.raises(RunError, match="no more"):
            change(one)
    queue.put_back(one)
    assert queue.entries(tmp_path) == [one]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1}', b'{"format": 9}', b"\xff"])
def test_a_damaged_entry_stands_in_nobodys_way(content: bytes, tmp_path: Path) -> None:
    queue.add(tmp_path, "name: a\n")
    (tmp_path / ".queue" / "hurt.json").write_bytes(content)
    queue.add(tmp_path, "name: b\n")
    found = {entry.name: entry for entry in queue.entries(tmp_path)}
    assert set(found) == {"a", "b", "hurt"}
    assert found["hurt"].status == "failed" and "hurt.json" in found["hurt"].error
    queue.move(found["b"], 1)
    assert names(tmp_path)[0] == "b"
    with pytest.raises(RunError, match="can't be read"):
        queue.retry(found["hurt"])
    queue.remove(found["hurt"])
    assert names(tmp_path) == ["b", "a"]


def test_adding_from_many_threads_loses_none(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=queue.add, args=(tmp_path, f"name: r{number}\n"))
        for number in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = queue.entries(tmp_path)
    assert {entry.name for entry in found} == {f"r{number}" for number in range(16)}
    assert len({entry.place for entry in found}) == 16


def test_an_entry_goes_when_its_run_is_there(tmp_path: Path) -> None:
    entry = queue.add(tmp_path, "name: one\n")
    with pytest.raises(OSError, match="full"), queue.taking(entry.path):
        raise OSError("full")
    assert queue.entries(tmp_path) == [entry]
    with queue.taking(entry.path):
        Run.create(tmp_path, "one", entry.recipe, {"queued": entry.path.stem})
    assert queue.entries(tmp_path) == [] and [run.name for run in find(tmp_path)] == ["one"]
    with pytest.raises(Cancelled, match="removed"), queue.taking(entry.path):
        raise AssertionError("the block began")


def test_a_run_that_was_begun_is_not_begun_again(tmp_path: Path) -> None:
    entry, other = (queue.add(tmp_path, "name: one\n") for _ in range(2))
    # What a process leaves that was killed right behind Run.create.
    Run.create(tmp_path, "one", entry.recipe, {"queued": entry.path.stem})
    with queue.carrying_out(entry.path) as found:
        assert found is None
    assert queue.entries(tmp_path) == [other]
    # What one leaves that was killed within it: no recipe.yaml, so no run.
    half = tmp_path / "half"
    half.mkdir()
    (half / "environment.json").write_text(json.dumps({"queued": other.path.stem}))
    with queue.carrying_out(other.path) as found:
        assert found == other
    with pytest.raises(RunError, match="no entry of a queue"), queue.carrying_out(half):
        pass


def test_the_queue_is_no_run_and_no_job(tmp_path: Path) -> None:
    from pellucid.core.listing import overview

    queue.add(tmp_path, "name: one\n")
    folder = queue.runner_folder(tmp_path)
    folder.mkdir()
    assert not queue.runner_alive(tmp_path)
    with jobs.working(folder, jobs.CancelToken()):
        assert queue.runner_alive(tmp_path)
        assert jobs.find(tmp_path) == [] and find(tmp_path) == [] and overview(tmp_path) == []
    assert not queue.runner_alive(tmp_path)
