"""Playing sounds by a program of the system: begun, stopped, tried in turn, handed over."""

from __future__ import annotations

import os
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QObject, QThreadPool

from pellucid.gui.widgets import player as module
from pellucid.gui.widgets.player import Player

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are of other systems")

Wait = Callable[..., None]


@pytest.fixture
def sound(tmp_path: Path) -> str:
    path = tmp_path / "tone.flac"
    soundfile.write(path, 0.3 * np.sin(np.arange(4000) / 5), 8000)
    return str(path)


class System:
    """Programs that pretend to play, and an application that opens files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.opened: list[str] = []
        self.there: dict[str, str] = {}

    def add(self, name: str, does: str) -> None:
        """Put a program into place; `$1` is the file that it gets."""
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{does}\n")
        path.chmod(0o755)
        self.there[name] = str(path)

    def find(self, name: str) -> str | None:
        return self.there.get(name)

    def open_file(self, path: str) -> bool:
        self.opened.append(path)
        return True


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    return System(folder)


@pytest.fixture
def player(qapp: object, system: System) -> Player:
    owner = QObject()
    made = Player(owner, QThreadPool.globalInstance(), system.find, system.open_file)
    made.owner = owner  # type: ignore[attr-defined]
    return made


def left(folder: Path) -> list[str]:
    return [one.name for one in folder.glob("pellucid-*.wav")]


def test_a_program_gets_the_sound_as_wav(
    player: Player, system: System, sound: str, tmp_path: Path, wait_until: Wait
) -> None:
    system.add("paplay", f'cp "$1" "{tmp_path}/heard.wav"')
    told: list[str] = []
    player.changed.connect(lambda: told.append(player.path))
    player.play(sound)
    wait_until(lambda: told[-1:] == [""] and len(told) > 1)
    with wave.open(str(tmp_path / "heard.wav")) as heard:
        assert (heard.getframerate(), heard.getnframes(), heard.getsampwidth()) == (8000, 4000, 2)
    assert told == [sound, ""] and not left(tmp_path) and not system.opened


def test_it_can_be_stopped(
    player: Player, system: System, sound: str, tmp_path: Path, wait_until: Wait
) -> None:
    system.add("aplay", f'echo "$2" > "{tmp_path}/began"; exec sleep 60')
    player.turn(sound)
    wait_until((tmp_path / "began").exists)
    assert player.path == sound and len(left(tmp_path)) == 1
    player.turn(sound)
    assert player.path == "" and not left(tmp_path)


def test_another_sound_ends_the_first(
    player: Player, system: System, sound: str, tmp_path: Path, wait_until: Wait
) -> None:
    other = tmp_path / "other.wav"
    soundfile.write(other, np.zeros(100), 8000)
    system.add("aplay", f'echo x >> "{tmp_path}/began"; exec sleep 60')
    player.play(sound)
    wait_until((tmp_path / "began").exists)
    player.play(str(other))
    wait_until(lambda: (tmp_path / "began").read_text().count("x") == 2)
    assert player.path == str(other) and len(left(tmp_path)) == 1
    player.stop()


def test_a_program_that_fails_is_followed_by_the_next(
    player: Player, system: System, sound: str, tmp_path: Path, wait_until: Wait
) -> None:
    system.add("pw-play", "exit 1")
    system.add("aplay", f'touch "{tmp_path}/played"')
    player.play(sound)
    wait_until(lambda: player.path == "")
    assert (tmp_path / "played").exists() and not system.opened and not left(tmp_path)


def test_without_a_program_the_file_is_opened(
    player: Player, system: System, sound: str, tmp_path: Path, wait_until: Wait
) -> None:
    player.play(sound)
    assert system.opened == [sound] and player.path == ""
    system.add("paplay", "exit 3")
    player.play(sound)
    wait_until(lambda: player.path == "")
    assert system.opened == [sound, sound] and not left(tmp_path)


def test_what_is_no_sound_is_told(
    player: Player, system: System, tmp_path: Path, wait_until: Wait
) -> None:
    system.add("paplay", "exit 0")
    (tmp_path / "a.wav").write_text("no sound")
    told: list[str] = []
    player.failed.connect(told.append)
    player.play(str(tmp_path / "a.wav"))
    wait_until(lambda: told)
    assert "a.wav" in told[0] and player.path == "" and not left(tmp_path)
