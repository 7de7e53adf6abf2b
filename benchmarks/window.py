"""The window: how fast it opens, whether it ever stalls, and whether its memory grows.

Three measurements, each against something measured beside it:

- the first window, from starting the process to its first paint, against a bare PySide6 window with
  one pyqtgraph plot, in turn;
- the longest time between two ticks of a 5 ms timer in a scripted session (a million rows are
  sorted and filtered and a threshold is dragged over a million predictions while a model trains),
  against an idle window of the same process;
- resident memory over 200 page changes, after the first 20 and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import record

BARE = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
import pyqtgraph
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1280, 800)
window.show()
app.processEvents()
window.grab()
print(time.time(), flush=True)
"""
OURS = """
import sys, time
from pellucid.gui import main_window
from pellucid.gui.window import application
app = application()
window = main_window(sys.argv[1])
window.show()
app.processEvents()
window.grab()
print(time.time(), flush=True)
window.close()
"""
TICK = 0.005
CHANGES = 200


def options(command: argparse.ArgumentParser) -> None:
    """Declare the options."""
    command.add_argument("--starts", type=int, default=9, help="starts of each window")
    command.add_argument("--rows", type=int, default=1_000_000, help="rows of table and run")
    command.add_argument("--idle", type=float, default=8.0, help="seconds of the idle window")
    command.add_argument("--folder", type=Path, help=argparse.SUPPRESS)


def main(chosen: argparse.Namespace) -> None:
    """Measure, print, and note."""
    if chosen.folder:
        print(json.dumps(_session(chosen.folder, chosen)))
        return
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines += _first_windows(folder, chosen.starts)
        print("\n".join(lines), flush=True)
        _prepare(folder, chosen.rows)
        command = [sys.executable, "-m", "pellucid.benchmarks", "window", "--folder", str(folder)]
        command += ["--rows", str(chosen.rows), "--idle", str(chosen.idle)]
        done = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, env=_environment(folder)
        )
        lines += _told(json.loads(done.stdout.splitlines()[-1]), chosen.rows)
    print("\n".join(lines[1:]))
    if chosen.record:
        record.append(f"window --starts {chosen.starts} --rows {chosen.rows}", lines)


def _environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "XDG_CONFIG_HOME": str(folder / "settings"),
    }


def _first_windows(folder: Path, starts: int) -> list[str]:
    times: dict[str, list[float]] = {"bare": [], "ours": []}
    for number in range(starts + 1):
        for name, code in (("bare", BARE), ("ours", OURS)):
            began = time.time()
            done = subprocess.run(
                [sys.executable, "-c", code, str(folder / "empty")],
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=_environment(folder),
            )
            if number:  # the first start reads everything from the disk
                times[name].append(float(done.stdout.split()[-1]) - began)
    middle = {name: sorted(found)[len(found) // 2] for name, found in times.items()}
    return [
        f"first window: Pellucid {middle['ours']:.2f} s, bare PySide6 window with pyqtgraph "
        f"{middle['bare']:.2f} s, ratio of the medians {middle['ours'] / middle['bare']:.2f} "
        f"({starts} starts each)"
    ]


def _prepare(folder: Path, rows: int) -> None:
    """Make a table of so many rows, and a run with as many predictions."""
    import numpy as np
    import pandas as pd

    sample = pd.read_csv(record.HERE.parent / "assets" / "samples" / "reviews.csv")
    many = sample.iloc[np.arange(rows) % len(sample)].reset_index(drop=True)
    many["id"] = [f"r{row}" for row in range(rows)]
    many.to_csv(folder / "many.csv", index=False)
    (folder / "ws").mkdir()
    recipe = record.HERE.parent / "assets" / "recipes" / "text.yaml"
    command = [sys.executable, "-m", "pellucid", "run", str(recipe), "--quiet"]
    command += ["--only", "train,evaluate", "--set", "train.epochs=1", "--set", "name=many"]
    command += ["--set", "model.max_length=16", "--set", "data.clean=[drop_missing]"]
    subprocess.run(
        [*command, "--runs", str(folder / "ws" / "runs")],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    path = folder / "ws" / "runs" / "many" / "predictions.parquet"
    found = pd.read_parquet(path)
    test = found[found["split"] == "test"]
    many = test.iloc[np.arange(rows) % len(test)].reset_index(drop=True)
    many["id"] = [f"r{row}" for row in range(rows)]
    scores = [name for name in many.columns if name.startswith("score:")]
    noise = np.random.default_rng(0).dirichlet(np.ones(len(scores)), rows)
    many[scores] = 0.8 * many[scores].to_numpy() + 0.2 * noise
    many.to_parquet(path, index=False)


class _Gaps:
    """The longest time between two ticks of a timer."""

    def __init__(self, app: Any) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._app = app
        self._last = time.perf_counter()
        self.longest = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(round(1000 * TICK))
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def _tick(self) -> None:
        now = time.perf_counter()
        self.longest = max(self.longest, now - self._last)
        self._last = now

    def over(self, work: Callable[[], object], until: Callable[[], object]) -> float:
        """Return the longest gap, in seconds, while work is begun and until something holds."""
        self._app.processEvents()
        self.longest, self._last = 0.0, time.perf_counter()
        work()
        end = time.perf_counter() + 600
        while not until():
            if time.perf_counter() > end:
                raise RuntimeError("waited ten minutes in vain")
            self._app.processEvents()
            time.sleep(0.0005)
        self._app.processEvents()
        self._tick()
        return self.longest

    def stop(self) -> None:
        self._timer.stop()


def _session(folder: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    from pellucid.core import jobs
    from pellucid.gui import main_window
    from pellucid.gui.window import application

    app = application()
    window = main_window(folder / "ws")
    window.show()
    gaps = _Gaps(app)
    out: dict[str, Any] = {}
    for page in window._places:  # what is loaded at first use is loaded once
        window.go(page)
        _rest(app, 1.5)

    ended = time.perf_counter() + chosen.idle
    out["idle"] = gaps.over(lambda: None, lambda: time.perf_counter() > ended)

    recipe = record.HERE.parent / "assets" / "recipes" / "text.yaml"
    window.workspace.start(
        ["run", str(recipe), "--only", "train", "--set", "train.epochs=50", "--set", "name=busy"]
    )
    job = folder / "ws" / "runs" / "busy"
    watched = window.watch.jobs.values
    out["training begins"] = gaps.over(
        lambda: None, lambda: any(one.name == "busy" and one.series for one in watched())
    )

    data = window.page("data")
    window.go("data")
    out["bring the table"] = gaps.over(
        lambda: window.go("data", table=folder / "many.csv"),
        lambda: data.looker.asked is None and data.area.view.columns is not None,
    )
    _rest(app, 1)
    model = data.area.view.columns
    for name in ("text", "sentiment"):
        column = model.names.index(name)
        out[f"sort by {name}"] = gaps.over(
            lambda column=column: model.sort_by(column), lambda: not model.working
        )
    out["find a word"] = gaps.over(
        lambda: data.area.bar.field.setText("voucher"),
        lambda: model.rowCount() < model.total and not model.working,
    )
    out["scroll"] = gaps.over(lambda: _scroll(app, data.area.view), lambda: True)

    results = window.page("results")
    out["open the run"] = gaps.over(
        lambda: window.go("results", run=folder / "ws" / "runs" / "many"),
        lambda: results.reading is not None and results.reading.name == "many",
    )
    results.show_pane("curves")
    _rest(app, 5)
    pane = results._pane("curves")
    before = time.perf_counter()
    out["drag the threshold"] = gaps.over(lambda: _drag(app, pane.slider), lambda: True)
    out["drag seconds"] = time.perf_counter() - before

    out["change pages"], out["memory"] = _change_pages(app, window, gaps)
    jobs.ask(job, "cancel")
    gaps.stop()
    window.close()
    return out


def _change_pages(app: Any, window: Any, gaps: _Gaps) -> tuple[float, list[int]]:
    """Return the longest gap over many page changes, and the memory early and at the end."""
    import psutil

    process, sizes, walk = psutil.Process(), [], iter(range(CHANGES))
    places = list(window._places)

    def change() -> bool:
        number = next(walk, None)
        if number is None:
            return True
        window.go(places[number % len(places)])
        for _ in range(3):
            app.processEvents()
        if number in (19, CHANGES - 1):
            sizes.append(process.memory_info().rss)
        return False

    return gaps.over(lambda: None, change), sizes


def _rest(app: Any, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        app.processEvents()
        time.sleep(0.002)


def _scroll(app: Any, view: Any) -> None:
    bar = view.verticalScrollBar()
    for step in range(120):
        bar.setValue(bar.maximum() * step // 119)
        app.processEvents()


def _drag(app: Any, slider: Any) -> None:
    for step in range(200):
        slider.setValue(slider.maximum() * step // 199)
        app.processEvents()


def _told(found: dict[str, Any], rows: int) -> list[str]:
    idle = found.pop("idle")
    first, last = found.pop("memory")
    seconds = found.pop("drag seconds")
    worst = max(found, key=lambda name: found[name])
    allowed = max(2 * idle, 0.1)
    each = ", ".join(f"{name} {1000 * gap:.0f} ms" for name, gap in found.items())
    verdict = "within" if found[worst] <= allowed else "above"
    return [
        f"longest stall with {rows:,} rows while a model trains: {1000 * found[worst]:.0f} ms "
        f"({worst}), idle window {1000 * idle:.0f} ms; {verdict} the larger of twice the idle "
        "one and 100 ms",
        f"longest stall of each: {each}",
        f"200 steps of the threshold over {rows:,} predictions: {1000 * seconds / 200:.1f} ms each",
        f"resident memory over {CHANGES} page changes: {first / 1e6:.0f} MB after 20, "
        f"{last / 1e6:.0f} MB at the end ({last / first:.3f})",
    ]
