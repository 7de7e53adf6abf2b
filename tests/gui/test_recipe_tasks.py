"""The recipe form follows what the recipe is about: keys that matter, words, suggestions, looks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton

from pellucid import copyable
from pellucid.core.spec import DataSpec, EvaluateSpec, TrainSpec
from pellucid.core.tasks import make
from pellucid.gui.pages.recipe.estimate_line import summary
from pellucid.gui.pages.recipe.fitting import (
    EXPLAINED,
    KINDS,
    METRICS,
    ONLY,
    Fitting,
    choice_words,
    fitting,
)
from pellucid.gui.pages.recipe.schema import fields, items
from pellucid.gui.pages.recipe.shorthand import as_written, expanded
from pellucid.gui.window import MainWindow
from pellucid.multimodal.spec import Adapt, ModelSpec, Task

Wait = Callable[..., None]


@pytest.fixture
def open_recipe(window: MainWindow, tmp_path: Path, table: Path) -> Callable[..., Any]:
    def open_(**sections: Any) -> Any:
        data = {"source": str(table), "inputs": {"text": "text"}, "label": "label"}
        path = tmp_path / "r.yaml"
        path.write_text(yaml.safe_dump({"name": "r", "data": data} | sections, sort_keys=False))
        window.go("recipe", path=path)
        page = window.page("recipe")
        page.form.finish()
        assert page.document.now.fault is None
        return page

    return open_


def in_sight(page: Any) -> set[str]:
    return {name for name, row in page.form.rows.items() if not row.isHidden()}


def unfold(page: Any) -> None:
    for button in page.form.findChildren(QPushButton):
        if button.text().startswith("More settings") and not button.isHidden():
            button.click()


@pytest.mark.parametrize("task", get_args(Task))
def test_keys_that_do_not_matter_are_out_of_sight(
    task: str, open_recipe: Callable[..., Any]
) -> None:
    page = open_recipe(model={"task": task})
    unfold(page)
    shown = in_sight(page)
    told = {
        "train.mask_share": {"masked_lm"},
        "train.beta": {"preference"},
        "train.packing": {"causal_lm", "chat"},
        "train.sample_generations": {"causal_lm", "chat"},
        "train.label_smoothing": {"classification", "token_classification"},
        "data.separator": {"multilabel"},
        "data.labels": {"multilabel"},
        "model.stride": {"extractive_qa", "token_classification"},
        "model.chat_template": {"chat", "preference"},
        "evaluate.prompts": {"contrastive"},
        "explain.methods": EXPLAINED,
        "audit.positive": {"classification"},
    }
    for name, tasks in told.items():
        assert (name in shown) == (task in tasks), name
    assert {"train.epochs", "train.seed", "model.max_length", "data.source"} <= shown
    explain = page.form._sections["explain"].unused
    assert explain.isHidden() == (task in EXPLAINED)
    if task not in EXPLAINED:
        assert explain.text().startswith("Not used for “")


def test_every_rule_names_keys_and_tasks_that_there_are() -> None:
    names = {item.name for item in fields(items())}
    sections = {item.name for item in items() if item.kind == "section"}
    sections |= {".".join(item.keys[:-1]) for item in fields(items())}
    assert set(ONLY) <= names | sections and set(KINDS) <= names
    for tasks in ONLY.values():
        assert tasks < set(get_args(Task))
    for kinds in KINDS.values():
        assert kinds < set(get_args(Adapt))
    assert set(choice_words("model.task")) == set(METRICS) == set(get_args(Task))
    assert set(choice_words("model.adapt.kind")) == set(get_args(Adapt))


@pytest.mark.parametrize("name", get_args(Task))
def test_metrics_that_are_suggested_are_measured(name: str) -> None:
    inputs = {"text": "text", "image": "image"} if name == "contrastive" else {"text": "text"}
    data = DataSpec.model_validate({"source": "t.csv", "inputs": inputs, "label": "y"})
    task = make(name, data, ModelSpec(), TrainSpec(), EvaluateSpec())
    assert set(METRICS[name]) <= set(task.validated)
    assert task.metric in METRICS[name]


def test_metrics_are_suggested_and_others_can_be_typed(open_recipe: Callable[..., Any]) -> None:
    page = open_recipe(model={"task": "regression"})
    unfold(page)
    editor = page.form.rows["train.early_stopping.metric"].editor
    assert isinstance(editor, QComboBox)
    offered = [editor.itemText(at) for at in range(editor.count())]
    assert offered == list(METRICS["regression"]) and editor.currentText() == ""
    editor.setCurrentIndex(offered.index("r2"))
    editor.activated.emit(offered.index("r2"))
    assert page.document.now.recipe.train.early_stopping.metric == "r2"
    editor.lineEdit().textEdited.emit("")
    editor.setEditText("pearson_r")
    editor.lineEdit().textEdited.emit("pearson_r")
    assert page.document.now.recipe.train.early_stopping.metric == "pearson_r"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("full", {"kind", "frozen_layers", "frozen_embeddings"}),
        ("head", {"kind"}),
        ("lora", {"kind", "rank", "alpha", "dropout", "targets", "merge"}),
        ("qlora", {"kind", "rank", "alpha", "dropout", "targets", "merge"}),
    ],
)
def test_settings_of_the_way_to_adapt(
    kind: str, shown: set[str], open_recipe: Callable[..., Any]
) -> None:
    page = open_recipe(model={"adapt": kind})
    folded = {name for name in in_sight(page) if name.startswith("model.adapt.")}
    few = {"kind", "rank", "alpha"} if "rank" in shown else {"kind"}
    assert folded == {f"model.adapt.{name}" for name in few}
    unfold(page)
    found = {name for name in in_sight(page) if name.startswith("model.adapt.")}
    assert found == {f"model.adapt.{name}" for name in shown}


def test_the_short_form_stays_short_until_more_is_said(open_recipe: Callable[..., Any]) -> None:
    page = open_recipe(model={"adapt": "lora"})
    kind = page.form.rows["model.adapt.kind"].editor
    assert kind.currentData() == "lora"
    kind.setCurrentIndex(kind.findData("dora"))
    kind.activated.emit(kind.currentIndex())
    assert yaml.safe_load(page.document.current().text)["model"]["adapt"] == "dora"
    page.form.rows["model.adapt.rank"].editor.stepBy(1)
    assert yaml.safe_load(page.document.current().text)["model"]["adapt"] == {
        "kind": "dora",
        "rank": 9,
    }
    assert page.document.now.recipe.model.adapt.rank == 9


def test_shorthand_by_hand() -> None:
    raw = {"model": {"adapt": "lora"}}
    assert expanded(raw) == {"model": {"adapt": {"kind": "lora"}}}
    rank = ("model", "adapt", "rank")
    assert as_written(raw, rank, 4) == (("model", "adapt"), {"kind": "lora", "rank": 4})
    assert as_written({}, rank, 4) == (("model", "adapt"), {"rank": 4})
    assert as_written({}, (*rank[:2], "kind"), "head") == (("model", "adapt"), "head")
    long = {"model": {"adapt": {"rank": 2}}}
    assert as_written(long, rank, 4) == (rank, 4)
    assert as_written(raw, ("train", "epochs"), 4) == (("train", "epochs"), 4)


def test_a_key_that_is_set_and_not_used_is_told(open_recipe: Callable[..., Any]) -> None:
    page = open_recipe(train={"beta": 0.3})
    row = page.form.rows["train.beta"]
    assert not row.isHidden()
    assert row.note.text().startswith("Not used for “One class per text”.")
    row.reset.click()
    assert row.isHidden()


def test_weights_of_classes(open_recipe: Callable[..., Any]) -> None:
    page = open_recipe(model={"task": "multilabel"}, train={"class_weight": {"a": 2, "b": 0.5}})
    row = page.form.rows["train.class_weight"]
    assert not row.isHidden()
    editor = row.editor
    assert editor.value() == {"a": 2.0, "b": 0.5}
    fields_ = [
        one for one in editor.findChildren(QLineEdit) if one.accessibleName().endswith(": weight")
    ]
    fields_[0].setText("3")
    fields_[0].textEdited.emit("3")
    assert page.document.now.recipe.train.class_weight == {"a": 3.0, "b": 0.5}
    editor.choice.setCurrentIndex(editor.choice.findData("balanced"))
    editor.choice.activated.emit(editor.choice.currentIndex())
    assert page.document.now.recipe.train.class_weight == "balanced"
    editor.choice.setCurrentIndex(0)
    editor.choice.activated.emit(0)
    assert page.document.now.recipe.train.class_weight is None


def test_more_settings_stay_unfolded(
    open_recipe: Callable[..., Any], make_window: Callable[..., MainWindow], window: MainWindow
) -> None:
    page = open_recipe()
    assert "train.warmup" not in in_sight(page)
    more = page.form._sections["train"].more
    more.click()
    assert "train.warmup" in in_sight(page) and more.text() == "Fewer settings"
    again = make_window(window.workspace.path)
    again.go("recipe", path=page.document.state.file)
    other = again.page("recipe")
    other.form.finish()
    assert "train.warmup" in in_sight(other) and "model.dropout" not in in_sight(other)


def test_what_a_recipe_without_task_points_to() -> None:
    assert fitting({}) == Fitting("classification", "full", False)
    assert fitting({"data": {"labels": ["a", "b"]}}).task == "multilabel"
    assert fitting({"model": {"task": "chat", "adapt": {"kind": "lora"}}}) == Fitting(
        "chat", "lora", True, ("text", "image")
    )
    assert fitting({"model": {"task": "nonsense"}}).task == "classification"
    assert (
        Fitting("regression").help("data.label") != Fitting("multilabel").help("data.label") != ""
    )


def test_what_is_trained_on_is_shown(
    open_recipe: Callable[..., Any],
    window: MainWindow,
    wait_until: Wait,
    tmp_path: Path,
    tiny_model: Path,
) -> None:
    talk = [{"role": "user", "content": "the desk"}, {"role": "assistant", "content": "was warm"}]
    chats = tmp_path / "chats.jsonl"
    chats.write_text("\n".join([json.dumps({"messages": talk})] * 5))
    page = open_recipe(
        data={"source": str(chats)},
        model={"name": str(tiny_model), "task": "chat", "max_length": 64},
    )
    assert not page.view.turn.isHidden()
    window.actions_["recipe.look"].trigger()
    look = page.view.look
    wait_until(lambda: len(look.texts) == 3, 120, "for the rendered rows")
    learnt = ["".join(one.text for one in text.pieces if one.look == "true") for text in look.texts]
    assert all("was warm" in text and "the desk" not in text for text in learnt)
    words = look._items()
    assert [text for text, _ in words] == ["Copy as command", "Copy as Python"]
    window.actions_["recipe.look"].trigger()
    assert page.view.ways.currentWidget() is page.yaml
    page.document.change(("model", "task"), "classification")
    assert page.view.turn.isHidden()


def test_a_look_as_a_command(tmp_path: Path) -> None:
    action = copyable.ChatLook(tmp_path / "t.jsonl", "some/model", 3, 128)
    words = action.words()
    assert words[:2] == ["data", "chat-look"]
    assert words[words.index("--model") + 1] == "some/model"
    compile(copyable.as_python(action), "script", "exec")


def test_no_key_stands_behind_a_group_as_if_it_belonged_to_it(
    open_recipe: Callable[..., Any],
) -> None:
    page = open_recipe(model={"task": "classification", "adapt": {"kind": "lora"}})
    unfold(page)
    page.resize(900, 700)
    tops = {
        name: row.mapTo(page.form._inside, row.rect().topLeft()).y()
        for name, row in page.form.rows.items()
        if not row.isHidden()
    }
    for section in ("data", "model", "train"):
        here = {name: top for name, top in tops.items() if name.startswith(f"{section}.")}
        keys = [top for name, top in here.items() if name.count(".") == 1]
        grouped = [top for name, top in here.items() if name.count(".") == 2]
        assert keys and grouped and max(keys) < min(grouped)


def test_what_a_key_means_fits_the_task_and_the_way_to_adapt(
    open_recipe: Callable[..., Any],
) -> None:
    page = open_recipe(model={"task": "chat"})
    notes = {name: row.note.text() for name, row in page.form.rows.items()}
    assert "before training" in notes["evaluate.baselines"]
    assert "TF-IDF" not in notes["evaluate.baselines"]
    assert "{}" not in notes["data.inputs"]
    assert "report.maps" not in in_sight(page)
    assert notes["report.formats"].endswith("Default: HTML page, Model card.")
    for adapt, said in (("head", "1e-2 to 5e-2"), ("lora", "1e-4 to 5e-4")):
        fit = Fitting("classification", adapt)
        assert said in fit.help("train.learning_rate")
    assert Fitting("classification").help("train.learning_rate") == ""


def test_what_stands_in_empty_fields_is_seen_whole(open_recipe: Callable[..., Any]) -> None:
    page = open_recipe(model={"task": "classification", "adapt": {"kind": "lora"}})
    unfold(page)
    page.resize(900, 700)
    for name in in_sight(page):
        for field in page.form.rows[name].editor.findChildren(QLineEdit):
            if not field.text() and field.isVisible():
                words = field.fontMetrics().horizontalAdvance(field.placeholderText())
                assert words < field.contentsRect().width() - 8, (name, field.placeholderText())


def test_an_estimate_speaks_of_explanations_only_where_there_are_some() -> None:
    found = {
        "seconds": {"train": 300.0, "explain": 0.0, "total": 600.0},
        "bytes": {"memory": 1e9, "available": 8e9},
        "tokens": {"cut": 0},
    }
    assert "explanation" not in summary(found)
    assert summary(found).startswith("About 5 minutes of training; about 10 minutes in all")
    found["seconds"]["explain"] = 60.0
    assert "of explanation" in summary(found)
