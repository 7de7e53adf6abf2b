"""Generalised means of areas: one resample by hand, and what the intervals hold."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pellucid.fairness.stereotype_tests import mean_areas as module
from pellucid.fairness.stereotype_tests.mean_areas import mean_areas
from pellucid.fairness.subgroups import AREAS, generalised_mean, subgroup_areas


def table(rng, per_term, terms=10):
    """Make rows whose terms all have an area of about .76."""
    named = np.repeat([*(f"t{at:02d}" for at in range(terms)), ""], per_term).astype(object)
    toxic = rng.random(len(named)) < 0.5
    return toxic, rng.normal(size=len(named)) + toxic, named


def areas(toxic, scores, terms):
    names = sorted(set(terms) - {""})
    found = subgroup_areas(toxic, scores, {name: terms == name for name in names})
    return {area: [getattr(one, area).value for one in found] for area in AREAS}


def test_areas_of_counts_are_those_of_rows():
    toxic, scores, terms = table(np.random.default_rng(0), 40)
    scores = np.round(scores, 1)  # ties
    level = module._levels(scores)
    group = np.unique(np.where(terms == "", "z", terms).astype(str), return_inverse=True)[1]
    counts = np.zeros((2, 11, level.max() + 1))
    np.add.at(counts, (toxic.astype(int), group, level), 1)
    for name, found in zip(AREAS, module._areas(counts), strict=True):
        np.testing.assert_allclose(found, areas(toxic, scores, terms)[name], atol=1e-12)
    inside = terms == "t03"
    assert module._areas(counts)[0][3] == pytest.approx(
        roc_auc_score(toxic[inside], scores[inside])
    )


def test_many_scores_are_put_together_evenly():
    scores = np.random.default_rng(0).random(20_000)
    level = module._levels(scores)
    assert level.max() < module.LEVELS and np.bincount(level).max() <= 6
    assert np.all(np.diff(level[np.argsort(scores)]) >= 0)


@pytest.mark.prove
def test_intervals_hold_the_mean_of_many_rows(spec):
    wanted = generalised_mean(np.array(areas(*table(np.random.default_rng(1), 50_000))["bpsn_auc"]))
    held, lower = 0, 0
    for seed in range(40):
        given = table(np.random.default_rng([2, seed]), 60)
        found = mean_areas(*given, areas(*given), spec("jigsaw_templates", seed=seed))["bpsn_auc"]
        held += found.low <= wanted <= found.high
        lower += found.high < wanted
    assert held >= 34 and lower <= 5  # 95% of 40 is 38
