"""Looking at the data: what was planted is found, and what wasn't is not."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid.core.checks import Checks, check, findings, section
from pellucid.core.dataset import Dataset, load
from pellucid.core.report.tree import Table
from pellucid.core.spec import DataSpec
from pellucid.multimodal.text.held_out import held_out_scores


def dataset(folder: Path, table: pd.DataFrame, **roles: object) -> Dataset:
    table.to_csv(folder / "t.csv", index=False)
    given = {"source": str(folder / "t.csv"), "inputs": {"text": "text"}, "label": "label"} | roles
    return load(DataSpec.model_validate(given))


@pytest.fixture(scope="module")
def reviews() -> tuple[Dataset, dict]:  # type: ignore[type-arg]
    folder = files("pellucid.assets") / "samples"
    spec = DataSpec(
        source=str(folder / "reviews.csv"),
        inputs={"text": "text"},
        label="sentiment",
        groups=["region"],
        id="id",
        split={"column": "split"},
    )
    return load(spec), json.loads((folder / "reviews.planted.json").read_text())


def test_planted_duplicates_are_all_found(reviews: tuple[Dataset, dict]) -> None:  # type: ignore[type-arg]
    data, planted = reviews
    shared = set(check(data).shared)
    for pair in planted["duplicates"]["exact"]:
        assert (pair["test"], pair["train"]) in shared


def test_planted_wrong_labels_stand_out(reviews: tuple[Dataset, dict]) -> None:  # type: ignore[type-arg]
    data, planted = reviews
    checks = check(data)
    wrong = {one["id"] for one in planted["flipped_labels"]["rows"]}
    trained = set(data.ids[data.rows("train")])
    found = {row for row, _, _ in checks.suspected}
    assert found <= trained and checks.looked == len(trained)
    # Far above the share of wrong labels, which is what pointing at random rows would find.
    by_chance = len(wrong & trained) / len(trained)
    assert len(found & wrong) / len(found) > 10 * by_chance
    assert len(found & wrong) > 0.4 * len(wrong & trained)
    told = {row: label for row, label, _ in checks.suspected}
    recorded = {one["id"]: one["recorded"] for one in planted["flipped_labels"]["rows"]}
    assert all(told[row] == recorded[row] for row in found & wrong)
    # They were planted in one region only.
    shares = checks.suspected_share["region"]
    column, value = planted["flipped_labels"]["column"], planted["flipped_labels"]["value"]
    assert column == "region" and max(shares, key=shares.__getitem__) == value


def test_flipped_labels_of_plain_sentences_are_found(tmp_path: Path, make_sentences) -> None:  # type: ignore[no-untyped-def]
    table = make_sentences(600)
    table["split"] = np.where(np.arange(600) < 500, "train", "test")
    flipped = table.index[:500:25]
    other = {"positive": "negative", "negative": "positive"}
    fits = table.loc[flipped, "label"].tolist()
    table.loc[flipped, "label"] = [other[label] for label in fits]
    checks = check(dataset(tmp_path, table, id="id", split={"column": "split"}))
    truth = dict(zip(table.loc[flipped, "id"], fits, strict=True))
    found = {row: better for row, _, better in checks.suspected}
    # A row is suspected only where the model is surer than it is of that class on average.
    assert found.items() <= truth.items() and len(found) >= len(truth) / 2


def test_rows_in_two_splits(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "text": ["One!", "two", "three", "one", "TWO.", ":)", ":(", "one"],
            "label": ["a", "b"] * 4,
            "split": ["train"] * 3 + ["test", "validation", "train", "test", "train"],
        }
    )
    checks = check(dataset(tmp_path, table, split={"column": "split"}))
    assert checks.shared == (("4", "1"), ("5", "2"))
    text = findings(checks)[0]
    assert text.tone == "warning" and text.text.startswith("2 validation or test rows")
    assert "4 = 1, 5 = 2" in text.text


def test_a_rare_class_does_not_hide_wrong_labels(tmp_path: Path, make_sentences) -> None:  # type: ignore[no-untyped-def]
    table = make_sentences(300)
    table["split"] = np.where(np.arange(300) < 260, "train", "test")
    table.loc[5, "label"] = "negative" if table.loc[5, "label"] == "positive" else "positive"
    table.loc[0, "label"], table.loc[299, "label"] = "odd", "odd"  # one training row only
    checks = check(dataset(tmp_path, table, id="id", split={"column": "split"}))
    named = {row: better for row, _, better in checks.suspected}
    assert table.loc[5, "id"] in named and "odd" not in named.values()


@pytest.mark.parametrize("texts", [["?"] * 8, [f"w{row}" for row in range(8)]])
def test_texts_without_common_words_suspect_nothing(texts: list[str], tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"text": texts, "label": ["a", "b"] * 4, "split": ["train", "train", "test", "test"] * 2}
    )
    assert check(dataset(tmp_path, table, split={"column": "split"})).suspected == ()


def test_held_out_scores_know_nothing_of_the_row_itself() -> None:
    # Each text's own word would give its class away, had the model seen it.
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 2, 400)
    texts = [f"same words everywhere own{row} own{row}" for row in range(400)]
    scores = held_out_scores(texts, codes, 2)
    assert scores.shape == (400, 2)
    np.testing.assert_allclose(scores.sum(axis=1), 1)
    right = (scores.argmax(axis=1) == codes).mean()
    assert abs(right - 0.5) < 4 * 0.5 / np.sqrt(400)
    telling = [
        f"{text} {'up' if code else 'down'}" for text, code in zip(texts, codes, strict=True)
    ]
    assert (held_out_scores(telling, codes, 2).argmax(axis=1) == codes).all()


def test_rows_of_a_class_nobody_else_has_are_not_scored() -> None:
    texts, codes = ["a word here"] * 21, np.array([0, 1] * 10 + [2])
    scores = held_out_scores(texts, codes, 3)
    assert np.isnan(scores[20]).all() and not np.isnan(scores[:20]).any()


def test_the_section_counts_rows(reviews: tuple[Dataset, dict]) -> None:  # type: ignore[type-arg]
    data, _ = reviews
    part = section(data, check(data))
    counts = part.blocks[0]
    assert isinstance(counts, Table)
    frame = pd.read_csv(files("pellucid.assets") / "samples" / "reviews.csv")
    expected = pd.crosstab(frame["sentiment"], frame["split"])[["train", "validation", "test"]]
    for label, *found in counts.rows[:-1]:
        assert found == [*expected.loc[label], expected.loc[label].sum()]
    assert counts.rows[-1] == ("all", *expected.sum(), len(frame))


def test_checks_are_written_and_read_again() -> None:
    checks = Checks((("t1", "r1"),), (("r2", "a", "b"),), {"g": {"x": 0.5}}, 10)
    assert Checks.from_json(json.loads(json.dumps(checks.as_json()))) == checks
    assert findings(Checks((), (), {}, 0)) == []
