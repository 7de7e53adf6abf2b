"""The jobs page against real jobs: curves that arrive, stop, kill, resume, a window that closed."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from pellucid import Recipe
from pellucid.core import events, jobs, queue
from pellucid.core.events import EventLog
from pellucid.core.follow import Following
from pellucid.core.runs import Run
from pellucid.gui.pages.jobs.board import left, usual_seconds, waiting
from pellucid.gui.pages.jobs.stepper import step_states
from pellucid.gui.window import MainWindow

PATIENCE = 120_000


@pytest.fixture
def open_window(
    make_window: Callable[..., MainWindow], tmp_path: Path
) -> Iterator[Callable[[], MainWindow]]:
    """Open windows over one workspace; its jobs end with the test."""
    yield lambda: make_window(tmp_path)
    for job in jobs.find(tmp_path / "runs"):
        if job.status == "running" and job.pid not in (None, os.getpid()):
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(job.pid).kill()


def write_recipe(raw: dict[str, Any], folder: Path, epochs: int) -> Path:
    """Write a recipe that trains for a while and saves often."""
    changed = copy.deepcopy(raw)
    changed["train"].update(epochs=epochs, checkpoint_steps=5, early_stopping={"patience": 0})
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(changed), encoding="utf-8")
    return path


def begin(window: MainWindow, recipe: Path) -> Path:
    """Start training as a job of the window's workspace; return the run's folder."""
    runs = window.workspace.runs
    window.workspace.start(["train", str(recipe), "--runs", str(runs), "--quiet"])
    window.go("jobs")
    return runs / "tiny"


def shown_points(window: MainWindow, panel: str) -> list[int]:
    """Return the steps that the first curve of a figure shows."""
    plots = window.page("jobs").detail.curves.plots
    if not plots or not plots[panel].figure.lines:
        return []
    drawn = plots[panel]._curves[0][0].getOriginalDataset()[0]
    return [] if drawn is None else [int(x) for x in drawn]


def told_steps(run: Path) -> list[int]:
    return [
        one.at
        for one in events.read(run / "events.jsonl")
        if isinstance(one, events.Metric) and one.name == "loss"
    ]


def test_curves_arrive_a_closed_window_leaves_the_job_stop_and_resume(
    raw_recipe: dict[str, Any], tmp_path: Path, open_window: Callable[[], MainWindow], qtbot: Any
) -> None:
    window = open_window()
    run = begin(window, write_recipe(raw_recipe, tmp_path, epochs=12))
    qtbot.waitUntil(lambda: len(shown_points(window, "loss")) >= 2, timeout=PATIENCE)
    page = window.page("jobs")
    assert page.detail.job.status == "running"
    assert shown_points(window, "loss") == told_steps(run)[: len(shown_points(window, "loss"))]
    assert page.list.key == str(run)
    window.close()
    assert jobs.status(run) == "running"

    again = open_window()
    again.go("jobs")
    page = again.page("jobs")
    page.choose(str(run))
    before = len(told_steps(run))
    qtbot.waitUntil(lambda: len(shown_points(again, "loss")) > before, timeout=PATIENCE)

    again.actions_["jobs.stop"].trigger()
    assert "stopping" in page.detail.said.text()
    assert not again.actions_["jobs.stop"].isEnabled()
    qtbot.waitUntil(lambda: page.job.status == "stopped", timeout=PATIENCE)
    assert "can be resumed" in page.detail.said.text()
    assert page.detail.buttons["resume"].isVisible()
    assert not page.detail.buttons["stop"].isVisible()
    last = told_steps(run)[-1]
    assert last < 12 * 20

    again.actions_["jobs.resume"].trigger()
    assert "Resuming" in page.detail.said.text()
    qtbot.waitUntil(lambda: page.job.status == "finished", timeout=PATIENCE)
    # It went on where it was: nothing told twice, the whole training done, in this run's folder.
    steps = told_steps(run)
    assert steps == sorted(set(steps)) and steps[-1] == 12 * 20
    assert [path.name for path in again.workspace.runs.glob("[!.]*")] == ["tiny"]
    assert step_states(page.job) == [("train", "done")]


def test_a_killed_job_says_so_and_goes_on(
    raw_recipe: dict[str, Any], tmp_path: Path, open_window: Callable[[], MainWindow], qtbot: Any
) -> None:
    window = open_window()
    run = begin(window, write_recipe(raw_recipe, tmp_path, epochs=5))
    qtbot.waitUntil(lambda: len(told_steps(run)) >= 4, timeout=PATIENCE)
    os.kill(json.loads((run / "job.json").read_text())["pid"], signal.SIGKILL)
    page = window.page("jobs")
    qtbot.waitUntil(
        lambda: page.job is not None and page.job.status == "interrupted", timeout=PATIENCE
    )
    assert page.detail.trouble.isVisible()
    assert "interrupted" in page.detail.trouble.text()
    assert "Resume" in page.detail.trouble.text()
    window.actions_["jobs.resume"].trigger()
    qtbot.waitUntil(lambda: page.job.status == "finished", timeout=PATIENCE)
    assert not page.detail.trouble.isVisible()
    assert (run / "model").is_dir()


def test_cancel_ends_the_process_without_holding_up_the_window(
    raw_recipe: dict[str, Any], tmp_path: Path, open_window: Callable[[], MainWindow], qtbot: Any
) -> None:
    window = open_window()
    run = begin(window, write_recipe(raw_recipe, tmp_path, epochs=400))
    page = window.page("jobs")
    qtbot.waitUntil(lambda: page.job is not None and bool(told_steps(run)), timeout=PATIENCE)
    process = psutil.Process(json.loads((run / "job.json").read_text())["pid"])
    window.actions_["jobs.cancel"].trigger()
    # The window goes on while the process, which needs its time to end, still runs.
    assert process.is_running() and page.job.status == "running"
    assert "cancelling" in page.detail.said.text()
    qtbot.waitUntil(lambda: page.job.status != "running", timeout=PATIENCE)
    assert page.job.status == "cancelled", window.notices.history
    qtbot.waitUntil(
        lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE,
        timeout=PATIENCE,
    )
    qtbot.waitUntil(lambda: not window.workspace._children, timeout=PATIENCE)
    window.actions_["jobs.command"].trigger()
    assert QApplication.clipboard().text() == f"pellucid resume {run}"


# Without processes: what is drawn and said


def make_run(runs: Path, name: str, told: list[events.Event], pid: int = 1) -> Path:
    """Write a run's folder as its job would leave it."""
    run = Run.create(runs, name, "name: x\n", {})
    (run.path / "job.json").write_text(
        json.dumps({"pid": pid, "started": 0.0, "command": ["pellucid"]})
    )
    log = EventLog(run.path / "events.jsonl", name)
    for event in told:
        log(event)
    log.close()
    return run.path


def loss(at: int, value: float = 1.0) -> events.Metric:
    return events.Metric(name="loss", value=value, at=at)


STARTED = [
    events.Started(step="run", steps=("train", "evaluate", "report")),
    events.Started(step="train"),
]


def test_a_zoomed_figure_stays_as_it_is_while_values_come(
    tmp_path: Path, open_window: Callable[[], MainWindow], qtbot: Any
) -> None:
    run = make_run(tmp_path / "runs", "one", [*STARTED, loss(10), loss(20, 0.5)])
    window = open_window()
    window.go("jobs", run=run)
    plot = window.page("jobs").detail.curves.plots["loss"]
    assert list(plot.figure.lines[0].y) == [1.0, 0.5]
    plot.item.setXRange(5, 15, padding=0)
    drawn = plot._curves[0][0]
    log = EventLog(run / "events.jsonl", "one")
    log(loss(30, 0.25))
    log.close()
    window.watch.look()
    qtbot.waitUntil(lambda: len(plot.figure.lines[0].y) == 3, timeout=5000)
    assert plot._curves[0][0] is drawn  # changed in place, so it never blanks
    assert plot.item.vb.viewRange()[0] == pytest.approx([5, 15])


def test_figures_are_drawn_at_most_twice_a_second(
    tmp_path: Path,
    open_window: Callable[[], MainWindow],
    qtbot: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = make_run(tmp_path / "runs", "one", [*STARTED, loss(10)])
    window = open_window()
    window.go("jobs", run=run)
    curves = window.page("jobs").detail.curves
    qtbot.wait(700)
    times: list[float] = []
    plain = curves._draw
    monkeypatch.setattr(curves, "_draw", lambda: (times.append(time.perf_counter()), plain()))
    for _ in range(60):
        curves.refresh()
        qtbot.wait(20)
    qtbot.wait(600)
    assert len(times) >= 2
    assert min(b - a for a, b in itertools.pairwise(times)) > 0.45


def test_the_log_is_filtered_and_copied(
    tmp_path: Path, open_window: Callable[[], MainWindow]
) -> None:
    told = [*STARTED, loss(10), events.Warning(text="40 rows stand twice."), loss(20)]
    run = make_run(tmp_path / "runs", "one", told)
    window = open_window()
    window.go("jobs", run=run)
    log = window.page("jobs").detail.told
    assert len(log.shown.splitlines()) == 5
    log.filter.setText("stand twice")
    assert log.text.toPlainText().endswith("note: 40 rows stand twice.")
    log.copy()
    assert QApplication.clipboard().text() == log.text.toPlainText()
    assert len(QApplication.clipboard().text().splitlines()) == 1


def test_an_error_is_shown_with_its_next_step(
    tmp_path: Path, open_window: Callable[[], MainWindow]
) -> None:
    failed = events.Failed(text="memory: there is not enough. Lower it.", kind="JobError")
    run = make_run(tmp_path / "runs", "one", [*STARTED, failed])
    window = open_window()
    window.go("jobs", run=run)
    detail = window.page("jobs").detail
    assert detail.trouble.text() == failed.text and detail.trouble.isVisible()
    assert detail.buttons["resume"].isVisible()
    assert step_states(detail.job) == [
        ("train", "ended"),
        ("evaluate", "to come"),
        ("report", "to come"),
    ]


def test_an_empty_workspace_says_how_to_begin(open_window: Callable[[], MainWindow]) -> None:
    window = open_window()
    asked: list[str] = []
    object.__setattr__(window.context, "go", lambda name, **_: asked.append(name))
    window.go("jobs")
    texts = [one.text() for one in window.page("jobs").findChildren(QLabel) if one.isVisible()]
    assert any("goes on when this window is closed" in text for text in texts)
    buttons = [one for one in window.page("jobs").findChildren(QPushButton) if one.isVisible()]
    for button in buttons:
        button.click()
    assert asked == ["recipe", "data"]
    assert not window.actions_["jobs.stop"].isEnabled()


def test_the_queue_is_arranged_and_what_was_removed_comes_back(
    raw_recipe: dict[str, Any], tmp_path: Path, open_window: Callable[[], MainWindow], qtbot: Any
) -> None:
    runs = tmp_path / "runs"
    for name in ("a", "b", "c"):
        queue.add(runs, Recipe.of({**copy.deepcopy(raw_recipe), "name": name}).dump())

    def order() -> list[str]:
        return [entry.name for entry in queue.entries(runs)]

    window = open_window()
    window.go("jobs")
    page = window.page("jobs")
    assert [item.title for item in page.list._items if item.kind == "entry"] == ["a", "b", "c"]
    page.choose(str(queue.entries(runs)[2].path))
    assert "Number 3 of 3" in page.waiting.said.text()
    qtbot.keyClick(page.list, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert order() == ["a", "c", "b"]
    assert page.entry is not None and page.entry.name == "c"
    window.undo.stack.undo()
    assert order() == ["a", "b", "c"]
    window.undo.stack.redo()
    assert order() == ["a", "c", "b"]
    page.choose(str(queue.entries(runs)[0].path))
    assert not window.actions_["jobs.up"].isEnabled()
    window.actions_["jobs.remove"].trigger()
    assert order() == ["c", "b"]
    offers = dict(window.notices.history[-1].offers)
    offers["Undo"]()
    assert order() == ["a", "c", "b"]
    # An entry that another program took is told, and the window goes on.
    page.choose(str(queue.entries(runs)[0].path))
    queue.entries(runs)[0].path.unlink()
    page.remove()
    assert "queue no more" in window.notices.history[-1].text


def test_what_can_be_said_of_the_time_left(tmp_path: Path, raw_recipe: dict[str, Any]) -> None:
    def job(name: str, **fields: Any) -> Following:
        return Following(tmp_path / name, **fields)

    now = time.time()
    done = [
        job(name, status="finished", began=now - 1000, ended=now - 1000 + took)
        for name, took in (("a", 100), ("a-2", 140), ("a-3", 120), ("b", 30))
    ]
    assert usual_seconds(done) == {"a": 120, "b": 30}
    steps = ("train", "report")
    at_work = job("a-4", status="running", steps=steps, step="train", remaining=5, began=now - 20)
    assert left(at_work, {"a": 120}) == pytest.approx(100, abs=2)
    assert left(at_work, {}) is None  # nothing tells how long the report takes
    ending = job("c", status="running", steps=steps, step="report", remaining=7, began=now - 20)
    assert left(ending, {}) == 7

    runs = tmp_path / "runs"
    entries = [
        queue.add(runs, Recipe.of({**copy.deepcopy(raw_recipe), "name": name}).dump())
        for name in ("b", "new", "a")
    ]
    waits = waiting([*done, at_work], entries, {at_work.path: "entry"})
    assert waits[:2] == [pytest.approx(100, abs=2), pytest.approx(130, abs=2)]
    assert waits[2] is None  # a recipe that never ran is before it
