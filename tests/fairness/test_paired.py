"""Differences on the same rows: published intervals, simulated coverage, scipy's permutations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pellucid.core.measured import Measured
from pellucid.fairness.paired import (
    average,
    between,
    mean_difference,
    newcombe_paired,
    paired_difference,
    permuted,
    rate,
)
from pellucid.fairness.uncertainty import newcombe


@pytest.mark.parametrize(
    ("counts", "value", "low", "high"),
    [
        # Bentur et al. 2009 in Fagerland, Lydersen and Laake 2014, square-and-add.
        ((1, 1, 7, 12), -0.286, -0.507, -0.026),
        # Newcombe 1998, method 10.
        ((20, 12, 2, 16), 0.2, 0.0562, 0.3292),
    ],
)
def test_published_intervals(
    counts: tuple[int, int, int, int], value: float, low: float, high: float
) -> None:
    found = newcombe_paired(*counts, 0.95)
    assert found == pytest.approx((value, low, high), abs=6e-4)


def test_the_same_by_rows_and_by_counts() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(200) < 0.7, rng.random(200) < 0.5
    both, neither = (first & second).sum(), (~first & ~second).sum()
    found = paired_difference(first, second, 0.9)
    counts = int(both), int((first & ~second).sum()), int((~first & second).sum()), int(neither)
    assert (found.value, found.low, found.high) == newcombe_paired(*counts, 0.9)
    other = paired_difference(second, first, 0.9)
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low))


@pytest.mark.parametrize("rows", [1, 5, 60])
def test_rows_that_are_all_alike_still_leave_room(rows: int) -> None:
    same = np.ones(rows, bool)
    found = paired_difference(same, same, 0.95)
    assert found.value == 0 and found.low < 0 < found.high
    gone = paired_difference(same, ~same, 0.95)
    assert gone.value == 1 and gone.low < 1 and gone.high == pytest.approx(1)


def test_coverage_of_paired_differences() -> None:
    rng = np.random.default_rng(1)
    inside = []
    for cells in ([0.6, 0.2, 0.1, 0.1], [0.85, 0.1, 0.02, 0.03], [0.3, 0.3, 0.1, 0.3]):
        for rows in (30, 100, 400):
            truth = cells[1] - cells[2]
            for counts in rng.multinomial(rows, cells, size=400):
                _, low, high = newcombe_paired(*counts.tolist(), 0.95)
                inside.append(low <= truth <= high)
    assert 0.94 <= np.mean(inside) <= 0.98


def test_between_separate_rates_is_newcombes() -> None:
    a, b = np.arange(40) < 30, np.arange(60) < 33
    found = between(rate(a, 0.95), rate(b, 0.95))
    low, high = newcombe(np.array([30]), np.array([40]), np.array([33]), np.array([60]))
    assert found.value == pytest.approx(30 / 40 - 33 / 60)
    assert (found.low, found.high) == pytest.approx((low[0], high[0]))
    assert between(Measured(0.5, n=3), rate(b, 0.95)).low is None


def test_means_have_students_interval() -> None:
    values = np.random.default_rng(2).normal(0.3, 1, 25)
    found = mean_difference(values, 0.9)
    wanted = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high))
    assert mean_difference(values[:1], 0.9).low is None
    assert not mean_difference(values[:0], 0.9).defined


def test_coverage_of_the_difference_of_averages() -> None:
    """Two strengths of a change, both groups alike: zero lies inside at least as often as said."""
    rng = np.random.default_rng(3)
    inside = []
    for _ in range(400):
        sides = []
        for rows in (30, 120):
            before = rng.random(rows) < 0.8
            kept = rng.random(rows)
            drops = [
                paired_difference(before, before & (kept > share), 0.95) for share in (0.1, 0.3)
            ]
            sides.append(drops)
        found = average([between(*pair) for pair in zip(*sides, strict=True)])
        inside.append(found.low <= 0 <= found.high)
    assert np.mean(inside) >= 0.93


def test_permutations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(4)
    values = rng.normal(size=40)
    codes = (np.arange(40) < 12).astype(np.intp)
    values[codes == 1] += 0.8
    drawn = permuted(values, codes, 2, 4000, rng)
    own = np.mean(np.abs(drawn[1:, 1]) >= abs(drawn[0, 1]))
    wanted = stats.permutation_test(
        (values[codes == 1], values[codes == 0]),
        lambda a, b: a.mean() - b.mean(),
        n_resamples=4000,
        rng=5,
    )
    assert drawn[0, 1] == pytest.approx(wanted.statistic)
    assert drawn[0, 0] == pytest.approx(-wanted.statistic)
    assert own == pytest.approx(wanted.pvalue, abs=0.02)
