"""Areas of ranked rows: scikit-learn on the rows that each one speaks about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.ranked import Ranked
from pellucid.fairness.subgroups import AREAS, generalised_mean, subgroup_areas

SPEC = AuditSpec(permutations=99, replicates=100)
EXACT = {"abs": 1e-12, "rel": 0}

# What scores are like: full of ties, hardly any, none in 64 bits but many in 32, below 0.
SCORES: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "tenths": lambda rng, n: rng.integers(0, 11, n) / 10,
    "two values": lambda rng, n: rng.integers(0, 2, n).astype(float),
    "one value": lambda rng, n: np.full(n, 0.25),
    "no ties": lambda rng, n: rng.random(n),
    "32 bits": lambda rng, n: rng.random(n).astype(np.float32).astype(float),
    "ties in 32 bits alone": lambda rng, n: 0.5 + rng.integers(0, 40, n) * 2.0**-40,
    "logits": lambda rng, n: np.round(rng.normal(scale=3, size=n), 1),
    "both zeros": lambda rng, n: rng.choice([-1.0, -0.0, 0.0, 1.0], n),
}


def table_of(kind: str, seed: int, rows: int = 300) -> pd.DataFrame:
    """Draw rows of four groups, of which one has positives and one has negatives alone."""
    rng = np.random.default_rng(seed)
    score = SCORES[kind](rng, rows)
    group = rng.choice(list("abcd"), rows)
    true = rng.random(rows) < 0.3 + 0.4 * (score > np.median(score))
    true = np.where(group == "c", True, np.where(group == "d", False, true))
    return pd.DataFrame(
        {
            "label": np.where(true, "yes", "no"),
            "prediction": np.where(score >= 0.5, "yes", "no"),
            "score": score,
            "group": group,
        }
    )


def area(rows: pd.DataFrame) -> float:
    return roc_auc_score(rows["label"] == "yes", rows["score"])


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("kind", SCORES)
def test_every_area_of_every_group(kind, seed):
    table = table_of(kind, seed)
    found = audit(
        table, prediction="prediction", score="score", groups=["group"], positive="yes", spec=SPEC
    ).groupings["group"]
    yes = table["label"] == "yes"
    for at, name in enumerate(found.names):
        inside = table["group"] == name
        rows = {
            "roc_auc": inside,
            "bpsn_auc": (inside & ~yes) | (~inside & yes),
            "bnsp_auc": (inside & yes) | (~inside & ~yes),
        }
        for metric, kept in rows.items():
            figure = found.metrics[metric][at]
            if yes[kept].nunique() < 2:
                assert not figure.defined and figure.low is None
            else:
                assert figure.value == pytest.approx(area(table[kept]), **EXACT)
                assert figure.low <= figure.value <= figure.high
        assert found.rest["roc_auc"][at].value == pytest.approx(area(table[~inside]), **EXACT)
        average = found.metrics["average_precision"][at]
        if yes[inside].any():
            expected = average_precision_score(yes[inside], table["score"][inside])
            assert average.value == pytest.approx(expected, **EXACT)
        else:
            assert not average.defined
    assert found.overall["roc_auc"].value == pytest.approx(area(table), **EXACT)
    assert found.overall["average_precision"].value == pytest.approx(
        average_precision_score(yes, table["score"]), **EXACT
    )
    a, b = (found.names.index(name) for name in "ab")
    difference = found.metrics["roc_auc"][a].value - found.metrics["roc_auc"][b].value
    assert found.gaps["roc_auc_difference"].figure.value == pytest.approx(abs(difference), **EXACT)


@pytest.mark.parametrize("kind", SCORES)
def test_points_of_both_curves_of_every_group(kind):
    table = table_of(kind, 2, rows=150)
    curves = audit(
        table, prediction="prediction", score="score", groups=["group"], positive="yes", spec=SPEC
    ).curves
    assert [one.group for one in curves] == list("abcd")
    for one in curves:
        rows = table[table["group"] == one.group]
        yes = rows["label"] == "yes"
        assert (one.positives, one.negatives) == (yes.sum(), (~yes).sum())
        assert (one.roc is None) == (yes.nunique() < 2)
        assert (one.pr is None) == (not yes.any())
        if one.roc is not None:
            x, y, thresholds = roc_curve(yes, rows["score"], drop_intermediate=False)
            np.testing.assert_allclose(one.roc.x, x, atol=1e-12)
            np.testing.assert_allclose(one.roc.y, y, atol=1e-12)
            np.testing.assert_array_equal(one.roc.thresholds, thresholds)
        if one.pr is not None:
            precision, recall, thresholds = precision_recall_curve(yes, rows["score"])
            # scikit-learn goes from the lowest threshold up.
            np.testing.assert_allclose(one.pr.y, precision[::-1], atol=1e-12)
            np.testing.assert_allclose(one.pr.x, recall[::-1], atol=1e-12)
            np.testing.assert_array_equal(one.pr.thresholds[1:], thresholds[::-1])


@pytest.mark.parametrize("kind", SCORES)
def test_rows_above_and_below_each_row_by_counting_pairs(kind):
    table = table_of(kind, 3, rows=60)
    yes, scores = (table["label"] == "yes").to_numpy(), table["score"].to_numpy()
    ranked = Ranked.of(yes, scores)
    higher = (scores[None] > scores[:, None]) + 0.5 * (scores[None] == scores[:, None])
    order = np.asarray(ranked.order, np.intp)
    assert sorted(order.tolist()) == list(range(60))
    assert (np.diff(scores[order]) <= 0).all()
    negative, positive = ~ranked.positive, ranked.positive
    above, below = higher[:, yes].sum(axis=1)[order], (1 - higher)[:, ~yes].sum(axis=1)[order]
    np.testing.assert_array_equal(ranked.above()[negative], above[negative])
    np.testing.assert_array_equal(ranked.below()[positive], below[positive])


@pytest.mark.parametrize(
    ("groups", "block"), [(1, 2), (1, 1 << 15), (3, 7), (300, 2), (300, 1 << 15), (70_000, 7)]
)
def test_few_and_many_groups(monkeypatch, groups, block):
    """Groups are numbered in 8, 16 or more bits, and read in blocks that may part equal scores."""
    monkeypatch.setattr("pellucid.fairness.ranked_group.BLOCK", block)
    rng = np.random.default_rng(groups)
    rows = 500
    yes, scores = rng.random(rows) < 0.5, rng.integers(0, 20, rows) / 20
    codes = rng.integers(0, min(groups, 40), rows) * (groups // min(groups, 40))
    found = Ranked.of(yes, scores).by_group(codes, groups)
    np.testing.assert_array_equal(found.sizes, np.bincount(codes, minlength=groups))
    np.testing.assert_array_equal(found.positives, np.bincount(codes[yes], minlength=groups))
    assert np.isnan(found.average_precision[found.positives == 0]).all()
    assert (found.pairs[found.sizes == 0] == 0).all()
    for code in np.unique(codes):
        inside = codes == code
        if 0 < yes[inside].sum() < inside.sum():
            pairs = found.positives[code] * (found.sizes[code] - found.positives[code])
            wanted = roc_auc_score(yes[inside], scores[inside])
            assert found.pairs[code] / pairs == pytest.approx(wanted, **EXACT)
        if yes[inside].any():
            wanted = average_precision_score(yes[inside], scores[inside])
            assert found.average_precision[code] == pytest.approx(wanted, **EXACT)


@pytest.mark.parametrize("block", [13, 1 << 15])
def test_long_curves_are_thinned_at_points_of_the_whole_curve(monkeypatch, block):
    monkeypatch.setattr("pellucid.fairness.ranked_group.BLOCK", block)
    rng = np.random.default_rng(0)
    yes = rng.random(30_000) < 0.1
    scores = rng.normal(yes)
    (found,) = Ranked.of(yes, scores).by_group(np.zeros(30_000, np.intp), 1, 200).groups
    x, y, thresholds = roc_curve(yes, scores, drop_intermediate=False)
    assert 100 <= len(found.hits) <= 201
    at = np.searchsorted(-thresholds, -found.thresholds)
    np.testing.assert_array_equal(thresholds[at], found.thresholds)
    np.testing.assert_allclose(found.hits / yes.sum(), y[at], atol=1e-12)
    np.testing.assert_allclose(found.alarms / (~yes).sum(), x[at], atol=1e-12)
    # No step is far longer than even ones would be, and the curve ends at its end.
    assert np.diff(found.hits, prepend=0).max() <= 2 * yes.sum() / 100 + 1
    assert np.diff(found.alarms, prepend=0).max() <= 2 * (~yes).sum() / 100 + 1
    assert (found.hits[-1], found.alarms[-1]) == (yes.sum(), (~yes).sum())
    # The area is that of all points.
    assert found.pairs / (yes.sum() * (~yes).sum()) == pytest.approx(
        roc_auc_score(yes, scores), abs=1e-12
    )


@pytest.mark.parametrize("kind", SCORES)
def test_subgroups_that_overlap(kind):
    table = table_of(kind, 4)
    rng = np.random.default_rng(5)
    yes = (table["label"] == "yes").to_numpy()
    members = {name: rng.random(len(table)) < share for name, share in [("x", 0.5), ("y", 0.1)]}
    members |= {"all": np.ones(len(table), bool), "none": np.zeros(len(table), bool)}
    found = subgroup_areas(yes, table["score"].to_numpy(), members)
    assert [one.name for one in found] == list(members)
    for one in found:
        inside = members[one.name]
        assert (one.positives, one.negatives) == ((inside & yes).sum(), (inside & ~yes).sum())
        kept = (inside, (inside & ~yes) | (~inside & yes), (inside & yes) | (~inside & ~yes))
        for name, rows in zip(AREAS, kept, strict=True):
            figure = getattr(one, name)
            if len(set(yes[rows])) == 2:
                assert figure.value == pytest.approx(area(table[rows]), **EXACT)
                assert figure.n == rows.sum()
            else:
                assert not figure.defined


def test_generalised_mean_by_its_formula():
    areas = np.array([0.9, 0.6, 0.75])
    assert generalised_mean(areas) == pytest.approx(
        ((0.9**-5 + 0.6**-5 + 0.75**-5) / 3) ** (-1 / 5), abs=1e-15
    )
    assert generalised_mean(np.append(areas, np.nan)) == generalised_mean(areas)
    assert generalised_mean(areas, 1.0) == pytest.approx(0.75, abs=1e-15)
    assert generalised_mean(np.full(7, 0.8)) == pytest.approx(0.8, abs=1e-15)
    # Its limit where one area is 0.
    assert generalised_mean(np.array([0.0, 0.9])) == 0
    assert generalised_mean(np.array([1e-12, 0.9])) < 2e-12
    assert np.isnan(generalised_mean(np.array([np.nan])))
