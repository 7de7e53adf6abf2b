"""Max-sensitivity against captum's, and samples with noise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from captum.metrics import sensitivity_max

from pellucid.core import Run
from pellucid.explain.opened import ask, open_run
from pellucid.explain.proof.shaken import chosen, largest_change, shaken
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.value import Value
from pellucid.tests.explain.subjects import formula, linear


def gradients(subject: Any, rows: Any) -> torch.Tensor:
    sample = subject.batch(rows)["values"].clone().requires_grad_(True)
    numbers = subject.numbers({"values": sample}, rows)
    (found,) = torch.autograd.grad(numbers.sum(), sample)
    return found


def model(x: torch.Tensor) -> torch.Tensor:
    return (x**3).sum(1) + x[:, 0] * x[:, 1]


ROWS = np.arange(2)
SAMPLES = torch.tensor([[1.0, -2.0, 0.5], [0.3, 0.1, 4.0]])


def test_it_is_captums() -> None:
    subject = formula(model, SAMPLES)
    before = gradients(subject, ROWS).numpy()
    others, noises = [], []
    for seed in range(4):
        with shaken(subject, seed, 0.1) as moved:
            others.append(gradients(moved, ROWS).numpy())
            noises.append(moved.batch(ROWS)["values"] - SAMPLES)
    found = [largest_change(before[row], [one[row] for one in others]) for row in ROWS]
    noise = torch.stack(noises, dim=1).reshape(8, 3)

    def theirs(inputs: Any) -> Any:
        given = inputs if isinstance(inputs, torch.Tensor) else inputs[0]
        with torch.enable_grad():
            return (gradients(formula(model, given), np.arange(len(given))),)

    expected = sensitivity_max(theirs, SAMPLES, lambda given: given + noise, n_perturb_samples=4)
    assert found == pytest.approx(expected.tolist(), rel=1e-4)
    assert min(found) > 0


def test_the_gradient_of_a_linear_model_does_not_change() -> None:
    subject, _ = linear([3.0, -2.0, 0.5], SAMPLES)
    before = gradients(subject, ROWS).numpy()
    with shaken(subject, 0) as moved:
        after = gradients(moved, ROWS).numpy()
    assert [largest_change(before[row], [after[row]]) for row in ROWS] == [0, 0]


def test_scores_of_nothing_change_by_their_own_size() -> None:
    assert largest_change(np.zeros(2), [np.array([0.0, 0.5]), np.array([3.0, 4.0])]) == 5


def test_noise_stays_within_its_radius_and_off_what_is_left_out() -> None:
    samples = torch.randn(20, 50, generator=torch.Generator().manual_seed(0))
    nothing = torch.full((20, 50), 7.0)
    subject = formula(model, samples, nothing)
    rows = np.arange(20)
    with shaken(subject, 3, 0.02) as moved:
        noise = moved.batch(rows)["values"] - samples
        assert torch.equal(moved.baselines(rows)["values"], nothing)
        keep = np.random.default_rng(0).random((6, 50)) < 0.5
        copies = moved.cut(4).inputs(keep)["values"]
        again = moved.cut(4).inputs(keep)["values"]
        assert len(moved.cut(4)) == 50
    reach = 0.02 * samples.std(dim=1, unbiased=False)
    largest = noise.abs().max(dim=1).values
    assert bool((largest <= reach + 1e-6).all())
    assert bool((largest >= 0.8 * reach).all())
    assert not torch.equal(noise[0], noise[1])
    kept = torch.from_numpy(keep)
    assert torch.equal(copies, torch.where(kept, samples[4] + noise[4], nothing[4]))
    assert torch.equal(copies, again)


def test_parts_of_several_modalities_get_noise_each() -> None:
    subject = formula(model, torch.arange(1.0, 5.0)[None], split=2)
    with shaken(subject, 0) as moved:
        batch = moved.batch(np.array([0]))
        baselines = moved.baselines(np.array([0]))
    for name, place in (("values", 1), ("others", 3)):
        noise = (batch[name] - torch.arange(place, place + 2))[0]
        assert bool((noise.abs() > 0).all())
        assert bool((noise.abs() <= 0.02 * 0.5 + 1e-6).all())
        assert torch.equal(baselines[name], torch.zeros(1, 2))


def test_some_rows_of_a_subject() -> None:
    samples = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
    subject = formula(
        lambda x: torch.stack([x.sum(1), (x**2).sum(1)], 1), samples, targets=[0, 1, 0, 1, 0, 1]
    )
    some = chosen(subject, np.array([5, 2]))
    keep = np.array([[True, False, True], [True, True, True]])
    whole = Value(subject).many([(5, keep), (2, keep)])
    for found, expected in zip(Value(some).many([(0, keep), (1, keep)]), whole, strict=True):
        assert found == pytest.approx(expected)
    assert torch.equal(some.batch(np.array([1]))["values"], samples[[2]])


@pytest.fixture(scope="module")
def texts(finished: Any) -> Any:
    run = Run.open(finished)
    dataset = run.dataset()
    return ask(open_run(run), dataset.take(np.arange(5)), ExplainSpec()).subject


def test_words_get_noise_on_their_embeddings_and_the_model_is_left_as_it_was(texts: Any) -> None:
    rows = np.arange(5)
    layer = texts.model.get_input_embeddings()
    read = texts.batch(rows)["input_ids"]
    left = texts.baselines(rows)["input_ids"].unique()
    before = layer(read).detach()
    with shaken(texts, 0, 0.05) as moved:
        assert torch.equal(moved.batch(rows)["input_ids"], read)
        during = layer(read).detach()
        baselines = layer(moved.baselines(rows)["input_ids"]).detach()
        answers = Value(moved)(2, np.ones((1, len(moved.cut(2))), bool))
    assert torch.equal(layer(read).detach(), before)
    assert torch.equal(layer(texts.baselines(rows)["input_ids"]).detach(), baselines)
    stays = torch.isin(read, left)
    noise = (during - before).abs()
    assert float(noise[stays].max()) == 0
    assert float(noise[~stays].max()) > 0
    words = read[~stays].unique()
    reach = 0.05 * float(layer.weight[words].detach().std(unbiased=False))
    assert float(noise.max()) <= reach + 1e-6
    # The same word has the same noise wherever it stands.
    word = words[
        [int((read == one).sum()) for one in words].index(
            max(int((read == one).sum()) for one in words)
        )
    ]
    same = (during - before)[read == word]
    assert len(same) > 1
    assert torch.allclose(same, same[:1].expand_as(same), atol=1e-6)
    assert answers != Value(texts)(2, np.ones((1, len(texts.cut(2))), bool))
