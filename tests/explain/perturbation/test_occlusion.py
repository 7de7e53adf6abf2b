"""Occlusion, feature ablation and LIME against captum's and scikit-learn's."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from captum._utils.models.linear_model import SkLearnRidge
from captum.attr import FeatureAblation, Lime, Occlusion

from pellucid.explain.perturbation.lime import drawn, lime
from pellucid.explain.perturbation.occlusion import feature_ablation, occlusion, windows
from pellucid.explain.spec import ExplainSpec
from pellucid.tests.explain.subjects import formula

RNG = np.random.default_rng(17)
SAMPLES = torch.from_numpy(RNG.normal(size=(4, 6)))
BASELINES = torch.from_numpy(RNG.normal(size=(4, 6)))


def curved(x: torch.Tensor) -> torch.Tensor:
    return torch.tanh(x).prod(1) + torch.sin(x[:, 1:] * x[:, :-1]).sum(1)


def subject(**settings: Any) -> Any:
    return formula(curved, SAMPLES, BASELINES, dtype=torch.float64, **settings)


def test_feature_ablation_is_captums() -> None:
    right = FeatureAblation(curved).attribute(SAMPLES, baselines=BASELINES)
    found = feature_ablation(subject(), ExplainSpec())
    np.testing.assert_allclose([one.scores for one in found], right, atol=1e-6)
    same = occlusion(subject(), ExplainSpec())
    np.testing.assert_allclose([one.scores for one in same], right, atol=1e-6)
    assert [one.evaluations for one in found] == [8] * 4


def test_occlusion_by_windows_is_captums_away_from_the_end() -> None:
    right = Occlusion(curved).attribute(SAMPLES, (2,), baselines=BASELINES)
    found = np.array([one.scores for one in occlusion(subject(), ExplainSpec(window=2))])
    # The last window stands at the last segment too, and covers the last two once more.
    np.testing.assert_allclose(found[:, :4], right[:, :4], atol=1e-6)
    np.testing.assert_allclose(found[:, 5], right[:, 5], atol=1e-6)


def test_windows_stay_in_their_part() -> None:
    one = subject(split=2).cut(0)
    assert windows(one, 2).tolist() == [[0, 1], [1, 0], [2, 3], [3, 4], [4, 5], [5, 4]]
    wide = [sorted(set(own)) for own in windows(one, 3).tolist()]
    assert wide == [[0, 1], [0, 1], [2, 3, 4], [2, 3, 4], [3, 4, 5], [3, 4, 5]]
    assert windows(one, 1).tolist() == [[number] for number in range(6)]
    found = occlusion(subject(split=2), ExplainSpec(window=40))
    for score in found:
        assert len(np.unique(score.scores.round(9))) == 2


def test_lime_is_captums_with_its_kernel_and_ridge() -> None:
    spec = ExplainSpec(evaluations=81, seed=4)
    found = lime(subject(), spec)
    for row, one in enumerate(found):
        copies = iter(torch.from_numpy(drawn(6, 80, [4, row])).long())

        def near(whole: Any, copy: Any, kept: torch.Tensor, **_: Any) -> torch.Tensor:
            full = torch.ones_like(kept, dtype=torch.double)
            distance = 1 - torch.cosine_similarity(full, kept.double()).nan_to_num(0.0)
            return torch.exp(-(distance**2) / (2 * 0.25**2))

        right = Lime(
            curved,
            interpretable_model=SkLearnRidge(alpha=1.0),
            similarity_func=near,
            perturb_func=lambda *_, copies=copies, **__: next(copies)[None],
        ).attribute(
            SAMPLES[row : row + 1],
            baselines=BASELINES[row : row + 1],
            feature_mask=torch.arange(6)[None],
            n_samples=80,
        )
        # captum fits in float32.
        np.testing.assert_allclose(one.scores, right[0], atol=1e-4)


def test_limes_copies_hang_on_the_seed() -> None:
    spec = ExplainSpec(evaluations=30)
    same, again = lime(subject(), spec), lime(subject(), spec)
    other = lime(subject(), ExplainSpec(evaluations=30, seed=1))
    assert all((a.scores == b.scores).all() for a, b in zip(same, again, strict=True))
    assert not any(np.allclose(a.scores, b.scores) for a, b in zip(same, other, strict=True))
