from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pellucid.core import Run
from pellucid.errors import DataError, RecipeError, RunError
from pellucid.fairness import AuditSpec, audit, findings

SPEC = AuditSpec(permutations=499)


def planted(seed: int = 0, rows: int = 3000) -> pd.DataFrame:
    """Recall is 0.85, but 0.55 for the oldest; every other rate is alike."""
    rng = np.random.default_rng(seed)
    age = rng.choice(["18-39", "40-64", "65+"], size=rows, p=[0.5, 0.4, 0.1])
    sex = rng.choice(["f", "m"], size=rows)
    truth = rng.random(rows) < 0.5
    recall = np.where(age == "65+", 0.55, 0.85)
    guess = np.where(truth, rng.random(rows) < recall, rng.random(rows) < 0.2)
    return pd.DataFrame(
        {
            "label": np.where(truth, "positive", "negative"),
            "prediction": np.where(guess, "positive", "negative"),
            "group:age_band": age,
            "group:sex": sex,
        }
    )


def test_planted_gap_is_found_and_named():
    table = planted()
    result = audit(table, spec=SPEC)
    assert result.positive == "positive"
    worst = result.worst()
    assert (worst.column, worst.group, worst.label) == ("age_band", "65+", "positive")
    old = (table["group:age_band"] == "65+").to_numpy()
    true = (table["label"] == "positive").to_numpy()
    hit = true & (table["prediction"] == "positive").to_numpy()
    assert worst.rows == old.sum()
    assert worst.rate.value == pytest.approx(hit[old].sum() / true[old].sum())
    assert worst.rest.value == pytest.approx(hit[~old].sum() / true[~old].sum())
    assert (worst.rate.n, worst.rest.n) == (true[old].sum(), true[~old].sum())
    assert worst.difference.value == pytest.approx(worst.rate.value - worst.rest.value)
    assert worst.difference.low < -0.3 < worst.difference.high < 0
    gaps = result.groupings["age_band"].gaps
    assert gaps["equal_opportunity_difference"].p_value == 1 / 500
    assert gaps["equal_opportunity_difference"].lowest == "65+"
    assert result.groupings["sex"].gaps["equal_opportunity_difference"].p_value > 0.01


def test_nothing_is_found_where_groups_are_alike():
    rng = np.random.default_rng(1)
    found = 0
    for seed in range(20):
        table = planted(seed)
        table["group:age_band"] = rng.permutation(table["group:age_band"])
        found += audit(table, groups=["age_band"], spec=SPEC).worst() is not None
    # Three groups, three intervals: more than one in twenty audits, but not many.
    assert found <= 5


def test_a_small_group_is_there_and_marked_but_not_the_finding():
    table = planted()
    table.loc[:9, ["label", "prediction", "group:age_band"]] = ["positive", "negative", "unknown"]
    result = audit(table, spec=SPEC)
    ages = result.groupings["age_band"]
    unknown = ages.names.index("unknown")
    assert ages.n[unknown] == 10
    assert ages.small == {unknown}
    assert ages.metrics["true_positive_rate"][unknown].value == 0
    assert ages.gaps["equal_opportunity_difference"].lowest == "unknown"
    assert result.worst().group == "65+"
    groups = result.as_json()["age_band"]["groups"]
    assert groups["unknown"]["count"]["small"] is True
    assert "small" not in groups["65+"]["count"]


def test_intersections():
    table = planted()
    result = audit(table, spec=SPEC)
    assert list(result.groupings) == ["age_band", "sex", "age_band×sex"]
    crossed = result.groupings["age_band×sex"]
    assert crossed.columns == ("age_band", "sex")
    sizes = table.groupby(["group:age_band", "group:sex"]).size()
    assert dict(zip(crossed.names, crossed.n, strict=True)) == {
        "×".join(key): size for key, size in sizes.items()
    }
    assert list(audit(table, spec=AuditSpec(depth=1, permutations=99)).groupings) == [
        "age_band",
        "sex",
    ]


def test_json_form():
    table = planted()
    table["score:positive"] = np.linspace(0, 1, len(table))
    raw = json.loads(json.dumps(audit(table, spec=SPEC).as_json(), allow_nan=False))
    assert list(raw) == ["positive", "age_band", "sex", "age_band×sex"]
    assert raw["positive"] == "positive"
    assert set(raw["age_band"]) == {
        "confidence",
        "columns",
        "reference",
        "groups",
        "overall",
        "rest",
        "to_rest",
        "to_overall",
        "to_reference",
        "ratios_to_reference",
        "shrunk",
        "smallest_visible_gap",
        "gaps",
        "generalised_means",
    }
    figure = raw["age_band"]["groups"]["65+"]["true_positive_rate"]
    assert set(figure) == {"value", "low", "high", "n", "method"}
    assert figure["low"] < figure["value"] < figure["high"]
    assert set(raw["age_band"]["groups"]["65+"]) == {
        "count",
        "base_rate",
        "selection_rate",
        "accuracy",
        "true_positive_rate",
        "false_positive_rate",
        "true_negative_rate",
        "false_negative_rate",
        "precision",
        "negative_predictive_value",
        "false_discovery_rate",
        "false_omission_rate",
        "f1",
        "treatment_equality",
        "generalized_entropy_index",
        "theil_index",
        "roc_auc",
        "bpsn_auc",
        "bnsp_auc",
        "average_precision",
        "mean_error",
        "brier_score",
        "calibration_error",
    }
    assert "65+×f" in raw["age_band×sex"]["to_rest"]
    gap = raw["age_band"]["gaps"]["equalized_odds_difference"]
    assert (gap["low"], gap["high"], gap["n"]) == (None, None, len(table))
    assert 0 < gap["p_value"] <= 1
    for name in ("demographic_parity", "equalized_odds", "equal_opportunity", "precision"):
        assert {f"{name}_difference", f"{name}_ratio"} <= set(raw["sex"]["gaps"])


def three_classes(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    labels = np.array(["bad", "fair", "good"], dtype=object)
    truth = rng.integers(3, size=rows)
    sex = rng.choice(["f", "m"], size=rows)
    flip = (truth == 1) & (sex == "f") & (rng.random(rows) < 0.5)
    return pd.DataFrame(
        {
            "label": labels[truth],
            "prediction": labels[np.where(flip, 0, truth)],
            "group:sex": sex,
        }
    )


def test_more_than_two_classes_without_a_positive_one():
    result = audit(three_classes(), spec=SPEC)
    assert result.positive is None
    raw = result.as_json()["sex"]
    assert set(raw["groups"]["f"]) == {"count", "accuracy"}
    assert list(raw["per_class"]) == ["bad", "fair", "good"]
    assert {"groups", "to_rest", "gaps"} <= set(raw["per_class"]["fair"])
    worst = result.worst()
    assert (worst.group, worst.label) == ("f", "fair")


def test_more_than_two_classes_with_a_positive_one():
    table = three_classes()
    result = audit(table, positive="good", spec=SPEC)
    sex = result.groupings["sex"]
    assert list(sex.per_class) == ["bad", "fair", "good"]
    # Accuracy is the share of right rows, whatever the class.
    right = (table["label"] == table["prediction"]).groupby(table["group:sex"]).mean()
    assert [figure.value for figure in sex.metrics["accuracy"]] == pytest.approx(list(right))
    assert sex.metrics["true_positive_rate"] == sex.per_class["good"].metrics["true_positive_rate"]
    assert result.worst() is None  # recall on “good” is 1 for everyone


def test_p_values_do_not_depend_on_other_columns_and_repeat():
    table = planted()
    one = audit(table, groups=["sex"], spec=SPEC).groupings["sex"].gaps
    two = audit(table, spec=SPEC).groupings["sex"].gaps
    assert {name: replace(gap, adjusted=None) for name, gap in one.items()} == {
        name: replace(gap, adjusted=None) for name, gap in two.items()
    }
    other = audit(table, groups=["sex"], spec=AuditSpec(permutations=499, seed=99))
    assert [gap.p_value for gap in other.groupings["sex"].gaps.values()] != [
        gap.p_value for gap in one.values()
    ]
    # Recall and miss rate have the same gap, so they have the same chance.
    assert (
        one["false_negative_rate_difference"].p_value
        == one["true_positive_rate_difference"].p_value
        == one["equal_opportunity_difference"].p_value
    )


def test_one_group_only():
    table = planted().assign(**{"group:sex": "f"})
    sex = audit(table, groups=["sex"], spec=SPEC).groupings["sex"]
    assert sex.names == ("f",)
    assert sex.metrics["accuracy"][0].defined
    assert not sex.to_rest["accuracy"][0].defined
    gap = sex.gaps["demographic_parity_difference"]
    assert not gap.figure.defined
    assert gap.as_json()["p_value"] is None
    json.dumps(audit(table, spec=SPEC).as_json(), allow_nan=False)


def test_a_run_is_audited_on_its_test_rows(tmp_path):
    table = planted().assign(split="test")
    table.loc[:999, "split"] = "train"
    recipe = {"audit": {"positive": "negative", "permutations": 99}}
    run = Run.create(tmp_path, "one", json.dumps(recipe), {})
    table.to_parquet(run.path / "predictions.parquet")
    result = audit(run)
    assert (result.rows, result.split, result.positive) == (2000, "test", "negative")
    assert result.spec.permutations == 99
    assert audit(run, positive="positive").positive == "positive"
    assert list(audit(run, groups=["sex"]).groupings) == ["sex"]
    with pytest.raises(RecipeError, match="Leave them out"):
        audit(run, label="y")
    table[table["split"] == "train"].to_parquet(run.path / "predictions.parquet")
    with pytest.raises(RunError, match="test rows"):
        audit(run)


def test_errors_name_what_is_nearest():
    table = planted()
    with pytest.raises(RecipeError, match=r"audit\.positive.*“positiv”.*“positive”"):
        audit(table, positive="positiv")
    with pytest.raises(RecipeError, match=r"audit\.groups.*“age_ban”.*“age_band”"):
        audit(table, groups=["age_ban"])
    with pytest.raises(RecipeError, match="no sensitive column"):
        audit(table, groups=[])
    with pytest.raises(DataError, match="none of the 3000 rows"):
        audit(table.assign(label=None))
    with pytest.raises(DataError, match="every prediction is “no”"):
        audit(table.assign(label="no", prediction="no"))
    with pytest.raises(DataError, match="no prediction equals any label"):
        audit(table.assign(prediction=table["prediction"].str.upper()))
    with pytest.raises(DataError, match=r"3,?000 different labels"):
        audit(table.assign(label=range(3000), prediction=range(3000)))
    with pytest.raises(RecipeError, match="3,000 different values"):
        audit(table.assign(**{"group:sex": range(3000)}))
    with pytest.raises(RecipeError, match=r"key of audit\.json"):
        audit(table.rename(columns={"group:sex": "group:positive"}))


def test_an_intersection_of_too_many_groups_is_left_out_and_said():
    table = planted()
    # 49 and 61 have no common divisor, so the rows go through all 2,989 pairs of values.
    table["group:a"] = np.arange(3000) % 61
    table["group:b"] = np.arange(3000) % 49
    result = audit(table, groups=["a", "b"], spec=AuditSpec(permutations=99))
    assert result.skipped == ("a×b",)
    assert list(result.groupings) == ["a", "b"]
    assert any("a×b" in text.text for text in findings(result) if text.tone == "warning")


def test_rows_without_label_are_counted_and_left_out():
    table = planted()
    whole = audit(table.iloc[100:], spec=SPEC)
    table.loc[:49, "label"] = None
    table.loc[50:99, "prediction"] = ""
    result = audit(table, spec=SPEC)
    assert (result.rows, result.dropped) == (2900, 100)
    assert result.as_json() == whole.as_json()
