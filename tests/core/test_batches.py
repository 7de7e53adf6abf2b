"""Batches: every sample once, similar lengths together, the same order for the same seed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.core.batches import by_length, length_buckets, micro_batches

lengths_of = st.lists(st.integers(0, 500), max_size=200).map(lambda x: np.array(x, np.int64))


def padded(lengths: np.ndarray, batches: list[np.ndarray]) -> int:
    """Tokens of padding."""
    return int(sum(lengths[rows].max() * len(rows) - lengths[rows].sum() for rows in batches))


@settings(max_examples=60, deadline=None)
@given(lengths=lengths_of, size=st.integers(1, 40), pool=st.integers(1, 5))
def test_an_epoch_holds_every_sample_once(lengths: np.ndarray, size: int, pool: int) -> None:
    batches = length_buckets(lengths, size, [13, 0], pool)
    assert sorted(np.concatenate([*batches, []]).tolist()) == list(range(len(lengths)))
    sizes = [len(rows) for rows in batches]
    assert len(sizes) == -(-len(lengths) // size)
    assert all(one == size for one in sizes) or sizes.count(size) == len(sizes) - 1


@settings(max_examples=60, deadline=None)
@given(lengths=lengths_of, budget=st.integers(1, 5000), most=st.integers(1, 50))
def test_prediction_batches_keep_within_the_budget(
    lengths: np.ndarray, budget: int, most: int
) -> None:
    batches = by_length(lengths, budget, most)
    assert sorted(np.concatenate([*batches, []]).tolist()) == list(range(len(lengths)))
    longest = [int(lengths[rows].max()) for rows in batches]
    assert longest == sorted(longest, reverse=True)
    for rows in batches:
        # A sample longer than the budget goes alone.
        assert len(rows) * lengths[rows].max() <= budget or len(rows) == 1
        assert len(rows) <= most
    for rows, after in pairwise(batches):
        width = max(int(lengths[rows].max()), 1)
        assert len(rows) == most or (len(rows) + 1) * width > budget, "room was left"
        assert lengths[rows].min() >= lengths[after].max()


@pytest.fixture
def lengths() -> np.ndarray:
    return np.random.default_rng(1).lognormal(3, 0.6, 5000).astype(np.int64) + 1


def test_little_is_padded(lengths: np.ndarray) -> None:
    order = np.random.default_rng(2).permutation(len(lengths))
    at_random = [order[first : first + 32] for first in range(0, len(order), 32)]
    random = padded(lengths, at_random)
    assert padded(lengths, length_buckets(lengths, 32, [13, 0])) < 0.1 * random
    assert padded(lengths, by_length(lengths, 4096)) < 0.1 * random


def test_a_seed_fixes_the_order_and_an_epoch_changes_it(lengths: np.ndarray) -> None:
    def order(*seed: int) -> list[int]:
        return np.concatenate(length_buckets(lengths, 32, seed)).tolist()

    assert order(13, 0) == order(13, 0)
    assert len({tuple(order(13, epoch)) for epoch in range(4)}) == 4
    assert order(13, 0) != order(14, 0)


def test_lengths_do_not_fix_who_is_with_whom(lengths: np.ndarray) -> None:
    """Samples of one length, and long and short batches, are in another order each epoch."""
    batches = [length_buckets(lengths, 32, [13, epoch]) for epoch in range(2)]
    together = [{frozenset(rows.tolist()) for rows in one} for one in batches]
    assert len(together[0] & together[1]) == 0
    first = [np.mean([lengths[rows].mean() for rows in one[:40]]) for one in batches]
    assert first == pytest.approx([lengths.mean()] * 2, rel=0.25)
    equal = length_buckets(np.full(64, 7), 32, [1, 0])
    assert sorted(equal[0].tolist()) != list(range(32))


@settings(max_examples=60, deadline=None)
@given(
    lengths=lengths_of,
    seed=st.integers(0, 99),
    most_rows=st.none() | st.integers(1, 40),
    most_tokens=st.none() | st.integers(1, 3000),
)
def test_micro_batches_split_a_step(
    lengths: np.ndarray, seed: int, most_rows: int | None, most_tokens: int | None
) -> None:
    rows = np.random.default_rng(seed).permutation(len(lengths))[: 1 + len(lengths) // 2]
    found = micro_batches(rows, lengths, most_rows, most_tokens)
    assert sorted(np.concatenate([*found, []]).tolist()) == sorted(rows.tolist())
    for part in found:
        assert most_rows is None or len(part) <= most_rows
        cost = len(part) * int(lengths[part].max(initial=0))
        assert most_tokens is None or cost <= most_tokens or len(part) == 1


def test_a_step_that_fits_is_left_as_it_is() -> None:
    lengths = np.array([5, 9, 7, 3])
    rows = np.array([2, 0, 3])
    for most_rows, most_tokens in ((None, None), (3, None), (None, 21), (3, 21)):
        (found,) = micro_batches(rows, lengths, most_rows, most_tokens)
        assert found.tolist() == rows.tolist()
    assert [part.tolist() for part in micro_batches(rows, lengths, 2)] == [[2, 0], [3]]
    assert [part.tolist() for part in micro_batches(rows, lengths, None, 20)] == [[2, 0], [3]]


def test_samples_that_need_little_padding_are_only_shuffled() -> None:
    """Batches of one length alone would hold one kind of question each."""
    lengths = np.random.default_rng(3).integers(20, 24, 6400)
    batches = length_buckets(lengths, 32, [13, 0])
    assert np.mean([len(set(lengths[rows].tolist())) for rows in batches]) > 3.9
