"""Intervals of figures that are functions of sums over rows."""

import math

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from pellucid.core.row_bootstrap import compare_rows, measure_rows, resamples
from pellucid.core.spec import EvaluateSpec

SPEC = EvaluateSpec(replicates=4000, seed=5)


def ratio(sums):
    return {"ratio": sums["part"] / sums["whole"], "rows": sums["one"]}


def test_the_mean_has_the_interval_of_the_normal_theory():
    values = np.random.default_rng(1).normal(3, 2, 400)
    found = measure_rows(
        {"value": values, "one": np.ones(400)},
        lambda sums: {"mean": sums["value"] / sums["one"]},
        SPEC,
        2,
    )["mean"]
    error = values.std() / math.sqrt(400)
    assert found.value == pytest.approx(values.mean(), rel=1e-12)
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)
    assert (found.n, found.method) == (400, "bootstrap")


def test_a_ratio_agrees_with_scipy():
    rng = np.random.default_rng(2)
    whole = rng.integers(1, 30, 150).astype(float)
    part = rng.binomial(whole.astype(int), 0.3).astype(float)
    found = measure_rows({"part": part, "whole": whole, "one": np.ones(150)}, ratio, SPEC, 0)
    peer = scipy_bootstrap(
        (part, whole),
        lambda a, b, axis: a.sum(axis) / b.sum(axis),
        paired=True,
        vectorized=True,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(3),
    )
    low, high = peer.confidence_interval
    assert found["ratio"].low == pytest.approx(low, abs=0.05 * (high - low))
    assert found["ratio"].high == pytest.approx(high, abs=0.05 * (high - low))
    # Every resample has as many rows as there are.
    assert (found["rows"].low, found["rows"].high) == (150, 150)


def test_several_numbers_of_a_row_stay_together():
    rng = np.random.default_rng(4)
    hits = rng.integers(0, 2, (80, 3))

    def figures(sums):
        assert sums["hits"].shape == (3,)
        return {"first": sums["hits"][0] / sums["one"], "mean": sums["hits"].mean() / sums["one"]}

    both = measure_rows({"hits": hits, "one": np.ones(80)}, figures, SPEC, 1)
    alone = measure_rows(
        {"hits": hits[:, 0], "one": np.ones(80)},
        lambda sums: {"first": sums["hits"] / sums["one"]},
        SPEC,
        1,
    )
    assert both["first"] == alone["first"]
    assert both["mean"].value == pytest.approx(hits.mean())


def test_tokens_of_one_document_are_not_counted_as_independent():
    # Ten tokens of a document are all alike: only the number of documents makes sure.
    hits = np.repeat([0.0, 10.0], 20)
    found = measure_rows(
        {"part": hits, "whole": np.full(40, 10.0), "one": np.ones(40)}, ratio, SPEC, 0
    )["ratio"]
    error = 0.5 / math.sqrt(40)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_differences_are_paired():
    rng = np.random.default_rng(6)
    base = rng.normal(0, 50, 300)
    own, other = ({"value": base + shift, "one": np.ones(300)} for shift in (1.0, 0.0))

    def mean(sums):
        return {"mean": sums["value"] / sums["one"], "total": sums["value"]}

    found = compare_rows(own, other, mean, SPEC, 2, names=["mean"])
    assert list(found) == ["mean"]
    # The rows' own spread, fifty times the difference, falls out of it.
    assert found["mean"].low == pytest.approx(1) == found["mean"].high
    with pytest.raises(ValueError, match="300 rows"):
        compare_rows(own, {"value": base[:9]}, mean, SPEC, 2)


def test_shares_of_rows_that_are_all_alike_have_an_interval():
    found = measure_rows(
        {"hit": np.ones(20), "one": np.ones(20)},
        lambda sums: {"share": sums["hit"] / sums["one"]},
        SPEC,
        0,
        shares=["share"],
    )["share"]
    assert found.method == "wilson"
    assert found.low == pytest.approx(1 - 1.959964**2 / (20 + 1.959964**2), abs=1e-6)


def test_what_divides_by_nothing_is_not_defined():
    zero = np.zeros(10)
    found = measure_rows({"part": zero, "whole": zero, "one": np.ones(10)}, ratio, SPEC, 0)
    assert not found["ratio"].defined
    assert found["ratio"].low is None
    empty = measure_rows({name: np.zeros(0) for name in ("part", "whole", "one")}, ratio, SPEC, 0)
    assert not empty["ratio"].defined
    assert empty["ratio"].n == 0


def test_resamples_are_multinomial_and_repeatable():
    spec = EvaluateSpec(replicates=3000, seed=8)
    weights = np.concatenate(list(resamples(7, spec, 1)))
    assert weights.shape == (3000, 7)
    assert set(weights.sum(axis=1)) == {7.0}
    assert weights.mean(axis=0) == pytest.approx(np.ones(7), abs=0.08)
    assert weights.var(axis=0) == pytest.approx(np.full(7, 1 - 1 / 7), abs=0.12)
    assert np.array_equal(weights, np.concatenate(list(resamples(7, spec, 1))))
    assert not np.array_equal(weights, np.concatenate(list(resamples(7, spec, 2))))
