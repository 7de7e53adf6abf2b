"""Pictures and sounds in the window: in tables, closely, and on the pages that speak of inputs."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog

from pellucid.gui.pages.recipe.fitting import fitting
from pellucid.gui.widgets.parts import Part, Parts
from pellucid.gui.widgets.table_view import PICTURE_ROW, ROW
from pellucid.gui.widgets.task_words import parts_words, task_name
from pellucid.gui.widgets.thumbnails import KEPT, Thumbnails
from pellucid.gui.window import MainWindow

_SPEC = importlib.util.spec_from_file_location(
    "made_runs", Path(__file__).with_name("made_runs.py")
)
assert _SPEC is not None and _SPEC.loader is not None
made_runs = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(made_runs)

Wait = Callable[..., None]
RED, BLUE = "#d01010", "#1010d0"


def folder_of_pictures(place: Path, rows: int = 24) -> Path:
    for row in range(rows):
        label, colour = (("blue", BLUE), ("red", RED))[row % 2]
        (place / label).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 20), colour).save(place / label / f"{row:02}.png")
    return place


def write_sound(path: Path) -> Path:
    soundfile.write(path, 0.4 * np.sin(np.arange(4000) / 3), 8000)
    return path


def colour(picture: QPixmap) -> str:
    image = picture.toImage()
    return image.pixelColor(image.width() // 3, image.height() // 2).name()


# Widgets


def test_thumbnails_come_and_are_bounded(
    window: MainWindow, tmp_path: Path, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pellucid.gui.widgets.thumbnails.KEPT", 5)
    assert KEPT > 100
    store = Thumbnails(window, window.pool)
    files = [str(one) for one in sorted(folder_of_pictures(tmp_path / "p", 8).rglob("*.png"))]
    came: list[int] = []
    store.came.connect(lambda: came.append(1))
    assert store.of("image", files[0]).pixmap(QSize(56, 40)).toImage().pixelColor(5, 5).alpha() == 0
    for one in files:
        store.of("image", one)
    wait_until(lambda: not store.working and came)
    assert len(store._kept) == 5 and len(came) < len(files)
    newest = next(reversed(store._kept))[1]
    shown = store.of("image", newest).pixmap(QSize(56, 40))
    assert colour(shown) == (BLUE if "/blue/" in newest else RED)
    store.end()


def test_what_can_not_be_drawn_gets_a_sign(
    window: MainWindow, tmp_path: Path, wait_until: Wait
) -> None:
    (tmp_path / "a.png").write_text("no picture")
    store = Thumbnails(window, window.pool)
    before = store.of("image", str(tmp_path / "a.png"))
    wait_until(lambda: not store.working)
    after = store.of("image", str(tmp_path / "a.png"))
    assert before.cacheKey() != after.cacheKey()
    image = after.pixmap(QSize(56, 40)).toImage()
    drawn = [image.pixelColor(x, y).alpha() for x in range(56) for y in range(40)]
    assert max(drawn) > 0, "the warning sign"
    store.end()


def test_a_sample_shows_its_parts(window: MainWindow, tmp_path: Path, wait_until: Wait) -> None:
    image = tmp_path / "a.png"
    Image.new("RGB", (20, 20), RED).save(image)
    parts = Parts(window.theme, window.pool)
    parts.setParent(window)
    parts.resize(400, 600)
    parts.show_parts(
        [Part("image", "image", "a.png", str(image)), Part("question", "text", "Is <b> it red?")]
    )
    view = parts.files[0]
    wait_until(lambda: not view.picture.shown.isNull())
    assert colour(view.picture.shown) == RED
    assert view.picture.accessibleName() == "a.png, 20 × 20 pixels"
    assert "20 × 20 pixels" in view.said.text() and view.play.isHidden()
    name, text = parts.texts[0]
    assert (name.text(), text.text()) == ("question", "Is <b> it red?")
    assert text.textFormat() == Qt.TextFormat.PlainText
    assert not parts.turn(), "there is no sound"
    sound = write_sound(tmp_path / "a.wav")
    parts.show_parts([Part("audio", "audio", "a.wav", str(sound))])
    wait_until(lambda: "0.50 s" in view.said.text())
    assert not view.play.isHidden() and view.play.text() == "Play" and text.isHidden()
    light = view.picture.shown.toImage()
    window.use_theme("dark")
    wait_until(lambda: view.picture.shown.toImage() != light)


def test_space_plays_and_stops(window: MainWindow, tmp_path: Path, wait_until: Wait) -> None:
    sound = str(write_sound(tmp_path / "a.wav"))
    parts = Parts(window.theme, window.pool)
    parts.setParent(window)
    opened: list[str] = []
    parts.player._find = lambda _: None
    parts.player._open = lambda path: bool(opened.append(path)) or True
    parts.show_parts([Part("audio", "audio", "a.wav", sound)])
    assert parts.turn() and opened == [sound]
    parts.show_parts([])
    assert not parts.turn() and opened == [sound]


def test_a_file_that_is_gone_is_told(window: MainWindow, tmp_path: Path, wait_until: Wait) -> None:
    parts = Parts(window.theme, window.pool)
    parts.setParent(window)
    parts.show_parts([Part("image", "image", "a.png", str(tmp_path / "a.png"))])
    wait_until(lambda: "can’t be shown" in parts.files[0].said.text())
    assert "no such file" in parts.files[0].said.text()


# Results


@pytest.fixture
def picture_run(window: MainWindow, finished_run: Callable[..., Path], tmp_path: Path) -> Path:
    """Give a finished run whose inputs are pictures with questions."""
    run = finished_run(window)
    pictures = sorted(folder_of_pictures(tmp_path / "p").rglob("*.png"))
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    recipe["data"]["inputs"] = {"image": "image", "question": "text"}
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    environment = json.loads((run / "environment.json").read_text())
    environment["data"]["inputs"] = recipe["data"]["inputs"]
    (run / "environment.json").write_text(json.dumps(environment))
    rows = pd.read_parquet(run / "predictions.parquet")
    files = [pictures[row % len(pictures)] for row in range(len(rows))]
    rows["input:image"] = [f"{one.parent.name}/{one.name}" for one in files]
    rows["input:question"] = [f"question {row}" for row in range(len(rows))]
    rows["file:image"] = [str(one) for one in files]
    texts = window.workspace.memory / "rows" / f"{run.name}.parquet"
    texts.parent.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(texts, index=False)
    return run


def open_results(window: MainWindow, run: Path, pane: str, wait_until: Wait) -> Any:
    window.go("results", run=run, pane=pane)
    page = window.page("results")
    wait_until(lambda: page.reading is not None and page.reading.path == run)
    return page


def test_rows_show_pictures(window: MainWindow, picture_run: Path, wait_until: Wait) -> None:
    page = open_results(window, picture_run, "rows", wait_until)
    pane = page._pane("rows")
    model = pane.view.columns
    assert model.names[:3] == ("Row", "image", "Right?")
    assert pane.view.verticalHeader().defaultSectionSize() == PICTURE_ROW
    wait_until(lambda: model.rowCount() and not pane.thumbnails.working)
    for row in (0, 1, 2):
        index = model.index(row, 1)
        model.data(index, Qt.ItemDataRole.DecorationRole)
    wait_until(lambda: not pane.thumbnails.working)
    for row in (0, 1, 2):
        index = model.index(row, 1)
        icon = model.data(index, Qt.ItemDataRole.DecorationRole)
        expected = BLUE if index.data().startswith("blue/") else RED
        assert colour(icon.pixmap(QSize(56, 40))) == expected
        assert model.data(model.index(row, 2), Qt.ItemDataRole.DecorationRole) is None
    scores = [at for at, name in enumerate(model.names) if name.startswith("Score")]
    assert all(len(model.index(0, at).data()) == 5 for at in scores)


def test_a_row_closely_shows_picture_and_question(
    window: MainWindow, picture_run: Path, wait_until: Wait
) -> None:
    page = open_results(window, picture_run, "rows", wait_until)
    pane = page._pane("rows")
    wait_until(lambda: pane.view.current_source() is not None)
    detail = pane.detail
    source = pane.view.current_source()
    facts = page.reading.facts
    view = detail.parts.files[0]
    wait_until(lambda: not view.picture.shown.isNull())
    cell = facts.raw["input:image"][source].as_py()
    assert view.said.text().startswith(cell) and not detail.text.isVisible()
    assert colour(view.picture.shown) == (BLUE if cell.startswith("blue/") else RED)
    assert detail.parts.texts[0][1].text() == facts.raw["input:question"][source].as_py()


def explained(run: Path, ids: list[str], corner: float = 2.0) -> None:
    """Write maps of pictures with questions: the first patch of each speaks most for the answer."""
    from pellucid.explain import Attribution, write_attributions
    from pellucid.explain.attribution import Drawn
    from pellucid.multimodal.image.outline import Outline
    from pellucid.multimodal.image.segments import grid

    labels = grid(20, 20, 4)
    pictures = Drawn("image", ("image",), 4, Outline("", labels, None).as_json())
    words = Drawn("text", ("question",), 2, {"between": [" ", ""]})
    found = [
        Attribution(
            id=one,
            method="integrated_gradients",
            settings={"tolerance": 0.05},
            target="positive",
            segments=("5, 5", "15, 5", "5, 15", "15, 15", "question", str(row)),
            columns=("image",) * 4 + ("question",) * 2,
            scores=np.array([corner, -0.5, 0.0, 0.25, 0.5, -0.25]),
            special=0.0,
            output=corner,
            baseline_output=0.0,
            evaluations=24,
            label="positive",
            prediction="positive",
            split="test",
            drawn=(pictures, words),
        )
        for row, one in enumerate(ids)
    ]
    write_attributions(run / "explanations" / "integrated_gradients.parquet", found)


def test_maps_lie_over_pictures(window: MainWindow, picture_run: Path, wait_until: Wait) -> None:
    test = pd.read_parquet(picture_run / "predictions.parquet").query("split == 'test'")
    explained(picture_run, test["id"].tolist()[:3])
    page = open_results(window, picture_run, "words", wait_until)
    pane = page._pane("words")
    entry = pane.list.entries[0]
    assert entry.words.words == ("question", "0") and len(entry.drawings) == 1
    (drawing,) = entry.drawings
    assert "5, 5 counts most" in drawing.said and drawing.said in pane.list.model().index(
        0, 0
    ).data(Qt.ItemDataRole.AccessibleTextRole)
    wait_until(lambda: isinstance(pane.list.maps.of(drawing), QPixmap))
    image = pane.list.maps.of(drawing).toImage()
    # The picture stands at the left and its map at the right: the first patch is orange there.
    ratio = image.devicePixelRatio()
    middle = round((24 + 210 + 16) * ratio)
    first, second = (
        image.pixelColor(middle + round(across * ratio), round((24 + 50) * ratio))
        for across in (50, 160)
    )
    assert first.red() > first.blue() + 60 and second.blue() > second.red()
    assert page.context.actions["results.explain"].isEnabled()


def test_a_map_whose_picture_is_gone_says_so(
    window: MainWindow, picture_run: Path, wait_until: Wait
) -> None:
    rows = window.workspace.memory / "rows" / f"{picture_run.name}.parquet"
    frame = pd.read_parquet(rows)
    frame["file:image"] = "/nowhere/at/all.png"
    frame.to_parquet(rows, index=False)
    explained(picture_run, frame.query("split == 'test'")["id"].tolist()[:1])
    page = open_results(window, picture_run, "words", wait_until)
    pane = page._pane("words")
    (drawing,) = pane.list.entries[0].drawings
    wait_until(lambda: isinstance(pane.list.maps.of(drawing), str))
    assert pane.list.maps.of(drawing) == "its file is not there: /nowhere/at/all.png"


def test_answers_that_are_no_classes_show_sounds(
    window: MainWindow, tmp_path: Path, wait_until: Wait
) -> None:
    run = made_runs.bring(window.workspace.path, "regression")
    window.watch.look()
    sound = write_sound(tmp_path / "a.wav")
    recipe = yaml.safe_load((run / "recipe.yaml").read_text())
    recipe["data"]["inputs"] = {"recording": "audio"}
    (run / "recipe.yaml").write_text(yaml.safe_dump(recipe))
    texts = window.workspace.memory / "rows" / "regression.parquet"
    rows = pd.read_parquet(texts)
    rows = rows[[name for name in rows if not name.startswith("input:")]]
    rows.assign(**{"input:recording": "a.wav", "file:recording": str(sound)}).to_parquet(texts)
    page = open_results(window, run, "rows", wait_until)
    pane = page._pane("rows")
    assert pane.view.columns.names[:2] == ("Row", "recording")
    wait_until(lambda: pane.detail.parts.files)
    view = pane.detail.parts.files[0]
    wait_until(lambda: "0.50 s, 8,000 Hz" in view.said.text())
    assert not view.play.isHidden() and pane.detail.text.isHidden()
    assert "a number per sound" in page.header.lead.text()
    played: list[str] = []
    pane.detail.parts.player.turn = played.append
    pane.view.setFocus()
    QTest.keyClick(pane.view, Qt.Key.Key_Space)
    assert played == [str(sound)]


# Data


def test_a_folder_is_a_table(window: MainWindow, tmp_path: Path, wait_until: Wait) -> None:
    folder = folder_of_pictures(tmp_path / "colours", 60)
    window.take([folder])
    page = window.page("data")
    wait_until(lambda: page.seen is not None, 60)
    view = page.area.view
    assert view.columns.names[0] == "image" and view.columns.total == 60
    assert view.verticalHeader().defaultSectionSize() == PICTURE_ROW
    assert "one class per picture" in page.top.header.lead.text()
    assert "input · picture" in [one.name for one in page.area.header._words]
    wait_until(lambda: not page.area.parts.files[0].picture.shown.isNull())
    assert colour(page.area.parts.files[0].picture.shown) in (RED, BLUE)
    QTest.keyClick(view, Qt.Key.Key_Down)
    second = view.columns.index(1, 0).data()
    wait_until(lambda: page.area.parts.files[0].said.text().startswith(second))


def test_a_folder_is_chosen(
    window: MainWindow, tmp_path: Path, wait_until: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of_pictures(tmp_path / "colours", 60)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    window.go("data")
    page = window.page("data")
    page.ask_folder()
    wait_until(lambda: page.seen is not None, 60)
    assert page.asked.path == folder


def test_a_recipe_of_a_folder_names_pictures(
    window: MainWindow, tmp_path: Path, wait_until: Wait
) -> None:
    folder = folder_of_pictures(tmp_path / "colours", 60)
    window.go("data", table=folder)
    page = window.page("data")
    wait_until(lambda: page.seen is not None, 60)
    page.make_recipe()
    data = window.page("recipe").document.now.recipe.data
    assert data.inputs == {"image": "image"} and data.label == "label"


def test_texts_keep_low_rows(window: MainWindow, table: Path, wait_until: Wait) -> None:
    window.go("data", table=table)
    page = window.page("data")
    wait_until(lambda: page.seen is not None, 60)
    assert page.area.view.verticalHeader().defaultSectionSize() == ROW
    assert page.area.parts.isHidden() and not page.area.detail.text.isHidden()


# Recipe


@pytest.mark.parametrize(
    ("inputs", "used", "unused"),
    [
        (
            {"image": "image"},
            ("train.augment", "data.folder", "data.on_bad_sample", "audit"),
            ("model.max_length", "model.max_seconds", "explain.segments.audio"),
        ),
        (
            {"audio": "audio"},
            ("train.augment", "model.max_seconds", "model.cache_gigabytes"),
            ("model.max_length", "model.text_encoder", "explain.baseline.text"),
        ),
        (
            {"image": "image", "question": "text"},
            ("train.augment", "model.max_length", "model.text_encoder"),
            ("model.max_seconds", "explain.segments.audio"),
        ),
        (
            {"text": "text"},
            ("model.max_length", "explain.baseline.text"),
            ("train.augment", "data.folder", "model.max_seconds", "model.cache_gigabytes"),
        ),
    ],
)
def test_keys_that_matter(
    inputs: dict[str, str], used: tuple[str, ...], unused: tuple[str, ...]
) -> None:
    fits = fitting({"data": {"inputs": inputs}})
    assert {name: fits.unused(name) for name in used} == dict.fromkeys(used, "")
    assert all(
        fits.unused(name) == f"Not used for {parts_words(inputs.values())}." for name in unused
    )


def test_changes_of_training_samples(window: MainWindow, tmp_path: Path, wait_until: Wait) -> None:
    raw = {
        "name": "p",
        "data": {"source": "t.csv", "inputs": {"image": "image"}, "label": "label"},
    }
    (tmp_path / "t.csv").write_text("image,label\na.png,a\n")
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(raw))
    window.go("recipe", path=path)
    page = window.page("recipe")
    wait_until(lambda: page.document.now.recipe is not None)
    row = page.form.rows["train.augment"]
    boxes = {one.text(): one for one in row.editor.findChildren(QCheckBox)}
    assert not boxes["Flip"].isHidden() and not boxes["CutMix"].isHidden()
    assert boxes["Gain"].isHidden() and boxes["SpecAugment"].isHidden()
    boxes["Crop"].click()
    assert [one.name for one in page.document.now.recipe.train.augment] == ["crop"]
    field = row.editor._inner["crop"][0][1]
    assert not field.parentWidget().isHidden()
    assert row.editor._inner["flip"][0][1].parentWidget().isHidden()
    field.edited.emit(0.2)
    step = page.document.now.recipe.train.augment[0]
    assert step.name == "crop" and json.loads(step.settings.model_dump_json()) == {"padding": 0.2}


def test_tasks_are_named_by_what_they_are_about() -> None:
    assert task_name("classification") == "One class per text"
    assert task_name("classification", ["image"]) == "One class per picture"
    assert task_name("regression", ["image", "text"]) == "A number per picture and text"
    assert task_name("classification", ()) == "One class per sample"
    assert task_name("chat", ["text"]) == "Chat and instructions"
