"""Looking at the data: what was planted is found, and what wasn't is not."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pellucid.core.checks import Checks, check, findings, section
from pellucid.core.dataset import Dataset, load
from pellucid.core.report.tree import Table
from pellucid.core.spec import DataSpec


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


@pytest.fixture
def pictures(tmp_path: Path) -> pd.DataFrame:
    """Write 200 dark and bright pictures, every 20th with the other label."""
    rng = np.random.default_rng(0)
    rows = []
    for row in range(200):
        bright = bool(rng.integers(2))
        pixels = rng.integers(0, 150, (8, 8, 3)) + 100 * bright
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{row}.png")
        label = "bright" if bright != (row % 20 == 0) else "dark"
        rows.append((f"r{row}", f"{row}.png", label, "test" if row >= 160 else "train"))
    return pd.DataFrame(rows, columns=["id", "picture", "label", "split"])


def test_wrong_labels_of_pictures_are_found(tmp_path: Path, pictures: pd.DataFrame) -> None:
    roles = {"inputs": {"picture": "image"}, "id": "id", "split": {"column": "split"}}
    checks = check(dataset(tmp_path, pictures, **roles))
    found = {row: (label, fits) for row, label, fits in checks.suspected}
    wrong = {f"r{row}": pictures["label"][row] for row in range(0, 160, 20)}
    other = {"bright": "dark", "dark": "bright"}
    assert found == {row: (label, other[label]) for row, label in wrong.items()}
    assert checks.looked == 160
    said = findings(checks)[-1].text
    assert said.startswith("8 of 160 training rows have a label that looks wrong")
    assert "(confident learning with small pictures)" in said


def test_a_model_that_knows_little_suspects_nothing(tmp_path: Path, pictures: pd.DataFrame) -> None:
    rng = np.random.default_rng(3)
    table = pictures.assign(label=rng.choice(["a", "b", "c", "d"], len(pictures)))
    roles = {"inputs": {"picture": "image"}, "id": "id", "split": {"column": "split"}}
    checks = check(dataset(tmp_path, table, **roles))
    assert checks.suspected == () and checks.looked == 0


def test_a_picture_in_two_splits_is_found_by_what_it_holds(
    tmp_path: Path, pictures: pd.DataFrame
) -> None:
    (tmp_path / "180.png").write_bytes((tmp_path / "3.png").read_bytes())
    roles = {"inputs": {"picture": "image"}, "id": "id", "split": {"column": "split"}}
    checks = check(dataset(tmp_path, pictures, **roles))
    assert checks.shared == (("r180", "r3"),)
    assert "the same file" in findings(checks)[0].text
    dropping = {**roles, "clean": [{"drop_duplicates": {"near": True}}]}
    data = dataset(tmp_path, pictures, **dropping)
    assert len(data) == 199 and check(data).shared == ()


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
    seen = Checks((), (("r2", "a", "b"),), {}, 10, "mean spectrum")
    assert Checks.from_json(json.loads(json.dumps(seen.as_json()))) == seen
    # Runs that were made before pictures could be looked at don't say by what.
    old = {name: cell for name, cell in checks.as_json().items() if name != "told_by"}
    assert "(confident learning with TF-IDF)" in findings(Checks.from_json(old))[-1].text
