from __future__ import annotations

import fairlearn.metrics as fm
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, precision_score

from pellucid.fairness import AuditSpec, audit

SPEC = AuditSpec(permutations=99)
METRICS = {
    "count": fm.count,
    "base_rate": lambda true, predicted: fm.mean_prediction(predicted, true),
    "selection_rate": fm.selection_rate,
    "accuracy": accuracy_score,
    "true_positive_rate": fm.true_positive_rate,
    "false_positive_rate": fm.false_positive_rate,
    "true_negative_rate": fm.true_negative_rate,
    "false_negative_rate": fm.false_negative_rate,
    "precision": lambda true, predicted: precision_score(true, predicted, zero_division=np.nan),
}


def frame_of(table: pd.DataFrame, columns: list[str]) -> tuple[fm.MetricFrame, dict]:
    data = {
        "y_true": (table["label"] == "yes").astype(int),
        "y_pred": (table["prediction"] == "yes").astype(int),
        "sensitive_features": table[[f"group:{c}" for c in columns]].fillna("(missing)"),
    }
    return fm.MetricFrame(metrics=METRICS, **data), data


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("columns", [["race"], ["race", "sex"]])
def test_rates_and_gaps_equal_fairlearn(random_table, seed, columns):
    table = random_table(seed)
    # Every group gets both labels and both predictions; where fairlearn takes an undefined rate
    # for 0 is a test of its own.
    table.loc[:2, "group:sex"] = "female"
    table.loc[:2, "label"] = ["yes", "no", "yes"]
    table.loc[:2, "prediction"] = ["yes", "no", "no"]
    ours = audit(table, positive="yes", spec=SPEC).groupings["×".join(columns)]
    theirs, data = frame_of(table, columns)

    by_group = theirs.by_group.dropna(how="all")
    named = ["×".join(key) if isinstance(key, tuple) else key for key in by_group.index]
    assert sorted(named) == sorted(ours.names)
    assert "(missing)" in named or any("(missing)×" in name for name in named)
    for metric in METRICS:
        for name, value in zip(named, by_group[metric], strict=True):
            figure = ours.metrics[metric][ours.names.index(name)]
            assert figure.value == pytest.approx(value, abs=1e-9)

    difference, ratio = theirs.difference(), theirs.ratio()
    for metric in METRICS:
        if metric != "count":
            gap = ours.gaps[f"{metric}_difference"]
            assert gap.figure.value == pytest.approx(difference[metric], abs=1e-9)
            found = by_group[metric].to_numpy(float)
            assert gap.highest == named[int(np.argmax(found))] or np.isclose(
                found[named.index(gap.highest)], found.max()
            )
            assert ours.gaps[f"{metric}_ratio"].figure.value == pytest.approx(
                ratio[metric], abs=1e-9
            )
    if len(columns) > 1:
        return  # the functions below come out alike on one column or several; one is enough
    for name in ("demographic_parity", "equalized_odds", "equal_opportunity"):
        for kind in ("difference", "ratio"):
            expected = getattr(fm, f"{name}_{kind}")(**data)
            assert ours.gaps[f"{name}_{kind}"].figure.value == pytest.approx(expected, abs=1e-9)


def test_a_rate_without_rows_is_not_defined_and_left_out_of_the_gap():
    # No row of group c is truly positive: fairlearn takes its true positive rate as 0.
    table = pd.DataFrame(
        {
            "label": ["yes", "yes", "no", "yes", "yes", "no", "no", "no"],
            "prediction": ["yes", "no", "no", "yes", "yes", "yes", "no", "yes"],
            "group:g": list("aaabbbcc"),
        }
    )
    ours = audit(table, positive="yes", spec=SPEC).groupings["g"]
    theirs, data = frame_of(table, ["g"])
    assert theirs.by_group["true_positive_rate"]["c"] == 0
    figure = ours.metrics["true_positive_rate"][2]
    assert not figure.defined
    assert figure.n == 0
    assert figure.as_json()["value"] is None
    assert fm.equal_opportunity_difference(**data) == 1.0
    assert ours.gaps["equal_opportunity_difference"].figure.value == 0.5
    assert ours.gaps["equal_opportunity_difference"].lowest == "a"
    assert not ours.to_rest["true_positive_rate"][2].defined
    # Rates that are defined everywhere still agree.
    assert ours.gaps["demographic_parity_difference"].figure.value == pytest.approx(
        fm.demographic_parity_difference(**data), abs=1e-12
    )


def test_ratio_without_any_selected_row_is_not_defined_as_in_fairlearn():
    table = pd.DataFrame(
        {
            "label": ["yes", "no", "yes", "no"],
            "prediction": ["no", "no", "no", "no"],
            "group:g": list("aabb"),
        }
    )
    gaps = audit(table, positive="yes", spec=SPEC).groupings["g"].gaps
    _, data = frame_of(table, ["g"])
    assert np.isnan(fm.demographic_parity_ratio(**data))
    assert not gaps["demographic_parity_ratio"].figure.defined
    assert gaps["demographic_parity_difference"].figure.value == 0.0
    assert gaps["demographic_parity_difference"].p_value == 1.0


def test_equalized_odds_ratio_where_no_group_has_false_positives():
    table = pd.DataFrame(
        {
            "label": ["yes", "yes", "no", "yes", "yes", "no"],
            "prediction": ["yes", "no", "no", "yes", "yes", "no"],
            "group:g": list("aaabbb"),
        }
    )
    gaps = audit(table, positive="yes", spec=SPEC).groupings["g"].gaps
    _, data = frame_of(table, ["g"])
    assert gaps["equalized_odds_ratio"].figure.value == fm.equalized_odds_ratio(**data) == 0.5


def test_each_class_against_the_rest_equals_fairlearn_and_scikit_learn(random_table):
    table = random_table(3, rows=5000, labels=("no", "yes", "maybe"))
    result = audit(table, spec=SPEC).groupings["sex"]
    features = table["group:sex"]
    accuracy = fm.MetricFrame(
        metrics=accuracy_score,
        y_true=table["label"],
        y_pred=table["prediction"],
        sensitive_features=features,
    )
    assert [figure.value for figure in result.metrics["accuracy"]] == pytest.approx(
        list(accuracy.by_group), abs=1e-12
    )
    assert set(result.metrics) == {"count", "accuracy"}
    assert list(result.per_class) == ["maybe", "no", "yes"]
    for label, ours in result.per_class.items():
        binary = {
            "y_true": (table["label"] == label).astype(int),
            "y_pred": (table["prediction"] == label).astype(int),
            "sensitive_features": features,
        }
        expected = fm.MetricFrame(metrics=METRICS, **binary).by_group
        for metric in ours.metrics:
            if metric in METRICS:
                values = [figure.value for figure in ours.metrics[metric]]
                assert values == pytest.approx(list(expected[metric]), abs=1e-12)
        assert ours.gaps["equalized_odds_difference"].figure.value == pytest.approx(
            fm.equalized_odds_difference(**binary), abs=1e-12
        )
