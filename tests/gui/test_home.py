"""Home: steps that are ticked by what is there, examples that run, and what was done lately."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from pellucid import Recipe
from pellucid.core import jobs, queue
from pellucid.gui.frame.workspace import settings
from pellucid.gui.pages.home.examples import examples, program, words
from pellucid.gui.pages.home.machine import room
from pellucid.gui.window import MainWindow

LEFT = Qt.MouseButton.LeftButton


def ticked(window: MainWindow) -> list[bool]:
    """Return which of the three steps are ticked."""
    return [step.done for step in window.page("home").first.steps]


def test_steps_are_ticked_by_what_the_workspace_holds(
    window: MainWindow, finished_run: Callable[..., Path]
) -> None:
    home = window.page("home")
    assert ticked(window) == [False, False, False]
    looks = [step.button.property("look") for step in home.first.steps]
    assert looks == ["primary", "", ""]
    assert not home.first.steps[2].button.isEnabled()
    (window.workspace.path / "Reviews.CSV").write_text("text,label\na,b\n")
    home.refresh()
    assert ticked(window) == [True, False, False]
    (window.workspace.path / "mine.yaml").write_text("name: mine\n")
    home.refresh()
    assert ticked(window) == [True, True, False]
    run = finished_run(window)
    assert home.first.steps[2].button.text() == "Open the results"
    assert ticked(window) == [True, True, False], "they were not read yet"
    home.first.steps[2].button.click()
    assert window.current == "results"
    window.workspace.remember("results.run", str(run))
    window.go("home")
    assert ticked(window) == [True, True, True]


def test_a_table_that_was_looked_at_leads_to_a_recipe_for_it(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(window.page("home").first, "_context", _Going(window, opened))
    window.workspace.remember("table", "/data/reviews.csv")
    window.page("home").refresh()
    assert ticked(window) == [True, False, False]
    window.page("home").first.steps[1].button.click()
    assert opened == [("recipe", {"new": "/data/reviews.csv"})]


class _Going:
    def __init__(self, window: MainWindow, opened: list) -> None:
        self.workspace, self.actions, self._opened = window.workspace, window.actions_, opened

    def go(self, page: str, **what: object) -> None:
        self._opened.append((page, what))


def test_every_demo_has_a_card(window: MainWindow) -> None:
    folder = Path(__file__).parents[2] / "assets" / "recipes"
    assert {one.kind for one in examples()} == {path.stem for path in folder.glob("*.yaml")}
    shown = {label.text() for label in window.page("home").findChildren(QLabel)}
    for one in examples():
        assert {one.title, one.text, one.takes, *one.facts} <= shown


def test_cards_beside_one_another_are_as_wide_and_the_last_fills_its_row(
    window: MainWindow,
) -> None:
    home = window.page("home")
    window.go("home")
    window.resize(2560, 1440)
    QApplication.processEvents()
    *pairs, last = (card.geometry() for card in home.examples)
    assert len({one.width() for one in pairs}) == 1
    assert {one.left() for one in pairs} == {pairs[0].left(), pairs[1].left()}
    assert (last.left(), last.right()) == (pairs[0].left(), pairs[1].right())
    window.resize(1280, 800)
    QApplication.processEvents()
    assert len({(card.x(), card.width()) for card in home.examples}) == 1
    for card in home.examples:
        for part in filter(QLabel.isVisible, card.findChildren(QLabel)):
            place = part.mapTo(card, part.rect().topLeft())
            assert place.x() >= 0 and place.x() + part.width() <= card.width()
            assert part.heightForWidth(part.width()) <= part.height(), part.text()


def test_a_click_runs_the_example(
    window: MainWindow, qtbot: QtBot, wait_until: Callable[..., None]
) -> None:
    # A recipe of that name with other content must stay as it is.
    other = window.workspace.path / "demo-text.yaml"
    other.write_text("name: demo-text\n")
    runs = window.workspace.runs
    qtbot.mouseClick(window.page("home").examples[0].run, LEFT)
    wait_until(lambda: window.current == "jobs", 20, "for the example to be queued")
    assert other.read_text() == "name: demo-text\n"
    saved = Recipe.load(window.workspace.path / "demo-text-2.yaml")
    assert saved.difference(Recipe.demo("text")) is None
    said = window.notices.history[-1].text
    assert said == "demo-text starts. Its recipe is demo-text-2.yaml."
    wait_until((runs / "demo-text" / "job.json").exists, 60, "for the run to begin")
    assert queue.entries(runs) == []
    wait_until(window.watch.running, 30)
    window.watch.look()
    jobs.ask(queue.runner_folder(runs), "stop")
    jobs.ask(runs / "demo-text", "cancel")
    wait_until(lambda: not queue.runner_alive(runs), 30, "for the runner to end")
    window.go("home")
    window.watch.look()
    window.page("home").refresh()
    assert [row.accessibleName().split(",")[0] for row in window.page("home").runs.rows] == [
        "demo-text"
    ]


def test_the_recipe_of_an_example_can_be_looked_at(window: MainWindow) -> None:
    window.page("home").examples[0].look.click()
    assert window.current == "recipe"
    assert list(window.workspace.path.glob("*.yaml")) == [], "looking writes nothing"


def test_what_is_copied_is_the_example(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    import pellucid

    items = dict(window.page("home").examples[0]._more())
    runs = str(window.workspace.runs)
    items["Copy as command"]()
    copied = QApplication.clipboard().text()
    assert copied.split() == ["pellucid", *words("text", runs)]
    assert copied.split()[1:] == ["demo", "--kind", "text", "--runs", runs]
    done = []

    def execute(recipe: Recipe, runs: str) -> object:
        done.append((recipe, runs))
        return type("Done", (), {"path": Path(runs)})

    monkeypatch.setattr(pellucid, "execute", execute)
    items["Copy as Python"]()
    assert QApplication.clipboard().text() == program("text", runs)
    exec(QApplication.clipboard().text(), {})
    [(recipe, where)] = done
    assert recipe.difference(Recipe.demo("text")) is None
    assert where == runs


def test_a_workspace_that_cant_be_written_to_is_told(
    window: MainWindow, wait_until: Callable[..., None]
) -> None:
    shutil.rmtree(window.workspace.path)
    window.workspace.path.write_text("a file in its place")
    window.page("home").starter.start("text")
    wait_until(lambda: window.notices.history, 20)
    assert "can’t be started" in window.notices.history[-1].text
    assert window.notices.history[-1].tone == "error"
    assert window.current == "home"


def test_recent_runs_say_how_they_stand_and_open(
    window: MainWindow, finished_run: Callable[..., Path]
) -> None:
    for number in range(6):
        path = finished_run(window, f"run-{number}")
        events = (path / "events.jsonl").read_text().splitlines()
        last = json.loads(events[-1])
        last["time"] += number
        (path / "events.jsonl").write_text("\n".join([*events[:-1], json.dumps(last)]) + "\n")
    window.watch.follow(window.workspace.runs)
    rows = window.page("home").runs.rows
    names = [row.accessibleName().split(",")[0] for row in rows]
    assert names == [f"run-{number}" for number in (5, 4, 3, 2, 1)]
    measured = json.loads((path / "evaluation.json").read_text())["test"]["accuracy"]["value"]
    assert rows[0].accessibleName().endswith(f"{measured:.1%} right")
    assert "Finished" in rows[0].accessibleName()
    rows[1].click()
    assert window.current == "results"


def test_recent_workspaces_open(window: MainWindow, tmp_path: Path) -> None:
    first = window.workspace.path
    assert window.page("home").workspaces.rows == []
    window.open_workspace(tmp_path / "second")
    [row] = window.page("home").workspaces.rows
    assert row.accessibleName().startswith("ws, ")
    row.click()
    assert window.workspace.path == first
    [row] = window.page("home").workspaces.rows
    assert row.accessibleName().startswith("second, ")


def test_the_tour_goes_by_keys_and_is_remembered(
    window: MainWindow, make_window: Callable[..., MainWindow], qtbot: QtBot, tmp_path: Path
) -> None:
    window.activateWindow()
    tour = window.page("home").tour
    assert tour.isVisible()
    tour.forth.setFocus()
    seen = [tour.place.text()]
    for _ in range(3):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
        seen.append(tour.place.text())
    assert seen == ["1 of 4", "2 of 4", "3 of 4", "4 of 4"]
    assert tour.forth.text() == "Done"
    tour.back.click()
    assert tour.place.text() == "3 of 4"
    tour.forth.click()
    qtbot.keyClick(tour.forth, Qt.Key.Key_Space)
    assert not tour.isVisible()
    assert not make_window(tmp_path / "other").page("home").tour.isVisible()
    window.go("jobs")
    window.actions_["help.tour"].trigger()
    assert window.current == "home"
    assert tour.isVisible()
    assert tour.place.text() == "1 of 4"
    tour.close_.click()
    assert not tour.isVisible()


def test_the_machine_line_follows_memory_and_device(
    window: MainWindow, wait_until: Callable[..., None]
) -> None:
    # 24 bytes for each weight: 2.4 GB hold a hundred million.
    assert "about 100 million" in room("Some Processor, fp32, 2 threads", 2.4e9)
    assert "about 1,000 million" in room("Some Processor, fp32, 2 threads", 24e9)
    assert "million" not in room("NVIDIA H100, bf16, 16 threads", 24e9), "its own memory counts"
    assert "million" not in room("", 24e9)
    machine = window.page("home").machine
    assert machine.lines[0].text() == "Looking at this machine …"
    settings().setValue("device", "Some Processor, fp32, 2 threads")
    wait_until(lambda: machine.lines[0].text() != "Looking at this machine …")
    assert machine.lines[0].text() == "Some Processor, fp32, 2 threads"


def test_a_run_is_known_by_what_tells_most_of_its_task(
    window: MainWindow, finished_run: Callable[..., Path]
) -> None:
    run = finished_run(window)
    figures = {"loss": {"value": 7.52}, "perplexity": {"value": 1845.319}}
    (run / "evaluation.json").write_text(json.dumps({"test": figures}))
    home = window.page("home")
    home.refresh()
    (row,) = home.runs.rows
    assert row.accessibleName().endswith(", perplexity 1,845.3")
