"""Count-based metrics and log loss against scikit-learn."""

import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from pellucid.core import metrics

EXACT = {"rtol": 0, "atol": 1e-9}


def table(k, n=400, seed=0, true_of=None, predicted_of=None):
    rng = np.random.default_rng(seed)
    true = rng.choice(true_of or k, n)
    predicted = np.where(rng.random(n) < 0.6, true, rng.choice(predicted_of or k, n))
    return true, predicted


CASES = {
    "binary": table(2),
    "three": table(3),
    "ten": table(10),
    "absent from predictions": (np.array([0, 1, 2, 2, 1, 0]), np.array([0, 1, 1, 0, 1, 0])),
    "absent from truth": (np.array([0, 1, 1, 0, 0, 1]), np.array([0, 1, 2, 0, 2, 1])),
    "absent from both": (np.array([0, 2, 2, 0, 0, 2]), np.array([0, 2, 0, 0, 2, 2])),
    "one row": (np.array([1]), np.array([0])),
    "all right": (np.array([0, 1, 2]), np.array([0, 1, 2])),
}


@pytest.mark.parametrize("case", CASES)
def test_figures_equal_scikit_learn(case):
    true, predicted = CASES[case]
    k = 10 if case == "ten" else 3 if case != "binary" else 2
    counts = metrics.confusion(true, predicted, k)
    np.testing.assert_array_equal(counts, sk.confusion_matrix(true, predicted, labels=np.arange(k)))
    got = metrics.from_confusion(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "accuracy": sk.accuracy_score(true, predicted),
            "balanced_accuracy": sk.balanced_accuracy_score(true, predicted),
        }
        for average in ("macro", "weighted"):
            p, r, f, _ = sk.precision_recall_fscore_support(
                true, predicted, average=average, zero_division=0
            )
            expected |= {f"precision_{average}": p, f"recall_{average}": r, f"f1_{average}": f}
        each = sk.precision_recall_fscore_support(
            true, predicted, labels=np.arange(k), zero_division=0
        )
    assert set(got) == set(expected) == set(metrics.COUNTED)
    for name, value in expected.items():
        np.testing.assert_allclose(got[name], value, **EXACT, err_msg=name)
    mine = metrics.per_class(metrics.marginals(counts))
    for name, values in zip(("precision", "recall", "f1", "support"), each, strict=True):
        np.testing.assert_allclose(mine[name], values, **EXACT, err_msg=name)


def test_leading_axes_are_replicates():
    stack = np.stack([metrics.confusion(*table(4, seed=seed), 4) for seed in range(6)])
    whole = metrics.from_confusion(stack.reshape(2, 3, 4, 4))
    for name, values in whole.items():
        assert values.shape == (2, 3)
        alone = [float(metrics.from_confusion(one)[name]) for one in stack]
        np.testing.assert_allclose(values.ravel(), alone, **EXACT)


def test_undefined_ratios_can_be_told_apart():
    counts = metrics.confusion([0, 0, 1], [0, 0, 0], 3)
    each = metrics.per_class(metrics.marginals(counts), np.nan)
    assert np.isnan(each["precision"]).tolist() == [False, True, True]
    assert np.isnan(each["recall"]).tolist() == [False, False, True]
    assert np.isnan(each["f1"]).tolist() == [False, False, True]


def test_no_rows_are_not_a_number():
    assert all(np.isnan(value) for value in metrics.from_confusion(np.zeros((3, 3))).values())
    assert np.isnan(metrics.log_loss([], np.empty((0, 3))))


@pytest.mark.parametrize("k", [2, 3, 10])
def test_log_loss_equals_scikit_learn_even_at_zero(k):
    rng = np.random.default_rng(k)
    scores = rng.dirichlet(np.full(k, 0.3), 500)
    scores[:20] = np.eye(k)[rng.integers(0, k, 20)]
    true = rng.integers(0, k, 500)
    expected = sk.log_loss(true, scores, labels=np.arange(k))
    np.testing.assert_allclose(metrics.log_loss(true, scores), expected, **EXACT)


def test_log_loss_clips_at_the_precision_of_its_numbers():
    scores = np.array([[1, 0], [0.25, 0.75]], np.float32)
    expected = sk.log_loss([1, 1], scores, labels=[0, 1])
    np.testing.assert_allclose(metrics.log_loss([1, 1], scores), expected, atol=1e-6)


def test_validation_metrics_equal_scikit_learn():
    rng = np.random.default_rng(1)
    scores, true = rng.dirichlet(np.ones(4), 200), rng.integers(0, 4, 200)
    got = metrics.validation_metrics(true, scores)
    assert tuple(got) == metrics.VALIDATED
    predicted = scores.argmax(axis=1)
    np.testing.assert_allclose(got["f1_macro"], sk.f1_score(true, predicted, average="macro"))
    np.testing.assert_allclose(
        got["balanced_accuracy"], sk.balanced_accuracy_score(true, predicted)
    )


@pytest.mark.parametrize(
    ("name", "higher"),
    [
        ("accuracy", True),
        ("f1_entity", True),
        ("r2", True),
        ("rougeL", True),
        ("log_loss", False),
        ("loss", False),
        ("hamming_loss", False),
        ("mean_absolute_error", False),
        ("root_mean_squared_error", False),
        ("perplexity", False),
    ],
)
def test_losses_errors_and_perplexity_are_better_when_smaller(name, higher):
    assert metrics.higher_is_better(name) is higher


def test_a_code_outside_the_classes_is_refused():
    with pytest.raises(ValueError, match="expected 0 to 1"):
        metrics.confusion([0, 2], [0, 1], 2)
    with pytest.raises(ValueError, match="-1"):
        metrics.confusion([0, -1], [0, 1], 2)
