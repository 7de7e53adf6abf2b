"""Words of a whole split: closed forms, and a planted word that must come first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pellucid import Recipe, execute
from pellucid.explain import Importance, importance


def test_a_word_is_measured_over_the_rows_that_hold_it(said: Any) -> None:
    rows = [
        said("yes", [("Good", 1.0), ("the", 0.5), ("good", 0.5), ("bad", -2.0)]),
        said("yes", [("good", 2.0), ("the", -2.0)]),
        said("yes", [("GOOD", 0.9), ("!", 0.1)]),
        said("no", [("good", -5.0), ("bad", 3.0)]),
    ]
    found = importance(rows)
    assert list(found) == ["no", "yes"]
    assert found["no"] == []  # nothing stands in three rows
    (one,) = found["yes"]
    assert (one.word, one.target, one.rows) == ("good", "yes", 3)
    values = [1.5, 2.0, 0.9]
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert one.mean.value == pytest.approx(np.mean(values))
    assert (one.mean.low, one.mean.high) == pytest.approx((low, high))
    assert one.mean.n == 3
    assert one.total == pytest.approx(4.4)
    assert one.share == pytest.approx(np.mean([1.5 / 4, 2 / 4, 0.9]))


def test_a_word_ranks_by_what_it_does_and_by_how_many_rows_tell_it(said: Any) -> None:
    """A frequent word that says little, and a lucky one, stand behind a strong one."""
    generator = np.random.default_rng(4)
    rows = []
    for row in range(300):
        words = [("the", 0.1 + 0.02 * generator.standard_normal())]
        if row % 30 == 0:
            words.append(("voucher", 1.0 + 0.2 * generator.standard_normal()))
        if row < 3:
            words.append(("lucky", [0.01, 3.3, 0.02][row]))
        rows.append(said("no", words))
    found = {one.word: one for one in importance(rows)["no"]}
    assert list(found) == ["voucher", "the", "lucky"]
    assert found["the"].total > 2 * found["voucher"].total
    assert found["lucky"].mean.value > found["voucher"].mean.value
    assert not found["lucky"].mean.excludes_zero


def test_words_that_speak_against_a_class_are_not_listed(said: Any) -> None:
    rows = [said("a", [("x", -1.0), ("y", 0.5)]) for _ in range(5)]
    assert [one.word for one in importance(rows)["a"]] == ["y"]


def test_limits(said: Any) -> None:
    rows = [said("a", [(f"w{n}", 1.0 + n) for n in range(30)]) for _ in range(2)]
    assert importance(rows) == {"a": []}
    assert len(importance(rows, least=2)["a"]) == 20
    assert [one.word for one in importance(rows, least=0, most=2)["a"]] == ["w29", "w28"]
    assert importance([]) == {}


def test_json_and_back(said: Any) -> None:
    one = importance([said("a", [("x", n)]) for n in (1.0, 2.0, 4.0)])["a"][0]
    assert Importance.from_json("a", json.loads(json.dumps(one.as_json()))) == one


@pytest.fixture(scope="module")
def planted(
    tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[dict[str, Any]]]:
    """Train on sentences whose label follows from one neutral word and from nothing else."""
    generator = np.random.default_rng(7)
    plain = ["the", "room", "was", "very", "and", "staff", "were", "a", "we", "it", "stayed"]
    rows = []
    for row in range(300):
        words = list(generator.choice(plain, generator.integers(4, 9)))
        marked = row % 2 == 0
        if marked:
            words.insert(int(generator.integers(0, len(words) + 1)), "desk")
        rows.append({"text": " ".join(words) + ".", "label": "negative" if marked else "positive"})
    folder = tmp_path_factory.mktemp("planted")
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    recipe = {
        "data": {"source": "rows.csv", "inputs": {"text": "text"}, "label": "label"},
        "model": {"name": str(tiny_model), "max_length": 32},
        "train": {"epochs": 3, "learning_rate": 3e-3, "batch_size": 16},
        "evaluate": {"baselines": False, "replicates": 100},
        "explain": {"rows": "all"},
    }
    run = execute(Recipe.of(recipe, folder=folder), folder, only=["train", "evaluate", "explain"])
    found = json.loads((run.path / "explanations" / "importance.json").read_text())
    return found["integrated_gradients"]


def test_a_planted_word_comes_first(planted: Any) -> None:
    first, second = planted["negative"][:2]
    assert first["word"] == "desk"
    assert first["mean"]["low"] > 0
    assert first["mean"]["value"] > 3 * second["mean"]["value"]
    assert first["share"] > 0.3
    assert "desk" not in [one["word"] for one in planted["positive"]]


def test_older_files_are_read() -> None:
    """What was written when there were words alone has no column and no place."""
    mean = {"value": 1.0, "low": 0.5, "high": 1.5, "n": 3, "method": "student-t"}
    raw = {"word": "desk", "mean": mean, "share": 0.4, "rows": 3, "total": 3.0}
    one = Importance.from_json("negative", raw)
    assert (one.word, one.modality, one.box, one.rows) == ("desk", "text", None, 3)
