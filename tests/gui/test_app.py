"""`pellucid gui`: the window as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

COMMAND = [sys.executable, "-m", "pellucid", "gui"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment without a screen, with settings of its own."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in screens}
    return {**kept, "XDG_CONFIG_HOME": str(folder / "settings"), **more}


def test_it_opens_files_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    table = tmp_path / "some.csv"
    table.write_text("text,label\n" + "a good day,yes\na bad day,no\n" * 20)
    process = subprocess.Popen(
        [*COMMAND, str(tmp_path / "ws"), "--open", str(table)],
        env=environment(tmp_path, QT_QPA_PLATFORM="offscreen"),
    )
    session = tmp_path / "ws" / ".pellucid" / "session.json"
    end = time.monotonic() + 60
    known: dict[str, object] = {}
    while "table" not in known and time.monotonic() < end:
        time.sleep(0.1)
        known = json.loads(session.read_text()) if session.exists() else {}
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    assert known["page"] == "data"
    assert known["table"] == str(table)


def test_without_a_screen_it_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "ws")],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: pellucid gui: there is no screen")
    assert done.stderr.count("\n") == 1


def test_a_workspace_that_cant_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    done = subprocess.run(
        [*COMMAND, str(tmp_path / "file" / "ws")],
        env=environment(tmp_path, QT_QPA_PLATFORM="offscreen"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "the workspace can’t be opened (Not a directory)" in done.stderr
