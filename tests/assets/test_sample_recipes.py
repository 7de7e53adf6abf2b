"""The demos' recipes: they name data that comes with the package, and columns that it has."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pellucid import Recipe
from pellucid.core import dataset, folders


def source(recipe: Recipe) -> pd.DataFrame:
    (one,) = recipe.data.source
    return folders.read(Path(one.path))


@pytest.mark.parametrize(
    ("kind", "rows", "answers"), [("image", 1760, 4), ("audio", 480, 8), ("vqa", 1760, 19)]
)
def test_a_demo_names_columns_that_its_folder_has(kind: str, rows: int, answers: int) -> None:
    recipe = Recipe.demo(kind)
    table = source(recipe)
    assert recipe.name == f"demo-{kind}"
    assert len(table) == rows
    assert set(recipe.data.columns) <= set(table.columns)
    assert table[recipe.data.label].nunique() == answers
    assert table[recipe.data.id].is_unique
    assert set(table[recipe.data.split.column]) == {"train", "validation", "test"}


def test_pictures_are_learnt_once_each_where_nothing_is_asked_of_them() -> None:
    """The recipe drops the rows of further questions, and every picture keeps one."""
    recipe = Recipe.demo("image")
    assert [step.model_dump() for step in recipe.data.clean] == [
        {"drop_duplicates": {"near": False}}
    ]
    table = source(recipe)
    assert (table.groupby("image").kind.nunique() == 1).all()
    assert table.image.nunique() == 440


def test_the_conversations_are_learnt_as_such() -> None:
    recipe = Recipe.demo("chat")
    data = dataset.load(recipe.data, "chat")
    assert recipe.model.task == "chat" and recipe.model.name == "bundled/chat"
    assert len(data) == 600 and list(data.inputs) == ["messages"]
    assert set(data.groups["style"]) == {"fluent", "learner"}
    sizes = {split: (data.split == split).sum() for split in ("train", "validation", "test")}
    assert sizes == {"train": 360, "validation": 60, "test": 180}
