"""From a table to an exported figure in a real window, by mouse and keyboard.

Run as: python tests/end_to_end/window.py [--pictures DIR]

It starts `pellucid gui` under Xvfb in an empty workspace, opens a table, makes a recipe, starts it,
waits for the job, reads the results and saves a figure. What came of it is looked up in files.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from screen import HEIGHT, WIDTH, Screen, missing, wait_for

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"home": 93, "data": 136, "recipe": 179, "jobs": 222, "runs": 265, "results": 308}
"""Where the navigation's buttons are: pixels from the window's top."""
LONG = 900
"""Seconds that training and all after it may take."""


def main() -> None:
    """Go the whole way; the exit code is 0 where it led to the figure, or could not begin."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=Path, help="folder for a picture of every step")
    chosen = parser.parse_args()
    if lacking := missing():
        print(f"skipped: a real window needs {' and '.join(lacking)}, which aren't here")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with opened(folder) as (screen, window):
            way = Way(screen, folder, chosen.pictures)
            try:
                way.go()
            except BaseException:
                way.seen("went-wrong")
                raise
            wait_for(lambda: window.poll() is not None, "the window to close", 30)
            assert window.returncode == 0, f"the window ended with code {window.returncode}"
    print("a real window led from a table to an exported figure")


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Screen, subprocess.Popen[bytes]]]:
    """Start an X server and `pellucid gui` on it; end both."""
    screen = Screen(folder)
    command = [sys.executable, "-m", "pellucid", "gui", str(folder / "ws")]
    home = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "settings")}
    window = subprocess.Popen(command, env={**screen.environment, **home}, cwd=folder)
    try:
        yield screen, window
    finally:
        if window.poll() is None:
            window.kill()
            window.wait(10)
        screen.close()


class Way:
    """The way through the window, one step after another."""

    def __init__(self, screen: Screen, folder: Path, pictures: Path | None) -> None:
        self.screen, self.folder = screen, folder
        self.workspace = folder / "ws"
        self.run = self.workspace / "runs" / "some-reviews"
        self.pictures = pictures

    def go(self) -> None:
        """Go it."""
        self.open_window()
        self.bring_a_table()
        self.make_a_recipe()
        self.start_and_wait()
        self.read_the_results()
        self.save_a_figure()
        self.screen.focus("– Pellucid")
        self.screen.keys("ctrl+q")

    def open_window(self) -> None:
        """Wait for the window and fill the screen with it."""
        window = self.screen.focus("– Pellucid", 120)
        self.screen.do("windowmove", window, 0, 0)
        self.screen.do("windowsize", window, WIDTH, HEIGHT)
        wait_for(lambda: self.remembered("page") == "home", "Home", 30)
        self.seen("home")

    def bring_a_table(self) -> None:
        """Type a file's name into the dialog that Ctrl+O opens."""
        table = self.folder / "some-reviews.csv"
        few_rows(ROOT / "assets" / "samples" / "reviews.csv", table)
        self.screen.keys("ctrl+o")
        self.type_into("Open a table, recipe or run", str(table))
        wait_for(lambda: self.remembered("table") == str(table), "the table", 120)
        assert self.remembered("page") == "data"
        self.seen("data")

    def make_a_recipe(self) -> None:
        """Make a recipe for the table and save it with one epoch and few explained rows."""
        self.screen.focus("– Pellucid")
        self.screen.keys("ctrl+r")
        wait_for(lambda: self.remembered("page") == "recipe", "the recipe", 60)
        self.seen("recipe")
        for key, value in (("train.epochs", "1"), ("explain.rows", "12")):
            self.change(key, value)
        self.seen("changed")
        self.screen.keys("ctrl+s")
        self.recipe = self.workspace / "mine.yaml"
        self.type_into("Save the recipe", str(self.recipe))
        wait_for(self.recipe.is_file, "the saved recipe", 30)
        saved = self.read_yaml(self.recipe)
        assert saved["train"]["epochs"] == 1, saved
        assert saved["explain"]["rows"] == 12, saved

    def change(self, key: str, value: str) -> None:
        """Find a key in the form and type another value."""
        self.screen.keys("ctrl+f")
        self.screen.write(key)
        time.sleep(1)
        self.seen(f"found-{key}")
        self.screen.click(*self.field)
        self.screen.keys("ctrl+a")
        self.screen.write(value)
        self.screen.keys("Tab")
        self.seen(f"set-{key}")

    def start_and_wait(self) -> None:
        """Start it, and wait until its folder says that it has finished."""
        self.screen.focus("– Pellucid")
        self.screen.keys("ctrl+Return")
        wait_for(lambda: self.remembered("page") == "jobs", "Jobs", 60)
        wait_for((self.run / "events.jsonl").is_file, "the run to begin", 180)
        self.seen("jobs")
        wait_for(lambda: self.ended() is not None, "the job to end", LONG)
        assert self.ended() == "Finished", (self.run / "events.jsonl").read_text()
        for name in ("predictions.parquet", "evaluation.json", "audit.json", "report.html"):
            assert (self.run / name).stat().st_size > 0, name

    def read_the_results(self) -> None:
        """Go to the results by mouse."""
        self.screen.click(95, PAGES["results"])
        wait_for(lambda: self.remembered("results.run") == str(self.run), "the results", 60)
        self.seen("results")

    def save_a_figure(self) -> None:
        """Save a figure by the menu that the right mouse button opens on it."""
        self.screen.keys("alt+2")
        wait_for(lambda: self.remembered("results.pane") == "curves", "the curves", 30)
        time.sleep(3)
        self.seen("curves")
        self.screen.click(*self.figure, button=3)
        self.seen("menu")
        self.screen.keys("Down", "Return")
        figure = self.folder / "figure.png"
        self.type_into("Save as PNG", str(figure))
        wait_for(figure.is_file, "the figure", 120)
        assert figure.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        from PIL import Image

        with Image.open(figure) as picture:
            assert min(picture.size) > 200, picture.size
            assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 20, "an empty figure"
        self.seen("saved")

    field = (440, 271)
    """A place in the form's one field, after a key was looked for."""
    figure = (320, 482)
    """A place on the heading of the first figure."""

    # What it stands on

    def type_into(self, title: str, path: str) -> None:
        """Type a path into a file dialog."""
        self.screen.focus(title)
        self.screen.keys("ctrl+a")
        self.screen.write(path)
        self.seen("dialog")
        self.screen.keys("Return")
        wait_for(lambda: not self.screen.windows(title), "the dialog to close", 30)
        self.screen.focus("– Pellucid")

    def remembered(self, name: str) -> Any:
        """Return what the window remembers of the workspace."""
        try:
            return json.loads((self.workspace / ".pellucid" / "session.json").read_text())[name]
        except (OSError, ValueError, KeyError):
            return None

    def ended(self) -> str | None:
        """Return the event that ended the job; None while it runs."""
        lines = (self.run / "events.jsonl").read_text(encoding="utf-8").splitlines()
        told = [json.loads(line)["event"] for line in lines if line.endswith("}")]
        return next((one for one in told if one in ("Finished", "Failed", "Stopped")), None)

    @staticmethod
    def read_yaml(file: Path) -> dict[str, Any]:
        """Read a recipe as plain data."""
        import yaml

        return dict(yaml.safe_load(file.read_text(encoding="utf-8")))

    def seen(self, name: str) -> None:
        """Keep a picture of the screen where that was asked."""
        if self.pictures is not None:
            self.pictures.mkdir(parents=True, exist_ok=True)
            self.screen.picture(self.pictures / f"{time.monotonic():09.1f}-{name}.png")


def few_rows(source: Path, target: Path, every: int = 8) -> None:
    """Write every eighth row of a table, so that training takes seconds."""
    with source.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows[::every]])


if __name__ == "__main__":
    main()
