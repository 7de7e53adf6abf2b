"""Chats about pictures in the window: as a table, as a recipe, and as results."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from PySide6.QtCore import QSize

from pellucid.gui.pages.recipe.fitting import Fitting, fitting
from pellucid.gui.widgets.conversation import messages_of
from pellucid.gui.widgets.parts import FileView
from pellucid.gui.window import MainWindow
from pellucid.multimodal.text.chat.contents import SHOWN

Wait = Callable[..., None]
Plain = Callable[[str], dict[str, Any]]


def shows(pane: Any, title: str) -> bool:
    return bool(pane.detail.title.text() == title)


def in_sight(page: Any) -> set[str]:
    return {name for name, row in page.form.rows.items() if not row.isHidden()}


def test_a_message_shows_where_a_picture_stands() -> None:
    content = [{"type": "text", "text": "Look:"}, {"type": "image"}, {"type": "text", "text": "?"}]
    found = messages_of([{"role": "user", "content": content}])
    assert found is not None and [one.text for one in found] == [f"Look: {SHOWN} ?"]


def test_rows_show_their_pictures_and_messages(
    window: MainWindow, picture_chat_run: Path, wait_until: Wait
) -> None:
    run = window.workspace.runs / "chats"
    shutil.copytree(picture_chat_run, run)
    window.watch.look()
    window.go("results", run=run, pane="rows")
    page = window.page("results")
    wait_until(lambda: page.reading is not None and page.reading.path == run)
    assert page.reading.troubles == ()
    pane = page._pane("rows")
    wait_until(lambda: pane.view.columns is not None and pane.view.columns.pictures, 120, "inputs")
    model = pane.view.columns
    assert model.names[:3] == ("Row", "images 1", "images 2")
    answers = page.reading.answers

    def in_detail() -> list[FileView]:
        return [view for view in pane.detail.parts.files if not view.isHidden()]

    for source in answers.in_split("test").nonzero()[0].tolist():
        pane.show_row(source)
        title = f"Row {answers.cell('id', source)}"
        wait_until(partial(shows, pane, title))
        named = [answers.text(name, source) for name in ("images 1", "images 2")]
        shown = in_detail()
        assert [view.part.text for view in shown] == [name for name in named if name]
        assert all(Path(view.part.path).is_file() for view in shown)
        wait_until(lambda: all(not view.picture.shown.isNull() for view in in_detail()))
        said = pane.detail.conversation.messages
        assert sum(one.text.count(SHOWN) for one in said) == len(shown)
        assert [one.remark for one in said[-2:]] == ["generated", "reference"]
        assert said[-1].text == answers.cell("label", source)
    second = model.pictures[2]
    assert all(
        second(row) is None for row in range(model.total) if not answers.text("images 2", row)
    )


def test_a_table_of_lists_shows_pictures(
    window: MainWindow, picture_chats: Path, wait_until: Wait
) -> None:
    window.go("data", table=picture_chats / "chats.json")
    page = window.page("data")
    wait_until(lambda: page.seen is not None, 60, "for the look")
    area = page.area
    model = area.view.columns
    assert set(model.pictures) == {1}
    assert model.pictures[1](0) is None, "the first row has none"
    model.pictures[1](2)
    wait_until(lambda: not area.thumbnails.working)
    assert not model.pictures[1](2).pixmap(QSize(56, 40)).isNull()
    area.view.go_to(1)
    shown = [view.part.text for view in area.parts.files if not view.isHidden()]
    assert shown == ["1.png", "0.png"]
    said = area.detail.messages.messages
    assert len(said) == 4 and said[0].text.startswith(f"{SHOWN} {SHOWN} ")


def test_a_look_shows_pictures_with_their_tokens(
    window: MainWindow, picture_recipe: Plain, tmp_path: Path, wait_until: Wait
) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(yaml.safe_dump(picture_recipe("chats")))
    window.go("recipe", path=path)
    page = window.page("recipe")
    page.form.finish()
    window.actions_["recipe.look"].trigger()
    pane = page.view.look
    wait_until(lambda: len(pane.texts) == 3, 120, "for the rendered rows")
    found = [label.accessibleName() for one in pane.pictures for label, _ in one.pictures]
    assert found == ["1.png, 16 tokens", "0.png, 16 tokens", "2.png, 16 tokens"]
    wait_until(lambda: not pane.thumbnails.working)
    seen = [label for one in pane.pictures for label, _ in one.pictures]
    wait_until(lambda: all(has_colour(label.pixmap()) for label in seen))
    assert {"model.adapt.parts", "data.label", "model.max_length"} <= set(page.form.rows)
    assert not {"train.augment", "model.text_encoder"} & in_sight(page)


def has_colour(picture: Any) -> bool:
    return picture.toImage().pixelColor(4, picture.height() // 2).alpha() > 0


@pytest.mark.parametrize(
    "inputs", [None, {"image": "image", "question": "text"}, {"image": "image"}]
)
def test_keys_of_chats_about_pictures(inputs: dict[str, str] | None) -> None:
    raw: dict[str, Any] = {"model": {"task": "chat"}, "data": {"inputs": inputs} if inputs else {}}
    fit = fitting(raw)
    for name in ("model.adapt.parts", "data.label", "data.on_bad_sample", "model.cache_gigabytes"):
        assert not fit.unused(name), name
    for name in ("train.augment", "model.text_encoder", "explain.methods", "audit.positive"):
        assert fit.unused(name), name
    assert "answers" in fit.help("data.label")


def test_keys_of_chats_without_pictures() -> None:
    fit = fitting({"model": {"task": "chat"}, "data": {"inputs": {"prompt": "text"}}})
    assert fit.unused("data.on_bad_sample")
    assert not Fitting("contrastive", modalities=("image", "text")).unused("train.augment")
    assert not Fitting("regression", modalities=("image", "text")).unused("model.text_encoder")
