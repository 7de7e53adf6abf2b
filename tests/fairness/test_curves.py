from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from pellucid.fairness import AuditSpec, audit, curves_table

SPEC = AuditSpec(permutations=99)


def test_areas_equal_scikit_learn_in_every_group(random_table):
    table = random_table(5, rows=8000)
    table.loc[:2, ["label", "group:sex"]] = ["yes", "female"]  # the rare group has no negatives
    result = audit(table, positive="yes", spec=SPEC)
    filled = table.fillna({"group:race": "(missing)"})
    for column in ("race", "sex"):
        ours = result.groupings[column]
        for i, name in enumerate(ours.names):
            rows = filled[filled[f"group:{column}"] == name]
            positive = rows["label"] == "yes"
            if positive.all():
                assert not ours.metrics["roc_auc"][i].defined
            else:
                assert ours.metrics["roc_auc"][i].value == pytest.approx(
                    roc_auc_score(positive, rows["score:yes"]), abs=1e-12
                )
                assert (
                    ours.metrics["roc_auc"][i].low
                    < ours.metrics["roc_auc"][i].value
                    < ours.metrics["roc_auc"][i].high
                )
            assert ours.metrics["average_precision"][i].value == pytest.approx(
                average_precision_score(positive, rows["score:yes"]), abs=1e-12
            )


def test_curve_points_equal_scikit_learn(random_table):
    table = random_table(6, rows=2000)
    points = curves_table(audit(table, positive="yes", groups=["sex"], spec=SPEC).curves)
    assert list(points.columns) == ["column", "group", "label", "curve", "x", "y", "threshold"]
    rows = table[table["group:sex"] == "female"]
    x, y, threshold = roc_curve(rows["label"] == "yes", rows["score:yes"], drop_intermediate=False)
    drawn = points[(points["group"] == "female") & (points["curve"] == "roc")]
    assert np.allclose(drawn[["x", "y"]], np.stack([x, y], axis=1), atol=1e-12)
    assert np.array_equal(drawn["threshold"], threshold)
    assert set(points["label"]) == {"yes"}


def test_curves_are_absent_without_scores(random_table):
    table = random_table(7, rows=500).drop(columns="score:yes")
    result = audit(table, positive="yes", spec=SPEC)
    assert result.curves == ()
    assert "roc_auc" not in result.groupings["sex"].metrics
    assert curves_table(result.curves).empty


def test_every_class_has_curves_where_every_class_has_scores():
    rng = np.random.default_rng(0)
    scores = rng.dirichlet([1, 1, 1], size=300)
    labels = np.array(["c", "a", "b"], dtype=object)
    table = pd.DataFrame(
        {
            "label": labels[rng.integers(3, size=300)],
            "prediction": labels[scores.argmax(axis=1)],
            **{f"score:{label}": scores[:, i] for i, label in enumerate(labels)},
            "group:g": rng.choice(["x", "y"], size=300),
        }
    )
    result = audit(table, spec=SPEC)
    assert result.labels == ("c", "a", "b")
    assert {curve.label for curve in result.curves} == {"a", "b", "c"}
    assert "roc_auc" in result.groupings["g"].per_class["a"].metrics
    assert "roc_auc" not in result.groupings["g"].metrics
