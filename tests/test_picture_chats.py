"""Runs of chats about pictures: what is written of them, exported and estimated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from pellucid import Recipe, execute
from pellucid.benchmarks.learning.random_writers import write
from pellucid.commands.chats import _pictures
from pellucid.core.chat_look import chat_look
from pellucid.core.look import look
from pellucid.core.runs import Run
from pellucid.core.task_words import words
from pellucid.errors import RecipeError
from pellucid.estimate import estimate
from pellucid.export import export
from pellucid.multimodal.spec import ModelSpec
from pellucid.multimodal.text.chat.choosing import CHATML, PLAIN, showing

Plain = Callable[[str], dict[str, Any]]


def snippet(card: str) -> str:
    return re.findall(r"```python\n(.*?)```", card, re.S)[0]


def test_rows_are_exported_with_their_files(
    picture_chat_run: Path, picture_chats: Path, tmp_path: Path
) -> None:
    export(Run.open(picture_chat_run), "rows", tmp_path / "rows.csv")
    rows = pd.read_csv(tmp_path / "rows.csv", dtype=str, keep_default_na=False).set_index("id")
    told = json.loads((picture_chats / "chats.json").read_text())
    for name, row in rows.iterrows():
        shown = told[int(str(name)) - 1]["images"]
        padded = [*shown, "", ""][:2]
        assert [row["input:images 1"], row["input:images 2"]] == padded
        files = [row["file:images 1"], row["file:images 2"]]
        assert files == [str((picture_chats / one).resolve()) if one else "" for one in padded]


def test_the_report_shows_pictures_with_their_conversation(picture_chat_run: Path) -> None:
    page = (picture_chat_run / "report.html").read_text(encoding="utf-8")
    figures = re.findall(r'<figure class="drawing".*?</figure>', page, re.S)
    found = pd.read_parquet(picture_chat_run / "predictions.parquet")
    test = found[found["split"] == "test"]
    assert len(figures) == len(test) == 4
    for figure in figures:
        assert figure.count("data:image/png") == figure.count("[picture]")
        assert figure.rfind("<img") < figure.index("speaker"), "the conversation stands below"
    assert "picture chat" in page


@pytest.mark.parametrize(
    ("family", "own"), [("llava", True), ("llava", False), ("paligemma", True)]
)
def test_the_cards_code_runs(
    family: str,
    own: bool,
    picture_recipe: Plain,
    picture_chats: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As written, whether the template shows pictures, wants a mark, or there is none."""
    write(family, tmp_path / "model")
    if not own:
        (tmp_path / "model" / "chat_template.jinja").unlink()
    raw = picture_recipe("asked")
    raw["model"]["name"] = str(tmp_path / "model")
    run = execute(Recipe.of(raw), tmp_path / "runs")
    card = (run.path / "model_card.md").read_text(encoding="utf-8")
    assert "pipeline_tag: image-text-to-text" in card
    (tmp_path / "a.png").write_bytes((picture_chats / "1.png").read_bytes())
    monkeypatch.chdir(tmp_path)
    code = snippet(card).replace("path/to/this/folder", str(run.model))
    scope: dict[str, Any] = {}
    exec(compile(code, "card", "exec"), scope)
    assert "pixel_values" in scope["read"]
    assert len(scope["written"]) and capsys.readouterr().out.endswith("\n")


def test_how_a_picture_is_brought_into_a_message() -> None:
    assert showing(PLAIN.replace("END", '"</s>"')) == "nothing"
    assert showing(CHATML.replace("END", '"</s>"')) == "mark"
    assert showing("{% if part.type == 'image' %}<image>{% endif %}") == "parts"
    assert words("chat", ["text"]).tag == "text-generation"
    assert words("chat", ["text", "image"]).tag == "image-text-to-text"


@pytest.mark.parametrize("name", ["chats", "asked"])
def test_an_estimate(name: str, picture_recipe: Plain) -> None:
    found = estimate(Recipe.of(picture_recipe(name)))
    assert found.steps == 2
    assert found.rows == {"train": 32, "validation": 4, "test": 4}
    # A conversation's texts, and 16 tokens for each of one or two pictures.
    assert 16 < found.longest < 256
    assert found.limit == 256 and found.cut == 0
    assert min(found.train, found.evaluate, found.prepare) > 0
    assert found.parameters == 21_456


def test_generated_answers_are_estimated(picture_recipe: Plain) -> None:
    raw = picture_recipe("asked")
    many = raw | {"evaluate": {**raw["evaluate"], "new_tokens": 200}}
    none = raw | {"evaluate": {**raw["evaluate"], "generations": 0}}
    assert estimate(Recipe.of(many)).evaluate > 2 * estimate(Recipe.of(none)).evaluate


@pytest.mark.parametrize("name", ["chats", "asked"])
def test_changes_of_pictures_are_refused(name: str, picture_recipe: Plain, tmp_path: Path) -> None:
    raw = picture_recipe(name)
    raw["train"]["augment"] = ["flip"]
    with pytest.raises(RecipeError, match=r"train\.augment.*writes about pictures as they are"):
        execute(Recipe.of(raw), tmp_path / "runs")
    assert not (tmp_path / "runs").exists() or not any((tmp_path / "runs").iterdir())


def test_a_look_counts_the_tokens_of_pictures(picture_chats: Path) -> None:
    model = ModelSpec(name=str(picture_chats / "model"))
    found = chat_look(picture_chats / "chats.json", model)["shown"]
    assert [one["pictures"] for one in found] == [[], ["1.png", "0.png"], ["2.png"]]
    # A side of 32 pixels in patches of 8.
    assert [one["picture_tokens"] for one in found] == [[], [16, 16], [16]]
    assert _pictures(found[1]) == "; pictures: 1.png (16 tokens), 0.png (16 tokens)"
    assert _pictures(found[0]) == ""


def test_a_look_tells_of_pictures_that_are_not_there(picture_chats: Path, tmp_path: Path) -> None:
    table = tmp_path / "chats.json"
    table.write_bytes((picture_chats / "chats.json").read_bytes())
    (tmp_path / "1.png").write_text("no picture")
    model = ModelSpec(name=str(picture_chats / "model"))
    found = chat_look(table, model)
    assert found["shown"][1]["picture_tokens"] == [None, None]
    assert "“1.png” can't be used" in found["notes"][0]
    assert "“0.png” can't be used: there is no such file" in found["notes"][1]
    assert _pictures(found["shown"][2]) == "; pictures: 2.png"
    there = chat_look(table, model, folder=picture_chats)
    assert there["shown"][1]["picture_tokens"] == [16, 16] and not there["notes"]


def test_a_look_as_a_command(picture_chats: Path) -> None:
    from pellucid.__main__ import app

    words = ["data", "chat-look", str(picture_chats / "asked.csv"), "--rows", "1", "--json"]
    words += ["--model", str(picture_chats / "model"), "--folder", str(picture_chats)]
    words += ["--picture", "picture", "--question", "question", "--answer", "answer"]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["shown"][0]["picture_tokens"] == [16]


@pytest.mark.parametrize("form", ["json", "jsonl", "parquet", "csv"])
def test_files_in_lists_are_looked_for(form: str, picture_chats: Path, tmp_path: Path) -> None:
    table = pd.read_json(picture_chats / "chats.json")
    table.at[5, "images"] = ["gone.png", "2.png"]
    for one in picture_chats.glob("*.png"):
        (tmp_path / one.name).write_bytes(one.read_bytes())
    path = tmp_path / f"chats.{form}"
    if form == "parquet":
        table.to_parquet(path)
    elif form == "csv":
        table.assign(
            messages=table["messages"].map(json.dumps), images=table["images"].map(json.dumps)
        ).to_csv(path, index=False)
    else:
        table.to_json(path, orient="records", lines=form == "jsonl")
    found = look(path)
    assert found.task == "chat"
    kinds = {one.name: (one.role, one.modality) for one in found.columns}
    assert kinds == {"messages": ("input", "text"), "images": ("input", "image")}
    lost = [one for one in found.findings if "can't be found" in one.text]
    assert len(lost) == 1 and "1 file" in lost[0].text and "gone.png" in lost[0].text
    # 34 rows show their own picture, now 33 of them; beside those are 0.png and the lost one.
    assert "Of 35 pictures that “images” names" in lost[0].text


def test_the_recipe_of_the_documents_runs(picture_chats: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "fine-tuning.md").read_text(encoding="utf-8")
    section = page.partition("### Chats about pictures")[2]
    raw = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", section, re.S)[0])
    table = pd.read_csv(picture_chats / "asked.csv").rename(columns={"picture": "image"})
    table.to_csv(tmp_path / raw["data"]["source"], index=False)
    raw["data"] |= {"source": str(tmp_path / raw["data"]["source"]), "folder": str(picture_chats)}
    raw["model"]["name"] = str(picture_chats / "model")
    raw["train"] |= {"max_steps": 1, "precision": "fp32"}
    raw["evaluate"] |= {"replicates": 100, "new_tokens": 2}
    run = execute(Recipe.of(raw), tmp_path / "runs")
    assert run.predictions()["prediction"].notna().all()
    told = json.loads(re.findall(r"```json\n(.*?)```", section, re.S)[0])
    assert told["messages"][0]["content"].count("<image>") == len(told["images"])
