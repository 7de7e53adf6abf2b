"""Recipes: what is read, what is filled in, and which words a mistake is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pellucid import Recipe
from pellucid.core.spec import DataSpec, SourceSpec
from pellucid.errors import RecipeError

LEAST: dict[str, Any] = {"data": {"source": "t.csv", "inputs": {"text": "text"}, "label": "y"}}

# The recipe of the design, word for word but for what is not there yet.
DESIGN = """
name: reviews
data:
  source: reviews.csv
  inputs: {text: text}
  label: sentiment
  groups: [gender, age_band]
  id: id
  split: {column: split}
  clean: [drop_missing, {drop_duplicates: {near: true}}]
model: {name: bundled/minilm, task: classification, adapt: full}
train: {epochs: 2, learning_rate: 5.0e-5, batch_size: 32, seed: 13, precision: auto,
        checkpoint_steps: 200}
evaluate: {}
explain: {methods: [integrated_gradients], rows: 200}
audit: {positive: positive}
report: {formats: [html, model_card]}
"""


def with_(**sections: Any) -> dict[str, Any]:
    """The least recipe, with keys of data under `data` and other sections beside it."""
    data = LEAST["data"] | sections.pop("data", {})
    return {"data": data} | sections


def wrong(raw: Any, **options: Any) -> str:
    with pytest.raises(RecipeError) as error:
        Recipe.of(raw, **options)
    told = str(error.value)
    assert "\n" not in told and told.endswith(".")
    assert "pydantic" not in told and "input should" not in told.lower()  # not in our words
    return told


def test_the_recipe_of_the_design_can_be_read(tmp_path: Path) -> None:
    recipe = Recipe.parse(DESIGN, folder=tmp_path)
    assert recipe.name == "reviews"
    assert recipe.data.source[0].path == str(tmp_path / "reviews.csv")
    assert recipe.data.columns == ("text", "sentiment", "gender", "age_band", "id", "split")
    assert recipe.data.clean[0].drop_missing and recipe.data.clean[1].drop_duplicates.near
    assert (recipe.train.epochs, recipe.train.learning_rate) == (2, 5e-5)


def test_the_least_recipe_takes_every_default() -> None:
    recipe = Recipe.of(LEAST)
    assert recipe.train.epochs == 3 and recipe.audit.depth == 2 and recipe.data.groups == []
    assert (recipe.data.split.train, recipe.data.split.stratify) == (0.8, True)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"clean": ["drop_missing", {"drop_duplicates": {"near": True}}]},
        {"clean": ["drop_duplicates"], "split": {"column": "part"}},
        {"source": [{"path": "a.csv", "weight": 2}, "b.csv"]},
        {"groups": ["gender", "age"], "id": "id", "weight": "w"},
    ],
)
def test_what_is_written_is_read_as_the_same_recipe(data: dict[str, Any], tmp_path: Path) -> None:
    recipe = Recipe.of(with_(data=data), folder=tmp_path)
    recipe.save(tmp_path / "recipe.yaml")
    assert Recipe.load(tmp_path / "recipe.yaml") == recipe
    again = yaml.safe_load((tmp_path / "recipe.yaml").read_text())
    assert again["train"]["weight_decay"] == 0.0  # defaults are filled in
    # A run's sections are read one by one from its own recipe.yaml.
    assert DataSpec.model_validate(again["data"]) == recipe.data


def test_cleaning_steps_are_written_as_people_write_them() -> None:
    steps = ["drop_missing", {"drop_duplicates": {"near": True}}, {"drop_duplicates": None}]
    dumped = yaml.safe_load(Recipe.of(with_(data={"clean": steps})).dump())
    assert dumped["data"]["clean"] == [
        {"drop_missing": True},
        {"drop_duplicates": {"near": True}},
        {"drop_duplicates": {"near": False}},
    ]


def test_paths_are_seen_from_the_recipes_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home" / "models" / "mine").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path / "home"
    recipe = Recipe.of(
        with_(data={"source": "../t.csv"}, model={"name": "models/mine"}), folder=folder
    )
    assert recipe.data.source[0].path == str(tmp_path / "t.csv")
    assert recipe.model.name == str(folder / "models" / "mine")
    assert (
        Recipe.of(with_(model={"name": "some/hub-id"}), folder=folder).model.name == "some/hub-id"
    )
    at_home = Recipe.of(with_(data={"source": "~/t.csv"}), folder=tmp_path)
    assert at_home.data.source[0].path == str(folder / "t.csv")


@pytest.mark.parametrize(
    ("raw", "key", "said"),
    [
        (with_(trian={}), "trian", "did you mean “train”?"),
        (with_(data={"soruce": "x"}), "data.soruce", "did you mean “source”?"),
        (with_(data={"source": [{"pth": "a.csv"}]}), "data.source.0.pth", "“path”"),
        (with_(data={"source": {"path": "a", "wieght": 2}}), "data.source.wieght", "“weight”"),
        (with_(data={"split": {"tran": 1}}), "data.split.tran", "did you mean “train”?"),
        (with_(data={"clean": ["drop_mising"]}), "data.clean.0.drop_mising", "“drop_missing”"),
        (
            with_(data={"clean": ["drop_missing", {"drop_duplicates": {"neer": True}}]}),
            "data.clean.1.drop_duplicates.neer",
            "did you mean “near”?",
        ),
        (
            with_(train={"early_stopping": {"zzz": 1}}),
            "train.early_stopping.zzz",
            "patience, metric",
        ),
    ],
)
def test_an_unknown_key_is_named_in_full(raw: dict[str, Any], key: str, said: str) -> None:
    told = wrong(raw)
    assert told.startswith(f"recipe, key “{key}”: there is no such key") and said in told


@pytest.mark.parametrize(
    ("raw", "key", "said"),
    [
        (with_(data={"source": []}), "data.source", "no table is named"),
        (with_(data={"source": [{"weight": 2}]}), "data.source.0.path", "it is missing: CSV"),
        (with_(data={"inputs": {"text": "smell"}}), "data.inputs.text", "found “smell”"),
        (with_(data={"inputs": {"y": "text"}}), "data", "“y” is both label and input"),
        (with_(data={"id": "y"}), "data", "“y” is both label and id"),
        (with_(data={"groups": "gender"}), "data.groups", "found “gender”, expected a list"),
        (with_(data={"clean": "drop_missing"}), "data.clean", "expected a list"),
        (with_(data={"clean": [3]}), "data.clean.0", "found “3”"),
        (with_(data={"clean": [{}]}), "data.clean.0", "expected one step here"),
        (
            with_(data={"clean": [{"drop_missing": True, "drop_duplicates": {}}]}),
            "data.clean.0",
            "expected one step here",
        ),
        (
            with_(data={"clean": [{"drop_duplicates": "near"}]}),
            "data.clean.0.drop_duplicates",
            "found “near”, expected a mapping with keys of near",
        ),
        (with_(data={"split": {"train": 0.9}}), "data.split", "sum to 1.1, expected 1"),
        (with_(data={"split": {"seed": -1}}), "data.split.seed", "found “-1”, expected at least 0"),
        (with_(model={"adapt": "loro"}), "model.adapt.kind", "found “loro”, expected 'full'"),
        (with_(model={"adapt": {"rank": 0}}), "model.adapt.rank", "found “0”, expected at least 1"),
        (with_(model="minilm"), "model", "found “minilm”, expected a mapping with keys of name"),
        (with_(train={"epochs": None}), "train.epochs", "found nothing, expected a whole number"),
        (with_(train={"epochs": 1.5}), "train.epochs", "found “1.5”, expected a whole number"),
        (with_(train={"weight_decay": float("inf")}), "train.weight_decay", "a finite number"),
        (with_(train={"warmup": 2}), "train.warmup", "found “2”, expected at most 1"),
        (with_(evaluate={"splits": ["validation"]}), "evaluate.splits", "with “test” in it"),
        (with_(evaluate={"baselines": "maybe"}), "evaluate.baselines", "expected true or false"),
        (with_(explain={"rows": {"a": 1}}), "explain.rows", "a range such as 0:200"),
        (with_(explain={"rows": True}), "explain.rows", "found “true”"),
        (with_(explain={"rows": -4}), "explain.rows", "found “-4”"),
        (with_(explain={"rows": []}), "explain.rows", "a list of ids"),
        (with_(explain={"methods": ["lim"]}), "explain.methods", "did you mean “lime”"),
        (with_(explain={"steps": 64, "max_steps": 8}), "explain", "expected at least steps (64)"),
        (with_(audit={"positive": True}), "audit.positive", "found “true”, expected text"),
        (with_(audit={"groups": ["gender"]}), "audit.groups", "not among data.groups"),
        (with_(report={"formats": ["doc"]}), "report.formats.0", "found “doc”"),
        (with_(name=""), "name", "expected some text"),
        (with_(name="n" * 81), "name", "at most 80 characters"),
    ],
)
def test_a_wrong_value_says_what_was_found_and_expected(
    raw: dict[str, Any], key: str, said: str
) -> None:
    told = wrong(raw, where="r.yaml")
    assert told.startswith(f"r.yaml, key “{key}”: ") and said in told


def test_what_is_missing_is_explained_and_the_rest_counted() -> None:
    assert "key “data”: it is missing" in wrong({})
    told = wrong({"data": {"source": [{"weight": 2}, {}]}})
    assert "key “data.source.0.path”: it is missing: " in told
    assert "(and 1 more such key)" in told


def test_numbers_stand_for_themselves_where_text_is_expected() -> None:
    recipe = Recipe.of(
        with_(
            name=2024,
            data={"groups": [2019], "inputs": {7: "text"}},
            audit={"positive": 1},
            explain={"rows": [3, "b"]},
        )
    )
    assert (recipe.name, recipe.audit.positive) == ("2024", "1")
    assert (recipe.data.groups, recipe.data.inputs) == (["2019"], {"7": "text"})
    assert recipe.explain.rows == ["3", "b"]


def test_a_section_or_list_without_content_is_left_out(tmp_path: Path) -> None:
    text = (
        "data:\n  source: t.csv\n  inputs: {text: text}\n  label: y\n  clean:\n  split:\ntrain:\n"
    )
    assert Recipe.parse(text, folder=tmp_path) == Recipe.of(LEAST, folder=tmp_path)
    assert Recipe.of(with_(train={"checkpoint_steps": None})).train.checkpoint_steps is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\ndata: {x: 1\n", "line 3: this is not YAML"),
        ("train:\n\tepochs: 1\n", "line 2: this is not YAML"),
        ("train: {epochs: 1}\nname: a\ntrain: {}\n", "line 3: this is not YAML (the key “train”"),
        ("train: {epochs: 1, epochs: 2}\n", "line 1: this is not YAML (the key “epochs”"),
        ("name: 2024-13-45\n", "this is not YAML (month must be in 1..12)"),
        ("name: \x07\n", "this is not YAML"),
        ("- a\n- b\n", "found a list, expected a mapping with the keys name, data"),
        ("", "found nothing, expected a mapping"),
    ],
)
def test_text_that_is_no_recipe(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError) as error:
        Recipe.parse(text, where="r.yaml", folder=tmp_path)
    assert said in str(error.value) and str(error.value).startswith("r.yaml")


def test_files_that_are_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no such recipe"):
        Recipe.load(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="can't be read"):
        Recipe.load(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("name: café".encode("latin-1"))
    with pytest.raises(RecipeError, match="Save it as UTF-8"):
        Recipe.load(tmp_path / "latin.yaml")


def test_single_values_can_be_set(tmp_path: Path) -> None:
    raw = with_(data={"source": ["a.csv", {"path": "b.csv", "weight": 2}]})
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(raw))

    def load(*changes: str) -> Recipe:
        return Recipe.load(tmp_path / "r.yaml", changes)

    assert load("train.epochs=7", "train.early_stopping.patience=0").train.epochs == 7
    assert load("data.groups=[a, b]").data.groups == ["a", "b"]
    assert load("train.learning_rate=3e-4").train.learning_rate == 3e-4
    assert load("data.source.1.weight=5").data.source == [
        SourceSpec(path=str(tmp_path / "a.csv")),
        SourceSpec(path=str(tmp_path / "b.csv"), weight=5),
    ]
    assert load("audit.positive='yes'").audit.positive == "yes"
    for change in ("data.source.2.weight=5", "data.source.first=x", "train", "=1", "a..b=1"):
        with pytest.raises(RecipeError, match="--set"):
            load(change)


def test_the_first_difference_is_named() -> None:
    one = Recipe.of(LEAST)
    assert one.difference(Recipe.of(LEAST)) is None
    assert one.difference(Recipe.of(with_(train={"epochs": 9}))) == "train.epochs"
    assert one.difference(Recipe.of(with_(data={"groups": ["a"]}))) == "data.groups"
    patience = with_(train={"early_stopping": {"patience": 9}})
    assert one.difference(Recipe.of(patience)) == "train.early_stopping.patience"


def test_demos() -> None:
    recipe = Recipe.demo("text", ["train.epochs=1"])
    assert recipe.train.epochs == 1 and Path(recipe.data.source[0].path).is_file()
    with pytest.raises(RecipeError, match="did you mean “text”"):
        Recipe.demo("txt")
