"""Saliency, input × gradient, SmoothGrad and GradientSHAP, against closed forms and captum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import GradientShap, InputXGradient, NoiseTunnel, Saliency

from pellucid.core import memory
from pellucid.core.events import silent
from pellucid.explain.gradients.gradient_shap import gradient_shap
from pellucid.explain.gradients.input_x_gradient import input_x_gradient
from pellucid.explain.gradients.saliency import saliency
from pellucid.explain.gradients.smoothgrad import smoothgrad
from pellucid.explain.leaves import Leaves
from pellucid.explain.methods import methods
from pellucid.explain.scores import Scores
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.tests.explain.gradients.texts import PAIRS, SINGLE, worded
from pellucid.tests.explain.subjects import formula, linear

ALL = [saliency, input_x_gradient, smoothgrad, gradient_shap]

WEIGHTS = [1.5, -2.0, 0.25]
SAMPLES = [[1.0, 2.0, 3.0], [-4.0, 0.0, 1.0]]
BASELINES = [[0.0, 1.0, 1.0], [2.0, 2.0, 2.0]]


def ours(method: Callable[..., Any], subject: Subject, **settings: Any) -> list[Scores]:
    return method(subject, ExplainSpec(**settings), emit=silent, check=lambda: None)


def waves(x: torch.Tensor) -> torch.Tensor:
    return torch.sin(x[:, 0]) * x[:, 1] + x[:, 2] ** 2


@pytest.mark.parametrize("method", [saliency, smoothgrad])
@pytest.mark.parametrize("split", [None, 1])
def test_sizes_of_a_linear_models_slopes_are_its_weights(
    method: Callable[..., Any], split: int | None
) -> None:
    subject, _ = linear(WEIGHTS, SAMPLES, BASELINES, split=split)
    for one in ours(method, subject):
        assert one.scores == pytest.approx(np.abs(WEIGHTS), abs=1e-4)


@pytest.mark.parametrize("method", [input_x_gradient, gradient_shap])
@pytest.mark.parametrize("split", [None, 1])
@pytest.mark.parametrize("samples", [1, 6, 25])
def test_shares_of_a_linear_model_are_weights_times_differences(
    method: Callable[..., Any], split: int | None, samples: int
) -> None:
    subject, expected = linear(WEIGHTS, SAMPLES, BASELINES, split=split)
    for one, scores in zip(ours(method, subject, samples=samples), expected, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("method", ALL)
def test_outputs_are_those_of_sample_and_baseline(method: Callable[..., Any]) -> None:
    subject, _ = linear(WEIGHTS, SAMPLES, BASELINES)
    for one, sample, baseline in zip(ours(method, subject), SAMPLES, BASELINES, strict=True):
        assert one.output == pytest.approx(np.dot(WEIGHTS, sample) + 0.5, abs=1e-5)
        assert one.baseline_output == pytest.approx(np.dot(WEIGHTS, baseline) + 0.5, abs=1e-5)


def test_saliency_and_input_x_gradient_equal_captum() -> None:
    rows = torch.tensor([[0.3, 2.0, -1.0], [2.5, -1.0, 0.5]])
    subject = formula(waves, rows)
    pairs = ((saliency, Saliency), (input_x_gradient, InputXGradient))
    for method, theirs in pairs:
        expected = theirs(waves).attribute(rows.clone()).detach().numpy()
        for one, scores in zip(ours(method, subject), expected, strict=True):
            assert one.scores == pytest.approx(scores, abs=1e-5)


def test_smoothgrad_approaches_what_captum_approaches() -> None:
    rows = torch.tensor([[0.3, 2.0, -1.0]])
    width, share = 3.0, 0.2
    torch.manual_seed(0)
    expected = NoiseTunnel(Saliency(waves)).attribute(
        rows, nt_samples=20_000, stdevs=share * width, abs=False
    )
    one = ours(smoothgrad, formula(waves, rows), samples=4000, noise=share)[0]
    assert one.scores == pytest.approx(expected[0].abs().numpy(), abs=0.03)
    # The mean slope of sin(x)·y is that of the sample times exp(-variance / 2).
    slope = np.cos(0.3) * 2 * np.exp(-((share * width) ** 2) / 2)
    assert one.scores[0] == pytest.approx(slope, abs=0.03)


def test_gradient_shap_approaches_what_captum_approaches() -> None:
    rows = torch.tensor([[0.3, 2.0, -1.0]])
    torch.manual_seed(0)
    np.random.seed(0)
    theirs = GradientShap(waves).attribute(
        rows, torch.zeros(1, 3), n_samples=20_000, stdevs=0.1 * 3.0
    )
    one = ours(gradient_shap, formula(waves, rows), samples=4000, noise=0.1)[0]
    assert one.scores == pytest.approx(theirs[0].detach().numpy(), abs=0.03)


@pytest.mark.parametrize("method", [smoothgrad, gradient_shap])
def test_what_is_drawn_follows_from_seed_and_sample(method: Callable[..., Any]) -> None:
    rows = [[0.3, 2.0, -1.0], [2.5, -1.0, 0.5], [0.3, 2.0, -1.0]]
    subject = formula(waves, rows)
    first, again = ours(method, subject, seed=3), ours(method, subject, seed=3)
    other = ours(method, subject, seed=4)
    assert all((one.scores == two.scores).all() for one, two in zip(first, again, strict=True))
    assert np.abs(first[0].scores - other[0].scores).max() > 1e-4
    assert first[0].scores == pytest.approx(first[2].scores, abs=1e-6)


@pytest.mark.parametrize("method", ALL)
@pytest.mark.parametrize("samples", [SINGLE, PAIRS])
def test_a_batch_gives_what_single_samples_give_however_padded(
    trained: tuple[Any, Any], left: Any, method: Callable[..., Any], samples: Any
) -> None:
    model, right = trained
    settings = {"samples": 3, "noise": 0.05}
    together = [
        ours(method, worded(model, tokenizer, samples, [1] * len(samples)), **settings)
        for tokenizer in (right, left)
    ]
    for row, sample in enumerate(samples):
        alone = ours(method, worded(model, right, [sample], [1]), **settings)[0]
        for found in together:
            assert found[row].scores == pytest.approx(alone.scores, rel=1e-3, abs=1e-5)
            assert found[row].rest == pytest.approx(alone.rest, rel=1e-3, abs=1e-5)
            assert found[row].output == pytest.approx(alone.output, abs=1e-5)
        assert np.abs(alone.scores).max() > 1e-4


def test_a_words_saliency_is_the_sum_over_its_tokens(trained: tuple[Any, Any]) -> None:
    model, tokenizer = trained
    subject = worded(model, tokenizer, SINGLE[:1], [1])
    inputs = dict(tokenizer(SINGLE[0][0], return_tensors="pt"))
    embedded = model.get_input_embeddings()(inputs.pop("input_ids")).detach().requires_grad_()
    model(inputs_embeds=embedded, **inputs).logits[0, 1].backward()
    tokens = embedded.grad[0].abs().sum(-1).numpy()
    one = ours(saliency, subject)[0]
    owners = subject.cut(0).pieces[0].segmented.owners
    for word in range(len(one.scores)):
        assert one.scores[word] == pytest.approx(tokens[owners == word].sum(), rel=1e-4)
    assert one.scores.sum() + one.rest == pytest.approx(tokens.sum(), rel=1e-4)


@pytest.mark.parametrize("method", ALL)
def test_a_batch_for_which_memory_runs_out_goes_in_halves(
    method: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "give_back", lambda: None)
    rows = np.random.default_rng(0).normal(size=(6, 3)).tolist()
    tried = []

    def tight(x: torch.Tensor) -> torch.Tensor:
        tried.append(len(x))
        if len(x) > 4:
            raise MemoryError
        return waves(x)

    whole = ours(method, formula(waves, rows), samples=5)
    parts = ours(method, formula(tight, rows), samples=5)
    assert max(tried) > 4
    for one, other in zip(whole, parts, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-5)


@pytest.mark.parametrize("method", ALL)
def test_methods_say_whether_scores_have_signs(method: Callable[..., Any]) -> None:
    subject, _ = linear(WEIGHTS, SAMPLES, BASELINES)
    known = methods()[method.__name__]
    below = any((one.scores < 0).any() for one in ours(method, subject))
    assert known.signed == below
    assert known.function is method
    assert not known.complete


def test_gradients_reach_parts_that_an_answer_does_not_use() -> None:
    subject = formula(lambda x: x[:, 0] * 2, [[1.0, 5.0]], split=1)
    assert ours(input_x_gradient, subject)[0].scores == pytest.approx([2.0, 0.0])


def test_rows_are_taken_with_the_padding_that_they_need(trained: tuple[Any, Any]) -> None:
    leaves = Leaves(worded(*trained, SINGLE, [0] * 4))
    started = leaves.start(np.arange(4))
    some = started.take(np.array([1, 3, 1]))
    longest = max(len(trained[1](SINGLE[row][0])["input_ids"]) for row in (1, 3))
    assert some.inputs[0].shape[:2] == (3, longest)
    assert some.rows.tolist() == [1, 3, 1]
    expected = leaves.forward(*started.inputs, *started.others)[[1, 3, 1]]
    assert torch.allclose(leaves.forward(*some.inputs, *some.others), expected, atol=1e-5)
