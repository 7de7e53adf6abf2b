"""Remedies behind the training, and the figures that remedies are compared by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import (
    demographic_parity_difference,
    equal_opportunity_difference,
    equalized_odds_difference,
)
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score, roc_auc_score

from pellucid.core import Run
from pellucid.fairness.remedies.features import features
from pellucid.fairness.remedies.heads import FeatureRows, exponentiated_gradient
from pellucid.fairness.remedies.measures import (
    Answered,
    Asked,
    disparity,
    group_areas,
)
from pellucid.fairness.remedies.on_scores import (
    Impossible,
    answered,
    reject_option,
    threshold_optimizer,
)
from pellucid.fairness.remedies.resampling import measured_disparity, resampled


def rows(count: int = 3000, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw groups, labels and scores; the scores of the second group are too low."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(3, size=count)
    labels = (rng.random(count) < np.array([0.5, 0.35, 0.6])[groups]).astype(np.int64)
    scores = 0.35 * labels + 0.75 * rng.random(count) - 0.15 * (groups == 1)
    return groups, labels, np.clip(np.round(scores, 2), 0, 1)


def asked(groups: np.ndarray, labels: np.ndarray, **others: Any) -> Asked:
    given: dict[str, Any] = {"positive": 1, "replicates": 400} | others
    return Asked(labels, groups, ("a", "b", "c"), ("no", "yes"), **given)


@pytest.mark.parametrize(
    ("constraint", "theirs"),
    [
        ("demographic_parity", "demographic_parity"),
        ("equalized_odds", "equalized_odds"),
        ("equal_opportunity", "true_positive_rate_parity"),
        ("false_positive_rate", "false_positive_rate_parity"),
    ],
)
def test_thresholds_are_fairlearns(constraint: Any, theirs: str) -> None:
    groups, labels, scores = rows()
    names = np.array(["a", "b", "c"])[groups]
    model = LogisticRegression().fit(scores[:, None], labels)
    p = model.predict_proba(scores[:, None])[:, 1]
    peer = ThresholdOptimizer(
        estimator=model, constraints=theirs, prefit=True, predict_method="predict_proba"
    )
    peer.fit(scores[:, None], labels, sensitive_features=names)
    expected = peer._pmf_predict(scores[:, None], sensitive_features=names)[:, 1]
    found = threshold_optimizer(p, asked(groups, labels), 1, constraint)(p, groups)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    plain = Answered((p >= 0.5).astype(np.int64), np.stack([1 - p, p], 1))
    drawn = answered(plain, found, 1, seed=3)
    for group in range(3):
        inside = groups == group
        assert drawn.predicted[inside].mean() == pytest.approx(found[inside].mean(), abs=0.04)
    np.testing.assert_allclose(drawn.scores.sum(1), 1)


def test_a_group_of_one_label_has_no_threshold() -> None:
    groups, labels, scores = rows()
    labels[groups == 2] = 0
    with pytest.raises(Impossible, match="“c” has no positive rows"):
        threshold_optimizer(scores, asked(groups, labels), 1, "equalized_odds")


def test_reject_option_favours_the_group_with_fewer_positive_answers() -> None:
    scores = np.array([0.9, 0.55, 0.52, 0.46, 0.1, 0.95, 0.54, 0.48, 0.2, 0.05])
    groups = np.repeat([0, 1], 5)
    labels = np.array([1, 1, 0, 0, 0, 1, 1, 0, 0, 0])
    given = Asked(labels, groups, ("a", "b"), ("no", "yes"), positive=1, small=1)
    # Selection rates are 3/5 and 2/5. From a margin of 0.025 on “b” gets the row with 0.48, and “a”
    # loses that with 0.52: 2/5 and 3/5; from 0.045 on the row with 0.46 stays out, that with 0.54
    # was in; from 0.055 on “a” loses 0.55 too. The gap is smallest where none or both moved … so
    # the smallest margin with the smallest gap is that in which one group alone has moved.
    chances = reject_option(scores, given, 1, "demographic_parity")
    found = chances(scores, groups)
    rates = found[:5].mean(), found[5:].mean()
    best = min(
        abs(
            np.where(np.abs(scores[:5] - 0.5) < m, 0, scores[:5] >= 0.5).mean()
            - np.where(np.abs(scores[5:] - 0.5) < m, 1, scores[5:] >= 0.5).mean()
        )
        for m in np.linspace(0, 0.5, 101)
    )
    assert abs(rates[0] - rates[1]) == pytest.approx(best)
    assert best <= 0.2
    far = np.array([0.99, 0.01])
    assert chances(far, np.array([0, 1])).tolist() == [1, 0]
    none = reject_option(scores, given, 1, "demographic_parity", 0.0)(scores, groups)
    assert none.tolist() == (scores >= 0.5).astype(float).tolist()


def test_disparities_are_fairlearns() -> None:
    groups, labels, scores = rows()
    predicted = (scores >= 0.5).astype(int)
    flat = (groups * 2 + labels) * 2 + predicted
    counts = np.bincount(flat, minlength=12).reshape(3, 2, 2)
    for measure, theirs in (
        ("demographic_parity", demographic_parity_difference),
        ("equalized_odds", equalized_odds_difference),
        ("equal_opportunity", equal_opportunity_difference),
    ):
        expected = theirs(labels, predicted, sensitive_features=groups)
        assert float(disparity(counts, measure, 1)) == pytest.approx(expected, abs=1e-12)


def test_recall_looks_at_the_class_with_the_widest_gap() -> None:
    rng = np.random.default_rng(2)
    groups, labels = rng.integers(2, size=400), rng.integers(3, size=400)
    predicted = np.where(rng.random(400) < 0.6 + 0.3 * groups * (labels == 2), labels, 0)
    counts = np.bincount((groups * 3 + labels) * 3 + predicted, minlength=18).reshape(2, 3, 3)
    recalls = [
        recall_score(labels[groups == g], predicted[groups == g], average=None, labels=[0, 1, 2])
        for g in (0, 1)
    ]
    expected = np.abs(recalls[0] - recalls[1]).max()
    assert float(disparity(counts, "recall", None)) == pytest.approx(expected)


def test_areas_of_groups_are_scikit_learns() -> None:
    groups, labels, scores = rows(500)
    weight = np.random.default_rng(1).multinomial(500, np.full(500, 1 / 500), size=3).astype(float)
    found = group_areas(scores, labels == 1, groups, np.arange(3), weight)
    for replicate in range(3):
        for group in range(3):
            inside = groups == group
            expected = roc_auc_score(
                labels[inside], scores[inside], sample_weight=weight[replicate, inside]
            )
            assert found[replicate, group] == pytest.approx(expected, abs=1e-12)


def test_intervals_cover_a_gap_about_as_often_as_they_say() -> None:
    truth, inside = 0.2, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.repeat([0, 1, 2], 300)
        labels = np.ones(900, np.int64)
        predicted = (rng.random(900) < np.array([0.5, 0.6, 0.7])[groups]).astype(np.int64)
        given = Asked(
            labels,
            groups,
            ("a", "b", "c"),
            ("no", "yes"),
            measure="equal_opportunity",
            positive=1,
            replicates=300,
            seed=seed,
        )
        one = Answered(predicted, np.zeros((900, 2)))
        found = resampled(given, [one, one])
        figure = measured_disparity(float(found.disparity[1]), found.disparities[1], 0.95, 900)
        inside += figure.low <= truth <= figure.high
        np.testing.assert_allclose(found.disparities[0], found.disparities[1])
    assert inside >= 52


def test_exponentiated_gradient_makes_the_groups_alike_in_the_rows_it_learns_from() -> None:
    rng = np.random.default_rng(4)
    groups = rng.integers(2, size=1500)
    labels = (rng.random(1500) < 0.3 + 0.4 * groups).astype(np.int64)
    x = np.stack([labels + rng.normal(size=1500), groups + 0.3 * rng.normal(size=1500)], 1)
    names = np.arange(1500).astype(str).astype(object)
    given = FeatureRows(x.astype(np.float32), labels, np.ones(1500, np.float32), names)
    plain = LogisticRegression().fit(x, labels).predict(x)
    chances = exponentiated_gradient(given, groups, 1, "demographic_parity", 0.02)(x)
    apart = [abs(some[groups == 1].mean() - some[groups == 0].mean()) for some in (plain, chances)]
    assert apart[0] > 0.4
    assert apart[1] < 0.06


def test_features_and_last_layer_give_the_models_scores(trained: Path) -> None:
    from pellucid.core.predict import logits
    from pellucid.core.tasks.encoding import encoded
    from pellucid.multimodal.models import reload
    from pellucid.multimodal.processors import reload_processor
    from pellucid.multimodal.spec import ModelSpec

    run = Run.open(trained)
    data = run.dataset()
    model = reload("AutoModelForSequenceClassification", run.model)
    processor = reload_processor(run.model, data.modalities.values())
    samples = encoded(processor, data, run.section("model", ModelSpec))
    found, last = features(model, samples, 2, "here")
    assert found.shape[0] == len(data)
    np.testing.assert_allclose(last.logits(found), logits(model, samples), atol=1e-4)
