"""Duplicates: the same rows as the cleaning step drops, however the texts are written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.core.clean import clean, near_key
from pellucid.core.duplicates import contents, count, near_keys
from pellucid.core.spec import CleanStep

TEXT = st.text(st.sampled_from("aAbB1_ .!?-\t\n\x1f’éÉß漢ﬁＡ🙂\u0301"), min_size=1, max_size=6)


def arrow(texts: list[str]) -> pa.ChunkedArray:
    half = len(texts) // 2
    return pa.chunked_array([texts[:half], texts[half:]], type=pa.large_string())


def left(table: pd.DataFrame, near: bool) -> int:
    step = CleanStep.model_validate({"drop_duplicates": {"near": near}})
    return len(clean(table, [step], list(table.columns), "")[0])


@settings(deadline=None, max_examples=200)
@given(st.lists(TEXT))
def test_keys_are_those_of_cleaning(texts: list[str]) -> None:
    found = near_keys(pa.array(texts, pa.large_string()))
    assert found.to_pylist() == [near_key(text) for text in texts]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=30), st.integers(1, 2))
def test_counts_are_the_rows_that_cleaning_drops(pairs: list[tuple[str, str]], parts: int) -> None:
    table = pd.DataFrame(pairs, columns=["a", "b"], dtype=object)[["a", "b"][:parts]]
    found = count([arrow(table[name].tolist()) for name in table], None)
    assert found.exact == len(table) - left(table, near=False)
    assert found.near == len(table) - left(table, near=True)
    assert found.across_splits is None


def test_rows_in_two_splits_count_wherever_they_stand() -> None:
    texts = ["Good day", "good day!", "bad day", "Good day", "other", "other"]
    split = np.array(["test", "train", "test", "validation", "test", "test"], dtype=object)
    found = count([arrow(texts)], split)
    # The first, second and fourth row are alike; only two of them are not for training.
    assert (found.exact, found.near, found.across_splits) == (2, 3, 2)


def test_parts_count_together() -> None:
    first, second = ["a", "a", "b", "a"], ["x", "y", "x", "X"]
    found = count([arrow(first), arrow(second)], None)
    assert (found.exact, found.near) == (0, 1)


def test_no_rows_hold_no_duplicates() -> None:
    nothing = pa.chunked_array([], type=pa.large_string())
    found = count([nothing, nothing], np.array([], dtype=object))
    assert (found.exact, found.near, found.across_splits) == (0, 0, 0)


def test_files_are_the_same_where_they_hold_the_same(tmp_path: Path) -> None:
    for name, held in {"a": b"one", "copy of a": b"one", "b": b"two", "c": b"other"}.items():
        (tmp_path / f"{name}.png").write_bytes(held)
    cells = ["a.png", "copy of a.png", "b.png", "c.png", "./a.png", "gone.png", "gone.png"]
    split = np.array(["train", "test", "test", "test", "train", "test", "train"], dtype=object)
    found = count([arrow(cells)], split, {0}, tmp_path)
    # A copy under another name, the same path written otherwise, and one that isn't there twice.
    assert (found.exact, found.near, found.across_splits) == (3, 3, 2)
    known = contents(cells[:-1], tmp_path)
    assert known[0] == known[1] == known[4] == hashlib.sha256(b"one").hexdigest()
    assert known[3] == str((tmp_path / "c.png").resolve()) and known[5] == "gone.png"


def test_questions_about_copies_of_a_picture_differ(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"the same")
    pictures, texts = ["a.png", "b.png", "a.png"], ["What?", "what", "Where?"]
    found = count([arrow(pictures), arrow(texts)], None, {0}, tmp_path)
    assert (found.exact, found.near) == (0, 1)
