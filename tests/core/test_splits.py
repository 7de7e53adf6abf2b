"""Splits: shares, strata and names, against closed forms."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.core.spec import SplitSpec
from pellucid.core.splits import SPLITS, by_chance, from_column, together
from pellucid.errors import DataError


def labels(**counts: int) -> np.ndarray:
    return np.array([name for name, count in counts.items() for _ in range(count)], dtype=object)


def test_exact_shares() -> None:
    found = by_chance(labels(a=600, b=400), SplitSpec())
    counts = Counter(zip(labels(a=600, b=400), found, strict=True))
    assert counts == {
        ("a", "train"): 480,
        ("a", "validation"): 60,
        ("a", "test"): 60,
        ("b", "train"): 320,
        ("b", "validation"): 40,
        ("b", "test"): 40,
    }


@settings(max_examples=200, deadline=None)
@given(
    counts=st.lists(st.integers(2, 60), min_size=2, max_size=12),
    shares=st.sampled_from([(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.98, 0.01, 0.01), (0.1, 0.0, 0.9)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_label_is_trained_on_and_near_its_share(
    counts: list[int], shares: tuple[float, float, float], seed: int
) -> None:
    train, validation, test = shares
    spec = SplitSpec(train=train, validation=validation, test=test, seed=seed)
    rows = labels(**{f"c{number}": count for number, count in enumerate(counts)})
    found = by_chance(rows, spec)
    for number, count in enumerate(counts):
        own = Counter(found[rows == f"c{number}"])
        assert own["train"] >= 1
        for name, share in (("validation", validation), ("test", test)):
            fair = min(count * share, count - 1)
            assert abs(own[name] - fair) <= 1.5
    assert set(found) <= set(SPLITS)


@pytest.mark.parametrize("each", [3, 4])
def test_many_rare_labels_fill_every_split(each: int) -> None:
    rows = labels(**{f"c{number}": each for number in range(60)})
    counts = Counter(by_chance(rows, SplitSpec()))
    fair = 60 * each * 0.1
    assert abs(counts["test"] - fair) <= 1 and abs(counts["validation"] - fair) <= 1


def test_small_labels_stand_in_every_split_they_have_rows_for() -> None:
    rows = labels(a=5, b=5)
    found = by_chance(rows, SplitSpec())
    for label in "ab":
        assert Counter(found[rows == label]) == {"train": 3, "validation": 1, "test": 1}


def test_chance_is_seeded_and_even() -> None:
    rows = labels(a=500, b=500)
    one = by_chance(rows, SplitSpec(seed=1))
    assert (one == by_chance(rows, SplitSpec(seed=1))).all()
    assert (one != by_chance(rows, SplitSpec(seed=2))).any()
    # Over many seeds each row is tested in a tenth of them: binomial, sd 0.021.
    tested = np.mean([by_chance(rows, SplitSpec(seed=s)) == "test" for s in range(200)], axis=0)
    assert abs(tested.mean() - 0.1) < 1e-9
    assert np.abs(tested - 0.1).max() < 5 * 0.0213


def test_without_strata_only_the_whole_has_its_shares() -> None:
    found = by_chance(labels(a=995, b=5), SplitSpec(stratify=False, seed=3))
    assert Counter(found) == {"train": 800, "validation": 100, "test": 100}


def test_synonyms() -> None:
    cells = np.array(
        [" Train", "TRAINING", "dev", "val", "valid", "Validation ", "eval", "testing"]
    )
    expected = ["train"] * 2 + ["validation"] * 4 + ["test"] * 2
    assert from_column(cells.astype(object), "part", "t.csv").tolist() == expected


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("tset", "found “tset”, expected train, validation or test (did you mean “test”?)"),
        (None, "the cell is empty, expected train"),
        (" ", "the cell is empty, expected train"),
    ],
)
def test_a_cell_that_names_no_split(cell: str | None, said: str) -> None:
    cells = np.array(["train", "test", cell], dtype=object)
    with pytest.raises(DataError) as error:
        from_column(cells, "part", "t.csv")
    assert str(error.value).startswith("t.csv, row 3, column “part”: ") and said in str(error.value)
    with pytest.raises(DataError, match=r"u\.csv, row 12, column"):
        from_column(cells, "part", lambda row: f"u.csv, row {row + 10}")


def keyed(sizes: list[int]) -> np.ndarray:
    return np.array([f"k{n}" for n, size in enumerate(sizes) for _ in range(size)], dtype=object)


@settings(max_examples=200, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 12), min_size=3, max_size=60),
    shares=st.sampled_from([(0.8, 0.1, 0.1), (0.6, 0.2, 0.2), (0.1, 0.0, 0.9), (0.5, 0.0, 0.5)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_of_a_key_stay_together_and_shares_are_met_by_rows(
    sizes: list[int], shares: tuple[float, float, float], seed: int
) -> None:
    train, validation, test = shares
    spec = SplitSpec(train=train, validation=validation, test=test, seed=seed)
    keys = keyed(sizes)
    found = together(keys, spec)
    assert len(set(zip(keys, found, strict=True))) == len(sizes)
    assert (found == together(keys, spec)).all()
    counts = Counter(found)
    assert counts["train"] >= 1
    # No split is off its share by more than the largest key; with small keys all are near it.
    for name, share in zip(SPLITS, (train, validation, test), strict=True):
        assert abs(counts[name] - share * len(keys)) <= max(sizes) * (2 if name == "train" else 1)
        assert counts[name] or share * len(keys) < 0.5


def test_shares_are_met_exactly_where_whole_keys_allow() -> None:
    for seed in range(20):
        found = together(keyed([5] * 200), SplitSpec(seed=seed))
        assert Counter(found) == {"train": 800, "validation": 100, "test": 100}
        mixed = Counter(together(keyed([1, 2, 3, 4] * 25), SplitSpec(seed=seed)))
        assert mixed == {"train": 200, "validation": 25, "test": 25}
        # A key with nine tenths of the rows can only be learnt from.
        large = together(keyed([90, *[1] * 10]), SplitSpec(seed=seed))
        assert (large[:90] == "train").all()
        assert set(large[90:]) == {"validation", "test"}


def test_few_keys_fill_training_and_test_first() -> None:
    assert Counter(together(keyed([6, 6]), SplitSpec())) == {"train": 6, "test": 6}
    assert Counter(together(keyed([6, 6, 6]), SplitSpec())) == {
        "train": 6,
        "validation": 6,
        "test": 6,
    }
    assert Counter(together(keyed([9, 1]), SplitSpec(train=0.1, validation=0, test=0.9))) == {
        "test": 9,
        "train": 1,
    }


def test_every_key_is_tested_as_often() -> None:
    tested = np.mean(
        [together(keyed([1] * 100), SplitSpec(seed=s)) == "test" for s in range(200)], axis=0
    )
    assert abs(tested.mean() - 0.1) < 1e-9
    assert np.abs(tested - 0.1).max() < 5 * 0.0213
