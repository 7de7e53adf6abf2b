"""All methods on models whose scores are known by formula, and what all of them have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.testing.helpers.basic_models import BasicModel_MultiLayer

from pellucid.core import events
from pellucid.errors import Cancelled, DataError
from pellucid.explain.methods import methods
from pellucid.explain.perturbation import work
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.tests.explain.subjects import formula, linear

METHODS = [
    "feature_ablation",
    "occlusion",
    "lime",
    "kernel_shap",
    "partition_shap",
    "exact_shapley",
]
RNG = np.random.default_rng(5)


def explain(name: str, subject: Subject, **settings: Any) -> list[Any]:
    """Explain a subject by a method, with what it is told of progress left out."""
    spec = ExplainSpec(**({"evaluations": 600} | settings))
    return methods()[name].function(subject, spec, emit=events.silent, check=lambda: None)


@pytest.mark.parametrize("split", [None, 3])
@pytest.mark.parametrize("name", METHODS)
def test_linear_models_give_weights_times_differences(name: str, split: int | None) -> None:
    samples, baselines = RNG.normal(size=(2, 5, 7)).astype(np.float32)
    subject, known = linear(RNG.normal(size=7), samples, baselines, split=split)
    for found, right in zip(explain(name, subject, ridge=0), known, strict=True):
        np.testing.assert_allclose(found.scores, right, atol=1e-4)
        assert found.output - found.baseline_output == pytest.approx(right.sum(), abs=1e-4)
        assert found.rest == 0


def test_limes_ridge_makes_scores_smaller() -> None:
    subject, known = linear(RNG.normal(size=5), RNG.normal(size=(2, 5)))
    for ridge in (1.0, 100.0):
        for found, right in zip(explain("lime", subject, ridge=ridge), known, strict=True):
            share = found.scores @ right / (right @ right)
            assert (0.9 < share < 0.999) == (ridge == 1.0) and share > 0.1


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("kernel_shap", [76.6667, 196.6667, 116.6667]),
        ("exact_shapley", [76.6667, 196.6667, 116.6667]),
        # Whatever is there costs 10: half is the first one's, half the other two's together.
        ("partition_shap", [75.0, 197.5, 117.5]),
    ],
)
def test_captums_values_of_a_small_network(name: str, right: list[float]) -> None:
    # As its own tests have it, with zeros for a baseline.
    (found,) = explain(name, formula(BasicModel_MultiLayer(), [[20, 50, 30]]))
    np.testing.assert_allclose(found.scores, right, atol=1e-3)


@pytest.mark.parametrize("name", METHODS)
def test_a_batch_of_rows_equals_single_rows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = torch.from_numpy(RNG.normal(size=(9, 8)))
    subject = formula(lambda x: torch.tanh(x).prod(1) + (x[:, 1:] * x[:, :-1]).sum(1), samples)
    together = explain(name, subject, evaluations=256)
    monkeypatch.setattr(work, "KEPT", 2)
    in_pairs = explain(name, subject, evaluations=256)
    monkeypatch.setattr(work, "HELD", 1)
    by_ones = explain(name, subject, evaluations=256)
    for found in (in_pairs, by_ones):
        for one, other in zip(together, found, strict=True):
            np.testing.assert_allclose(one.scores, other.scores, atol=1e-6)
            assert one.evaluations == other.evaluations


@pytest.mark.parametrize("name", METHODS)
def test_no_more_copies_than_allowed(name: str) -> None:
    subject = formula(lambda x: x.prod(1), RNG.normal(size=(3, 6)))
    found = explain(name, subject, evaluations=64)
    assert all(8 <= one.evaluations <= 64 for one in found)
    model: Any = subject.model
    assert sum(model.seen) == sum(one.evaluations for one in found)


def test_too_many_segments_for_exact_values() -> None:
    subject = formula(lambda x: x.sum(1), np.ones((2, 10)))
    with pytest.raises(DataError, match=r"10 segments.*2\^10.*partition_shap"):
        explain("exact_shapley", subject, evaluations=1023)
    assert explain("exact_shapley", subject, evaluations=1024)[0].evaluations == 1024


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_segments(name: str, count: int) -> None:
    subject, known = linear(np.ones(count), np.full((2, count), 3.0))
    for found, right in zip(explain(name, subject, ridge=0), known, strict=True):
        assert found.scores.shape == (count,)
        np.testing.assert_allclose(found.scores, right, atol=1e-5)


@pytest.mark.parametrize("name", METHODS)
def test_progress_is_told_and_jobs_are_cancelled(name: str) -> None:
    subject, _ = linear(np.ones(4), np.ones((70, 4)))
    heard: list[Any] = []
    explained: Callable[..., Any] = methods()[name].function
    explained(subject, ExplainSpec(evaluations=20), emit=heard.append, check=lambda: None)
    done = [one.done for one in heard]
    assert done == sorted(done) and done[-1] == heard[-1].total == 70

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        explained(subject, ExplainSpec(evaluations=20), emit=events.silent, check=stop)
