"""Shapley and Owen values against shap's own explainers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shap
import torch
from numpy.typing import NDArray

from pellucid.explain.perturbation.exact_shapley import exact_shapley
from pellucid.explain.perturbation.kernel_shap import Coalitions, coalitions, kernel_shap, solved
from pellucid.explain.perturbation.partition_shap import partition_shap
from pellucid.explain.spec import ExplainSpec
from pellucid.multimodal.hierarchy import halved
from pellucid.tests.explain.subjects import formula

RNG = np.random.default_rng(11)
WEIGHTS = torch.from_numpy(RNG.normal(size=(12, 6)))


def curved(x: torch.Tensor) -> torch.Tensor:
    """Return a number of which no segment has a share of its own."""
    hidden = torch.tanh(x.double() @ WEIGHTS[: x.shape[1]])
    return hidden[:, :3].prod(1) + hidden.sum(1) + (hidden[:, 3:] ** 2).sum(1)


class Masker(shap.maskers.Masker):  # type: ignore[misc]
    """What is left out becomes the baseline; segments are grouped by a hierarchy."""

    def __init__(self, baseline: NDArray[np.float64], clustering: Any = None) -> None:
        self.baseline = baseline
        self.shape = (1, len(baseline))
        self.clustering = clustering

    def __call__(self, mask: NDArray[np.bool_], x: NDArray[np.float64]) -> Any:
        return (np.where(mask, x, self.baseline)[None],)


def model(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return curved(torch.from_numpy(np.asarray(x))).numpy()


def rows(count: int) -> tuple[NDArray[np.float64], NDArray[np.float64], Any]:
    samples, baselines = RNG.normal(size=(2, 4, count))
    return samples, baselines, formula(curved, samples, baselines, dtype=torch.float64)


def test_exact_values() -> None:
    samples, baselines, subject = rows(9)
    found = exact_shapley(subject, ExplainSpec(evaluations=512))
    for one, sample, baseline in zip(found, samples, baselines, strict=True):
        explainer = shap.ExactExplainer(model, Masker(baseline))
        right = explainer(sample[None], silent=True)
        np.testing.assert_allclose(one.scores, right.values[0], atol=1e-6)
        assert one.baseline_output == pytest.approx(right.base_values[0], abs=1e-6)


def shuffled(count: int) -> NDArray[np.float64]:
    """Return a hierarchy that is far from balanced and in no order."""
    return halved(RNG.permutation(count)[:, None] ** 2.0 + RNG.normal(size=(count, 2)))


def chain(count: int) -> NDArray[np.float64]:
    """Return a hierarchy that joins one segment after the other."""
    found = np.empty((count - 1, 4))
    for number in range(count - 1):
        top = count + number - 1 if number else 0
        found[number] = (number + 1, top, (number + 2) / count, number + 2)
    return found


@pytest.mark.parametrize("batch", [2, 5, 32])
@pytest.mark.parametrize("evaluations", [4, 24, 60, 1500])
@pytest.mark.parametrize("tree", [shuffled, chain])
def test_partition_values(tree: Any, evaluations: int, batch: int) -> None:
    samples, baselines, subject = rows(9)
    trees = [tree(9) for _ in samples]
    found = partition_shap(
        subject, ExplainSpec(evaluations=evaluations), hierarchy=trees.__getitem__, at_once=batch
    )
    for one, sample, baseline, own in zip(found, samples, baselines, trees, strict=True):
        explainer = shap.PartitionExplainer(model, Masker(baseline, own))
        right = explainer(sample[None], max_evals=evaluations, batch_size=batch, silent=True)
        np.testing.assert_allclose(one.scores, right.values[0], atol=1e-4)
        assert one.scores.sum() == pytest.approx(one.output - one.baseline_output)
        assert one.evaluations <= explainer.last_eval_count + 2 <= evaluations


@pytest.mark.parametrize("evaluations", [100_000, 1022 + 2])
def test_kernel_values_where_all_copies_are_asked_for(evaluations: int) -> None:
    samples, baselines, subject = rows(10)
    found = kernel_shap(subject, ExplainSpec(evaluations=evaluations))
    exact = exact_shapley(subject, ExplainSpec(evaluations=1024))
    for one, other, sample, baseline in zip(found, exact, samples, baselines, strict=True):
        explainer = shap.KernelExplainer(model, baseline[None])
        right = explainer.shap_values(sample, nsamples=1022, l1_reg=False, silent=True)
        np.testing.assert_allclose(one.scores, right, atol=1e-6)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
        assert one.evaluations == 1024


@pytest.mark.parametrize("copies", [30, 100, 300])
def test_copies_are_chosen_as_shap_chooses_them(copies: int) -> None:
    explainer = shap.KernelExplainer(model, np.zeros((1, 12)))
    explainer.shap_values(np.ones(12), nsamples=copies, l1_reg=False, silent=True)
    theirs, ours = explainer.maskMatrix.astype(bool), coalitions(12, copies, [0])
    assert len(theirs) == len(ours.keep) == copies == len(np.unique(ours.keep, axis=0))

    def whole(keep: NDArray[np.bool_], weight: NDArray[np.float64]) -> dict[int, float]:
        """Weigh all coalitions of the sizes that are taken whole."""
        sizes = keep.sum(axis=1)
        counts = {1: 12, 11: 12, 2: 66, 10: 66, 3: 220, 9: 220}
        full = [size for size, count in counts.items() if (sizes == size).sum() == count]
        return {size: float(weight[sizes == size].sum()) for size in full}

    right = whole(theirs, explainer.kernelWeights)
    assert whole(ours.keep, ours.weight) == pytest.approx(right)
    assert ours.weight.sum() == pytest.approx(explainer.kernelWeights.sum())


def test_copies_are_drawn_by_the_kernels_shares() -> None:
    # Of 20 segments 10,000 copies hold sizes 1 to 3 and all but 1 to 3; the others are drawn.
    chosen = coalitions(20, 10_000, [3])
    sizes = chosen.keep.sum(axis=1)
    share = np.bincount(sizes, chosen.weight, minlength=21)
    right = np.array([0, *(1 / (size * (20 - size)) for size in range(1, 20)), 0])
    np.testing.assert_allclose(share, right / right.sum(), atol=3e-3)
    assert not chosen.keep.all(axis=1).any() and chosen.keep.any(axis=1).all()


def test_scores_from_one_sample_of_copies_are_those_of_shap() -> None:
    sample, baseline = RNG.normal(size=(2, 12))
    explainer = shap.KernelExplainer(model, baseline[None])
    right = explainer.shap_values(sample, nsamples=200, l1_reg=False, silent=True)
    nothing, full = model(np.stack([baseline, sample]))
    keep = explainer.maskMatrix.astype(bool)
    gained = model(np.where(keep, sample, baseline)) - nothing
    found = solved(Coalitions(keep, explainer.kernelWeights), gained, full - nothing)
    np.testing.assert_allclose(found, right, atol=1e-8)


def test_seeds_decide_what_is_drawn_and_rows_draw_apart() -> None:
    _, _, subject = rows(12)

    def scores(seed: int) -> NDArray[np.float64]:
        spec = ExplainSpec(evaluations=60, seed=seed)
        return np.array([one.scores for one in kernel_shap(subject, spec)])

    assert (scores(1) == scores(1)).all() and (scores(1) != scores(2)).any()
    assert (coalitions(12, 60, [1, 0]).keep != coalitions(12, 60, [1, 1]).keep).any()


def test_fewer_copies_than_segments_are_still_complete() -> None:
    _, _, subject = rows(12)
    for one in kernel_shap(subject, ExplainSpec(evaluations=8)):
        assert one.scores.sum() == pytest.approx(one.output - one.baseline_output)
        assert one.evaluations == 8
