"""fairlearn on random tables with what real ones have: ties, gaps and groups without rows."""

from __future__ import annotations

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, precision_score

from pellucid.fairness import AuditSpec, audit

SPEC = AuditSpec(permutations=99, replicates=100)
EXACT = {"abs": 1e-12, "rel": 0, "nan_ok": True}
METRICS = {
    "count": fm.count,
    "selection_rate": fm.selection_rate,
    "true_positive_rate": fm.true_positive_rate,
    "false_positive_rate": fm.false_positive_rate,
    "accuracy": accuracy_score,
    "precision": lambda true, said: precision_score(true, said, zero_division=np.nan),
}
NAMES = ["a", "b", "c", "d", "e", "f"]


def table_of(seed: int, *, missing: float = 0.1, rows: int | None = None) -> pd.DataFrame:
    """Draw rows whose scores are multiples of a tenth, so that many lie right on the threshold."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(60, 900)) if rows is None else rows
    group = rng.choice(NAMES[:4], rows, p=rng.dirichlet(np.full(4, 3.0))).astype(object)
    group[rng.random(rows) < missing] = None
    true = rng.random(rows) < rng.uniform(0.2, 0.8)
    score = np.clip(np.round(rng.normal(0.4 + 0.2 * true, 0.25), 1), 0, 1)
    return pd.DataFrame(
        {
            "label": np.where(true, "yes", "no"),
            "score": score,
            # Two categories that no row has.
            "group": pd.Categorical(group, categories=NAMES),
        }
    )


def mine(table: pd.DataFrame):
    found = audit(table, score="score", groups=["group"], positive="yes", spec=SPEC)
    return found.groupings["group"]


def theirs(table: pd.DataFrame) -> dict[str, object]:
    groups = table["group"].astype(object)
    return {
        "y_true": (table["label"] == "yes").astype(int),
        "y_pred": (table["score"] >= 0.5).astype(int),
        "sensitive_features": groups.where(groups.notna(), "(missing)"),
    }


def both_ways(table: pd.DataFrame) -> bool:
    """Whether every group has rows of both labels, so that every rate of it is defined."""
    data = theirs(table)
    counts = pd.crosstab(data["sensitive_features"], data["y_true"])
    return bool((counts.to_numpy() > 0).all()) and counts.shape[1] == 2


@pytest.mark.parametrize("seed", range(8))
def test_rates_of_every_group(seed):
    table = table_of(seed)
    ours, expected = mine(table), fm.MetricFrame(metrics=METRICS, **theirs(table))
    # A category that no row has is no group; rows without one are a group of their own, the last.
    assert ours.names == (*NAMES[:4], "(missing)")
    assert set(ours.names) == set(expected.by_group.index)
    for metric in METRICS:
        found = [figure.value for figure in ours.metrics[metric]]
        assert found == pytest.approx(
            list(expected.by_group.loc[list(ours.names), metric]), **EXACT
        )
        assert ours.overall[metric].value == pytest.approx(expected.overall[metric], **EXACT)


@pytest.mark.parametrize("seed", range(8))
def test_gaps_between_groups(seed):
    table = table_of(seed)
    assert both_ways(table), "fairlearn takes an undefined rate for 0"
    gaps = {name: gap.figure.value for name, gap in mine(table).gaps.items()}
    data = theirs(table)
    for name in ("demographic_parity", "equalized_odds", "equal_opportunity"):
        for kind in ("difference", "ratio"):
            expected = getattr(fm, f"{name}_{kind}")(**data)
            assert gaps[f"{name}_{kind}"] == pytest.approx(expected, **EXACT)
    frame = fm.MetricFrame(metrics=METRICS, **data)
    difference, ratio = frame.difference(), frame.ratio()
    for metric in ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy"):
        assert gaps[f"{metric}_difference"] == pytest.approx(difference[metric], **EXACT)
        assert gaps[f"{metric}_ratio"] == pytest.approx(ratio[metric], **EXACT)


@pytest.mark.parametrize("seed", range(6))
def test_differences_to_all_rows(seed):
    """fairlearn's `to_overall` keeps the widest only; signed ones are group minus all rows."""
    table = table_of(seed)
    ours, frame = mine(table), fm.MetricFrame(metrics=METRICS, **theirs(table))
    for metric in ("selection_rate", "accuracy", "true_positive_rate", "false_positive_rate"):
        signed = frame.by_group[metric] - frame.overall[metric]
        found = [figure.value for figure in ours.to_overall[metric]]
        assert found == pytest.approx(list(signed[list(ours.names)]), **EXACT)
        widest = frame.difference(method="to_overall")[metric]
        assert np.abs(found).max() == pytest.approx(widest, **EXACT)


@pytest.mark.parametrize("label", ["yes", "no"])
@pytest.mark.parametrize("seed", range(4))
def test_a_group_of_one_label_is_left_out_of_the_gaps_that_ask_for_the_other(seed, label):
    table = table_of(seed, missing=0.0)
    table.loc[table["group"] == "c", "label"] = label
    ours = mine(table)
    lacking = "false_positive_rate" if label == "yes" else "true_positive_rate"
    at = ours.names.index("c")
    assert not ours.metrics[lacking][at].defined
    without, frame = table[table["group"] != "c"], fm.MetricFrame(metrics=METRICS, **theirs(table))
    others = fm.MetricFrame(metrics=METRICS, **theirs(without))
    for metric in ("selection_rate", "accuracy", "true_positive_rate", "false_positive_rate"):
        expected = others if metric == lacking else frame
        for kind in ("difference", "ratio"):
            found = ours.gaps[f"{metric}_{kind}"].figure.value
            assert found == pytest.approx(getattr(expected, kind)()[metric], **EXACT)
    odds = max(
        (others if metric == lacking else frame).difference()[metric]
        for metric in ("true_positive_rate", "false_positive_rate")
    )
    assert ours.gaps["equalized_odds_difference"].figure.value == pytest.approx(odds, **EXACT)


@pytest.mark.parametrize("seed", range(4))
def test_two_columns_and_their_intersection(seed):
    table = table_of(seed, rows=600)
    rng = np.random.default_rng(seed)
    table["sex"] = rng.choice(["f", "m", None], len(table), p=[0.5, 0.4, 0.1])
    found = audit(table, score="score", groups=["group", "sex"], positive="yes", spec=SPEC)
    ours, data = found.groupings["group×sex"], theirs(table)
    sex = table["sex"].fillna("(missing)")
    data["sensitive_features"] = pd.DataFrame({"group": data["sensitive_features"], "sex": sex})
    expected = fm.MetricFrame(metrics=METRICS, **data).by_group.dropna(how="all")
    expected = expected[expected["count"] > 0]
    assert set(ours.names) == {"×".join(key) for key in expected.index}
    for key, row in expected.iterrows():
        at = ours.names.index("×".join(key))
        for metric in METRICS:
            value = ours.metrics[metric][at].value
            # fairlearn takes a rate of no rows for 0.
            assert value == pytest.approx(row[metric], **EXACT) or (
                np.isnan(value) and row[metric] == 0
            )


def test_a_score_on_the_threshold_is_predicted_positive():
    scores = [0.5, np.nextafter(0.5, 0), 0.5 + 1e-12, 0.1, 0.9, 0.5]
    table = pd.DataFrame({"label": ["yes", "no"] * 3, "score": scores, "group": list("aaabbb")})
    assert [one.value for one in mine(table).metrics["selection_rate"]] == [2 / 3, 2 / 3]
    assert fm.MetricFrame(metrics=fm.selection_rate, **theirs(table)).by_group.tolist() == [
        2 / 3,
        2 / 3,
    ]
