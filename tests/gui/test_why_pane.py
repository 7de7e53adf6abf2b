"""The pane “Why”: methods compared, what would change an answer, and answers that were written."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPlainTextEdit, QWidget

from pellucid.explain.attribution import Drawn
from pellucid.explain.generation.writing import Writing, write_writings
from pellucid.explain.search import (
    Counterfactual,
    LeftOut,
    Neighbour,
    Swap,
    add_counterfactuals,
    read_counterfactuals,
)
from pellucid.explain.search.answers import Answer
from pellucid.explain.search.found import Word
from pellucid.explain.search.section import sentences
from pellucid.gui.pages.results import words as words_module
from pellucid.gui.pages.results.changes import pieces
from pellucid.gui.pages.results.page import ResultsPage
from pellucid.gui.widgets.marked_text import CUT, TRUE
from pellucid.gui.window import MainWindow

Wait = Callable[..., None]
LONG = 180
"""Seconds that a process may take that loads a model."""
METHODS = "occlusion,input_x_gradient"


def neighbour_file(name: str) -> ModuleType:
    """Load a file of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


made_runs = neighbour_file("made_runs")
reached = neighbour_file("test_accessibility")


@pytest.fixture(scope="module")
def compared(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compare two methods of a finished run on five rows."""
    run = tmp_path_factory.mktemp("compared") / "tiny"
    shutil.copytree(finished, run)
    command = ["explain", str(run), "--compare", "--method", METHODS, "--rows", "5", "--quiet"]
    subprocess.run([sys.executable, "-m", "pellucid", *command], check=True, capture_output=True)
    return run


@pytest.fixture
def run(window: MainWindow, finished_run: Callable[..., Path]) -> Path:
    return finished_run(window)


@pytest.fixture
def open_why(window: MainWindow, wait_until: Wait) -> Callable[..., Any]:
    def open_(run: Path) -> Any:
        window.watch.look()
        window.go("results", run=run, pane="words")
        page: ResultsPage = window.page("results")
        wait_until(lambda: page.reading is not None and page.reading.path == run)
        assert page.reading.troubles == ()
        return page._pane("words")

    return open_


@pytest.fixture
def started(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Take note of the jobs that would be started."""
    found: list[list[str]] = []
    monkeypatch.setattr(window.workspace, "start", found.append)
    return found


def bring(window: MainWindow, source: Path, name: str = "tiny") -> Path:
    run = window.workspace.runs / name
    shutil.copytree(source, run)
    return run


def answered(run: Path) -> pd.DataFrame:
    return pd.read_parquet(run / "predictions.parquet").query("split == 'test'").set_index("id")


def visible_in(widget: QWidget) -> bool:
    return not widget.isHidden()


# Methods compared


def test_the_comparison_is_that_of_the_file(
    window: MainWindow, compared: Path, open_why: Callable[..., Any]
) -> None:
    why = open_why(bring(window, compared))
    QTest.mouseClick(why.asks_trust, Qt.MouseButton.LeftButton)
    trust = why.trust
    assert why.stack.currentWidget() is trust
    kept = json.loads((compared / "explanations/comparison.json").read_text())
    figure = trust.gains.inside.figure
    assert len(figure.names) == len(kept["ranked"]) * 2 + 1
    assert figure.names[len(kept["ranked"])] == "Random scores"
    gains = [kept["figures"][name]["gain"] for name in kept["ranked"]]
    assert [one.value for one in figure.values[:2]] == [one["value"] for one in gains]
    assert [one.low for one in figure.values[:2]] == [one["low"] for one in gains]
    assert [one.text for one in trust.findings.texts] == kept["words"]
    curves = [one.inside.figure.title for one in trust.curves]
    assert curves == ["Insertion", "Deletion"]
    shown = [one.inside for one in trust.tables if visible_in(one)]
    assert shown[0].model().index(0, 0).data() == kept["titles"][kept["ranked"][0]]
    assert len(shown) == 4
    assert trust.gains.named.name.startswith("explain-proof.")
    trust.back.click()
    assert why.stack.currentIndex() == words_module.MAPS


def test_the_figures_can_be_saved_by_their_names(
    window: MainWindow, compared: Path, open_why: Callable[..., Any], wait_until: Wait
) -> None:
    why = open_why(bring(window, compared))
    target = window.workspace.path / "gains.csv"
    saved: list[str] = []
    why.desk.saved.connect(saved.append)
    why.desk.save(why.trust.gains.named.name, target)
    wait_until(lambda: saved, LONG)
    kept = json.loads((compared / "explanations/comparison.json").read_text())
    first = kept["figures"][kept["ranked"][0]]["gain"]["value"]
    assert pd.read_csv(target).iloc[0, 1] == pytest.approx(first)


def test_a_comparison_is_a_job(
    run: Path, open_why: Callable[..., Any], started: list[list[str]]
) -> None:
    why = open_why(run)
    why.asks_trust.click()
    trust = why.trust
    hidden = (trust.gains, *trust.curves, *trust.tables)
    assert not any(visible_in(one) for one in hidden) and trust.lead.text()
    assert trust.start.hasFocus() or not trust.start.isVisible()
    trust.start.click()
    trust.rows.setValue(7)
    QTest.keyClick(trust.start, Qt.Key.Key_Space)
    start = ["explain", str(run), "--rows"]
    assert started == [[*start, "50", "--compare"], [*start, "7", "--compare"]]
    items = dict(why.desk.copies(trust.action))
    items["Copy as command"]()
    assert QApplication.clipboard().text().endswith("--rows 7 --compare")


def test_a_comparison_without_maps_is_shown(
    window: MainWindow, compared: Path, open_why: Callable[..., Any]
) -> None:
    run = bring(window, compared)
    (run / "explanations/importance.json").unlink()
    why = open_why(run)
    assert why.stack.currentWidget() is why.trust
    why.trust.back.click()
    assert why.stack.currentWidget() is why.trust, "there are no maps to go back to"


# What would change an answer


def change(one: Counterfactual, kind: str) -> tuple[list[str], list[str]]:
    """Return the struck and the inserted words."""
    found = pieces(one, kind)
    return (
        [piece.text for piece in found if piece.look == CUT],
        [piece.text for piece in found if piece.look == TRUE],
    )


GOOD, BAD = (
    Answer("positive", {"negative": 0.2, "positive": 0.8}),
    Answer("negative", {"negative": 0.7, "positive": 0.3}),
)


def found_for(id_: str) -> Counterfactual:
    return Counterfactual(
        id=id_,
        label="positive",
        split="test",
        answer=GOOD,
        names=("fine", "<b>", "food"),
        drawn=(Drawn("text", ("text",), 3, {"between": [" ", " ", ""]}),),
        cells={"text": "fine <b> food"},
        remove=LeftOut(False, (0, 2), ("fine", "food"), ("text",) * 2, 3, BAD, True, GOOD),
        keep=LeftOut(True, (0,), ("fine",), ("text",), 3, GOOD, True, GOOD),
        swap=Swap((Word(0, "text", "fine", "poor"),), {"text": "poor <b> food"}, BAD),
        neighbours=(
            Neighbour("t7", "train", "negative", "negative", 0.9, {"text": "x"}, ("label",)),
        ),
        missing={},
    )


def test_changes_are_struck_and_inserted() -> None:
    one = found_for("r1")
    assert change(one, "remove") == (["fine", "food"], [])
    assert change(one, "keep") == (["<b>", "food"], [])
    assert change(one, "swap") == (["fine"], ["poor"])
    assert "".join(piece.text for piece in pieces(one, "swap")) == "fine poor <b> food"


def test_what_was_found_before_stands_beside_its_row(
    run: Path, open_why: Callable[..., Any]
) -> None:
    ids = [one["id"] for one in explained(run)]
    nothing = replace(
        found_for(ids[1]),
        remove=None,
        keep=None,
        swap=None,
        neighbours=(),
        missing={"swap": "none"},
    )
    add_counterfactuals(run / "explanations/counterfactuals.json", [found_for(ids[0]), nothing])
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    other = why.row.other
    assert other.id == ids[0] and why.row.title.text() == f"Row {ids[0]}"
    said = sentences(found_for(ids[0]))
    shown = [one.said.text() for one in other.changes.values() if visible_in(one)]
    assert [*shown, other.near.said.text()] == said
    ((name, text),) = other.near.rows
    assert name.text() == "t7: labelled “negative”, answered “negative”, similarity 0.900"
    assert text.text() == "x"
    assert not visible_in(other.missing) and not visible_in(other.nothing)
    struck = [one.text for one in other.changes["swap"].text.pieces if one.look == TRUE]
    assert struck == ["poor"]
    QTest.keyClick(why.list, Qt.Key.Key_Down)
    assert other.id == ids[1]
    assert not any(visible_in(one) for one in (*other.changes.values(), other.near))
    assert other.missing.text() == "Other words: none."
    QTest.keyClick(why.list, Qt.Key.Key_Down)
    assert visible_in(other.nothing) and not visible_in(other.missing)


def explained(run: Path) -> list[dict[str, Any]]:
    return pd.read_parquet(run / "explanations/integrated_gradients.parquet").to_dict("records")


def test_a_search_finds_what_the_command_finds(
    run: Path, open_why: Callable[..., Any], wait_until: Wait
) -> None:
    ids = [one["id"] for one in explained(run)]
    file = run / "explanations/counterfactuals.json"
    add_counterfactuals(file, [found_for("another")])
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    other = why.row.other
    QTest.keyClick(other.chips["swap"], Qt.Key.Key_Space)
    assert not other.chips["swap"].isChecked()
    QTest.keyClick(other.asking.button, Qt.Key.Key_Space)
    assert other.asking.running and visible_in(other.asking.cancel)
    wait_until(lambda: not other.asking.running, LONG)
    assert other.asking.state.text() == ""
    stored = {one.id: one for one in read_counterfactuals(file)}
    assert set(stored) == {"another", ids[0]}, "what was found for other rows stays"
    one = stored[ids[0]]
    assert one.answer.label == answered(run).loc[ids[0], "prediction"]
    shown = [part.said.text() for part in other.changes.values() if visible_in(part)]
    assert [*shown, *filter(None, other.missing.text().splitlines())] == sentences(one)
    assert one.swap is None and "swap" not in (one.missing or {})


def test_a_search_can_be_cancelled_and_can_fail(
    run: Path, open_why: Callable[..., Any], wait_until: Wait
) -> None:
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    other = why.row.other
    for chip in other.chips.values():
        chip.setChecked(False)
    other.asking.button.click()
    assert not other.asking.running and "at least one" in other.asking.state.text()
    other.chips["remove"].setChecked(True)
    other.asking.button.click()
    other.asking.cancel.click()
    assert not other.asking.running and "Cancelled" in other.asking.state.text()
    assert not (run / "explanations/counterfactuals.json").exists()
    shutil.rmtree(run / "model")
    other.asking.button.click()
    wait_until(lambda: not other.asking.running, LONG)
    assert other.asking.state.text().startswith("⚠ ") and "model" in other.asking.state.text()


def test_digits_alone_are_an_id(run: Path, open_why: Callable[..., Any]) -> None:
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    why.row.other.id = "12"
    words = why.row.other._action().words()
    assert words[words.index("--rows") + 1] == "12,12"


def test_an_edited_row_is_answered_as_the_row_that_it_became(
    run: Path, open_why: Callable[..., Any], wait_until: Wait
) -> None:
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    edit = why.row.edit
    wait_until(lambda: edit.cells, LONG, "the row's text")
    facts = why.desk.reading.facts
    texts = dict(zip(facts.raw["id"].to_pylist(), facts.raw["input:text"].to_pylist(), strict=True))
    table = answered(run)
    before = why.list.chosen
    other = next(
        name
        for name in table.index
        if table.loc[name, "prediction"] != table.loc[before, "prediction"]
    )
    (cell,) = edit.cells
    assert cell.text.toPlainText() == texts[before]
    assert not edit.asking.button.isEnabled()
    cell.text.setPlainText(texts[other])
    assert edit.asking.button.isEnabled()
    QTest.keyClick(edit.asking.button, Qt.Key.Key_Space)
    wait_until(lambda: not edit.asking.running, LONG)
    assert edit.asking.state.text() == ""
    scores = {
        edit.scores.model().index(at, 0).data(): [
            float(edit.scores.model().index(at, column).data()) for column in (1, 2)
        ]
        for at in range(edit.scores.model().rowCount())
    }
    for label, (old, new) in scores.items():
        assert old == pytest.approx(table.loc[before, f"score:{label}"], abs=1e-3)
        assert new == pytest.approx(table.loc[other, f"score:{label}"], abs=1e-3)
    labels = table.loc[[before, other], "prediction"].tolist()
    assert all(f"“{label}”" in edit.verdict.text() for label in labels)
    assert edit.verdict.text().startswith("The answer changes")
    cell.text.setPlainText("another text")
    assert "ask again" in edit.asking.state.text()
    edit.put_back()
    assert cell.text.toPlainText() == texts[before] and not edit.asking.button.isEnabled()


def test_an_edit_and_the_chosen_row_outlive_a_reload(
    window: MainWindow, run: Path, open_why: Callable[..., Any], wait_until: Wait
) -> None:
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    edit, page = why.row.edit, window.page("results")
    wait_until(lambda: edit.cells, LONG, "the row's text")
    QTest.keyClick(why.list, Qt.Key.Key_Down)
    chosen = why.list.chosen
    edit.cells[0].text.setPlainText("half a sent")
    read = page.reading
    page.reload()
    wait_until(lambda: page.reading is not read)
    assert why.list.chosen == chosen == edit.id
    assert edit.cells[0].text.toPlainText() == "half a sent"


def test_other_tasks_have_no_single_answer_to_change(
    window: MainWindow, run: Path, open_why: Callable[..., Any]
) -> None:
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    other = made_runs.bring(window.workspace.path, "multilabel")
    shutil.copytree(run / "explanations", other / "explanations")
    assert open_why(other) is why
    assert not why.parts.isTabVisible(1) and why.parts.currentIndex() == 0
    open_why(run)
    assert why.parts.isTabVisible(1)


def test_pictures_show_what_is_left_out_and_are_exchanged(
    window: MainWindow,
    run: Path,
    open_why: Callable[..., Any],
    wait_until: Wait,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pellucid.multimodal.image.outline import Outline
    from pellucid.multimodal.image.segments import grid

    red, blue = tmp_path / "a.png", tmp_path / "b.png"
    Image.new("RGB", (20, 20), "#d01010").save(red)
    Image.new("RGB", (20, 20), "#1010d0").save(blue)
    environment = json.loads((run / "environment.json").read_text())
    environment["data"]["inputs"] = {"image": "image"}
    (run / "environment.json").write_text(json.dumps(environment))
    rows = window.workspace.memory / "rows" / f"{run.name}.parquet"
    rows.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.read_parquet(run / "predictions.parquet")
    frame.assign(**{"input:image": "a.png", "file:image": str(red)}).to_parquet(rows, index=False)
    ids = [one["id"] for one in explained(run)]
    drawn = Drawn("image", ("image",), 4, Outline("", grid(20, 20, 4), None).as_json())
    one = replace(
        found_for(ids[0]),
        names=("5, 5", "15, 5", "5, 15", "15, 15"),
        drawn=(drawn,),
        cells={"image": "a.png"},
        remove=LeftOut(False, (1,), ("15, 5",), ("image",), 4, BAD, True),
        keep=None,
        swap=None,
    )
    add_counterfactuals(run / "explanations/counterfactuals.json", [one])
    why = open_why(run)
    why.parts.setCurrentIndex(1)
    other, edit = why.row.other, why.row.edit
    assert not visible_in(other.chips["swap"]), "a picture has no words"
    removed = other.changes["remove"]
    assert not visible_in(removed.text)
    (drawing,) = removed.pictures.drawings
    wait_until(lambda: isinstance(removed.pictures.maps.of(drawing), QPixmap))
    image = removed.pictures.maps.of(drawing).toImage()
    ratio = image.devicePixelRatio()
    middle = 24 + 140 + 16
    left, right = (
        image.pixelColor(round((middle + across) * ratio), round((24 + 35) * ratio))
        for across in (35, 105)
    )
    assert right.red() > right.blue() + 60, "the second patch is orange"
    assert abs(left.red() - left.blue()) < 20, "the first one is grey"
    (cell,) = edit.cells
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(blue), ""))
    cell._ask()
    assert edit.asking.button.isEnabled()
    words = edit._action().words()
    assert words == ["what-if", str(run), "--row", ids[0], "--set", f"image={blue}"]
    edit.put_back()
    assert edit._action().cells == () and not edit.asking.button.isEnabled()


# Answers that were written


def writing(**changes: Any) -> Writing:
    scores = np.array([[0.5, -0.1, 0.0], [0.0, 2.0, -2.0], [0.25, 0.0, 0.0]])
    fields: dict[str, Any] = {
        "id": "r1",
        "method": "occlusion",
        "settings": {"tolerance": 0.05, "max_steps": 64, "by": "words", "seed": 0},
        "prompt": "<user> is it <so>",
        "tokens": ("ye", "s", " Mary"),
        "foils": (),
        "segments": ("is", "it", "<so>"),
        "columns": ("1", "1", "2"),
        "scores": scores,
        "earlier": np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.5, 0.5, 0.0]]),
        "special": np.zeros(3),
        "outputs": np.full(3, -0.5),
        "baseline_outputs": np.full(3, -2.0),
        "evaluations": 8,
        "label": "no",
        "split": "test",
        "drawn": (Drawn("text", (), 3, {"between": [" ", " ", ""]}),),
    }
    return Writing(**(fields | changes))


@pytest.fixture
def written(window: MainWindow) -> Path:
    run: Path = made_runs.bring(window.workspace.path, "chat")
    folder = run / "explanations" / "written"
    folder.mkdir(parents=True)
    write_writings(
        folder / "occlusion.parquet", [writing(), writing(id="r2", tokens=("no", "t", "!"))]
    )
    write_writings(
        folder / "integrated_gradients.parquet", [writing(method="integrated_gradients")]
    )
    return run


def cells(heat: Any) -> list[list[str]]:
    model = heat.model()
    return [
        [
            model.index(row, column).data(Qt.ItemDataRole.ToolTipRole)
            for column in range(model.columnCount())
        ]
        for row in range(model.rowCount())
    ]


def test_a_written_answer_stands_over_its_prompt(
    written: Path, open_why: Callable[..., Any]
) -> None:
    why = open_why(written)
    assert [why.method.itemData(at) for at in range(2)] == ["integrated_gradients", "occlusion"]
    why.method.setCurrentIndex(1)
    assert why.answers.count() == 2
    assert why.answers.item(0).text() == "Row r1: “yes Mary”"
    detail = why.detail
    across = [detail.heat.model().headerData(at, Qt.Orientation.Horizontal) for at in range(2)]
    assert across == ["yes", "Mary"], "tokens of a word stand together"
    told = cells(detail.heat)
    assert told[0] == ["“is” +0.50 nats: spoke for “yes”", "“is” +0.25 nats: spoke for “Mary”"]
    assert told[3] == ["“yes” stands behind “yes”: no score", "“yes” +2.00 nats: spoke for “Mary”"]
    assert detail.heat.model().headerData(3, Qt.Orientation.Vertical) == "→ yes"
    assert told[2][0] == "“<so>” −2.00 nats: spoke against “yes”"
    assert detail.map.words.words == ("is", "it", "<so>")
    assert detail.map.words.scores == pytest.approx((0.75, 1.9, -2.0))
    assert "−1.50 nats" in detail.sure.text()
    assert "“no”" in detail.sure.text()
    detail.heat.setFocus()
    detail.heat.setCurrentIndex(detail.heat.model().index(0, 0))
    QTest.keyClick(detail.heat, Qt.Key.Key_Right)
    assert detail.shown_for.currentText() == "Mary"
    assert detail.map.words.scores == pytest.approx((0.25, 0.0, 0.0))
    assert detail.cell.text() == "“is” +0.25 nats: spoke for “Mary”"
    detail.shown_for.setCurrentIndex(0)
    assert detail.map.words.scores == pytest.approx((0.75, 1.9, -2.0))
    QTest.keyClick(why.answers, Qt.Key.Key_Down)
    assert detail.prompt.heading.text() == "Row r2"


def test_tables_of_what_was_written_are_those_of_the_method(
    written: Path, open_why: Callable[..., Any]
) -> None:
    why = open_why(written)
    assert not visible_in(why.table), "no word stands in two prompts of one"
    why.method.setCurrentIndex(1)
    table = why.table.inside.model()
    rows = {table.index(at, 0).data(): table.index(at, 2).data() for at in range(table.rowCount())}
    assert set(rows) == {"is", "it", "<so>"}
    assert float(rows["it"]) == pytest.approx(1.9) and table.index(0, 0).data() == "it"


def test_written_answers_are_explained_as_a_job(
    window: MainWindow, open_why: Callable[..., Any], started: list[list[str]]
) -> None:
    run = made_runs.bring(window.workspace.path, "chat")
    (run / "model").mkdir()
    (run / "model" / "config.json").write_text("{}")
    why = open_why(run)
    assert why.stack.currentWidget() is why.nothing
    page = window.page("results")
    assert page.context.actions["results.explain"].isEnabled()
    page.explain()
    why.by.setCurrentIndex(why.by.findData("occlusion"))
    why.again.click()
    start = ["explain", str(run), "--rows", "8"]
    assert started == [start, [*start, "--method", "occlusion"]]


def test_pictures_of_a_prompt_are_drawn(
    window: MainWindow, open_why: Callable[..., Any], wait_until: Wait, tmp_path: Path
) -> None:
    from pellucid.multimodal.image.outline import Outline
    from pellucid.multimodal.image.segments import grid

    file = tmp_path / "a.png"
    Image.new("RGB", (20, 20), "#d01010").save(file)
    outline = Outline(str(file), grid(20, 20, 4), None)
    one = writing(
        segments=("is", "it", *outline.names),
        columns=("1", "1", *[str(file)] * 4),
        scores=np.array([[0.5, 0.0, 2.0, 0.0, 0.0, -1.0]] * 3),
        drawn=(
            Drawn("text", (), 2, {"between": [" ", ""]}),
            Drawn("image", (str(file),), 4, outline.as_json()),
        ),
    )
    run = made_runs.bring(window.workspace.path, "chat")
    (run / "explanations" / "written").mkdir(parents=True)
    write_writings(run / "explanations" / "written" / "occlusion.parquet", [one])
    detail = open_why(run).detail
    (drawing,) = detail.pictures.drawings
    assert drawing.scores.tolist() == [6.0, 0.0, 0.0, -3.0] and drawing.scale == 6.0
    wait_until(lambda: isinstance(detail.pictures.maps.of(drawing), QPixmap))
    assert detail.map.words.words == ("is", "it")


# For everybody


@pytest.mark.parametrize("view", ["maps", "row", "trust", "written"])
def test_everything_has_a_name_and_is_reached_by_tab(
    view: str,
    window: MainWindow,
    compared: Path,
    written: Path,
    open_why: Callable[..., Any],
    wait_until: Wait,
) -> None:
    run = written if view == "written" else bring(window, compared)
    why = open_why(run)
    if view == "row":
        add_counterfactuals(run / "explanations/counterfactuals.json", [found_for(why.list.chosen)])
        window.page("results").reload()
        why.parts.setCurrentIndex(1)
        wait_until(lambda: why.row.edit.cells, LONG, "the row's text")
        assert why.row.findChildren(QPlainTextEdit)
    if view == "trust":
        why.show_trust()
    window.activateWindow()
    QApplication.processEvents()
    page = window.stack.currentWidget()
    assert [reached.path(one) for one in reached.controls(page) if not reached.spoken(one)] == []
    found = reached.tabbed_through(window)
    missing = [
        reached.path(one)
        for one in reached.controls(page)
        if one.isEnabled() and not reached.is_reached(one, found)
    ]
    assert missing == []


def test_the_window_reads_all_of_it_without_torch(
    compared: Path, written: Path, tmp_path: Path
) -> None:
    run = tmp_path / "tiny"
    shutil.copytree(compared, run)
    add_counterfactuals(run / "explanations/counterfactuals.json", [found_for("r1")])
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pellucid.gui.pages.results.reading import read\n"
        "for run in sys.argv[1:]:\n"
        "    reading = read(Path(run), Path('nowhere'))\n"
        "    print(bool(reading.counterfactuals or reading.written), reading.troubles)\n"
        "print('torch' in sys.modules)\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", program, str(run), str(written)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert out.stdout.splitlines() == ["True ()", "True ()", "False"]
