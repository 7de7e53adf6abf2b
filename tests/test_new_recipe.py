"""A new recipe: it can be read as it is, and its guesses load the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from pellucid import Recipe
from pellucid.core.dataset import load
from pellucid.errors import DataError, RecipeError
from pellucid.new_recipe import write_recipe

REAL = [
    "rt_polarity/rt_polarity.csv",
    "sms_spam/sms.tsv",
    "hate_davidson/labeled_data.csv",
    "eec/Equity-Evaluation-Corpus.csv",
    "jigsaw_templates/en_sentence_templates.csv",
    "jigsaw_templates/toxicity_nonfuzzed_testset.csv",
    "crows_pairs/crows_pairs_anonymized.csv",
]


@pytest.mark.parametrize("name", REAL)
def test_real_tables_are_ready_to_run(
    name: str, real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    folder, file = name.split("/")
    recipe = Recipe.load(write_recipe(real_data(folder) / file, tmp_path / "r.yaml"))
    data = load(recipe.data)
    assert len(data.rows("train")) > len(data.rows("test")) > 0


def test_what_a_recipe_says(table: Path, tmp_path: Path) -> None:
    path = write_recipe(table, tmp_path / "deep" / "r.yaml")
    text = path.read_text()
    recipe = Recipe.load(path)
    assert recipe.data.source[0].path == str(table)
    assert not Path(text.split("source: ")[1].split()[0]).is_absolute()
    assert recipe.data.inputs == {"text": "text"} and recipe.data.label == "label"
    assert recipe.data.groups == ["gender", "region"] and recipe.data.id == "id"
    assert "# text: reads like text" in text
    assert "# label: by its name, and it has 2 values that repeat" in text
    # Every default that is spelled out is the default.
    learnt = {"task": "classification"}
    rest = Recipe.of({"name": recipe.name, "data": recipe.data.model_dump(), "model": learnt})
    assert recipe == rest


def test_rows_without_label_are_dropped_rather_than_failing(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "text": [f"the text of row {row}" for row in range(60)],
            "label": ["a", "b", None] * 20,
        }
    )
    table.loc[0, "text"] = None
    table.to_csv(tmp_path / "t.csv", index=False)
    path = write_recipe(tmp_path / "t.csv")
    assert path == tmp_path / "t.recipe.yaml"
    assert "In 21 rows the label or an input is empty" in path.read_text()
    assert len(load(Recipe.load(path).data)) == 39


@pytest.mark.parametrize(
    "column",
    [
        "true",
        "No",
        "null",
        "~",
        "2024",
        "1e5",
        "a: b",
        "# x",
        "é'\"",
        "two\nlines",
        "\u202e",
        "- a",
        "{x",
    ],
)
def test_names_that_yaml_would_read_otherwise(column: str, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            column: [f"the text of row {row}" for row in range(60)],
            f"{column} label": ["yes", "no"] * 30,
        }
    )
    table.to_csv(tmp_path / "t.csv", index=False)
    path = write_recipe(tmp_path / "t.csv", tmp_path / "r.yaml")
    recipe = Recipe.load(path)
    assert recipe.data.inputs == {column: "text"} and recipe.data.label == f"{column} label"
    assert len(load(recipe.data)) == 60
    comments = [line for line in path.read_text().splitlines() if "#" in line]
    assert not any("\u202e" in line for line in comments)


@pytest.mark.parametrize("name", ["2024", "no", "my table: new", "a'b", "x" * 120])
def test_names_of_files(name: str, tmp_path: Path, table: Path) -> None:
    copy = tmp_path / f"{name}.csv"
    copy.write_bytes(table.read_bytes())
    recipe = Recipe.load(write_recipe(copy))
    assert recipe.name == name[:80] and recipe.data.source[0].path == str(copy)


def test_an_encoding_is_kept(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"text": [f"le café numéro {row}" for row in range(60)], "label": ["a", "b"] * 30}
    )
    table.to_csv(tmp_path / "t.csv", index=False, encoding="cp1252")
    recipe = Recipe.load(write_recipe(tmp_path / "t.csv", encoding="cp1252"))
    assert recipe.data.source[0].encoding == "cp1252"
    assert load(recipe.data).inputs["text"][0] == "le café numéro 0"


def test_a_recipe_is_not_overwritten_unasked(table: Path, tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("mine")
    with pytest.raises(RecipeError, match="there is a recipe already"):
        write_recipe(table, path)
    assert path.read_text() == "mine"
    write_recipe(table, path, force=True)
    assert Recipe.load(path).data.label == "label"
    with pytest.raises(RecipeError, match="there is a folder here"):
        write_recipe(table, tmp_path)


def test_columns_that_are_not_there(table: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"column “lable”: .*did you mean “label”"):
        write_recipe(table, tmp_path / "r.yaml", label="lable")
    with pytest.raises(DataError, match=r"column “txt”: .*did you mean “text”"):
        write_recipe(table, tmp_path / "r.yaml", inputs=["txt"])
    with pytest.raises(DataError, match="both as input and as label"):
        write_recipe(table, tmp_path / "r.yaml", label="text", inputs=["text"])
    assert not (tmp_path / "r.yaml").exists()


def test_a_place_that_can_not_be_written(table: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RecipeError, match="--out"):
        write_recipe(table, tmp_path / "file" / "r.yaml")


def test_a_folder_of_real_pictures(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real_data("cifar10_images")
    path = write_recipe(folder, tmp_path / "r.yaml")
    recipe = Recipe.load(path)
    assert recipe.data.source[0].path == str(folder) and recipe.name == "cifar10_images"
    assert recipe.data.inputs == {"image": "image"} and recipe.data.label == "label"
    assert recipe.data.split.column == "split"
    assert recipe.model.name == "bundled/image" and recipe.model.task == "classification"
    text = path.read_text()
    assert "augment: []" in text and "max_length" not in text and "\nexplain:" in text
    data = load(recipe.data)
    assert (len(data.rows("train")), len(data.rows("test"))) == (5000, 1000)


def test_a_table_of_real_sounds(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    path = write_recipe(real_data("fsdd") / "metadata.csv", tmp_path / "r.yaml")
    recipe = Recipe.load(path)
    assert recipe.data.inputs == {"file": "audio"} and recipe.data.label == "label"
    assert recipe.data.groups == ["accent"] and recipe.data.split.column == "split"
    assert recipe.model.name == "bundled/audio" and recipe.model.task == "classification"
    assert "max_seconds: 30.0" in path.read_text() and "max_length" not in path.read_text()
    assert len(load(recipe.data)) == 1020


def test_pictures_with_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    rows = []
    for number in range(30):
        Image.new("RGB", (4, 4), (number, 0, 0)).save(tmp_path / "in" / f"{number}.png")
        row = {"image": f"in/{number}.png", "question": "is it red?", "answer": "yes"}
        rows += [row, row | {"question": "is it blue?", "answer": "no"}]
    pd.DataFrame(rows).to_csv(tmp_path / "asked.csv", index=False)
    monkeypatch.chdir(tmp_path)
    path = write_recipe(Path("asked.csv"))
    assert path == tmp_path / "asked.recipe.yaml"
    recipe = Recipe.load(path)
    assert recipe.data.inputs == {"image": "image", "question": "text"}
    assert recipe.data.label == "answer" and recipe.model.name == "bundled/image"
    assert recipe.model.text_encoder == "bundled/minilm" and recipe.train.epochs == 10
    assert "max_length" in path.read_text() and "augment" in path.read_text()
    assert len(load(recipe.data)) == 60


def test_the_folder_one_is_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "beans"
    for number in range(8):
        (folder / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4)).save(folder / "ab"[number % 2] / f"{number}.png")
    monkeypatch.chdir(folder)
    path = write_recipe(Path())
    assert path == tmp_path / "beans.recipe.yaml"
    recipe = Recipe.load(path)
    assert recipe.name == "beans" and recipe.data.source[0].path == str(folder)


def test_chats_about_pictures_are_given_a_model_that_sees(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    said = [{"role": "user", "content": "<image>what?"}, {"role": "assistant", "content": "this"}]
    rows = [{"messages": said, "images": ["a.png"]}] * 12
    (tmp_path / "chats.json").write_text(json.dumps(rows))
    recipe = Recipe.load(write_recipe(tmp_path / "chats.json"))
    assert recipe.model.task == "chat"
    assert "SmolVLM" in recipe.model.name
    assert recipe.train.epochs == 3
