"""The runs page over folders of real runs: the table, notes, the trash, comparing, exporting."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from pellucid.core import CancelToken, events, jobs, notes
from pellucid.gui.pages.runs.export import export_csv
from pellucid.gui.pages.runs.page import COMPARE, TRASH
from pellucid.gui.pages.runs.shelf import Shelf
from pellucid.gui.window import MainWindow


@pytest.fixture
def runs(
    window: MainWindow, finished_run: Callable[..., Path], qtbot: Any
) -> tuple[MainWindow, Any, dict[str, Path]]:
    """Open the page over two runs, of which the second has other figures and another rate."""
    paths = {name: finished_run(window, name) for name in ("alpha", "beta")}
    edit_json(
        paths["beta"] / "evaluation.json", lambda raw: raw["test"]["accuracy"].update(value=0.5)
    )
    edit_json(
        paths["beta"] / "environment.json",
        lambda raw: raw.update(created="2001-02-03T04:05:06+00:00"),
    )
    recipe = yaml.safe_load((paths["beta"] / "recipe.yaml").read_text())
    recipe["train"]["learning_rate"] = 0.125
    (paths["beta"] / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    window.go("runs")
    page = window.page("runs")
    qtbot.waitUntil(lambda: len(page.model.shown) == 2 and not page.shelf.busy)
    return window, page, paths


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    raw = json.loads(path.read_text())
    change(raw)
    path.write_text(json.dumps(raw))


def names(page: Any) -> list[str]:
    """Return the runs as the view shows them, top to bottom."""
    model = page.table.model()
    return [model.index(at, 0).data() for at in range(model.rowCount())]


def cell(page: Any, run: str, column: str) -> str:
    model = page.table.model()
    return str(model.index(names(page).index(run), model.columns.index(column)).data())


def test_figures_stand_with_their_intervals(runs: Any, finished: Path) -> None:
    _, page, _ = runs
    figure = json.loads((finished / "evaluation.json").read_text())["test"]["accuracy"]
    said = f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"
    assert cell(page, "alpha", "accuracy") == said
    assert cell(page, "beta", "accuracy").startswith("0.500")
    assert cell(page, "alpha", "status") == "Finished"
    assert cell(page, "alpha", "rows") == "400"
    assert cell(page, "alpha", "data") == "sentences.csv"
    page.choose_metrics(["log_loss"])
    assert "accuracy" not in page.model.columns
    measured = json.loads((finished / "evaluation.json").read_text())["test"]["log_loss"]["value"]
    assert cell(page, "alpha", "log_loss").startswith(f"{measured:.3f}")


def test_sorting_and_filtering(runs: Any, qtbot: Any) -> None:
    _, page, paths = runs
    assert names(page) == ["alpha", "beta"]  # the newest first
    column = page.model.columns.index("accuracy")
    page.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert names(page) == ["beta", "alpha"]
    page.table.sortByColumn(column, Qt.SortOrder.DescendingOrder)
    assert names(page) == ["alpha", "beta"]
    qtbot.keyClicks(page.filters.search, "BET")
    assert names(page) == ["beta"]
    page.filters.search.setText("nothing such")
    assert names(page) == [] and page._nothing.isVisible()
    page.filters.clear()
    assert names(page) == ["alpha", "beta"]
    page.table.select([paths["beta"]])
    page.side.tag.setText("for  the paper")
    qtbot.keyClick(page.side.tag, Qt.Key.Key_Return)
    page.filters._chips["tag", "for the paper"].click()
    assert names(page) == ["beta"]
    page.filters.clear()
    page.filters._chips["status", "finished"].click()
    assert names(page) == ["alpha", "beta"]


def test_tags_and_notes_are_written_and_undone(runs: Any, qtbot: Any) -> None:
    window, page, paths = runs
    page.table.select([paths["alpha"]])
    page.side.add_tag("baseline")
    page.side.note.setFocus()
    qtbot.keyClicks(page.side.note, "Looks good.")
    page.side.save_note()
    assert notes.read(paths["alpha"]) == notes.Notes(("baseline",), "Looks good.")
    assert cell(page, "alpha", "tags") == "baseline"
    window.undo.stack.undo()
    assert notes.read(paths["alpha"]).note == ""
    assert page.side.note.toPlainText() == ""
    window.undo.stack.undo()
    assert notes.read(paths["alpha"]).tags == () and cell(page, "alpha", "tags") == ""
    window.undo.stack.redo()
    # Several at once: those that lack it get it, and one undo takes it from those again.
    page.table.select([paths["alpha"], paths["beta"]])
    page.side.add_tag("baseline")
    assert notes.read(paths["beta"]).tags == ("baseline",)
    window.undo.stack.undo()
    assert notes.read(paths["beta"]).tags == () and notes.read(paths["alpha"]).tags == ("baseline",)


def test_a_note_is_saved_when_another_run_is_chosen_and_when_the_window_closes(
    runs: Any, close_window: Callable[[MainWindow], None], qtbot: Any
) -> None:
    window, page, paths = runs
    page.table.select([paths["alpha"]])
    qtbot.keyClicks(page.side.note, "first")
    page.table.select([paths["beta"]])
    assert notes.read(paths["alpha"]).note == "first"
    assert page.side.note.toPlainText() == ""
    qtbot.keyClicks(page.side.note, "second")
    close_window(window)
    assert notes.read(paths["beta"]).note == "second"


def test_delete_undo_and_restore(runs: Any) -> None:
    window, page, paths = runs
    inside = sorted(path.name for path in paths["alpha"].iterdir() if path.name != ".lock")
    page.table.select([paths["alpha"]])
    window.actions_["runs.delete"].trigger()
    assert names(page) == ["beta"] and not paths["alpha"].exists()
    dict(window.notices.history[-1].offers)["Undo"]()
    assert names(page) == ["alpha", "beta"]
    left = sorted(path.name for path in paths["alpha"].iterdir() if path.name != ".lock")
    assert left == inside
    window.undo.stack.redo()
    assert names(page) == ["beta"]
    page.tabs.setCurrentIndex(TRASH)
    page.trash.buttons["alpha"].click()
    assert names(page) == ["alpha", "beta"] and paths["alpha"].is_dir()
    assert not page.trash.buttons


def test_a_running_job_is_not_deleted(runs: Any) -> None:
    window, page, paths = runs
    with jobs.working(paths["beta"], CancelToken()):
        window.watch._looks = 7  # the next look is one at ended jobs too
        window.watch.look()
        assert cell(page, "beta", "status") == "Running"
        page.table.select([paths["alpha"], paths["beta"]])
        window.actions_["runs.delete"].trigger()
    texts = [notice.text for notice in window.notices.history]
    assert any("beta is running" in text and "Stop or cancel" in text for text in texts)
    assert names(page) == ["beta"] and paths["beta"].is_dir()


def test_comparing_shows_curves_figures_and_differences(runs: Any) -> None:
    window, page, paths = runs
    page.table.select(list(paths.values()))
    window.actions_["runs.compare"].trigger()
    assert page.tabs.currentIndex() == COMPARE
    lines = page.comparing.plots["loss"].figure.lines
    assert [line.name for line in lines] == ["alpha", "beta"]
    told = [
        (one.at, one.value)
        for one in events.read(paths["beta"] / "events.jsonl")
        if isinstance(one, events.Metric) and one.name == "loss"
    ]
    assert list(zip(lines[1].x, lines[1].y, strict=True)) == told
    table = page.comparing.recipe
    rows = [[table.item(at, i).text() for i in range(3)] for at in range(table.rowCount())]
    assert rows == [["train.learning_rate", "0.003", "0.125"]]
    figures = page.comparing.metrics
    found = {
        figures.item(at, 0).text(): [figures.item(at, i).text() for i in (1, 2)]
        for at in range(figures.rowCount())
    }
    assert found["Accuracy"] == [cell(page, "alpha", "accuracy"), cell(page, "beta", "accuracy")]
    window.actions_["runs.command"].trigger()
    asked = f"pellucid compare {paths['alpha']} {paths['beta']}"
    assert QApplication.clipboard().text() == asked
    # What the page copies as a program says the same as the page.
    window.actions_["runs.python"].trigger()
    said: list[str] = []
    program = QApplication.clipboard().text()
    exec(program, {"print": lambda *words: said.append(" ".join(map(str, words)))})
    assert "train.learning_rate 0.003 0.125" in said
    # A run that is thrown away leaves the comparison.
    page.tabs.setCurrentIndex(0)
    page.table.select([paths["beta"]])
    window.actions_["runs.delete"].trigger()
    assert page.comparing.paths == [paths["alpha"]]


def test_export_and_copy(runs: Any, tmp_path: Path) -> None:
    _, page, paths = runs
    out = tmp_path / "table.csv"
    export_csv(out, page.model, page.model.shown)
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == ["alpha", "beta"]
    raw = json.loads((paths["alpha"] / "evaluation.json").read_text())["test"]["f1_macro"]
    assert float(rows[0]["f1_macro"]) == raw["value"]
    assert float(rows[0]["f1_macro_low"]) == raw["low"]
    assert rows[1]["created"] == "2001-02-03T04:05:06+00:00"
    page.table.select([paths["beta"]])
    page.copy()
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 2 and lines[1].split("\t")[0] == "beta"


def test_selection_stays_when_runs_come(
    runs: Any, finished_run: Callable[..., Path], qtbot: Any
) -> None:
    window, page, paths = runs
    page.table.select([paths["beta"]])
    finished_run(window, "aaa")
    qtbot.waitUntil(lambda: len(page.model.shown) == 3)
    assert [row.name for row in page.table.rows] == ["beta"]
    assert page.side.title.text() == "beta"


def test_opening_and_beginning_anew(runs: Any, qtbot: Any) -> None:
    window, page, paths = runs
    asked: list[tuple[str, Any]] = []
    object.__setattr__(window.context, "go", lambda name, **what: asked.append((name, what)))
    page.table.select([paths["beta"]])
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    window.actions_["runs.recipe"].trigger()
    assert asked == [("results", {"run": paths["beta"]}), ("recipe", {"run": paths["beta"]})]
    assert not window.actions_["runs.resume"].isEnabled()  # it has finished


def test_many_runs_are_read_bit_by_bit(tmp_path: Path, qapp: QApplication, qtbot: Any) -> None:
    for number in range(200):
        folder = tmp_path / f"run-{number:03d}"
        folder.mkdir()
        (folder / "recipe.yaml").write_text("name: run\nmodel: {name: tiny}\n" * 1)
    shelf = Shelf(qapp)
    turns: list[int] = []
    plain = shelf._read_some
    shelf._reading.timeout.disconnect()
    shelf._reading.timeout.connect(lambda: (plain(), turns.append(len(shelf.rows))))
    shelf.follow(tmp_path)
    assert not shelf.rows  # nothing is read before the window may go on
    qtbot.waitUntil(lambda: len(shelf.rows) == 200, timeout=20_000)
    shelf.stop()
    assert len(turns) > 3
    assert {row.model for row in shelf.rows.values()} == {"tiny"}
    shutil.rmtree(tmp_path / "run-007")
    shelf.look()
    assert len(shelf.rows) == 199
    shelf.stop()
    shelf.deleteLater()


def test_an_empty_workspace_says_how_to_begin(window: MainWindow) -> None:
    asked: list[str] = []
    object.__setattr__(window.context, "go", lambda name, **_: asked.append(name))
    window.go("runs")
    page = window.page("runs")
    shown = [one.text() for one in page.findChildren(QLabel) if one.isVisible()]
    assert "No runs yet" in shown
    for button in page.findChildren(QPushButton):
        if button.isVisible() and button.text() in ("Write a recipe", "Bring a table"):
            button.click()
    assert asked == ["recipe", "data"]


def test_runs_of_other_tasks_show_their_own_figure(runs: Any, qtbot: Any) -> None:
    window, page, paths = runs
    assert "foremost" not in page.model.columns
    page.table.select([paths["beta"]])
    run = window.workspace.runs / "language"
    shutil.copytree(paths["alpha"], run)
    figure = {"value": 1845.319, "low": 1829.025, "high": 1861.084, "n": 40}
    loss = {"value": 7.52, "low": 7.51, "high": 7.53, "n": 40}
    (run / "evaluation.json").write_text(json.dumps({"test": {"loss": loss, "perplexity": figure}}))
    window.watch.look()
    qtbot.waitUntil(lambda: "language" in names(page) and not page.shelf.busy)
    assert cell(page, "language", "foremost") == "Perplexity 1,845.3 (1,829.0 to 1,861.1)"
    assert cell(page, "alpha", "foremost") == f"Accuracy {cell(page, 'alpha', 'accuracy')}"
    assert [row.name for row in page.table.rows] == ["beta"]
    begun = window.workspace.runs / "begun"
    begun.mkdir()
    shutil.copy(paths["alpha"] / "recipe.yaml", begun)
    window.watch.look()
    qtbot.waitUntil(lambda: "begun" in names(page) and not page.shelf.busy)
    page.table.sortByColumn(page.model.columns.index("foremost"), Qt.SortOrder.DescendingOrder)
    assert names(page) == ["language", "alpha", "beta", "begun"]
    page.choose_metrics(["accuracy", "perplexity"])
    assert "foremost" not in page.model.columns
