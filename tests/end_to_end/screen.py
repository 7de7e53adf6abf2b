"""A screen without a monitor, and hands for it: Xvfb and xdotool."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

NEEDED = ("Xvfb", "xdotool")
WIDTH, HEIGHT = 1280, 800


def missing() -> list[str]:
    """Return the programs that aren't there."""
    return [name for name in NEEDED if shutil.which(name) is None]


class Screen:
    """One X server of our own; `keys`, `write` and `click` go to its focused window."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        size = f"{WIDTH}x{HEIGHT}x24"
        command = ["Xvfb", "-displayfd", "1", "-screen", "0", size, "-fbdir", str(folder)]
        self._server = subprocess.Popen(
            [*command, "-nolisten", "tcp"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._server.stdout is not None
        self.display = f":{self._server.stdout.readline().strip()}"

    @property
    def environment(self) -> dict[str, str]:
        """Return what a program needs to open its window here."""
        return {**os.environ, "DISPLAY": self.display, "QT_QPA_PLATFORM": "xcb"}

    def close(self) -> None:
        """End the X server."""
        self._server.terminate()
        self._server.wait(10)

    def do(self, *words: object) -> str:
        """Let xdotool do something; return what it printed."""
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        time.sleep(0.25)  # people are not faster
        return done.stdout.strip()

    def windows(self, title: str) -> list[str]:
        """Return the windows that are shown under a title, a regular expression."""
        found = subprocess.run(
            ["xdotool", "search", "--onlyvisible", "--name", title],
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )
        return found.stdout.split()

    def focus(self, title: str, seconds: float = 60) -> str:
        """Wait for a window and give it the keyboard: no window manager does that here."""
        wait_for(lambda: self.windows(title), f"a window called {title}", seconds)
        window = self.windows(title)[-1]
        self.do("windowfocus", "--sync", window)
        return window

    def keys(self, *names: str) -> None:
        """Press keys, such as ctrl+2 or Return, one after another."""
        for name in names:
            self.do("key", "--clearmodifiers", name)

    def write(self, text: str) -> None:
        """Type a text."""
        self.do("type", "--delay", 15, text)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Move the mouse to a place of the screen and click."""
        self.do("mousemove", x, y)
        self.do("click", button)

    def picture(self, file: Path) -> None:
        """Write what is on the screen as a PNG, for whoever looks why it went wrong."""
        from PIL import Image

        raw = (self._folder / "Xvfb_screen0").read_bytes()
        header = struct.unpack(">25I", raw[:100])
        start, colours, line = header[0], header[19], header[12]
        pixels = raw[start + 12 * colours :]
        Image.frombuffer("RGB", (WIDTH, HEIGHT), pixels, "raw", "BGRX", line, 1).save(file)


def wait_for(holds: Callable[[], object], what: str, seconds: float) -> None:
    """Wait until something holds.

    Raises
    ------
    TimeoutError
        If it doesn't in so many seconds.
    """
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.2)
