"""Indices of counts: scikit-learn, and the formulas of Speicher et al. row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, dirichlet
from sklearn.metrics import f1_score, precision_score, recall_score

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.indices import INDICES, between_groups, index_intervals, indices
from pellucid.fairness.ratios import mover_ratio
from pellucid.fairness.uncertainty import wilson

SPEC = AuditSpec(permutations=99, replicates=400)
EXACT = {"abs": 1e-12, "rel": 0}


def table_of(seed: int, rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = rng.choice(list("abc"), rows, p=[0.6, 0.33, 0.07])
    true = rng.random(rows) < 0.4
    wrong = rng.random(rows) < np.where(group == "a", 0.15, 0.35)
    return pd.DataFrame(
        {"label": true.astype(int), "prediction": (true ^ wrong).astype(int), "group:g": group}
    )


def entropy(benefit: np.ndarray, alpha: int) -> float:
    """Return AIF360's generalised entropy index of people's benefits."""
    share = benefit / benefit.mean()
    if alpha == 1:
        logs = np.log(share, out=np.zeros_like(share), where=share > 0)
        return float((share * logs).mean())
    return float((share**alpha - 1).mean() / (alpha * (alpha - 1)))


def benefits(rows: pd.DataFrame) -> np.ndarray:
    return (rows["prediction"] - rows["label"] + 1).to_numpy(float)


@pytest.mark.parametrize("seed", range(4))
def test_indices_of_every_group(seed):
    table = table_of(seed)
    found = audit(table, spec=SPEC).groupings["g"]
    for at, name in enumerate(found.names):
        inside = table["group:g"] == name
        for figures, rows in ((found.metrics, table[inside]), (found.rest, table[~inside])):
            own = {metric: figures[metric][at] for metric in INDICES}
            true, said = rows["label"], rows["prediction"]
            assert own["f1"].value == pytest.approx(f1_score(true, said), **EXACT)
            misses, alarms = ((true == 1) & (said == 0)).sum(), ((true == 0) & (said == 1)).sum()
            assert own["treatment_equality"].value == pytest.approx(misses / alarms, **EXACT)
            two, one = (entropy(benefits(rows), alpha) for alpha in (2, 1))
            assert own["generalized_entropy_index"].value == pytest.approx(two, **EXACT)
            assert own["theil_index"].value == pytest.approx(one, **EXACT)
            assert {figure.n for figure in own.values()} == {len(rows)}
        for metric in INDICES:
            gap = found.metrics[metric][at].value - found.rest[metric][at].value
            assert found.to_rest[metric][at].value == pytest.approx(gap, **EXACT)
    for metric, alpha in (("generalized_entropy_index", 2), ("theil_index", 1)):
        whole = entropy(benefits(table), alpha)
        assert found.overall[metric].value == pytest.approx(whole, **EXACT)
    # Everyone gets the mean benefit of their group: what is left is unequal between groups.
    mean = pd.Series(benefits(table)).groupby(table["group:g"]).transform("mean").to_numpy()
    between = found.overall["between_group_generalized_entropy_index"].value
    assert between == pytest.approx(entropy(mean, 2), **EXACT)
    assert between < found.overall["generalized_entropy_index"].value


@pytest.mark.parametrize("seed", range(4))
def test_the_index_falls_into_a_part_between_groups_and_parts_within(seed):
    rng = np.random.default_rng(seed)
    cells = rng.integers(1, 60, (5, 4))
    rows = cells.sum(axis=1)
    mean = (cells[:, 0] + cells[:, 3] + 2 * cells[:, 1]) / rows
    weights = rows / rows.sum() * (mean / (mean * rows).sum() * rows.sum()) ** 2
    within = (weights * indices(cells)["generalized_entropy_index"]).sum()
    whole = indices(cells.sum(axis=0, keepdims=True))["generalized_entropy_index"][0]
    assert between_groups(cells) + within == pytest.approx(whole, **EXACT)


def test_indices_that_are_not_defined():
    # Only misses, only true negatives, no row at all, no false positive.
    cells = np.array([[0, 0, 5, 0], [0, 0, 0, 5], [0, 0, 0, 0], [3, 0, 2, 4]])
    found = indices(cells)
    assert found["f1"][0] == 0
    assert np.isnan(found["f1"][[1, 2]]).all()
    assert np.isnan(found["treatment_equality"]).all()
    for metric in ("generalized_entropy_index", "theil_index"):
        assert np.isnan(found[metric][[0, 2]]).all()
        assert found[metric][1] == 0  # everyone gets the same


@pytest.mark.parametrize("seed", range(3))
def test_ratios_to_the_reference_group(seed):
    table = table_of(seed)
    spec = SPEC.model_copy(update={"reference": {"g": "b"}})
    found = audit(table, spec=spec).groupings["g"]
    assert found.reference == "b"
    rows = {name: part for name, part in table.groupby("group:g")}
    for metric, rate in {
        "selection_rate": lambda part: part["prediction"].mean(),
        "true_positive_rate": lambda part: recall_score(part["label"], part["prediction"]),
        "precision": lambda part: precision_score(part["label"], part["prediction"]),
    }.items():
        for name, figure in zip(found.names, found.ratios[metric], strict=True):
            assert figure.value == pytest.approx(rate(rows[name]) / rate(rows["b"]), **EXACT)
            gap = found.to_reference[metric][found.names.index(name)]
            if name == "b":
                assert (figure.low, figure.high) == (1, 1)
                assert not gap.defined
            else:
                assert gap.value == pytest.approx(rate(rows[name]) - rate(rows["b"]), **EXACT)
                assert figure.low < figure.value < figure.high


def test_intervals_lie_near_those_of_redrawn_rows():
    table = table_of(5, rows=3000)
    found = audit(table, spec=AuditSpec(permutations=99, replicates=4000)).groupings["g"]
    rng = np.random.default_rng(0)
    rows = table[table["group:g"] == "a"]
    true, said = rows["label"].to_numpy(), rows["prediction"].to_numpy()
    cells = [((true == one) & (said == two)).sum() for one, two in ((1, 1), (0, 1), (1, 0), (0, 0))]
    drawn = indices(rng.multinomial(len(rows), np.array(cells) / len(rows), 4000))
    for metric in INDICES:
        figure = found.metrics[metric][0]
        low, high = np.quantile(drawn[metric], [0.025, 0.975])
        near = 0.1 * (high - low)
        assert (figure.low, figure.high) == pytest.approx((low, high), abs=near), metric


def test_closed_intervals_are_wilsons_of_a_share():
    cells = np.array([[12, 5, 7, 40], [0, 3, 2, 1], [4, 2, 0, 9]])
    found = index_intervals(cells, 0.9, 100, np.random.default_rng(0))
    for at, (tp, fp, fn, _) in enumerate(cells.tolist()):
        share = binomtest(tp, tp + fp + fn).proportion_ci(0.9, method="wilson")
        ends = [2 * end / (1 + end) for end in share]
        assert [end[at] for end in found["f1"]] == pytest.approx(ends, abs=1e-12)
        share = binomtest(fn, fp + fn).proportion_ci(0.9, method="wilson")
        ends = [end / (1 - end) for end in share]
        assert [end[at] for end in found["treatment_equality"]] == pytest.approx(ends, abs=1e-9)


def test_entropies_have_quantiles_of_jeffreys_posterior():
    tp, fp, fn, tn = 20, 6, 4, 30
    found = index_intervals(np.array([[tp, fp, fn, tn]]), 0.95, 20_000, np.random.default_rng(0))
    shares = dirichlet([fn + 0.5, tp + tn + 0.5, fp + 0.5]).rvs(20_000, random_state=1)
    benefit = np.array([0.0, 1.0, 2.0])
    mean = shares @ benefit
    two = ((shares @ benefit**2) / mean**2 - 1) / 2
    low, high = np.quantile(two, [0.025, 0.975])
    ends = [end[0] for end in found["generalized_entropy_index"]]
    assert ends == pytest.approx((low, high), rel=0.04)


def test_intervals_keep_a_width_where_all_rows_are_alike():
    table = pd.DataFrame(
        {"label": [1, 0] * 20, "prediction": [1, 0] * 20, "group:g": list("aabb" * 10)}
    )
    found = audit(table, spec=SPEC).groupings["g"]
    for metric in ("f1", "generalized_entropy_index", "theil_index"):
        own, gap = found.metrics[metric][0], found.to_rest[metric][0]
        assert own.low <= own.value <= own.high
        assert own.high - own.low > 0.005
        assert gap.low < gap.value == 0 < gap.high
    assert found.ratios["accuracy"][1].low < 1 < found.ratios["accuracy"][1].high


def test_the_part_between_groups_has_no_interval():
    overall = audit(table_of(1), spec=SPEC).groupings["g"].overall
    figure = overall["between_group_generalized_entropy_index"]
    assert figure.low is figure.high is figure.method is None


def test_a_ratio_turned_over_has_the_ends_turned_over():
    hits, rows = np.array([3, 40, 0, 7]), np.array([12, 55, 9, 7])
    others, other_rows = np.array([30, 2, 5, 50]), np.array([60, 20, 9, 80])
    pair = (hits / rows, wilson(hits, rows)), (others / other_rows, wilson(others, other_rows))
    low, high = mover_ratio(*pair[0], *pair[1])
    back_low, back_high = mover_ratio(*pair[1], *pair[0])
    some = hits > 0
    assert low[some] == pytest.approx(1 / back_high[some])
    assert high[some] == pytest.approx(1 / back_low[some])
    assert low[2] == 0 < high[2] < 1
    assert np.isnan(back_low[2]) and np.isnan(back_high[2])
    # With a reference that is known well, it is Wilson's interval over that rate.
    known = np.array([0.4])
    one = np.array([0.25]), wilson(np.array([3]), np.array([12]))
    ends = mover_ratio(*one, known, (known, known))
    assert [float(end[0]) for end in ends] == pytest.approx([float(e[0]) / 0.4 for e in one[1]])
