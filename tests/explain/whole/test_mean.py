"""Intervals of means, shares and ratios against scipy, and against repeated draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from pellucid.explain.whole.mean import mean, rate, ratio


def test_means_are_scipys() -> None:
    values = np.array([0.3, -1.0, 2.5, 0.7])
    found = mean(values)
    low, high = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))
    assert mean(values[:1]).low is None


@pytest.mark.parametrize(("hits", "rows"), [(0, 7), (7, 7), (3, 11), (190, 200)])
def test_rates_are_scipys(hits: int, rows: int) -> None:
    found = rate(hits, rows)
    expected = stats.binomtest(hits, rows).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert not rate(0, 0).defined


def test_ratios_cover_the_true_one() -> None:
    generator = np.random.default_rng(0)
    hits = 0
    for _ in range(400):
        wholes = generator.uniform(0.1, 3, 30)
        found = ratio(0.4 * wholes + 0.3 * generator.standard_normal(30), wholes)
        assert found.low is not None and found.high is not None
        hits += found.low <= 0.4 <= found.high
    low, high = stats.binom.interval(0.999, 400, 0.95)
    assert low <= hits <= high


def test_rows_of_hardly_any_whole_do_not_rule_a_ratio() -> None:
    found = ratio(np.array([1.0, 1.0, 0.5]), np.array([2.0, 2.0, 0.001]))
    assert found.value == pytest.approx(2.5 / 4.001)
    assert math.isnan(ratio(np.ones(2), np.array([1.0, -1.0])).value)
