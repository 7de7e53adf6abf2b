"""Intervals and p-values against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pellucid.core.multiple import adjusted
from pellucid.core.spec import EvaluateSpec
from pellucid.explain.proof.paired import means, p_values

SPEC = EvaluateSpec(replicates=2000)


def test_means_with_percentile_intervals() -> None:
    rng = np.random.default_rng(0)
    table = np.stack([rng.normal(3, 1, 80), rng.exponential(2, 80)], axis=1)
    for found, column in zip(means(table, SPEC), table.T, strict=True):
        theirs = stats.bootstrap(
            (column,), np.mean, n_resamples=5000, method="percentile", rng=rng
        ).confidence_interval
        assert found.value == pytest.approx(column.mean())
        width = theirs.high - theirs.low
        assert (found.low, found.high) == pytest.approx(tuple(theirs), abs=0.1 * width)
        assert (found.n, found.method) == (80, "bootstrap")


def test_rows_that_define_no_figure_count_for_none() -> None:
    table = np.array([[1.0, np.nan], [2.0, np.nan], [6.0, 4.0], [np.nan, np.nan]])
    first, second = means(table, SPEC)
    assert (first.value, first.n) == (3.0, 3)
    assert 1 <= first.low <= first.high <= 6
    assert (second.value, second.low, second.n) == (4.0, None, 1)
    undefined = means(np.full((3, 1), np.nan), SPEC)[0]
    assert not undefined.defined
    assert undefined.n == 0


def test_shares_that_all_rows_agree_on_have_wilsons_interval() -> None:
    found = means(np.ones((20, 2)), SPEC, shares=[1])
    assert (found[0].low, found[0].method) == (1.0, "bootstrap")
    assert found[1].method == "wilson"
    assert found[1].low == pytest.approx(stats.binomtest(20, 20).proportion_ci(method="wilson").low)


def test_p_values_of_few_rows_are_exact() -> None:
    rng = np.random.default_rng(3)
    table = np.stack([rng.normal(0.7, 1, 9), rng.normal(0, 1, 9), np.zeros(9)], axis=1)
    theirs = [
        stats.permutation_test((column,), np.mean, permutation_type="samples").pvalue
        for column in table.T
    ]
    assert p_values(table, 0) == pytest.approx(theirs)
    assert p_values(table, 0)[2] == 1


def test_p_values_of_many_rows_are_drawn() -> None:
    rng = np.random.default_rng(4)
    table = np.stack([rng.normal(0.25, 1, 100), rng.normal(0.6, 1, 100)], axis=1)
    found = p_values(table, 0)
    assert found[0] == pytest.approx(stats.ttest_1samp(table[:, 0], 0).pvalue, abs=0.02)
    assert found[1] == 1 / 10_000
    assert p_values(table, 0).tolist() == found.tolist()


def test_chance_is_called_significant_as_seldom_as_it_should_be() -> None:
    table = np.random.default_rng(5).standard_normal((30, 2000))
    assert (p_values(table, 1) < 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_rows_without_a_difference_change_no_p_value() -> None:
    column = np.array([0.3, 1.2, -0.2, 0.9, 0.8, 1.5])
    more = np.append(column, [np.nan, np.nan])[:, None]
    assert p_values(more, 0)[0] == pytest.approx(p_values(column[:, None], 0)[0])
    assert np.isnan(p_values(np.full((4, 1), np.nan), 0)[0])


def test_benjamini_and_hochberg() -> None:
    # p times their number over their rank, and none above the next larger one.
    assert adjusted(np.array([0.01, 0.04, 0.03, 0.5])) == pytest.approx(
        [0.04, 4 / 3 * 0.04, 4 / 3 * 0.04, 0.5]
    )
    assert adjusted(np.array([0.01, np.nan, 0.03])) == pytest.approx(
        [0.02, np.nan, 0.03], nan_ok=True
    )
