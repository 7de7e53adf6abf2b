"""Agreement of maps against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from pellucid.explain.proof.agreement import points_at, rank_correlation, top_overlap


def test_rank_correlation_is_scipys() -> None:
    rng = np.random.default_rng(0)
    for size in (2, 5, 40):
        first, second = rng.standard_normal((2, size))
        assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second).statistic)
    tied = np.array([1.0, 1.0, 2.0, 3.0, 3.0]), np.array([0.0, 1.0, 1.0, 1.0, 5.0])
    assert rank_correlation(*tied) == pytest.approx(spearmanr(*tied).statistic)


def test_a_map_that_is_all_alike_correlates_with_none() -> None:
    assert math.isnan(rank_correlation(np.ones(4), np.arange(4.0)))


def test_first_segments_in_common() -> None:
    first = np.arange(10)
    assert top_overlap(first, first) == 1
    assert top_overlap(first, first[::-1]) == 0
    assert top_overlap(first, np.array([1, 9, 0, 2, 3, 4, 5, 6, 7, 8])) == 0.5
    assert top_overlap(np.array([2, 1, 0]), np.array([2, 0, 1])) == 1  # a fifth of 3: one
    rng = np.random.default_rng(0)
    chance = [top_overlap(rng.permutation(20), rng.permutation(20)) for _ in range(3000)]
    assert np.mean(chance) == pytest.approx(0.2, abs=0.01)


def test_the_pointing_game() -> None:
    truth = np.array([False, True, True])
    assert points_at(np.array([1, 0, 2]), truth) == 1
    assert points_at(np.array([0, 1, 2]), truth) == 0
    assert math.isnan(points_at(np.array([0, 1, 2]), np.zeros(3, bool)))
