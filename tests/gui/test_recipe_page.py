"""The recipe page in a real window: form and YAML, saving, starting, and recovery after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QLineEdit, QPushButton, QToolButton

from pellucid import copyable
from pellucid.core import drafts, queue
from pellucid.errors import RecipeError
from pellucid.gui.window import MainWindow
from pellucid.new_recipe import SHOWN
from pellucid.recipe import Recipe

Wait = Callable[..., None]


@pytest.fixture
def file(tmp_path: Path, table: Path, tiny_model: Path) -> Path:
    path = tmp_path / "recipes" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(
        "# my recipe\n"
        "name: mine   # as it is called\n"
        "data:\n"
        f"  source: {table}\n"
        "  inputs: {text: text}\n"
        "  label: label\n"
        "  groups: [gender, region]\n"
        "  id: id\n"
        f"model: {{name: '{tiny_model}', max_length: 32}}\n"
        "train:\n"
        "  # how often\n"
        "  epochs: 3\n"
        "  batch_size: 32\n"
        "explain: {rows: 8, steps: 4, max_steps: 4}\n"
        "audit: {positive: positive}\n",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def page(window: MainWindow, file: Path) -> Any:
    window.go("recipe", path=file)
    window.page("recipe").form.finish()
    return window.page("recipe")


def field(page: Any, name: str, kind: type = QLineEdit) -> Any:
    editor = page.form.rows[name].editor
    return editor if isinstance(editor, kind) else editor.findChild(kind)


def type_into(widget: Any, text: str) -> None:
    widget.setFocus()
    widget.selectAll()
    QTest.keyClicks(widget, text) if text else QTest.keyClick(widget, Qt.Key.Key_Delete)


def text_of(page: Any) -> str:
    return page.document.current().text


def leaves(schema: dict[str, Any], spec: dict[str, Any], path: str = "") -> set[str]:
    """Return the places of all keys, from pydantic's own JSON schema."""
    found = set()
    for key, inner in spec.get("properties", {}).items():
        name = f"{path}.{key}" if path else key
        # A part that may be left out stands beside null.
        either = [one["$ref"] for one in inner.get("anyOf", ()) if "$ref" in one]
        reference = inner.get("$ref") or next(iter(either), None)
        if reference:
            found |= leaves(schema, schema["$defs"][reference.split("/")[-1]], name)
        else:
            found.add(name)
    return found


def test_every_key_of_the_schema_has_a_field_with_a_name_and_help(page: Any) -> None:
    schema = Recipe.model_json_schema()
    assert set(page.form.rows) == leaves(schema, schema)
    for row in page.form.rows.values():
        assert row.editor.accessibleName()
        assert row.note.text()


def test_tab_goes_through_the_form_before_the_yaml(page: Any) -> None:
    page.form.finish()
    order, at = [], page.form.search
    while (at := at.nextInFocusChain()) is not page.form.search:
        order.append(at)
    fields = [place for place, one in enumerate(order) if page.form.area.isAncestorOf(one)]
    assert max(fields) < order.index(page.view.copy) < order.index(page.yaml)


def test_keys_that_people_change_often_are_in_sight_and_the_rest_folded(page: Any) -> None:
    for section, (spec, often) in SHOWN.items():
        for key in spec.model_fields:
            rows = {
                name: row
                for name, row in page.form.rows.items()
                if f"{name}.".startswith(f"{section}.{key}.")
            }
            assert rows
            shown = {name for name, row in rows.items() if not row.isHidden()}
            wanted = (
                {"model.adapt.kind"} if key == "adapt" else set(rows) if key in often else set()
            )
            assert shown == wanted, (section, key)
    more = next(one for one in page.form.findChildren(QPushButton) if one.text().startswith("More"))
    more.click()
    assert not page.form.rows["model.dropout"].isHidden()


def test_an_edit_in_the_form_changes_its_line_and_no_other(page: Any, file: Path) -> None:
    before = file.read_text().splitlines()
    type_into(field(page, "train.epochs"), "12")
    after = text_of(page).splitlines()
    assert [line for line in after if line not in before] == ["  epochs: 12"]
    assert page.yaml.toPlainText() == text_of(page)
    assert page.document.now.recipe.train.epochs == 12
    assert page.view.header.title.text().endswith("•")
    assert page.view.header.lead.text() == f"Unsaved changes to {file}"


def test_typing_into_one_field_is_undone_at_once(window: MainWindow, page: Any, file: Path) -> None:
    type_into(field(page, "train.epochs"), "125")
    type_into(field(page, "data.label"), "gender")
    QTest.keyClick(field(page, "data.label"), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert yaml.safe_load(text_of(page))["data"]["label"] == "label"
    assert yaml.safe_load(text_of(page))["train"]["epochs"] == 125
    window.actions_["edit.undo"].trigger()
    assert text_of(page) == file.read_text()
    assert field(page, "train.epochs").text() == "3"
    assert not page.document.unsaved
    window.actions_["edit.redo"].trigger()
    assert field(page, "train.epochs").text() == "125"


def test_what_is_wrong_stands_under_its_field_as_one_types(page: Any, file: Path) -> None:
    type_into(field(page, "train.epochs"), "0")
    row = page.form.rows["train.epochs"]
    assert row.editor.property("wrong") is True
    with pytest.raises(RecipeError) as told:
        Recipe.parse(text_of(page), folder=file.parent)
    problem = str(told.value).split(": ", 1)[1]
    assert problem[1:] in row.note.text()
    assert row.note.text().startswith("⚠")
    assert page.yaml.marked == text_of(page).splitlines().index("  epochs: 0")
    type_into(field(page, "train.epochs"), "4")
    assert not row.editor.property("wrong")
    assert "Passes over the data" in row.note.text()
    assert page.yaml.marked is None


def test_what_concerns_a_section_stands_there_and_folded_keys_come_to_sight(page: Any) -> None:
    type_into(field(page, "data.split.train"), "0.5")
    trouble = page.form._sections["data.split"].trouble
    assert not trouble.isHidden()
    assert "sum to 0.7" in trouble.text()
    page.document.write(text_of(page).replace("epochs: 3", "warmup: 2"), "edit")
    type_into(field(page, "data.split.train"), "0.8")
    assert trouble.isHidden()
    assert not page.form.rows["train.warmup"].isHidden()
    assert "at most 1" in page.form.rows["train.warmup"].note.text()


def test_yaml_shows_in_the_form_and_broken_yaml_leaves_it(page: Any, wait_until: Wait) -> None:
    page.yaml.setFocus()
    cursor = page.yaml.document().find("epochs: 3")
    page.yaml.setTextCursor(cursor)
    QTest.keyClicks(page.yaml, "epochs: 7")
    wait_until(lambda: field(page, "train.epochs").text() == "7")
    page.yaml.setTextCursor(page.yaml.document().find("epochs: 7"))
    QTest.keyClicks(page.yaml, "epochs: [8")
    wait_until(lambda: page.yaml.marked is not None)
    with pytest.raises(yaml.YAMLError) as told:
        yaml.safe_load(page.yaml.toPlainText())
    assert page.yaml.marked == told.value.problem_mark.line
    assert f"line {page.yaml.marked + 1}" in page.view.verdict.text()
    assert field(page, "train.epochs").text() == "7"
    assert not page.form.isEnabled()
    QTest.keyClicks(page.yaml, "]")
    page.yaml.setTextCursor(page.yaml.document().find("[8]"))
    QTest.keyClicks(page.yaml, "8")
    wait_until(lambda: field(page, "train.epochs").text() == "8" and page.form.isEnabled())
    QTest.keyClick(page.yaml, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.yaml.toPlainText() == text_of(page)
    assert "epochs: [8\n" in text_of(page)  # what was typed without a pause is undone at once


def test_an_edit_in_the_form_shows_its_line_and_leaves_the_cursor_to_who_types(
    window: MainWindow, page: Any
) -> None:
    type_into(field(page, "train.epochs"), "1000")
    assert page.yaml.textCursor().block().text() == "  epochs: 1000"
    page.yaml.setFocus()
    cursor = page.yaml.document().find("audit")
    cursor.movePosition(QTextCursor.MoveOperation.EndOfLine)
    page.yaml.setTextCursor(cursor)
    line = cursor.block().text()
    window.actions_["edit.undo"].trigger()
    assert page.yaml.textCursor().block().text() == line
    assert page.yaml.textCursor().atBlockEnd()


@pytest.mark.parametrize(
    ("name", "typed", "place", "value"),
    [
        ("train.learning_rate", "3e-4", ("train", "learning_rate"), 3e-4),
        ("train.seed", "4294967295", ("train", "seed"), 4294967295),
        ("train.checkpoint_steps", "", ("train", "checkpoint_steps"), None),
        ("data.groups", 'gender, "a, b"', ("data", "groups"), ["gender", "a, b"]),
        ("data.id", "", ("data", "id"), None),
        ("explain.rows", "10:20", ("explain", "rows"), "10:20"),
        ("explain.rows", "17", ("explain", "rows"), 17),
        ("explain.rows", "[s1, s2]", ("explain", "rows"), ["s1", "s2"]),
        ("audit.groups", "region", ("audit", "groups"), ["region"]),
        ("audit.positive", "1", ("audit", "positive"), "1"),
    ],
)
def test_what_is_typed_is_what_the_recipe_holds(
    page: Any, name: str, typed: str, place: tuple[str, str], value: Any
) -> None:
    if name == "train.checkpoint_steps":
        page.form.reveal(place)
        type_into(field(page, name), "5")
    type_into(field(page, name), typed)
    recipe = Recipe.parse(text_of(page), folder=page.document.state.folder)
    found = getattr(getattr(recipe, place[0]), place[1])
    assert (list(found) if isinstance(found, tuple) else found) == value
    again = field(page, name).text()
    page.document.write(text_of(page) + "\n", "edit")  # shown anew, it stays as it was typed
    assert field(page, name).text() == again


def test_arrows_go_in_round_steps_and_stop_at_bounds(page: Any) -> None:
    rate = page.form.rows["train.learning_rate"].editor
    rate.stepBy(1)
    assert page.document.now.recipe.train.learning_rate == pytest.approx(6e-5)
    confidence = page.form.rows["evaluate.confidence"].editor
    confidence.stepBy(10)
    assert page.document.now.fault is None
    assert page.document.now.recipe.evaluate.confidence == pytest.approx(0.99)
    depth = page.form.rows["audit.depth"].editor
    depth.stepBy(9)
    assert page.document.now.recipe.audit.depth == 4
    for _ in range(40):
        rate.stepBy(-1)
    assert 0 < page.document.now.recipe.train.learning_rate < 1e-7


def test_choices_switches_and_steps(page: Any) -> None:
    precision = field(page, "train.precision", QComboBox)
    precision.setFocus()
    QTest.keyClick(precision, Qt.Key.Key_End)
    assert page.document.now.recipe.train.precision == "fp32"
    QTest.mouseClick(field(page, "evaluate.baselines", QCheckBox), Qt.MouseButton.LeftButton)
    assert page.document.now.recipe.evaluate.baselines is False
    boxes = {one.text(): one for one in page.form.rows["data.clean"].editor.findChildren(QCheckBox)}
    assert not boxes["Near"].isEnabled()
    for name in ("Drop duplicates", "Drop missing", "Near"):
        boxes[name].click()
    assert yaml.safe_load(text_of(page))["data"]["clean"] == [
        {"drop_duplicates": {"near": True}},
        "drop_missing",
    ]
    boxes["Drop missing"].click()
    (step,) = page.document.now.recipe.data.clean
    assert step.drop_duplicates.near is True
    formats = {
        one.text(): one for one in page.form.rows["report.formats"].editor.findChildren(QCheckBox)
    }
    formats["HTML page"].click()
    assert page.document.now.recipe.report.formats == ("model_card",)


def test_a_source_is_a_table_or_a_folder(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = page.document.state.folder / "pictures"
    beside.mkdir()
    asked = {"getOpenFileName": ("/elsewhere/rows.csv", ""), "getExistingDirectory": str(beside)}
    for name, answer in asked.items():
        monkeypatch.setattr(QFileDialog, name, lambda *_, answer=answer: answer)

    def choose(said: str) -> Any:
        buttons = page.form.rows["data.source"].editor.findChildren(QToolButton)
        [one for one in buttons if one.accessibleName() == said][-1].click()  # of the newest row
        return yaml.safe_load(text_of(page))["data"]["source"]

    assert choose("Choose a file") == "/elsewhere/rows.csv"
    assert choose("Choose a folder of pictures or sounds") == "pictures"
    assert page.document.now.recipe.data.source[0].path == str(beside)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")  # closed
    assert choose("Choose a folder of pictures or sounds") == "pictures"


def test_several_tables_and_inputs(page: Any, table: Path) -> None:
    editor = page.form.rows["data.source"].editor
    add = next(one for one in editor.findChildren(QPushButton) if one.text() == "Add another")
    add.click()
    paths = [one for one in editor.findChildren(QLineEdit) if "Path" in one.accessibleName()]
    type_into(paths[-1], "other.csv")
    weights = [
        one.lineEdit() for one in editor.findChildren(type(page.form.rows["train.epochs"].editor))
    ]
    type_into(weights[-1], "0.5")
    assert yaml.safe_load(text_of(page))["data"]["source"] == [
        str(table),
        {"path": "other.csv", "weight": 0.5},
    ]
    first, second = page.document.now.recipe.data.source
    assert (first.weight, second.weight) == (1.0, 0.5)
    assert second.path == str(page.document.state.folder / "other.csv")
    inputs = page.form.rows["data.inputs"].editor
    next(one for one in inputs.findChildren(QPushButton) if one.text() == "Add one").click()
    type_into(inputs.findChildren(QLineEdit)[-1], "title")
    assert page.document.now.recipe.data.inputs == {"text": "text", "title": "text"}


def test_typing_into_the_yaml_leaves_every_other_character(page: Any) -> None:
    odd = "# a\u00a0space that doesn’t break, 𝔘nicode 🙂\n"
    page.document.write(odd + text_of(page), "edit")
    before = text_of(page)
    page.yaml.setFocus()
    page.yaml.setTextCursor(page.yaml.document().find("my recipe"))
    QTest.keyClicks(page.yaml, "ours")
    assert text_of(page) == before.replace("my recipe", "ours")
    type_into(field(page, "train.epochs"), "6")
    assert text_of(page) == before.replace("my recipe", "ours").replace("epochs: 3", "epochs: 6")
    assert page.yaml.text == text_of(page)


def test_a_changed_value_goes_back_to_its_default(page: Any) -> None:
    row = page.form.rows["train.batch_size"]
    assert row.reset.isHidden()  # 32 is the default, though it is written
    type_into(field(page, "train.batch_size"), "8")
    assert not row.reset.isHidden()
    row.reset.click()
    assert page.document.now.recipe.train.batch_size == 32
    assert field(page, "train.batch_size").text() == "32"
    assert row.reset.isHidden()


def test_search_finds_keys_by_name_and_meaning(page: Any) -> None:
    page.form.search.setText("decoupled")
    shown = [name for name, row in page.form.rows.items() if not row.isHidden()]
    assert shown == ["train.weight_decay"]
    page.form.search.setText("no such zebra")
    assert not page.form.nothing.isHidden()
    page.form.search.clear()
    assert page.form.rows["train.weight_decay"].isHidden()
    assert page.form.nothing.isHidden()


def test_the_model_card_says_what_the_files_hold(
    page: Any, tiny_model: Path, wait_until: Wait, tmp_path: Path
) -> None:
    from safetensors.numpy import load_file

    editor = page.form.rows["model.name"].editor
    weights = load_file(tiny_model / "model.safetensors")
    count = sum(one.size for one in weights.values() if one.dtype.kind == "f")
    wait_until(lambda: "BertModel" in editor.title.text())
    assert f"{count / 1e6:,.1f} million" in editor.title.text()
    assert str(tiny_model) in editor.known.text()
    name = editor.name.lineEdit()
    type_into(name, "someone/some-model")
    wait_until(lambda: "hub" in editor.title.text())
    assert page.document.now.recipe.model.name == "someone/some-model"
    broken = tmp_path / "recipes" / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    (broken / "pytorch_model.bin").write_bytes(b"x")
    type_into(name, "broken")  # relative to the recipe
    wait_until(lambda: "can’t be used" in editor.title.text())
    assert "pickle" in editor.known.text()


def test_saving_writes_the_text_and_removes_the_draft(
    window: MainWindow, page: Any, file: Path, wait_until: Wait
) -> None:
    type_into(field(page, "train.epochs"), "9")
    folder = window.workspace.memory / "drafts"
    wait_until(lambda: drafts.left(folder), 5)
    (left,) = drafts.left(folder)
    assert left.text == text_of(page)
    assert left.file == file
    window.actions_["recipe.save"].trigger()
    assert file.read_text() == text_of(page)
    assert "epochs: 9" in file.read_text()
    assert drafts.left(folder) == []
    assert not page.view.header.title.text().endswith("•")


def test_a_file_that_was_changed_elsewhere_is_not_overwritten_unasked(
    window: MainWindow, page: Any, file: Path
) -> None:
    type_into(field(page, "train.epochs"), "9")
    file.write_text("name: theirs\n")
    assert page.filing.save() is False
    assert file.read_text() == "name: theirs\n"
    offers = dict(window.notices.history[-1].offers)
    offers["Save over it"]()
    assert "epochs: 9" in file.read_text()


def test_saved_elsewhere_relative_paths_name_the_same_files(
    window: MainWindow, tmp_path: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "t.csv").write_bytes(table.read_bytes())
    file = tmp_path / "a" / "r.yaml"
    file.write_text("data: {source: t.csv, inputs: {text: text}, label: label}  # kept\n")
    window.go("recipe", path=file)
    target = tmp_path / "b" / "c" / "r.yaml"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.actions_["recipe.save_as"].trigger()
    assert Recipe.load(target).data.source[0].path == str(tmp_path / "a" / "t.csv")
    assert "# kept" in target.read_text()
    assert window.page("recipe").document.state.file == target


def test_start_saves_queues_and_sees_to_a_runner(
    window: MainWindow, page: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(window.workspace, "start", started.append)
    type_into(field(page, "train.epochs"), "0")
    window.actions_["recipe.start"].trigger()
    assert queue.entries(window.workspace.runs) == []
    assert "train.epochs" in window.notices.history[-1].text
    assert window.current == "recipe"
    type_into(field(page, "train.epochs"), "2")
    window.actions_["recipe.start"].trigger()
    (entry,) = queue.entries(window.workspace.runs)
    assert yaml.safe_load(entry.recipe) == yaml.safe_load(Recipe.load(file).dump())
    assert yaml.safe_load(entry.recipe)["train"]["epochs"] == 2
    runs = str(window.workspace.runs)
    assert started == [["queue", "run", "--runs", runs, "--quiet"]]
    assert window.current == "jobs"


def test_a_recipe_that_was_never_saved_is_kept_in_the_workspace_when_started(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(window.workspace, "start", lambda _: None)
    window.go("recipe", demo="text")
    page = window.page("recipe")
    assert "planted truth" in text_of(page)  # the comments came along
    source = page.document.now.recipe.data.source[0].path
    assert source == Recipe.demo().data.source[0].path
    window.actions_["recipe.start"].trigger()
    kept = window.workspace.path / "demo-text.recipe.yaml"
    assert Recipe.load(kept).dump() == Recipe.demo().dump()


def test_a_run_and_a_table_begin_a_new_recipe(
    window: MainWindow, tmp_path: Path, table: Path
) -> None:
    run = tmp_path / "ws" / "runs" / "one"
    run.mkdir()
    Recipe.demo().save(run / "recipe.yaml")
    window.go("recipe", run=run)
    page = window.page("recipe")
    assert text_of(page) == (run / "recipe.yaml").read_text()
    assert page.document.state.file is None
    new = {
        "source": str(table),
        "inputs": {"text": "text"},
        "label": "label",
        "groups": ["gender"],
        "id": "id",
        "split": None,
        "weight": None,
        "encoding": "utf-8",
        "reasons": {"label": "few values"},
        "missing": True,
        "unused": ["region"],
    }
    window.go("recipe", new=new)
    recipe = page.document.now.recipe
    assert recipe.data.label == "label"
    assert recipe.data.groups == ["gender"]
    assert recipe.data.source[0].path == str(table)
    assert recipe.data.clean[0].drop_missing is True
    assert "# label: few values" in text_of(page)
    assert "# Not used: region" in text_of(page)
    window.actions_["edit.undo"].trigger()  # the run's recipe comes back
    assert text_of(page) == (run / "recipe.yaml").read_text()


def test_copies(window: MainWindow, page: Any, file: Path) -> None:
    action = copyable.RunRecipe(file, window.workspace.runs)
    clipboard = QGuiApplication.clipboard()
    window.actions_["recipe.copy_command"].trigger()
    assert clipboard.text() == copyable.as_command(action)
    window.actions_["recipe.copy_python"].trigger()
    assert clipboard.text() == copyable.as_python(action)
    window.actions_["recipe.copy_yaml"].trigger()
    assert clipboard.text() == file.read_text()


def test_the_empty_state_offers_three_ways(window: MainWindow) -> None:
    window.go("recipe")
    page = window.page("recipe")
    assert page.view.currentWidget() is page.view.empty
    assert not window.actions_["recipe.start"].isEnabled()
    buttons = {one.text(): one for one in page.view.empty.findChildren(QPushButton)}
    assert list(buttons) == ["Bring a table", "Open the example", "Open a file …"]
    buttons["Open the example"].click()
    assert page.document.now.recipe.name == "demo-text"
    assert window.actions_["recipe.start"].isEnabled()


def test_an_estimate_says_time_and_memory_and_grows_stale(page: Any, wait_until: Wait) -> None:
    page.estimate()
    assert not page.view.estimate.stop.isHidden()
    wait_until(lambda: "of training" in page.view.estimate.text.text(), 120, "for an estimate")
    said = page.view.estimate.text.text()
    assert "of memory" in said
    type_into(field(page, "train.epochs"), "200")
    assert page.view.estimate.text.text() == f"Before the last edits: {said}"
    type_into(field(page, "train.epochs"), "3")
    assert page.view.estimate.text.text() == said


def test_estimates_by_themselves_are_remembered(window: MainWindow, page: Any) -> None:
    window.actions_["recipe.estimate_always"].trigger()
    assert window.workspace.recall("recipe_estimate") is True
    assert page.view.estimate._soon.isActive()
    window.actions_["recipe.estimate_always"].trigger()
    assert not page.view.estimate._soon.isActive()


EDITING = """
import sys, time
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtTest import QTest
for form in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
    QSettings.setPath(form, QSettings.Scope.UserScope, sys.argv[3])
from pellucid.gui import main_window
from pellucid.gui.window import application
app = application()
window = main_window(sys.argv[1])
window.show()
window.go("recipe", path=sys.argv[2])
page = window.page("recipe")
line = page.form.rows["train.epochs"].editor.lineEdit()
line.selectAll()
QTest.keyClicks(line, "77")
heavy = [name for name in ("torch", "transformers", "pandas") if name in sys.modules]
assert not heavy, heavy
print("edited", flush=True)
app.exec()
"""


def test_an_unsaved_recipe_comes_back_after_the_window_was_killed(
    make_window: Callable[[Path], MainWindow], file: Path, tmp_path: Path
) -> None:
    saved = file.read_text()
    workspace = tmp_path / "ws"
    words = [str(workspace), str(file), str(tmp_path / "settings")]
    child = subprocess.Popen(
        [sys.executable, "-c", EDITING, *words], stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "edited"
        end = time.monotonic() + 30
        while not list((workspace / ".pellucid" / "drafts").glob("*.json")):
            assert time.monotonic() < end, "no draft was written"
            time.sleep(0.05)
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.communicate()
    assert file.read_text() == saved
    window = make_window(workspace)
    window.go("recipe")
    page = window.page("recipe")
    expected = saved.replace("epochs: 3", "epochs: 77")
    assert text_of(page) == expected
    assert page.document.state.file == file
    assert page.document.unsaved
    notice = next(one for one in window.notices.history if "recovered" in one.text)
    dict(notice.offers)["Discard it"]()
    assert text_of(page) == saved
    assert drafts.left(workspace / ".pellucid" / "drafts") == []
    window.actions_["edit.undo"].trigger()
    assert text_of(page) == expected
    page.document.keep()
    assert [one.text for one in drafts.left(workspace / ".pellucid" / "drafts")] == [expected]


def test_unsaved_text_is_kept_when_the_window_or_the_workspace_closes(
    window: MainWindow, page: Any, tmp_path: Path
) -> None:
    type_into(field(page, "train.epochs"), "55")
    kept = window.workspace.memory / "drafts"
    window.open_workspace(tmp_path / "other")
    (left,) = drafts.left(kept)
    assert "epochs: 55" in left.text
    window.go("recipe")
    assert page.document.state is None
    window.open_workspace(tmp_path / "ws")
    window.go("recipe")
    assert "epochs: 55" in text_of(page)


def test_a_record_that_may_be_left_out_is_asked_for_by_a_switch(
    window: MainWindow, page: Any, file: Path
) -> None:
    page.form.finish()
    page.form.search.setText("remedy")
    switch = page.form._records["audit.remedy"].editor
    assert switch.text() == "Left out" and not switch.isChecked()
    page.form.search.clear()
    more = page.form._sections["audit"].more
    more.click()
    inner = page.form.rows["audit.remedy.strength"]
    assert inner.isHidden() and not page.form._records["audit.remedy"].isHidden()
    before = page.document.state.text
    switch.click()
    told = yaml.safe_load(page.document.state.text)
    assert told["audit"]["remedy"] == {"kind": "reweigh", "column": told["data"]["groups"][0]}
    assert not inner.isHidden() and switch.text() == "Asked for"
    assert page.document.now.fault is None
    switch.click()
    assert yaml.safe_load(page.document.state.text)["audit"]["remedy"] is None
    assert inner.isHidden()
    switch.click()
    assert not inner.isHidden() and switch.isChecked()
    window.actions_["edit.undo"].trigger()  # edits of one field are undone at once
    assert page.document.state.text == before
    assert inner.isHidden() and not switch.isChecked()


def test_every_record_that_may_be_left_out_begins_as_one_that_holds(page: Any) -> None:
    page.form.finish()
    assert set(page.form._records) == {
        f"audit.{name}" for name in ("swaps", "perturbed", "attributed", "privacy", "remedy")
    }
    for name, row in page.form._records.items():
        row.editor.click()
        assert page.document.now.fault is None, name
