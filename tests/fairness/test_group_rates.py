"""Rates and areas of groups as a table, beside fairlearn, scikit-learn and rows drawn again."""

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    precision_score,
    roc_auc_score,
)

from pellucid.errors import DataError, RecipeError
from pellucid.fairness import group_areas, group_rates

FAIRLEARN = {
    "count": metrics.count,
    "selection_rate": metrics.selection_rate,
    "true_positive_rate": metrics.true_positive_rate,
    "false_positive_rate": metrics.false_positive_rate,
    "true_negative_rate": metrics.true_negative_rate,
    "false_negative_rate": metrics.false_negative_rate,
    "accuracy": accuracy_score,
    "precision": precision_score,
}


def rows(seed, n=2000):
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    prediction = np.where(rng.random(n) < 0.7, label, 1 - label)
    return (
        label,
        prediction,
        pd.Series(rng.choice(["a", "b", "c", "d"], n, p=[0.5, 0.3, 0.15, 0.05])),
    )


def wide(table, column="value"):
    return table.pivot(index="group", columns="metric", values=column)


@pytest.mark.parametrize("seed", range(3))
def test_rates_are_fairlearns(seed):
    label, prediction, group = rows(seed)
    frame = metrics.MetricFrame(
        metrics=FAIRLEARN, y_true=label, y_pred=prediction, sensitive_features=group
    )
    names = [name for name in FAIRLEARN if name != "count"]
    found = group_rates(label, prediction, group, metrics=names)
    wanted = frame.by_group.astype(float)
    np.testing.assert_allclose(wide(found)[names], wanted[names], rtol=0, atol=1e-12)
    counted = wide(found, "rows")
    np.testing.assert_array_equal(counted["accuracy"], wanted["count"])
    np.testing.assert_array_equal(
        counted["true_positive_rate"] + counted["false_positive_rate"], wanted["count"]
    )


def test_any_words_for_classes_and_rows_without_a_group():
    label, prediction, group = rows(4)
    words = np.array(["granted", "refused"])
    missing = group.where(np.arange(len(group)) % 10 > 0)
    found = group_rates(words[label], words[prediction], missing, positive="granted")
    assert list(found["group"].unique()) == ["a", "b", "c", "d", "(missing)"]
    inside = missing.isna().to_numpy()
    wanted = (prediction[inside] == 0).mean()
    assert wide(found).loc["(missing)", "selection_rate"] == pytest.approx(wanted, abs=1e-12)


def test_a_bootstrap_draws_rows():
    """Its ends are those of rates of rows that are really drawn with replacement."""
    label, prediction, group = rows(5, 400)
    found = group_rates(
        label, prediction, group, metrics=["selection_rate", "precision"], replicates=4000
    )
    rng = np.random.default_rng(1)
    drawn = []
    for _ in range(4000):
        at = rng.integers(0, 400, 400)
        own = at[group.to_numpy()[at] == "b"]
        said = prediction[own] == 1
        drawn.append((said.mean(), label[own][said].mean()))
    wanted = np.quantile(drawn, [0.025, 0.975], axis=0)
    for i, name in enumerate(["selection_rate", "precision"]):
        (row,) = found[(found["group"] == "b") & (found["metric"] == name)].itertuples()
        assert (row.low, row.high) == pytest.approx(wanted[:, i], abs=0.012)
    again = group_rates(
        label, prediction, group, metrics=["selection_rate", "precision"], replicates=4000
    )
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.parametrize("kind", ["continuous", "ties"])
def test_areas_are_scikit_learns(kind):
    label, _, group = rows(6)
    rng = np.random.default_rng(7)
    score = rng.normal(label)
    score = score if kind == "continuous" else score.round(1)
    found = wide(group_areas(label, score, group))
    for name in "abcd":
        own = (group == name).to_numpy()
        wanted = roc_auc_score(label[own], score[own])
        assert found.loc[name, "roc_auc"] == pytest.approx(wanted, abs=1e-12)
        wanted = average_precision_score(label[own], score[own])
        assert found.loc[name, "average_precision"] == pytest.approx(wanted, abs=1e-12)


def test_a_group_of_one_class_has_no_area():
    found = wide(group_areas([1, 0, 1, 1], [0.9, 0.2, 0.5, 0.6], list("aabb")))
    assert found.loc["a", "roc_auc"] == 1
    assert np.isnan(found.loc["b", "roc_auc"])
    assert found.loc["b", "average_precision"] == 1


def test_what_is_not_known_is_named():
    label, prediction, group = rows(8, 50)
    with pytest.raises(RecipeError, match="true_positive_rate"):
        group_rates(label, prediction, group, metrics=["true_positve_rate"])
    with pytest.raises(RecipeError, match="“2” is not known"):
        group_rates(label, prediction, group, positive=2)
    with pytest.raises(RecipeError, match="3 classes, and none is named"):
        group_rates(np.arange(50) % 3, prediction, group)
    with pytest.raises(DataError, match="row 3"):
        group_areas([1, 0, 1], [0.1, 0.2, np.nan], list("aab"))
