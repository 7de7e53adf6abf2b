"""What is known of files: read once while they stay as they are, and never held against them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from pellucid.core.inspected import Inspected
from pellucid.multimodal.media import Unreadable


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(user_cache_path("pellucid"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "data"
    place.mkdir()
    (place / "a.png").write_bytes(b"good")
    return place


class Looking:
    """Counts what it is asked to inspect, and refuses what holds `bad`."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, path: Path) -> None:
        self.asked.append(path.name)
        if b"bad" in path.read_bytes():
            raise Unreadable("it is bad")


def test_a_file_is_inspected_once(folder: Path) -> None:
    look = Looking()
    for _ in range(2):
        with Inspected(folder, "image") as seen:
            first = seen.file(folder / "a.png", "a.png", look)
            assert seen.file(folder / "a.png", "./a.png", look).cell == "./a.png"
    assert look.asked == ["a.png"]
    assert (first.cell, first) == ("a.png", str(folder / "a.png"))
    with Inspected(folder, "image") as seen:
        assert seen.file(folder / "a.png", "a.png", look).content == first.content
    with Inspected(folder, "audio") as seen:  # good as a picture says nothing of it as a sound
        seen.file(folder / "a.png", "a.png", look)
    assert look.asked == ["a.png", "a.png"]


def test_a_changed_file_is_inspected_again(folder: Path) -> None:
    look, path = Looking(), folder / "a.png"
    with Inspected(folder, "image") as seen:
        before = seen.file(path, "a.png", look)
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    path.write_bytes(b"bad!")  # as long as before, and its time set back
    os.utime(path, ns=times)
    with Inspected(folder, "image") as seen, pytest.raises(Unreadable, match="it is bad"):
        seen.file(path, "a.png", look)
    path.write_bytes(b"mended")
    with Inspected(folder, "image") as seen:
        assert seen.file(path, "a.png", look).content != before.content
    assert len(look.asked) == 3


def test_bad_files_are_not_remembered(folder: Path) -> None:
    (folder / "b.png").write_bytes(b"bad")
    refuse = {"now": True}

    def look(path: Path) -> None:
        if refuse["now"]:
            raise Unreadable("the disk did not answer")

    with Inspected(folder, "image") as seen, pytest.raises(Unreadable, match="did not answer"):
        seen.file(folder / "b.png", "b.png", look)
    refuse["now"] = False
    with Inspected(folder, "image") as seen:
        assert seen.file(folder / "b.png", "b.png", look).cell == "b.png"


@pytest.mark.parametrize(
    "content", ["", "[1]", "{}", '{"a": [1]}', '{"a": ["x", 1, 2, "c"]}', "\0"]
)
def test_a_damaged_memory_costs_nothing_but_time(content: str, folder: Path, cache: Path) -> None:
    look = Looking()
    with Inspected(folder, "image") as seen:
        seen.file(folder / "a.png", "a.png", look)
    (kept,) = (cache / "inspected").iterdir()
    good = json.loads(kept.read_text())
    kept.write_text(content)
    with Inspected(folder, "image") as seen:
        seen.file(folder / "a.png", "a.png", look)
    assert look.asked == ["a.png"] * 2 and json.loads(kept.read_text()) == good


def test_a_memory_that_can_not_be_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file" / "below"))
    with Inspected(folder, "image") as seen:
        assert seen.file(folder / "a.png", "a.png", Looking()).cell == "a.png"


def test_a_file_that_is_gone(folder: Path) -> None:
    with Inspected(folder, "image") as seen, pytest.raises(Unreadable, match="can't be reached"):
        seen.file(folder / "none.png", "none.png", Looking())
