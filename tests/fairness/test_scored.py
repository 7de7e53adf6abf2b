"""Scores as probabilities: scikit-learn's Brier score, calibration by hand, shared thresholds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, confusion_matrix, roc_curve

from pellucid.fairness import AuditSpec, audit
from pellucid.fairness.scored import calibration_error
from pellucid.fairness.shared_thresholds import read_scores, scores_table

SPEC = AuditSpec(permutations=99, replicates=200)
EXACT = {"abs": 1e-12, "rel": 0}


def table_of(seed: int, step: float, rows: int = 400) -> pd.DataFrame:
    """Draw probabilities that are multiples of a step, also 0 and 1, which promise too much."""
    rng = np.random.default_rng(seed)
    group = rng.choice(list("abc"), rows, p=[0.6, 0.3, 0.1])
    score = np.clip(np.round(rng.normal(0.5, 0.35, rows) / step) * step, 0, 1)
    true = rng.random(rows) < 0.8 * score**2
    return pd.DataFrame(
        {"label": np.where(true, "yes", "no"), "score": np.round(score, 10), "group": group}
    )


def audited(table):
    return audit(table, score="score", groups=["group"], positive="yes", spec=SPEC)


def by_group(table: pd.DataFrame):
    for name, rows in table.groupby("group"):
        yield name, (rows["label"] == "yes").to_numpy(), rows["score"].to_numpy()


def hand_made_error(yes: np.ndarray, score: np.ndarray) -> float:
    """Average over ten bands, each with its lower end, of mean score against share, by rows."""
    band = np.digitize(score, np.arange(1, 10) / 10)
    return sum(
        abs(score[band == at].mean() - yes[band == at].mean()) * (band == at).mean()
        for at in set(band.tolist())
    )


@pytest.mark.parametrize("step", [0.01, 0.1, 1e-6])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_errors_of_probabilities(seed, step):
    table = table_of(seed, step)
    found = audited(table).groupings["group"]
    for at, (name, yes, score) in enumerate(by_group(table)):
        assert found.names[at] == name
        own = {metric: figures[at] for metric, figures in found.metrics.items()}
        assert own["brier_score"].value == pytest.approx(brier_score_loss(yes, score), **EXACT)
        assert own["mean_error"].value == pytest.approx((score - yes).mean(), **EXACT)
        assert own["calibration_error"].value == pytest.approx(hand_made_error(yes, score), **EXACT)
        ends = stats.ttest_1samp((score - yes) ** 2, 0).confidence_interval(0.95)
        assert (own["brier_score"].low, own["brier_score"].high) == pytest.approx(ends, abs=1e-12)
    yes, score = (table["label"] == "yes").to_numpy(), table["score"].to_numpy()
    overall = found.overall
    assert overall["brier_score"].value == pytest.approx(brier_score_loss(yes, score), **EXACT)
    assert overall["calibration_error"].value == pytest.approx(hand_made_error(yes, score), **EXACT)


def test_bands_of_the_calibration_curve_equal_scikit_learns():
    # Its bands hold their upper end, ours their lower one: no score lies on an edge here.
    table = table_of(3, 1e-9)
    scores = audited(table).scores
    for one, (name, yes, score) in zip(scores, by_group(table), strict=True):
        assert one.group == name
        inside = (score > 0) & (score < 1)
        share, mean = calibration_curve(yes[inside], score[inside], n_bins=10)
        kept = audited(table[(table["group"] == name) & table["score"].between(1e-9, 1 - 1e-9)])
        x, figures = kept.scores[0].calibration(0.95)
        np.testing.assert_allclose(x, mean, atol=1e-12)
        np.testing.assert_allclose([figure.value for figure in figures], share, atol=1e-12)


def test_calibration_error_of_counts():
    # Two bands: 4 rows that score .2 of which 1 is positive, 6 that score .9 of which 3 are.
    counts = np.array([3, 3, 1, 3])
    mean = np.array([0.2, 0.9, 0.2, 0.9])
    assert calibration_error(counts, mean) == pytest.approx(0.4 * 0.05 + 0.6 * 0.4, abs=1e-15)
    assert np.isnan(calibration_error(np.zeros(4, int), mean))


def test_perfectly_calibrated_scores_have_no_error():
    table = pd.DataFrame(
        {
            "label": ["yes"] + ["no"] * 3 + ["yes"] * 3 + ["no"],
            "score": [0.25] * 4 + [0.75] * 4,
            "group": ["a", "a", "a", "a", "b", "b", "b", "b"],
        }
    )
    found = audited(table).groupings["group"].metrics
    assert [one.value for one in found["calibration_error"]] == [0, 0]
    assert [one.value for one in found["mean_error"]] == [0, 0]
    assert [one.value for one in found["brier_score"]] == pytest.approx([0.1875] * 2, abs=1e-15)


@pytest.mark.parametrize("shift", [-0.001, 0.001])
def test_scores_that_are_no_probabilities_have_no_calibration(shift):
    table = table_of(4, 0.01)
    table["score"] += shift
    metrics = audited(table).groupings["group"].metrics
    assert "roc_auc" in metrics
    assert not {"brier_score", "mean_error", "calibration_error"} & set(metrics)


@pytest.mark.parametrize("step", [0.01, 0.1, 0.003])
def test_rates_at_shared_thresholds(step):
    table = table_of(5, step)
    for one, (name, yes, score) in zip(audited(table).scores, by_group(table), strict=True):
        assert (one.group, one.low, one.high) == (name, 0, 1)
        false, true, thresholds = roc_curve(yes, score, drop_intermediate=False)
        # The last point of the curve whose threshold isn't below the one asked about.
        at = np.searchsorted(-thresholds, -(one.thresholds - 1e-9), side="right") - 1
        np.testing.assert_allclose(one.reached(1)[:-1], true[at][:-1], atol=1e-12)
        np.testing.assert_allclose(one.reached(0)[:-1], false[at][:-1], atol=1e-12)
        said = [(score >= threshold - 1e-9).mean() for threshold in one.thresholds]
        np.testing.assert_allclose(one.reached()[:-1], said[:-1], atol=1e-12)
        # Beyond the last step lies nothing, whatever score stands at its end.
        assert one.reached()[-1] == one.reached(0)[-1] == one.reached(1)[-1] == 0
        (_, alarms), (_, hits) = confusion_matrix(yes, score >= 0.3 - 1e-9)
        assert one.reached(0)[30] * (~yes).sum() == pytest.approx(alarms, **EXACT)
        assert one.reached(1)[30] * yes.sum() == pytest.approx(hits, **EXACT)
        spread = np.bincount(np.digitize(score + 1e-9, np.arange(1, 20) / 20), minlength=20)
        np.testing.assert_allclose(one.density(), spread / len(score), atol=1e-12)


def test_thresholds_go_over_all_scores_where_they_are_no_probabilities():
    table = table_of(6, 0.1)
    table["score"] = 40 * table["score"] - 15
    scores = audited(table).scores
    assert {(one.low, one.high) for one in scores} == {(-15.0, 25.0)}
    for one, (_, _, score) in zip(scores, by_group(table), strict=True):
        said = [(score >= threshold - 1e-9).mean() for threshold in one.thresholds]
        np.testing.assert_allclose(one.reached()[:-1], said[:-1], atol=1e-12)
        assert one.calibration(0.95) == (pytest.approx(np.empty(0)), ())


def test_scores_written_and_read_again(tmp_path):
    for table in (table_of(7, 0.01), table_of(7, 0.01).assign(score=lambda x: x["score"] * 3)):
        scores = audited(table).scores
        path = tmp_path / "scores.parquet"
        scores_table(scores).to_parquet(path)
        again = read_scores(pd.read_parquet(path))
        assert len(again) == len(scores) == 3
        for one, other in zip(scores, again, strict=True):
            for name in ("column", "group", "label", "low", "high"):
                assert getattr(one, name) == getattr(other, name)
            for name in ("counts", "bands", "sums"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
