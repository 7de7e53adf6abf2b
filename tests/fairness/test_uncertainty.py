from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ks_1samp, random_table, uniform

from pellucid.fairness.uncertainty import (
    auc_interval,
    newcombe,
    permutation_p_value,
    permuted_range,
    wilson,
)


def counts(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_wilson_published_values():
    low, high = wilson(counts(8, 81, 0, 1), counts(10, 263, 20, 29))
    assert (low[0], high[0]) == pytest.approx((0.490, 0.943), abs=5e-4)
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3.
    assert list(low[1:]) == pytest.approx([0.2553, 0.0, 0.0061], abs=5e-5)
    assert list(high[1:]) == pytest.approx([0.3662, 0.1611, 0.1718], abs=5e-5)


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_wilson_equals_scipy(confidence):
    rng = np.random.default_rng(0)
    n = rng.integers(1, 3000, size=50)
    k = rng.binomial(n, rng.random(50))
    k[:2], k[2:4] = 0, n[2:4]
    low, high = wilson(k, n, confidence)
    for i in range(50):
        expected = binomtest(int(k[i]), int(n[i])).proportion_ci(confidence, method="wilson")
        assert (low[i], high[i]) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (low[k == 0] == 0).all()
    assert (high[k == n] == 1).all()


def test_no_rows_no_interval():
    low, high = wilson(counts(0), counts(0))
    assert np.isnan(low[0])
    assert np.isnan(high[0])
    assert np.isnan(newcombe(counts(1), counts(2), counts(0), counts(0))).all()


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe (1998), Interval estimation for the difference, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_published_values(first, second, low, high):
    found = newcombe(counts(first[0]), counts(first[1]), counts(second[0]), counts(second[1]))
    assert (found[0][0], found[1][0]) == pytest.approx((low, high), abs=5.1e-5)


def test_newcombe_turns_its_sign_with_the_groups():
    low, high = newcombe(counts(5), counts(56), counts(0), counts(29))
    back = newcombe(counts(0), counts(29), counts(5), counts(56))
    assert (back[0], back[1]) == (-high, -low)


def test_permuted_rates_follow_shuffled_groups():
    """The drawn range has the distribution of a plain shuffle of the rows."""
    rows, successes = counts(12, 7, 30, 0), counts(6, 1, 13, 0)
    rng = np.random.default_rng(1)
    low, high = permuted_range(successes, rows, 20_000, rng)
    codes = np.repeat(np.arange(4), rows)
    outcome = np.zeros(49)
    outcome[:20] = 1
    shuffled = []
    for _ in range(4000):
        rates = np.bincount(rng.permutation(codes), outcome, minlength=3)[:3] / rows[:3]
        shuffled.append(rates.max() - rates.min())
    for q in (0.1, 0.5, 0.9):
        assert np.quantile(high - low, q) == pytest.approx(np.quantile(shuffled, q), abs=0.03)
    # scipy's sampler of tables with given margins is a third way to the same mean.
    tables = random_table.rvs([12, 7, 30], [20, 29], size=4000, random_state=2)[:, :, 0]
    rates = tables / np.array([12, 7, 30])
    gap = (rates.max(axis=1) - rates.min(axis=1)).mean()
    assert (high - low).mean() == pytest.approx(gap, abs=0.01)


def test_permutations_in_parts_are_as_many_as_asked_for(monkeypatch):
    monkeypatch.setattr("pellucid.fairness.uncertainty._DRAWS", 70)
    low, high = permuted_range(counts(3, 4), counts(9, 9), 101, np.random.default_rng(0))
    assert low.shape == high.shape == (101,)
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()


def test_p_value_counts_the_data_itself():
    permuted = np.array([0.1, 0.2, 0.3])
    assert permutation_p_value(0.5, permuted) == 1 / 4
    assert permutation_p_value(0.2, permuted) == 3 / 4
    assert permutation_p_value(0.2 + 1e-15, permuted) == 3 / 4


def test_p_values_are_uniform_where_groups_do_not_differ():
    rng = np.random.default_rng(4)
    rows = counts(400, 300, 200)
    found = []
    for _ in range(300):
        successes = rng.binomial(rows, 0.4)
        rate = successes / rows
        low, high = permuted_range(successes, rows, 199, rng)
        found.append(permutation_p_value(rate.max() - rate.min(), high - low))
    assert ks_1samp(found, uniform.cdf).pvalue > 0.001
    assert np.mean(np.array(found) <= 0.05) < 0.10


def test_p_value_of_recall_holds_where_base_rates_differ():
    """Equal recall, very different base rates: the test must not take the latter for a gap."""
    rng = np.random.default_rng(5)
    found = []
    for _ in range(300):
        positives = np.array([400, 15, 15])
        hits = rng.binomial(positives, 0.7)
        rate = hits / positives
        low, high = permuted_range(hits, positives, 199, rng)
        found.append(permutation_p_value(rate.max() - rate.min(), high - low))
    assert np.mean(np.array(found) <= 0.05) < 0.10


@pytest.mark.parametrize(("auc", "positives", "negatives"), [(0.5, 20, 30), (0.85, 15, 40)])
def test_auc_interval_solves_its_equation(auc, positives, negatives):
    low, high = auc_interval(auc, positives, negatives)
    assert 0 < low < auc < high < 1
    for theta in (low, high):
        # Hanley and McNeil (1982), with both sample sizes replaced by their mean in the bracket.
        q1, q2 = theta / (2 - theta), 2 * theta**2 / (1 + theta)
        half = (positives + negatives) / 2 - 1
        spread = theta * (1 - theta) + half * (q1 - theta**2) + half * (q2 - theta**2)
        z = (auc - theta) / np.sqrt(spread / (positives * negatives))
        assert abs(z) == pytest.approx(1.959964, abs=1e-6)


def test_auc_interval_keeps_a_width_at_the_edge():
    assert auc_interval(1.0, 5, 5)[1] == 1.0
    assert auc_interval(1.0, 5, 5)[0] < 0.8
    assert auc_interval(0.0, 5, 5)[0] == 0.0


def test_auc_interval_covers():
    from scipy.stats import norm
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(6)
    truth, hit = norm.cdf(1 / np.sqrt(2)), 0
    label = np.repeat([0, 1], [40, 25])
    for _ in range(400):
        low, high = auc_interval(roc_auc_score(label, rng.normal(label)), 25, 40)
        hit += low <= truth <= high
    assert hit / 400 > 0.92
