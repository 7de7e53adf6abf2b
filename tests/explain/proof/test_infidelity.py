"""Infidelity against captum's, and where it is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.metrics import infidelity as captum_infidelity

from pellucid.explain.proof.infidelity import infidelity, subsets, unexplained
from pellucid.explain.value import Value
from pellucid.tests.explain.subjects import formula, linear


def test_the_true_scores_of_a_linear_model_have_none() -> None:
    subject, truth = linear([3.0, -2.0, 0.5, 1.0], [[1.0, 2.0, -1.0, 4.0]], [[0.5, 0.0, 0.0, 1.0]])
    keep = subsets(4, 30, np.random.default_rng(0))
    value = Value(subject)
    changes = value(0, np.ones((1, 4), bool))[0] - value(0, keep)
    foretold = (~keep) @ truth[0]
    assert infidelity(foretold, changes) == pytest.approx(0, abs=1e-9)
    assert unexplained(foretold, changes) == pytest.approx(0, abs=1e-9)
    assert unexplained(7 * foretold, changes) == pytest.approx(0, abs=1e-9)
    assert infidelity(7 * foretold, changes) > 1


@pytest.mark.parametrize("normalize", [False, True])
def test_it_is_captums(normalize: bool) -> None:
    def model(x: torch.Tensor) -> torch.Tensor:
        return (x**2).sum(1) + 2 * x[:, 0] * x[:, 1]

    sample, nothing = torch.tensor([[1.0, 2.0, -0.5]]), torch.tensor([[0.0, 0.5, 0.0]])
    subject = formula(model, sample, nothing)
    scores = torch.tensor([[1.5, 4.0, -1.0]])
    keep = subsets(3, 40, np.random.default_rng(1))
    value = Value(subject)
    changes = value(0, np.ones((1, 3), bool))[0] - value(0, keep)
    foretold = (~keep) @ scores[0].double().numpy()
    kept = torch.from_numpy(keep)

    def perturb(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return (~kept).float(), torch.where(kept, inputs, nothing)

    expected = captum_infidelity(
        model, perturb, sample, scores, n_perturb_samples=40, normalize=normalize
    )
    found = infidelity(foretold, changes, normalize=normalize)
    assert found == pytest.approx(float(expected[0]), rel=1e-5)
    if normalize:
        assert unexplained(foretold, changes) == pytest.approx(found / np.mean(changes**2))


def test_scores_that_foretell_the_opposite_explain_nothing() -> None:
    changes = np.array([1.0, 2.0, -1.0])
    assert unexplained(-changes, changes) == 1
    assert unexplained(np.zeros(3), changes) == 1
    assert np.isnan(unexplained(changes, np.zeros(3)))


def test_each_copy_loses_something_and_keeps_something() -> None:
    keep = subsets(5, 4000, np.random.default_rng(0))
    kept = keep.sum(axis=1)
    assert (kept.min(), kept.max()) == (1, 4)
    assert np.bincount(kept)[1:] / 4000 == pytest.approx([0.25] * 4, abs=0.03)
    assert keep.mean(axis=0) == pytest.approx([0.5] * 5, abs=0.03)
    assert subsets(2, 10, np.random.default_rng(0)).sum(axis=1).tolist() == [1] * 10
