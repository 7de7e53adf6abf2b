"""A run's explanations beside another run's: which rows and answers are compared."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pellucid import Recipe, execute
from pellucid.core.runs import Run
from pellucid.errors import DataError
from pellucid.explain import attribute, beside


def trained(folder: Path, table: pd.DataFrame, base: Path, **changes: Any) -> Run:
    folder.mkdir()
    table.to_csv(folder / "rows.csv", index=False)
    recipe = {
        "name": folder.name,
        "data": {
            "source": "rows.csv",
            "inputs": {"text": "text"},
            "label": "label",
            "id": "id",
            "split": {"column": "split"},
        },
        "model": {"name": str(base), "max_length": 32},
        "train": {"epochs": 2, "learning_rate": 3e-3, "batch_size": 16},
        "explain": {"methods": ["input_x_gradient"], "rows": 12},
        **changes,
    }
    return execute(Recipe.of(recipe, folder=folder), folder, only=["train"])


@pytest.fixture(scope="module")
def written(make_sentences: Any) -> pd.DataFrame:
    table: pd.DataFrame = make_sentences(120)
    table["split"] = ["train"] * 80 + ["validation"] * 10 + ["test"] * 30
    return table


@pytest.fixture(scope="module")
def run(written: pd.DataFrame, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return trained(tmp_path_factory.mktemp("one") / "one", written, tiny_model)


@pytest.fixture(scope="module")
def other(written: pd.DataFrame, tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Train on the same rows under other ids and in another order, with ten of the test rows."""
    table = written[written.index < 100].copy()
    table["id"] = "other-" + table["id"]
    # The opposite of what is true, so that it answers the opposite.
    table["label"] = table["label"].map({"positive": "negative", "negative": "positive"})
    shuffled = table.sample(frac=1, random_state=0)
    return trained(tmp_path_factory.mktemp("two") / "two", shuffled, tiny_model)


def test_rows_are_matched_by_what_they_hold(run: Run, other: Run) -> None:
    found = beside(run, other, rows="0:30")
    assert (found.run, found.other, found.method) == (run.name, other.name, "input_x_gradient")
    told = found.difference
    assert [one.id for one in told.rows] == [f"s{row:04d}" for row in range(90, 100)]
    assert told.unmatched == 20
    # What the other run was asked about is this run's answer, whatever it answers itself.
    after = {one.id: one.target for one in attribute(run, "0:30", "input_x_gradient")}
    assert all(one.target == after[one.id] for one in told.rows)
    own = attribute(other, "all", "input_x_gradient")
    assert any(one.prediction != after[one.id.removeprefix("other-")] for one in own)


def test_the_shares_are_those_of_both_models(run: Run, other: Run) -> None:
    found = beside(run, other, rows="0:10", target="positive").difference
    sides = []
    for model, name in ((other, "other-s0092"), (run, "s0092")):
        (one,) = attribute(model, [name], "input_x_gradient", target="positive")
        sides.append(one.scores / np.abs(one.scores).sum())
    (row,) = (one for one in found.rows if one.id == "s0092")
    assert row.changes == pytest.approx(sides[1] - sides[0], abs=1e-6)


def test_what_was_explained_is_kept(run: Run, other: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    first = beside(run, other, rows="0:10")

    def never(*args: object, **more: object) -> None:
        raise AssertionError("explained again")

    monkeypatch.setattr(import_module("pellucid.explain.attribute"), "_some", never)
    assert beside(run, other, rows="0:10").as_json() == first.as_json()


def test_runs_without_common_rows(run: Run, other: Run) -> None:
    with pytest.raises(DataError, match="none of the 5 rows"):
        beside(run, other, rows="20:25")


def test_a_number_before_and_after(
    written: pd.DataFrame, tiny_model: Path, tmp_path: Path, run: Run
) -> None:
    """What fine-tuning did to the explanation of an answered number, which has no class to name."""
    table = written.assign(label=np.linspace(0, 1, len(written)).round(3))
    numbers = trained(
        tmp_path / "numbers",
        table,
        tiny_model,
        model={"name": str(tiny_model), "task": "regression"},
        train={"epochs": 1},
    )
    found = beside(numbers, rows="0:4", method="saliency")
    assert len(found.difference.rows) == 4 and found.difference.unmatched == 0
    with pytest.raises(DataError, match=r"learns classification, and .* learns regression"):
        beside(numbers, run)
