"""P-values of differences and of largest gaps, against scipy's tests of the same tables."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.counts import Share
from pellucid.fairness.gaps import largest_gaps
from pellucid.fairness.rate_tests import rate_p_values


def share(successes, rows) -> Share:
    return Share(np.array(successes, np.int64), np.array(rows, np.int64))


def test_few_rows_have_fishers_exact_p_value():
    rng = np.random.default_rng(0)
    rows, others = rng.integers(1, 80, 60), rng.integers(1, 1500, 60)
    hits, other_hits = rng.binomial(rows, 0.3), rng.binomial(others, rng.random(60))
    hits[:2], other_hits[:2] = 0, others[:2]
    hits[2:4], other_hits[2:4] = rows[2:4], 0
    found = rate_p_values(share(hits, rows), share(other_hits, others))
    for at in range(60):
        table = [
            [hits[at], rows[at] - hits[at]],
            [other_hits[at], others[at] - other_hits[at]],
        ]
        tails = [stats.fisher_exact(table, side).pvalue for side in ("less", "greater")]
        assert found[at] == pytest.approx(min(1.0, 2 * min(tails)), rel=1e-8)


def test_many_rows_have_the_chi_square_p_value_with_yates_correction():
    rng = np.random.default_rng(1)
    rows, others = rng.integers(6_000, 60_000, 20), rng.integers(6_000, 600_000, 20)
    hits, other_hits = rng.binomial(rows, 0.6), rng.binomial(others, 0.605)
    hits[0], other_hits[0] = 3000, 3000
    rows[0], others[0] = 6000, 6000
    found = rate_p_values(share(hits, rows), share(other_hits, others))
    assert found[0] == 1
    for at in range(20):
        table = [
            [hits[at], rows[at] - hits[at]],
            [other_hits[at], others[at] - other_hits[at]],
        ]
        expected = stats.chi2_contingency(table, correction=True).pvalue
        assert found[at] == pytest.approx(expected, rel=1e-6)


def test_both_ways_agree_where_one_takes_over_from_the_other(monkeypatch):
    own, other = share([1050, 900], [2000, 2000]), share([51_000, 47_000], [100_000, 100_000])
    exact = rate_p_values(own, other)
    monkeypatch.setattr("pellucid.fairness.rate_tests._EXACT", 10)
    assert rate_p_values(own, other) == pytest.approx(exact, rel=0.05)


def test_sides_without_rows_and_tables_that_could_not_be_otherwise():
    found = rate_p_values(share([0, 3, 0, 4], [0, 5, 5, 4]), share([3, 0, 0, 9], [5, 0, 5, 9]))
    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [1, 1]


def test_p_values_of_an_audit_are_those_of_its_own_counts():
    rng = np.random.default_rng(2)
    group, true = rng.choice(list("abc"), 400), rng.random(400) < 0.5
    said = rng.random(400) < np.where(group == "a", 0.6, 0.4)
    table = pd.DataFrame(
        {"label": true.astype(int), "prediction": said.astype(int), "group:g": group}
    )
    found = audit(table, spec=AuditSpec(permutations=99, replicates=100)).groupings["g"]
    counted = {"selection_rate": (said, said >= 0), "true_positive_rate": (said & true, true)}
    for metric, (hit, kept) in counted.items():
        for at, name in enumerate(found.names):
            inside = group == name
            two = [[(hit & side).sum(), (kept & ~hit & side).sum()] for side in (inside, ~inside)]
            tails = [stats.fisher_exact(two, side).pvalue for side in ("less", "greater")]
            assert found.p_values[metric][at] == pytest.approx(min(1, 2 * min(tails)), rel=1e-8)
    # All that are compared are adjusted together: differences of the model's rates and gaps.
    differences = [values for metric, values in found.p_values.items() if metric != "base_rate"]
    aliases = ("demographic_parity", "equal_opportunity", "predictive_parity", "base_rate")
    complements = ("false_negative", "true_negative", "false_discovery", "false_omission")
    gaps = {
        name: gap
        for name, gap in found.gaps.items()
        if name.endswith("_difference") and not name.startswith((*aliases, *complements))
    }
    known = np.concatenate([*differences, [gap.p_value for gap in gaps.values()]])
    expected = stats.false_discovery_control(known, method="bh")
    adjusted = [values for metric, values in found.adjusted.items() if metric != "base_rate"]
    assert np.concatenate(adjusted) == pytest.approx(expected[: -len(gaps)], abs=1e-12)
    assert [gap.adjusted for gap in gaps.values()] == pytest.approx(expected[-len(gaps) :])
    assert np.isnan(found.adjusted["base_rate"]).all()
    assert sum(gap.adjusted is not None for gap in found.gaps.values()) == len(gaps)


def exact_chance(successes: tuple[int, ...], rows: tuple[int, ...], observed: float) -> float:
    """Return the chance of so large a gap over every way to deal the successes out."""
    law = stats.multivariate_hypergeom(m=rows, n=sum(successes))
    return sum(
        float(law.pmf(dealt))
        for dealt in product(*(range(n + 1) for n in rows))
        if sum(dealt) == sum(successes)
        and np.ptp(np.array(dealt) / np.array(rows)) >= observed - 1e-12
    )


@pytest.mark.parametrize(
    ("successes", "rows"), [((9, 4), (12, 14)), ((3, 5, 1), (6, 8, 9)), ((2, 2), (4, 4))]
)
def test_p_value_of_the_largest_gap_by_going_through_every_table(successes, rows):
    found = largest_gaps(
        tuple("abc"[: len(rows)]),
        {"selection_rate": share(successes, rows)},
        permutations=20_000,
        seed=0,
        words="",
    )
    gap = found["selection_rate_difference"]
    rates = np.array(successes) / np.array(rows)
    assert gap.figure.value == pytest.approx(np.ptp(rates), abs=1e-15)
    chance = exact_chance(successes, rows, np.ptp(rates))
    assert gap.p_value == pytest.approx(chance, abs=0.012)
    assert found["demographic_parity_difference"] == gap


def test_the_correction_takes_off_what_chance_adds():
    """Groups that do not differ have a gap all the same; corrected ones are much nearer to none."""
    rng = np.random.default_rng(3)
    rows = np.array([100, 60, 40, 30])
    raw, corrected = [], []
    for seed in range(60):
        found = largest_gaps(
            tuple("abcd"),
            {"selection_rate": Share(rng.binomial(rows, 0.4), rows)},
            permutations=200,
            seed=seed,
            words="",
        )["selection_rate_difference"]
        raw.append(found.figure.value)
        corrected.append(found.corrected)
    assert np.mean(raw) > 0.1
    assert np.mean(corrected) < np.mean(raw) / 2
    # Where rows are many and groups far apart there is next to nothing to take off.
    wide = largest_gaps(
        tuple("ab"),
        {"selection_rate": share([8000, 2000], [10_000, 10_000])},
        permutations=200,
        seed=0,
        words="",
    )["selection_rate_difference"]
    assert wide.corrected == pytest.approx(0.6, abs=0.002)
