"""Draw every page with a real run in it, light and dark, in two sizes.

Run as: python tests/gui/screenshots.py [--keep]

The pictures of 1280 x 800 pixels go to docs/images, reduced to 256 colours; those of 2560 x 1440
to build/screenshots. The demo's recipe is carried out first, once with two epochs and once with
one, in a folder whose name is the same on every machine, because pictures show it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SMALL, WIDE = (1280, 800), (2560, 1440)
MOST = 150_000
"""Bytes of a picture that is kept in the repository."""
QUIET = 1.5
"""Seconds in which nothing happens before a page is drawn for the first time."""


def main() -> None:
    """Make the runs where there are none, and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="keep the runs for the next time")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--wide", type=Path, default=ROOT / "build" / "screenshots")
    chosen = parser.parse_args()
    place = Path(tempfile.gettempdir()) / "pellucid-pictures"
    place.mkdir(exist_ok=True)
    os.environ |= {"HOME": str(place), "XDG_CONFIG_HOME": str(place / "settings")}
    screen = Path(__file__).with_name("screen.json")
    os.environ["QT_QPA_PLATFORM"] = f"offscreen:configfile={screen}"
    shutil.rmtree(place / "settings", ignore_errors=True)
    workspace = place / "Pellucid"
    if not (workspace / "runs" / "reviews-2" / "report.html").exists():
        shutil.rmtree(workspace, ignore_errors=True)
        bring_runs(workspace)
    draw(workspace, chosen.out, chosen.wide)
    if not chosen.keep:
        shutil.rmtree(place)


def bring_runs(workspace: Path) -> None:
    """Bring the sample into the workspace and carry its recipe out twice."""
    (workspace / "runs").mkdir(parents=True)
    shutil.copy(ROOT / "assets" / "samples" / "reviews.csv", workspace)
    recipe = (ROOT / "assets" / "recipes" / "text.yaml").read_text(encoding="utf-8")
    recipe = recipe.replace("../samples/", "").replace("demo-text", "reviews")
    (workspace / "reviews.yaml").write_text(recipe, encoding="utf-8")
    for changes in (
        ["train.epochs=2", "explain.rows=240"],
        ["train.epochs=1", "train.learning_rate=2.0e-5", "explain.rows=60"],
    ):
        more = [word for change in changes for word in ("--set", change)]
        command = [sys.executable, "-m", "pellucid", "run", "reviews.yaml", *more]
        subprocess.run(command, check=True, cwd=workspace)


def shots(workspace: Path) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the pictures: their names, the page, and what it shows."""
    run = workspace / "runs" / "reviews"
    panes = ("overview", "rows", "words", "groups", "curves")
    return {
        "home": ("home", {}),
        "data": ("data", {"table": workspace / "reviews.csv"}),
        "recipe": ("recipe", {"path": workspace / "reviews.yaml"}),
        "jobs": ("jobs", {"run": run}),
        "runs": ("runs", {}),
        **{f"results-{pane}": ("results", {"run": run, "pane": pane}) for pane in panes},
    }


def draw(workspace: Path, out: Path, wide: Path) -> None:
    """Open the window on a workspace and draw every page."""
    from pellucid.gui import main_window
    from pellucid.gui.window import application

    app = application()
    window = main_window(workspace)
    window.show()
    window.status.ask_machine()
    for folder in (out, wide):
        folder.mkdir(parents=True, exist_ok=True)
    for name, (page, what) in shots(workspace).items():
        window.go(page, **what)
        window.setFocus()
        settle(app, window, QUIET)
        for size in (SMALL, WIDE):
            window.resize(*size)
            for theme in ("light", "dark"):
                window.use_theme(theme)
                settle(app, window, QUIET / 3)
                small = size == SMALL
                file = (out if small else wide) / f"{name}-{theme}-{size[0]}x{size[1]}.png"
                window.grab().save(str(file))
                if small:
                    reduce(file)
                print(file)
    window.close()


def settle(app: Any, window: Any, quiet: float) -> None:
    """Let the window work until nothing was read and no command ran for a while."""
    from PySide6.QtCore import QProcess

    calm = time.monotonic()
    while time.monotonic() - calm < quiet:
        app.processEvents()
        if window.pool.activeThreadCount() or window.findChildren(QProcess):
            calm = time.monotonic()
        time.sleep(0.005)


def reduce(file: Path) -> None:
    """Keep 256 colours of a picture, which nobody sees in a window of flat colours."""
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(file, optimize=True)
    if file.stat().st_size > MOST:
        raise SystemExit(f"{file} has {file.stat().st_size} bytes, more than {MOST}")


if __name__ == "__main__":
    main()
