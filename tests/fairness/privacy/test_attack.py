"""A membership attack's figures, against scikit-learn, scipy and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from pellucid.fairness.privacy.attack import Attack, attack


@pytest.fixture
def scores() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.normal(0.4, 1, 3000).round(1), rng.normal(0, 1, 2000).round(1)  # with ties


def test_the_area_is_that_of_mann_whitney(scores: tuple[np.ndarray, np.ndarray]) -> None:
    members, others = scores
    found = attack(members, others)
    area = stats.mannwhitneyu(members, others).statistic / (len(members) * len(others))
    truth = np.repeat([1, 0], [len(members), len(others)])
    assert found.auc.value == pytest.approx(area, abs=1e-12)
    assert found.auc.value == pytest.approx(roc_auc_score(truth, np.concatenate(scores)), abs=1e-12)
    assert found.auc.low < area < found.auc.high


def test_rates_are_those_of_the_roc_curve(scores: tuple[np.ndarray, np.ndarray]) -> None:
    members, others = scores
    truth = np.repeat([1, 0], [len(members), len(others)])
    wrong, right, _ = roc_curve(truth, np.concatenate(scores), drop_intermediate=False)
    found = attack(members, others)
    assert found.advantage == pytest.approx(float((right - wrong).max()), abs=1e-12)
    for rate, share in found.caught:
        assert share.value == pytest.approx(right[wrong <= rate + 1e-12].max(), abs=1e-12)
        low, high = stats.binomtest(round(share.value * 3000), 3000).proportion_ci(method="wilson")
        assert (share.low, share.high) == pytest.approx((low, high), abs=1e-9)
    assert [rate for rate, _ in found.caught] == [0.01, 0.001]


def test_too_few_rows_tell_no_rare_alarm() -> None:
    found = attack(np.arange(50.0), np.arange(99.0))
    assert found.caught == ()
    assert [rate for rate, _ in attack(np.arange(50.0), np.arange(100.0)).caught] == [0.01]


def test_memorised_rows_are_all_told_and_alike_rows_none() -> None:
    told = attack(np.arange(10.0, 20.0), np.arange(10.0))
    assert (told.auc.value, told.advantage) == (1.0, 1.0)
    alike = attack(np.zeros(40), np.zeros(200))
    assert (alike.auc.value, alike.advantage) == (0.5, 0.0)
    assert alike.caught[0][1].value == 0.0  # ties raise every alarm at once


def test_chance_stays_below_what_is_said_of_it() -> None:
    rng = np.random.default_rng(1)
    draws = [attack(rng.random(150), rng.random(100)) for _ in range(400)]
    over = np.mean([one.advantage > one.chance for one in draws])
    assert 0.01 <= over <= 0.08  # five in a hundred; conservative for few rows
    inside = np.mean([one.auc.low <= 0.5 <= one.auc.high for one in draws])
    assert 0.92 <= inside <= 0.98


def test_it_is_read_back() -> None:
    found = attack(np.arange(200.0), np.arange(150.0))
    assert Attack.from_json(found.as_json()) == found
