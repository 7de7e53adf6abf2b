"""The bootstrap against closed forms, plain row resampling and scikit-learn."""

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from pellucid.core import bootstrap, metrics


def table(n=400, k=3, seed=0):
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) + 1.2 * np.eye(k)[true]
    scores = np.exp(logits)
    return true, scores / scores.sum(axis=1, keepdims=True)


def rng(seed=7):
    return np.random.default_rng(seed)


def test_accuracy_interval_is_near_the_normal_approximation():
    true = np.zeros(1000, int)
    predicted = (np.arange(1000) >= 870).astype(int)
    (counts,) = bootstrap.resample_counts(true, [predicted], 2, 4000, rng())
    drawn = metrics.from_marginals(counts)["accuracy"]
    figure = bootstrap.measure(0.87, drawn, 0.95, 1000)
    half = 1.96 * math.sqrt(0.87 * 0.13 / 1000)
    assert figure.low == pytest.approx(0.87 - half, abs=0.003)
    assert figure.high == pytest.approx(0.87 + half, abs=0.003)
    assert figure.method == "bootstrap"


def test_cells_and_rows_resample_alike():
    true, scores = table()
    other, _ = table(seed=5)
    predicted = scores.argmax(axis=1)
    model, rival = bootstrap.resample_counts(true, [predicted, other], 3, 3000, rng())
    by_cell = [metrics.from_marginals(counts) for counts in (model, rival)]
    source = rng(8)
    by_row = {"f1_macro": [], "accuracy": []}
    for _ in range(3000):
        rows = source.integers(0, len(true), len(true))
        one, two = (
            metrics.from_confusion(metrics.confusion(true[rows], answers[rows], 3))
            for answers in (predicted, other)
        )
        for name, values in by_row.items():
            values.append((float(one[name]), float(two[name])))
    for name, values in by_row.items():
        rows = np.array(values)
        cells = np.stack([each[name] for each in by_cell], axis=1)
        np.testing.assert_allclose(cells.mean(axis=0), rows.mean(axis=0), atol=0.003)
        np.testing.assert_allclose(np.cov(cells.T), np.cov(rows.T), atol=1e-4)
        # The models are compared on the same rows: their difference varies as row by row.
        spread = np.diff(cells, axis=1).std() / np.diff(rows, axis=1).std()
        assert spread == pytest.approx(1, abs=0.06)


def test_every_resample_has_as_many_rows_and_keeps_the_truth():
    true, scores = table(n=150)
    counts, same = bootstrap.resample_counts(true, [scores.argmax(axis=1), true], 3, 50, rng())
    assert (counts.support.sum(axis=1) == 150).all()
    assert (counts.predicted.sum(axis=1) == 150).all()
    np.testing.assert_array_equal(counts.support, same.support)
    np.testing.assert_array_equal(same.hits, same.support)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("tied", [False, True])
def test_score_replicates_equal_scikit_learn_on_the_same_rows(k, tied, monkeypatch):
    true, scores = table(n=120, k=k)
    if tied:
        scores = np.round(scores, 1)
        scores /= scores.sum(axis=1, keepdims=True)
    drawn = []
    weigh = bootstrap._row_weights

    def spy(*args):
        weights, losses = weigh(*args)
        drawn.append(weights.copy())
        return weights, losses

    monkeypatch.setattr(bootstrap, "_row_weights", spy)
    (got,) = bootstrap.resample_scores(true, [scores], 12, rng())
    onehot = np.eye(k)[true]
    for one, weight in enumerate(np.concatenate(drawn, axis=1).T):
        assert weight.sum() == 120
        for code in range(k):
            args = onehot[:, code], scores[:, code]
            expected = sk.roc_auc_score(*args, sample_weight=weight)
            assert got.roc_auc[one, code] == pytest.approx(expected, abs=1e-9)
            expected = sk.average_precision_score(*args, sample_weight=weight)
            assert got.average_precision[one, code] == pytest.approx(expected, abs=1e-9)
        flat = onehot.ravel(), scores.ravel()
        repeated = np.repeat(weight, k)
        expected = sk.roc_auc_score(*flat, sample_weight=repeated)
        assert got.roc_auc_micro[one] == pytest.approx(expected, abs=1e-9)
        expected = sk.average_precision_score(*flat, sample_weight=repeated)
        assert got.average_precision_micro[one] == pytest.approx(expected, abs=1e-9)
        expected = sk.log_loss(true, scores, sample_weight=weight, labels=np.arange(k))
        assert got.log_loss[one] == pytest.approx(expected, abs=1e-9)


def test_merging_many_scores_hardly_moves_an_area():
    true, scores = table(n=30_000, k=2)
    rare = true.copy()
    rare[np.flatnonzero(true)[300:]] = 0
    for codes in (true, rare):
        matrix = bootstrap.count_matrix(
            codes == 1, scores[:, 1], np.arange(30_000, dtype=np.int32), 30_000
        )
        assert matrix.shape[0] <= 2 * bootstrap.GROUPS
        counts = matrix @ np.ones((30_000, 1), np.float32)
        roc, average = bootstrap.areas(counts[1::2], counts[::2])
        assert roc[0] == pytest.approx(sk.roc_auc_score(codes, scores[:, 1]), abs=2e-5)
        expected = sk.average_precision_score(codes, scores[:, 1])
        assert average[0] == pytest.approx(expected, abs=1e-3)


def test_bands_hold_the_curve_and_narrow_with_more_rows():
    widths = []
    for n in (200, 5000):
        true, scores = table(n=n)
        (got,) = bootstrap.resample_scores(true, [scores], 200, rng(), bands=True)
        assert set(got.bands) == {
            (kind, key) for kind in ("roc", "pr") for key in (0, 1, 2, "micro", "macro")
        }
        low, high = got.bands["roc", "macro"]
        assert (low <= high).all()
        assert low.min() >= 0
        assert high.max() <= 1
        widths.append((high - low).mean())
    assert widths[1] < widths[0] / 3


def test_the_same_seed_gives_the_same_intervals():
    true, scores = table()
    first, second, third = (
        bootstrap.resample_scores(true, [scores], 40, rng(seed))[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.roc_auc, second.roc_auc)
    assert not np.array_equal(first.roc_auc, third.roc_auc)


def test_replicates_without_a_class_are_left_out():
    true, scores = table(n=60)
    true[true == 2] = 0
    true[:2] = 2
    (got,) = bootstrap.resample_scores(true, [scores], 400, rng())
    gone = np.isnan(got.roc_auc[:, 2]).mean()
    assert gone == pytest.approx((1 - 2 / 60) ** 60, abs=0.07)
    low, high = bootstrap.interval(got.roc_auc, 0.95)
    assert np.isfinite(low).all()
    assert np.isfinite(high).all()
    assert bootstrap.measure(0.5, np.full(100, np.nan), 0.95, 9).low is None


def test_small_chunks_of_memory_are_enough(monkeypatch):
    true, scores = table(n=500)
    monkeypatch.setattr(bootstrap, "CELLS", 1)
    (got,) = bootstrap.resample_scores(true, [scores], 30, rng())
    (counts,) = bootstrap.resample_counts(true, [scores.argmax(axis=1)], 3, 30, rng())
    assert got.roc_auc.shape == (30, 3)
    assert counts.hits.shape == (30, 3)


def test_a_share_of_all_or_none_gets_a_wilson_interval():
    same = np.ones(100)
    figure = bootstrap.measure_share(1.0, same, 0.95, 20)
    # Newcombe (1998), Wilson score without continuity correction: 0 of 20 gives 0 to 0.1611.
    assert figure.low == pytest.approx(1 - 0.1611, abs=5e-5)
    assert (figure.high, figure.method) == (1.0, "wilson")
    figure = bootstrap.measure_share(0.0, 0 * same, 0.95, 20)
    assert (figure.low, figure.high) == (0.0, pytest.approx(0.1611, abs=5e-5))
    assert bootstrap.measure_share(0.5, same / 2, 0.95, 20).method == "bootstrap"
