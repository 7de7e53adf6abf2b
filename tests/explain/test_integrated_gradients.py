"""Against captum's own layer method, closed forms, and the models' own outputs."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerIntegratedGradients

from pellucid.core import events
from pellucid.core.events import Clock
from pellucid.errors import Cancelled, ModelError
from pellucid.explain.integrated_gradients import integrated_gradients
from pellucid.multimodal.text.encode import encode

SINGLE = [
    ("the room was lovely and warm.",),
    ("awful",),
    ("we stayed there with rude staff, a dirty desk and it was very loud!",),
    ("it was good",),
]
PAIRS = [
    ("was the room good?", "it was very clean and calm."),
    ("staff?", "rude and slow, we were there with our cold desk"),
    ("our visit was a very warm visit", "bad"),
]
ONCE: dict[str, Any] = {"steps": 16, "max_steps": 16}


def captum_scores(
    model: Any, tokenizer: Any, samples: list[tuple[str, ...]], targets: list[int], steps: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """Ask captum and the tokenizer; return scores per real token, and logit minus baseline's."""
    inputs = dict(
        tokenizer(*map(list, zip(*samples, strict=True)), padding=True, return_tensors="pt")
    )
    ids, mask = inputs.pop("input_ids"), inputs["attention_mask"]
    frame = torch.tensor([tokenizer.cls_token_id, tokenizer.sep_token_id])
    base = torch.where(torch.isin(ids, frame), ids, tokenizer.pad_token_id)
    names = list(inputs)

    def forward(ids: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        return model(input_ids=ids, **dict(zip(names, others, strict=True))).logits

    others, target = tuple(inputs.values()), torch.tensor(targets)
    found = LayerIntegratedGradients(forward, model.get_input_embeddings()).attribute(
        ids,
        baselines=base,
        target=target,
        additional_forward_args=others,
        n_steps=steps,
        method="gausslegendre",
    )
    with torch.no_grad():
        ends = [forward(one, *others).gather(1, target[:, None])[:, 0] for one in (ids, base)]
    summed = found.sum(-1).detach().numpy()
    kept = [row[real.bool().numpy()] for row, real in zip(summed, mask, strict=True)]
    return kept, (ends[0] - ends[1]).numpy()


def ours(model: Any, tokenizer: Any, samples: Any, targets: list[int], **changes: Any) -> Any:
    return integrated_gradients(
        model,
        encode(tokenizer, samples, 64),
        np.array(targets),
        baseline=tokenizer.pad_token_id,
        keep=frozenset([tokenizer.cls_token_id, tokenizer.sep_token_id]),
        **changes,
    )


@pytest.mark.parametrize("samples", [SINGLE[:1], SINGLE, PAIRS[:1], PAIRS])
@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("steps", [16, 33])
def test_it_equals_captum(
    trained: tuple[Any, Any],
    left: Any,
    samples: Any,
    side: str,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Padding at the left moves a BERT's places, so both must pad alike: all samples together.
    module = sys.modules["pellucid.explain.integrated_gradients"]
    monkeypatch.setattr(module, "tokens_at_once", lambda model: 1 << 16)
    model, right = trained
    tokenizer = right if side == "right" else left
    targets = [row % 2 for row in range(len(samples))]
    expected, _ = captum_scores(model, tokenizer, samples, targets, steps)
    found = ours(model, tokenizer, samples, targets, steps=steps, max_steps=steps)
    for one, scores in zip(found, expected, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-5)
        assert np.abs(scores).max() > 1e-3  # there is something to compare


@pytest.mark.parametrize("samples", [SINGLE * 6, PAIRS * 6])
def test_a_batch_gives_what_single_samples_give(trained: tuple[Any, Any], samples: Any) -> None:
    model, tokenizer = trained
    together = ours(model, tokenizer, samples, [1] * len(samples), **ONCE)
    for sample, one in zip(samples, together, strict=True):
        alone = ours(model, tokenizer, [sample], [1], **ONCE)[0]
        assert one.scores == pytest.approx(alone.scores, abs=1e-5)
        assert (one.output, one.baseline_output) == pytest.approx(
            (alone.output, alone.baseline_output), abs=1e-5
        )


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_decoder_answers_from_its_last_real_token(left: Any, side: str) -> None:
    """Decoders find the end of a text by its padding tokens, so they must see token numbers."""
    from transformers import LlamaConfig, LlamaForSequenceClassification

    torch.manual_seed(1)
    model = LlamaForSequenceClassification(
        LlamaConfig(
            vocab_size=len(left),
            hidden_size=32,
            intermediate_size=48,
            num_hidden_layers=2,
            num_attention_heads=2,
            pad_token_id=left.pad_token_id,
        )
    ).eval()
    model.get_input_embeddings().weight.data.mul_(20)
    left.padding_side = side
    together = ours(model, left, SINGLE, [1] * 4, **ONCE)
    for sample, one in zip(SINGLE, together, strict=True):
        ids = torch.tensor([left(sample[0])["input_ids"]])
        expected, _ = captum_scores(model, left, [sample], [1], 16)
        assert one.output == pytest.approx(float(model(ids).logits[0, 1].detach()), abs=1e-5)
        assert one.scores == pytest.approx(expected[0], abs=1e-5)


def test_scores_add_up_to_the_difference_of_the_outputs(trained: tuple[Any, Any]) -> None:
    model, tokenizer = trained
    for samples in (SINGLE, PAIRS):
        targets = [0] * len(samples)
        _, difference = captum_scores(model, tokenizer, samples, targets, 2)
        found = ours(model, tokenizer, samples, targets, tolerance=0.01, steps=4, max_steps=1024)
        for one, expected in zip(found, difference, strict=True):
            assert one.output - one.baseline_output == pytest.approx(expected, abs=1e-4)
            assert abs(one.scores.sum() - expected) <= 0.01 * abs(expected) + 1e-4


def test_a_linear_model_has_its_closed_form(bag: Any, encoded: Any) -> None:
    generator = torch.Generator().manual_seed(3)
    words = torch.randn(12, 5, generator=generator)
    weight = torch.randn(3, 5, generator=generator)
    rows = [[2, 7, 8, 3], [2, 9, 3], [2, 4, 5, 6, 7, 8, 9, 10, 3], [2, 3]]
    targets = np.array([0, 1, 2, 1])
    found = integrated_gradients(
        bag(words, weight), encoded(rows), targets, baseline=0, keep=frozenset([2, 3]), steps=4
    )
    for row, target, one in zip(rows, targets, found, strict=True):
        base = [number if number in (2, 3) else 0 for number in row]
        expected = (words[row] - words[base]) @ weight[target]
        assert one.scores == pytest.approx(expected.numpy(), abs=1e-5)
        assert one.steps == 4


def by_hand(scale: float, steps: int) -> float:
    """Integrate the slope of tanh from 0 to `scale` with Gauss-Legendre points."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    at = (1 + nodes) / 2 * scale
    return float((weights / 2 / np.cosh(at) ** 2).sum() * scale)


def curved(bag: Any, scales: list[float]) -> Any:
    """Make a model whose logit is the tanh of the sum of its words, which are `scales`."""
    words = torch.tensor([[0.0], *([scale] for scale in scales)])
    return bag(words, torch.ones(1, 1), torch.tanh)


def test_steps_are_raised_only_where_needed(bag: Any, encoded: Any) -> None:
    scales, tolerance = [0.1, 3.0, 12.0, 60.0], 0.02
    found = integrated_gradients(
        curved(bag, scales),
        encoded([[1], [2], [3], [4]]),
        np.zeros(4, np.int64),
        baseline=0,
        keep=frozenset(),
        tolerance=tolerance,
        steps=2,
        max_steps=256,
    )
    for scale, one in zip(scales, found, strict=True):
        needed = next(
            steps
            for steps in (2, 4, 8, 16, 32, 64, 128)
            if abs(by_hand(scale, steps) / math.tanh(scale) - 1) <= tolerance
        )
        assert one.steps == needed
        assert one.scores[0] == pytest.approx(by_hand(scale, needed), abs=1e-4)
    assert len({one.steps for one in found}) == 4


@pytest.mark.parametrize(("steps", "most"), [(2, 12), (16, 12), (8, 8)])
def test_no_sample_gets_more_than_max_steps(bag: Any, encoded: Any, steps: int, most: int) -> None:
    model, rows = curved(bag, [60.0]), encoded([[1]])
    options: dict[str, Any] = {"baseline": 0, "keep": frozenset(), "tolerance": 0.001}
    found = integrated_gradients(
        model, rows, np.zeros(1, np.int64), steps=steps, max_steps=most, **options
    )[0]
    assert found.steps == most
    assert found.scores[0] == pytest.approx(by_hand(60.0, most), abs=1e-4)
    assert found.relative_error > 0.001


def test_a_sample_that_equals_its_baseline_is_settled_at_once(trained: tuple[Any, Any]) -> None:
    model, tokenizer = trained
    found = ours(model, tokenizer, [("",), ("good",)], [0, 0], steps=4)
    assert found[0].steps == 4
    assert found[0].scores == pytest.approx(0)
    assert found[0].relative_error < 0.05


def test_an_output_that_is_no_number_never_counts_as_converged(bag: Any, encoded: Any) -> None:
    model = bag(torch.ones(3, 1), torch.ones(1, 1), lambda sums: sums * math.nan)
    found = integrated_gradients(
        model,
        encoded([[1, 2]]),
        np.zeros(1, np.int64),
        baseline=0,
        keep=frozenset(),
        steps=2,
        max_steps=8,
    )[0]
    assert found.steps == 8
    assert not found.relative_error <= 0.05


def test_known_outputs_are_not_computed_again(bag: Any, encoded: Any) -> None:
    def passes(**changes: Any) -> int:
        model = curved(bag, [0.1, 0.2])
        integrated_gradients(
            model,
            encoded([[1], [2]]),
            np.zeros(2, np.int64),
            baseline=0,
            keep=frozenset(),
            steps=4,
            **changes,
        )
        return len(model.seen)

    known = np.tanh([0.1, 0.2])
    assert passes(outputs=known) == 2  # the points, and the baselines
    assert passes() == 3


def test_many_steps_of_a_long_sample_go_in_portions(bag: Any, encoded: Any) -> None:
    model = curved(bag, [0.05])
    row = [1] * 700
    found = integrated_gradients(
        model,
        encoded([row]),
        np.zeros(1, np.int64),
        baseline=0,
        keep=frozenset(),
        steps=64,
        max_steps=64,
    )[0]
    assert max(model.seen) <= 4096
    assert found.scores == pytest.approx(by_hand(35.0, 64) / 700, abs=1e-5)


def test_the_model_is_left_as_it_was(bag: Any, encoded: Any) -> None:
    model = curved(bag, [1.0, 2.0]).train()
    model.words.weight.requires_grad_(False)

    def state() -> list[tuple[bool, Any]]:
        return [(one.requires_grad, one.grad) for one in model.parameters()]

    def stop() -> None:
        raise Cancelled("cancelled")

    before = state()
    options: dict[str, Any] = {"baseline": 0, "keep": frozenset()}
    integrated_gradients(model, encoded([[1], [2]]), np.zeros(2, np.int64), **options)
    with pytest.raises(Cancelled):
        integrated_gradients(model, encoded([[1]]), np.zeros(1, np.int64), check=stop, **options)
    assert state() == before
    assert model.training
    assert not model.words._forward_hooks


def test_a_model_that_bypasses_its_embeddings_is_refused(bag: Any, encoded: Any) -> None:
    model = curved(bag, [1.0])
    model.get_input_embeddings = lambda: torch.nn.Embedding(2, 1)
    with pytest.raises(ModelError, match="0 times"):
        integrated_gradients(
            model, encoded([[1]]), np.zeros(1, np.int64), baseline=0, keep=frozenset()
        )


def test_nothing_to_explain(bag: Any, encoded: Any) -> None:
    empty = encoded([[1]])
    object.__setattr__(empty, "lengths", np.empty(0, np.int64))
    assert (
        integrated_gradients(
            curved(bag, [1.0]), empty, np.empty(0, np.int64), baseline=0, keep=frozenset()
        )
        == []
    )


def test_progress_runs_forward_to_its_end(
    bag: Any, encoded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "due", lambda self: True)
    told: list[events.Progress] = []
    generator = np.random.default_rng(0)
    rows = [generator.integers(1, 5, generator.integers(1, 40)).tolist() for _ in range(80)]
    emit: Callable[[Any], None] = told.append
    integrated_gradients(
        curved(bag, [0.01, 0.3, 2.0, 9.0]),
        encoded(rows),
        np.zeros(80, np.int64),
        baseline=0,
        keep=frozenset(),
        steps=2,
        max_steps=64,
        emit=emit,
    )
    done = [one.done for one in told]
    assert done == sorted(done)
    assert len(set(done)) > 5
    assert {one.total for one in told} == {sum(map(len, rows))}
    assert done[-1] == told[-1].total
    assert told[-1].remaining == pytest.approx(0)
    assert told[-1].text == "80 of 80 rows"
    assert all(one.remaining is None or one.remaining >= 0 for one in told)
