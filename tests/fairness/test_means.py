"""Means and their differences: scipy's t-tests, and the studentised range of the widest gap."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from pellucid.errors import DataError
from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.gaps import simulated_gap
from pellucid.fairness.groups import group_column
from pellucid.fairness.means import Summed
from pellucid.fairness.tally import Tally

CLOSE = {"rel": 1e-9, "abs": 1e-9}


def table_of(seed: int, rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.choice(list("abc"), rows, p=[0.5, 0.4, 0.1])
    true = rng.normal(50, 10, rows)
    said = true + rng.normal(np.where(group == "a", 2.0, -1.0), np.where(group == "b", 8, 3))
    return pd.DataFrame({"label": true, "prediction": said, "group:g": group})


def audited(table: pd.DataFrame, **more):
    return audit(table, task="regression", spec=AuditSpec(permutations=499, **more)).groupings["g"]


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_figures_of_numbers(seed, confidence):
    table = table_of(seed)
    found = audited(table, confidence=confidence, reference={"g": "b"})
    values = {
        "mean_label": table["label"],
        "mean_prediction": table["prediction"],
        "mean_error": table["prediction"] - table["label"],
        "mean_absolute_error": (table["prediction"] - table["label"]).abs(),
    }
    for at, name in enumerate(found.names):
        inside = table["group:g"] == name
        rows = table[inside]
        pair = rows["label"], rows["prediction"]
        own = {metric: figures[at] for metric, figures in found.metrics.items()}
        assert own["count"].value == len(rows)
        assert own["mean_absolute_error"].value == pytest.approx(mean_absolute_error(*pair))
        root = own["root_mean_squared_error"]
        assert root.value == pytest.approx(root_mean_squared_error(*pair))
        squares = (rows["prediction"] - rows["label"]) ** 2
        # Under each end, Hall's cubic of the standardised mean is Student's quantile.
        n, skew = len(squares), stats.skew(squares)
        far = stats.t.ppf((1 + confidence) / 2, n - 1) / np.sqrt(n - 1)
        for end, turned in ((root.low, far), (root.high, -far)):
            w = (squares.mean() - end**2) / squares.std(ddof=0)
            cubic = w + skew * w**2 / 3 + skew**2 * w**3 / 27 + skew / (6 * n)
            assert cubic == pytest.approx(turned, rel=1e-6)
        for metric, value in values.items():
            figure = own[metric]
            ends = stats.ttest_1samp(value[inside], 0).confidence_interval(confidence)
            assert figure.value == pytest.approx(value[inside].mean(), **CLOSE)
            assert (figure.low, figure.high) == pytest.approx(ends, **CLOSE)
            for differences, other in (
                (found.to_rest, value[~inside]),
                (found.to_reference, value[table["group:g"] == "b"]),
            ):
                gap = differences[metric][at]
                if differences is found.to_reference and name == "b":
                    assert not gap.defined
                    continue
                test = stats.ttest_ind(value[inside], other, equal_var=False)
                assert gap.value == pytest.approx(value[inside].mean() - other.mean(), **CLOSE)
                ends = test.confidence_interval(confidence)
                assert (gap.low, gap.high) == pytest.approx(ends, **CLOSE)
                if differences is found.to_rest:
                    scatter = value.std() * np.sqrt(1 / inside.sum() + 1 / (~inside).sum())
                    chance = max(test.pvalue, 2 * stats.norm.sf(abs(gap.value) / scatter))
                    assert found.p_values[metric][at] == pytest.approx(chance, rel=1e-6)
    for metric, value in values.items():
        assert found.overall[metric].value == pytest.approx(value.mean(), **CLOSE)
        means = value.groupby(table["group:g"]).mean()
        gap = found.gaps[f"{metric}_difference"]
        assert gap.figure.value == pytest.approx(means.max() - means.min(), **CLOSE)
        assert (gap.lowest, gap.highest) == (means.idxmin(), means.idxmax())
    assert found.overall["root_mean_squared_error"].value == pytest.approx(
        root_mean_squared_error(table["label"], table["prediction"])
    )


def summed(values, groups):
    grouping = group_column("g", pd.Series(list(groups)))
    tally = Tally.of([grouping], [grouping])
    return Summed.of(tally, np.asarray(values, float)).by(grouping)


def test_numbers_far_from_zero_keep_their_digits():
    rng = np.random.default_rng(0)
    values = 1e9 + rng.normal(size=200)
    groups = rng.choice(list("ab"), 200)
    means = summed(values, groups)
    low, high = means.interval(0.95)
    for at, name in enumerate("ab"):
        ends = stats.ttest_1samp(values[groups == name] - 1e9, 0).confidence_interval(0.95)
        assert (low[at] - 1e9, high[at] - 1e9) == pytest.approx(tuple(ends), abs=1e-6)


def test_too_few_rows_and_rows_that_are_all_alike():
    means = summed([1.0, 5.0, 5.0, 2.0, 2.0, 2.0], "abbccc")
    low, high = means.interval(0.95)
    assert means.value.tolist() == [1.0, 5.0, 2.0]
    assert np.isnan([low[0], high[0]]).all()  # one row scatters nobody knows how
    assert (low[1], high[1]) == (5.0, 5.0)
    low, high, p_value = means.difference(means.picked(2), 0.95)
    # Neither group scatters, but a few rows given out at random would often come to lie so.
    assert (low[1], high[1]) == (3.0, 3.0)
    scatter = np.std([5, 5, 2, 2, 2], ddof=1) * np.sqrt(1 / 2 + 1 / 3)
    assert p_value[1] == pytest.approx(2 * stats.norm.sf(3 / scatter))
    assert (low[2], high[2], p_value[2]) == (0.0, 0.0, 1.0)
    assert np.isnan(p_value[0])
    table = pd.DataFrame({"label": 1.0, "prediction": [1.0, 2, 2, 3, 4, 5], "group:g": [*"abbbcc"]})
    found = audited(table)
    assert found.metrics["mean_error"][0].value == 0
    assert found.metrics["mean_error"][0].low is None
    assert np.isnan(found.p_values["mean_error"][0])
    assert np.isnan(found.adjusted["mean_error"][0])


@pytest.mark.parametrize("groups", [2, 5])
def test_the_widest_gap_of_means_follows_the_studentised_range(groups):
    rng = np.random.default_rng(groups)
    for spread in (0.3, 1.2):
        values = rng.normal(size=groups)
        gap = simulated_gap(
            tuple("abcde"[:groups]),
            values,
            np.full(groups, spread),
            1000,
            draws=20_000,
            seed=1,
            words="",
        )
        chance = stats.studentized_range.sf(np.ptp(values) / spread, groups, np.inf)
        assert gap.p_value == pytest.approx(chance, abs=0.015)
        assert 0 <= gap.corrected <= gap.figure.value == np.ptp(values)


def test_groups_without_an_error_are_left_out_of_the_gap():
    values, errors = np.array([1.0, 9.0, 2.0, np.nan]), np.array([0.1, np.nan, 0.1, np.nan])
    options = {"draws": 99, "seed": 0, "words": ""}
    gap = simulated_gap(tuple("abcd"), values, errors, 10, **options)
    assert (gap.figure.value, gap.lowest, gap.highest) == (1.0, "a", "c")
    assert not simulated_gap(tuple("ab"), values[:2], errors[:2], 10, **options).figure.defined


def test_a_cell_that_is_no_number_is_named():
    table = table_of(0, rows=5).astype({"prediction": object})
    table.loc[3, "prediction"] = "many"
    with pytest.raises(DataError, match="row 4, column “prediction”: “many” is not a number"):
        audited(table)


def test_rows_without_a_number_are_left_out():
    table = table_of(1)
    table.loc[[0, 7], "label"] = None
    table.loc[9, "prediction"] = np.nan
    kept = table.drop(index=[0, 7, 9])
    found = audit(table, task="regression")
    assert (found.rows, found.dropped) == (297, 3)
    mean = kept.groupby("group:g")["label"].mean()
    figures = found.groupings["g"].metrics["mean_label"]
    assert [one.value for one in figures] == pytest.approx(list(mean))
