"""What few rows can show: power by its definition, and rates of small groups drawn to the mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.counts import Share
from pellucid.fairness.power import rows_needed, smallest_gap
from pellucid.fairness.shrinkage import prior, shrunk, shrunk_means
from pellucid.fairness.uncertainty import newcombe


def share(successes, rows) -> Share:
    return Share(np.array(successes, np.int64), np.array(rows, np.int64))


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_a_gap_of_that_size_is_seen_four_times_in_five(confidence):
    rng = np.random.default_rng(0)
    rate, rows = rng.uniform(0.1, 0.9, 30), rng.integers(200, 5000, 30)
    others = rng.integers(200, 5000, 30)
    gap = smallest_gap(rate, rows, others, confidence)
    error = np.sqrt(rate * (1 - rate) / rows + rate * (1 - rate) / others)
    reach = stats.norm.ppf((1 + confidence) / 2)
    assert stats.norm.sf(reach, loc=gap / error) == pytest.approx(np.full(30, 0.8), abs=1e-12)


def test_power_by_simulation():
    rng = np.random.default_rng(1)
    rate, rows, others = 0.4, 300, 900
    gap = smallest_gap(np.array([rate]), np.array([rows]), np.array([others]), 0.95)[0]
    first, second = (
        rng.binomial(rows, rate + gap / 2, 4000),
        rng.binomial(others, rate - gap / 2, 4000),
    )
    low, high = newcombe(first, np.full(4000, rows), second, np.full(4000, others))
    assert np.mean((low > 0) | (high < 0)) == pytest.approx(0.8, abs=0.03)


def test_edges_of_the_smallest_gap():
    rate, rows, others = (
        np.array([0.5, 0.5, 0.5, 0.0]),
        np.array([0, 9, 1, 9]),
        np.array([9, 0, 1, 9]),
    )
    found = smallest_gap(rate, rows, others, 0.95)
    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [1, 0]


@pytest.mark.parametrize("part", [0.5, 0.1, 0.02])
@pytest.mark.parametrize("gap", [0.03, 0.1])
def test_rows_needed_are_those_that_would_show_the_gap(gap, part):
    rows = rows_needed(0.3, gap, 0.95, share=part)
    assert rows == int(rows)
    for count, shown in ((rows, True), (rows - 1, False)):
        least = smallest_gap(
            np.array([0.3]), np.array([count]), np.array([count * (1 - part) / part]), 0.95
        )
        assert (least[0] <= gap + 1e-9) == shown


def test_rows_needed_of_a_textbook():
    # Two groups of one size, .5 against .6, 5% and 80%: textbooks say 387 to 407, by formula.
    assert 380 < rows_needed(0.5, 0.1, 0.95) < 410


def test_prior_by_hand():
    # 10 of 20 and 2 of 20: mean .3, between 1.6, slack 19, so that the correlation is .348371.
    mean, strength = prior(share([10, 2], [20, 20]))
    assert mean == pytest.approx(0.3, abs=1e-15)
    assert strength == pytest.approx(1 / (1.39 / (0.21 * 19)) - 1, abs=1e-12)
    assert shrunk(share([10, 2], [20, 20]))[0] == pytest.approx(
        (10 + strength * 0.3) / (20 + strength), abs=1e-12
    )


@pytest.mark.parametrize(("a", "b"), [(2, 6), (12, 4)])
def test_the_prior_that_groups_were_drawn_from_is_found(a, b):
    rng = np.random.default_rng(a)
    rows = rng.integers(5, 80, 3000)
    rates = rng.beta(a, b, 3000)
    counts = Share(rng.binomial(rows, rates), rows)
    mean, strength = prior(counts)
    assert mean == pytest.approx(a / (a + b), abs=0.01)
    assert strength == pytest.approx(a + b, rel=0.1)
    found = shrunk(counts)
    # The mean of the Beta distribution that is left after the rows were seen.
    posterior = stats.beta(
        counts.successes + strength * mean, counts.rows - counts.successes + strength * (1 - mean)
    )
    assert found == pytest.approx(posterior.mean(), abs=1e-12)
    # And nearer to the truth than what was counted.
    assert np.mean((found - rates) ** 2) < 0.8 * np.mean((counts.value - rates) ** 2)


@pytest.mark.parametrize("seed", range(5))
def test_rates_lie_between_their_own_and_all_rows(seed):
    rng = np.random.default_rng(seed)
    rows = np.array([3, 12, 40, 300, 100_000, 0])
    counts = Share(rng.binomial(rows, [0.9, 0.1, 0.7, 0.4, 0.6, 0.5]), rows)
    found, own = shrunk(counts), counts.value
    mean = counts.successes.sum() / rows.sum()
    assert found[-1] == pytest.approx(mean, abs=1e-12)  # nothing is known of it
    inside = (np.minimum(own, mean) <= found) & (found <= np.maximum(own, mean))
    assert inside[:-1].all()
    assert abs(found[4] - own[4]) < 1e-4
    moved = np.abs(found - own)[:-1] / np.abs(mean - own)[:-1]
    assert (np.diff(moved) < 0).all()  # the more rows, the less


def test_groups_that_scatter_no_more_than_chance_have_all_the_same_rate():
    assert shrunk(share([5, 10, 20], [10, 20, 40])).tolist() == [0.5] * 3
    assert shrunk(share([0, 0], [10, 3])).tolist() == [0, 0]
    assert prior(share([0, 0], [10, 3])) == (0, np.inf)
    assert np.isnan(shrunk(share([5, 0], [10, 0]))).all()  # one group alone


def test_groups_that_are_all_or_nothing_stay():
    counts = share([10, 0, 0], [10, 10, 0])
    assert prior(counts)[1] == pytest.approx(0, abs=1e-12)
    assert shrunk(counts) == pytest.approx([1, 0, 0.5], abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_means_with_the_same_error_keep_a_closed_form(seed):
    """All weights are the same: the share kept is one minus error over what is seen to scatter."""
    values = np.random.default_rng(seed).normal(size=6)
    error = 0.5 * values.std(ddof=1)
    found = shrunk_means(values, np.full(6, error))
    kept = 1 - error**2 / values.var(ddof=1)
    assert found == pytest.approx(values.mean() + kept * (values - values.mean()), abs=1e-12)
    wide = shrunk_means(values, np.full(6, 3 * values.std(ddof=1)))
    assert wide == pytest.approx(np.full(6, values.mean()), abs=1e-12)


def test_means_without_an_error_stay():
    values, errors = np.array([1.0, 2.0, 7.0, np.nan]), np.array([0.5, 0.5, np.nan, np.nan])
    found = shrunk_means(values, errors)
    assert found[2] == 7 and np.isnan(found[3])
    # Two of them: excess 2 - 1 over a scale of 4 leaves .25 between, as much as the errors'.
    assert found[:2] == pytest.approx([1.25, 1.75], abs=1e-12)


def test_an_audit_says_both():
    rng = np.random.default_rng(4)
    group = rng.choice(["a", "b", "c"], 1000, p=[0.7, 0.28, 0.02])
    true = rng.random(1000) < 0.5
    table = pd.DataFrame({"label": true, "group:g": group}).assign(
        prediction=np.where(rng.random(1000) < np.where(group == "b", 0.9, 0.6), true, ~true)
    )
    found = audit(table, spec=AuditSpec(permutations=99, replicates=100)).groupings["g"]
    own = found.metrics["accuracy"]
    rows = np.array(found.n)
    rate = found.overall["accuracy"].value
    expected = 2.801585 * np.sqrt(rate * (1 - rate) * (1 / rows + 1 / (1000 - rows)))
    assert found.detectable["accuracy"] == pytest.approx(expected, rel=1e-6)
    drawn = np.abs(found.shrunk["accuracy"] - [figure.value for figure in own])
    assert np.argmax(drawn) == found.names.index("c")
    assert {metric for metric in found.shrunk} == {metric for metric in found.detectable}
