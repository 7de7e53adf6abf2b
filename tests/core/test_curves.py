"""Curves and areas against scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.preprocessing import label_binarize

from pellucid.core import curves

EXACT = {"rtol": 0, "atol": 1e-9}


def scored(n=300, tied=False, seed=0, share=0.4):
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < share
    score = rng.normal(size=n) + positive
    return positive, np.round(score, 1) if tied else score


CASES = {
    "distinct": scored(),
    "tied": scored(tied=True),
    "rare": scored(share=0.02),
    "one score": (np.array([True, False, True]), np.full(3, 0.5)),
    "separated": (np.array([False, False, True, True]), np.array([0.1, 0.2, 0.8, 0.9])),
    "reversed": (np.array([True, False]), np.array([0.1, 0.9])),
}


@pytest.mark.parametrize("case", CASES)
def test_curves_equal_scikit_learn_point_for_point(case):
    positive, score = CASES[case]
    ranking = curves.rank(positive, score)
    roc = curves.roc_curve("a", ranking)
    fpr, tpr, thresholds = sk.roc_curve(positive, score, drop_intermediate=False)
    np.testing.assert_allclose(roc.x, fpr, **EXACT)
    np.testing.assert_allclose(roc.y, tpr, **EXACT)
    np.testing.assert_allclose(roc.thresholds, thresholds, **EXACT)
    np.testing.assert_allclose(roc.area, sk.roc_auc_score(positive, score), **EXACT)
    pr = curves.pr_curve("a", ranking)
    precision, recall, thresholds = sk.precision_recall_curve(positive, score)
    np.testing.assert_allclose(pr.x, recall[::-1], **EXACT)
    np.testing.assert_allclose(pr.y, precision[::-1], **EXACT)
    np.testing.assert_allclose(pr.thresholds[1:], thresholds[::-1], **EXACT)
    np.testing.assert_allclose(pr.area, sk.average_precision_score(positive, score), **EXACT)


@pytest.mark.parametrize("tied", [False, True])
def test_weighted_areas_equal_scikit_learn_with_sample_weight(tied):
    positive, score = scored(tied=tied)
    weights = np.random.default_rng(1).integers(0, 4, (len(score), 5)).astype(float)
    ranking = curves.rank(positive, score)
    groups = len(ranking.thresholds)
    pos, neg = np.zeros((2, groups, 5))
    np.add.at(pos, ranking.group[positive], weights[positive])
    np.add.at(neg, ranking.group[~positive], weights[~positive])
    roc, average = curves.areas(pos, neg)
    for one, weight in enumerate(weights.T):
        expected = sk.roc_auc_score(positive, score, sample_weight=weight)
        np.testing.assert_allclose(roc[one], expected, **EXACT)
        expected = sk.average_precision_score(positive, score, sample_weight=weight)
        np.testing.assert_allclose(average[one], expected, **EXACT)


def test_areas_without_a_class_are_not_a_number():
    roc, average = curves.areas(np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([[0.0, 1], [0, 1]]))
    assert np.isnan(roc).all()
    assert average[0] == 1
    assert np.isnan(average[1])


def test_grid_values_lie_on_scikit_learns_curves():
    positive, score = scored(n=200)
    ranking = curves.rank(positive, score)
    tpr, precision = curves.on_grid(ranking.positives[:, None], ranking.negatives[:, None])
    x, y, _ = sk.roc_curve(positive, score, drop_intermediate=False)
    np.testing.assert_allclose(tpr[0], np.interp(curves.GRID, x, y), **EXACT)
    p, r, _ = sk.precision_recall_curve(positive, score)
    for level, value in zip(curves.GRID, precision[0], strict=True):
        # Of the thresholds that reach the recall, the highest one.
        assert value == pytest.approx(p[:-1][r[:-1] >= level - 1e-9][-1], abs=1e-9)


def multiclass(k=3, n=250):
    rng = np.random.default_rng(3)
    true = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) + 1.5 * np.eye(k)[true]
    scores = np.exp(logits)
    return true, scores / scores.sum(axis=1, keepdims=True)


def test_macro_roc_is_scikit_learns_example():
    true, scores = multiclass()
    onehot = label_binarize(true, classes=np.arange(3))
    each = [
        curves.roc_curve(str(code), curves.rank(onehot[:, code] == 1, scores[:, code]))
        for code in range(3)
    ]
    macro = curves.macro_curve(each)
    known = [
        sk.roc_curve(onehot[:, code], scores[:, code], drop_intermediate=False) for code in range(3)
    ]
    grid = np.unique(np.concatenate([fpr for fpr, _, _ in known]))
    mean = np.mean([np.interp(grid, fpr, tpr) for fpr, tpr, _ in known], axis=0)
    np.testing.assert_allclose(macro.x, grid, **EXACT)
    np.testing.assert_allclose(macro.y, mean, **EXACT)
    expected = sk.roc_auc_score(true, scores, multi_class="ovr", average="macro")
    np.testing.assert_allclose(macro.area, expected, **EXACT)


def test_macro_pr_integrates_to_the_mean_average_precision():
    true, scores = multiclass()
    onehot = label_binarize(true, classes=np.arange(3))
    macro = curves.macro_curve(
        [
            curves.pr_curve(str(code), curves.rank(onehot[:, code] == 1, scores[:, code]))
            for code in range(3)
        ]
    )
    steps = np.sum(np.diff(macro.x) * macro.y[1:])
    expected = sk.average_precision_score(onehot, scores, average="macro")
    np.testing.assert_allclose(macro.area, expected, **EXACT)
    np.testing.assert_allclose(steps, expected, **EXACT)


def test_thinned_curves_keep_shape_ends_and_area():
    positive, score = scored(n=20_000, share=0.05)
    whole = curves.roc_curve("a", curves.rank(positive, score))
    short = curves.thin(whole, 500)
    assert len(short.x) <= 502
    assert short.area == whole.area
    assert (short.x[0], short.y[0], short.x[-1], short.y[-1]) == (0, 0, 1, 1)
    between = np.interp(curves.GRID, short.x, short.y) - np.interp(curves.GRID, whole.x, whole.y)
    assert np.abs(between).max() < 0.01
    assert curves.thin(short, 600) is short


def test_frames_carry_curves_through_parquet(tmp_path):
    positive, score = scored(tied=True)
    ranking = curves.rank(positive, score)
    band = np.linspace(0, 0.9, 101), np.linspace(0.1, 1, 101)
    written = (
        curves.roc_curve("macro", ranking).with_band(*band),  # a class of that name
        curves.macro_curve([curves.roc_curve("macro", ranking)]),
        curves.pr_curve("macro", ranking),
    )
    curves.to_frame(written).to_parquet(tmp_path / "curves.parquet")
    read = curves.from_frame(pd.read_parquet(tmp_path / "curves.parquet"))
    assert len(read) == len(written)
    for one, other in zip(written, read, strict=True):
        assert (one.name, one.kind, one.area, one.average) == (
            other.name,
            other.kind,
            other.area,
            other.average,
        )
        for key in ("x", "y", "thresholds", "low", "high"):
            if getattr(one, key) is None:
                assert getattr(other, key) is None
            else:
                np.testing.assert_array_equal(getattr(one, key), getattr(other, key))
    assert curves.from_frame(curves.to_frame(())) == ()
