"""Thresholds against scikit-learn's, fairlearn's and numpy's counts of the same rows."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from fairlearn import metrics as fair
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as learn

from pellucid.core.thresholds import Counts, Groups, ThresholdView

# Few different scores, so that many are equal and thresholds meet them exactly.
COARSE = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000000001, 0.75, 1.0])
SCORES = st.one_of(COARSE, st.floats(0, 1, allow_subnormal=False))
ROWS = st.lists(st.tuples(SCORES, st.booleans(), st.integers(0, 3)), min_size=1, max_size=60)
THRESHOLDS = st.one_of(SCORES, st.sampled_from([-math.inf, -1.0, 0.0, 1.0, 1.1, math.inf]))


def parted(rows: list[tuple[float, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    scores, positive, codes = zip(*rows, strict=True)
    return np.array(scores), np.array(positive), np.array(codes)


@settings(max_examples=200, deadline=None)
@given(rows=ROWS, threshold=THRESHOLDS)
def test_counts_are_those_of_a_confusion_matrix(
    rows: list[tuple[float, bool, int]], threshold: float
) -> None:
    scores, positive, codes = parted(rows)
    view = ThresholdView.of(scores, positive, {"g": Groups(codes, ("a", "b", "c", "d"))})
    answered = scores >= threshold
    tn, fp, fn, tp = learn.confusion_matrix(positive, answered, labels=[False, True]).ravel()
    assert view.at(threshold) == Counts(tp=tp, fp=fp, tn=tn, fn=fn)
    assert view.n == view.at(threshold).n == len(rows)
    found = view.groups_at("g", threshold)
    assert list(found) == ["a", "b", "c", "d"]
    for code, name in enumerate(found):
        one = codes == code
        if not one.any():  # of which scikit-learn has no matrix
            assert found[name] == Counts(0, 0, 0, 0)
            continue
        matrix = learn.confusion_matrix(positive[one], answered[one], labels=[False, True])
        tn, fp, fn, tp = matrix.ravel()
        assert found[name] == Counts(tp=tp, fp=fp, tn=tn, fn=fn)


@settings(max_examples=100, deadline=None)
@given(rows=ROWS, threshold=THRESHOLDS)
def test_rates_are_those_of_scikit_learn(
    rows: list[tuple[float, bool, int]], threshold: float
) -> None:
    scores, positive, _ = parted(rows)
    view, answered = ThresholdView.of(scores, positive), scores >= threshold
    found = view.rates(threshold)
    expected = {
        "accuracy": learn.accuracy_score(positive, answered),
        "precision": learn.precision_score(positive, answered, zero_division=np.nan),
        "recall": learn.recall_score(positive, answered, zero_division=np.nan),
        "f1": learn.f1_score(positive, answered, zero_division=np.nan),
        "selection_rate": answered.mean(),
    }
    if positive.any() and not positive.all():
        expected["balanced_accuracy"] = learn.balanced_accuracy_score(positive, answered)
    else:
        assert math.isnan(found["balanced_accuracy"]) and math.isnan(found["youden_j"])
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, atol=1e-12, err_msg=name)


@pytest.fixture(scope="module")
def many() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    scores = generator.random(5000).round(3)
    positive = generator.random(5000) < scores
    return scores, positive, generator.integers(0, 5, 5000)


@pytest.mark.parametrize("threshold", [0.0, 0.123, 0.5, 0.999, 1.0])
def test_groups_are_those_of_fairlearn(
    many: tuple[np.ndarray, np.ndarray, np.ndarray], threshold: float
) -> None:
    scores, positive, codes = many
    names = ("a", "b", "c", "d", "e")
    view = ThresholdView.of(scores, positive, {"g": Groups(codes, names)})
    functions = {
        "selection_rate": fair.selection_rate,
        "true_positive_rate": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "true_negative_rate": fair.true_negative_rate,
        "false_negative_rate": fair.false_negative_rate,
        "accuracy": learn.accuracy_score,
    }
    frame = fair.MetricFrame(
        metrics=functions,
        y_true=positive.astype(int),
        y_pred=(scores >= threshold).astype(int),
        sensitive_features=np.array(names)[codes],
    )
    for name, counts in view.groups_at("g", threshold).items():
        rates = counts.rates()
        for metric in functions:
            assert rates[metric] == pytest.approx(frame.by_group.loc[name, metric], abs=1e-12)


def test_points_lie_on_the_curves(many: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    scores, positive, _ = many
    view = ThresholdView.of(scores, positive)
    false, true, thresholds = learn.roc_curve(positive, scores, drop_intermediate=False)
    for x, y, threshold in list(zip(false, true, thresholds, strict=True))[::97]:
        assert view.roc(threshold) == pytest.approx((x, y))
    precision, recall, thresholds = learn.precision_recall_curve(positive, scores)
    for x, y, threshold in list(zip(recall[:-1], precision[:-1], thresholds, strict=True))[::97]:
        assert view.pr(threshold) == pytest.approx((x, y))
    assert view.pr(2.0) == (0.0, 1.0)


@pytest.mark.parametrize(("scale", "bins"), [(1.0, 10), (1.0, 37), (8.0, 5)])
def test_histogram_is_that_of_numpy(
    many: tuple[np.ndarray, np.ndarray, np.ndarray], scale: float, bins: int
) -> None:
    scores, positive, _ = many
    scores = np.concatenate([scores, [1.0]]) * scale
    positive = np.concatenate([positive, [True]])
    found = ThresholdView.of(scores, positive).histogram(bins)
    for counts, chosen in ((found.positives, positive), (found.negatives, ~positive)):
        expected, edges = np.histogram(scores[chosen], bins=found.edges)
        np.testing.assert_array_equal(counts, expected)
    np.testing.assert_allclose(edges, np.linspace(0, scale, bins + 1))


GOALS = {
    "accuracy": learn.accuracy_score,
    "f1": lambda true, answered: learn.f1_score(true, answered, zero_division=np.nan),
    "balanced_accuracy": learn.balanced_accuracy_score,
    "youden_j": lambda true, answered: (
        learn.recall_score(true, answered) - (answered & ~true).sum() / (~true).sum()
    ),
}


@settings(max_examples=50, deadline=None)
@given(rows=ROWS.filter(lambda rows: len({row[1] for row in rows}) == 2))
@pytest.mark.parametrize("goal", list(GOALS))
def test_no_threshold_does_better_than_the_best(
    goal: str, rows: list[tuple[float, bool, int]]
) -> None:
    scores, positive, _ = parted(rows)
    best = ThresholdView.of(scores, positive).best(goal)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tried = {
            threshold: GOALS[goal](positive, scores >= threshold)
            for threshold in [*scores.tolist(), np.nextafter(scores.max(), np.inf)]
        }
        reached = GOALS[goal](positive, scores >= best)
    assert reached == pytest.approx(np.nanmax(list(tried.values())), abs=1e-12)
    assert all(value < reached + 1e-12 for at, value in tried.items() if at > best)


def test_rows_that_can_not_be() -> None:
    with pytest.raises(ValueError, match="finite"):
        ThresholdView.of([0.5, math.nan], [True, False])
    with pytest.raises(ValueError, match="shape"):
        ThresholdView.of([0.5], [True, False])
    with pytest.raises(ValueError, match="codes outside 0 to 1"):
        ThresholdView.of([0.5, 0.1], [True, False], {"g": Groups(np.array([0, 2]), ("a", "b"))})
    with pytest.raises(ValueError, match="not defined"):
        ThresholdView.of([0.5, 0.1], [True, True]).best("youden_j")


def test_no_rows_at_all() -> None:
    nothing = np.array([], int)
    view = ThresholdView.of([], [], {"g": Groups(nothing, ())})
    assert view.at(0.5) == Counts(0, 0, 0, 0) and view.groups_at("g", 0.5) == {}
    assert view.histogram(4).positives.tolist() == [0, 0, 0, 0]
    assert all(math.isnan(value) for value in view.rates(0.5).values())
