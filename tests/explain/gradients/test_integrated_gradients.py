"""Against captum's own layer method, closed forms, and the models' own outputs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.core import events, memory
from pellucid.core.events import Clock, silent
from pellucid.errors import Cancelled, ModelError
from pellucid.explain.attribution import relative_error
from pellucid.explain.gradients import batches
from pellucid.explain.gradients.integrated_gradients import integrated_gradients
from pellucid.explain.scores import Scores
from pellucid.explain.spec import ExplainSpec
from pellucid.explain.subject import Subject
from pellucid.tests.explain.gradients.texts import PAIRS, SINGLE, captum_scores, numbered, worded
from pellucid.tests.explain.subjects import formula, linear


def ours(
    subject: Subject, *, emit: Any = silent, check: Any = lambda: None, **settings: Any
) -> Any:
    return integrated_gradients(subject, ExplainSpec(**settings), emit=emit, check=check)


def error(one: Scores) -> float:
    difference = one.output - one.baseline_output
    return relative_error(float(one.scores.sum()) + one.rest - difference, difference)


def simpson(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points and weights of Simpson's rule, as its textbook form has them."""
    weights = np.ones(steps)
    weights[1:-1:2], weights[2:-1:2] = 4, 2
    return np.linspace(0, 1, steps), weights / weights.sum()


@pytest.fixture
def captum_by_simpson(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have captum take the points and weights of Simpson's rule."""
    rule = (lambda steps: simpson(steps)[1].tolist(), lambda steps: simpson(steps)[0].tolist())
    monkeypatch.setattr(
        "captum.attr._core.integrated_gradients.approximation_parameters", lambda method: rule
    )


@pytest.mark.usefixtures("captum_by_simpson")
@pytest.mark.parametrize("samples", [SINGLE[:1], SINGLE, PAIRS[:1], PAIRS])
@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("steps", [9, 33])
def test_it_equals_captum_at_the_same_steps(
    trained: tuple[Any, Any], left: Any, samples: Any, side: str, steps: int
) -> None:
    model, right = trained
    tokenizer = right if side == "right" else left
    subject = worded(model, tokenizer, samples, [row % 2 for row in range(len(samples))])
    expected = captum_scores(subject, tokenizer, samples, steps)
    found = ours(subject, steps=steps, max_steps=steps)
    for one, (scores, difference) in zip(found, expected, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-5)
        assert one.output - one.baseline_output == pytest.approx(difference, abs=1e-5)
        assert one.evaluations == steps
        assert np.abs(scores).max() > 1e-3  # there is something to compare


@pytest.mark.parametrize("samples", [SINGLE, PAIRS])
def test_it_approaches_what_captum_approaches(trained: tuple[Any, Any], samples: Any) -> None:
    """Captum at 200 steps of its own rule stands for the integral."""
    subject = worded(*trained, samples, [1] * len(samples))
    expected = captum_scores(subject, trained[1], samples, 200)
    for tolerance, near in ((0.01, 0.05), (1e-4, 5e-3)):
        found = ours(subject, tolerance=tolerance, steps=5, max_steps=1024)
        for one, (scores, _) in zip(found, expected, strict=True):
            assert one.scores == pytest.approx(scores, abs=near * np.abs(scores).max() + 1e-5)


@pytest.mark.parametrize("samples", [SINGLE * 6, PAIRS * 6])
@pytest.mark.parametrize("side", ["right", "left"])
def test_a_batch_gives_what_single_samples_give(
    trained: tuple[Any, Any], left: Any, samples: Any, side: str
) -> None:
    model, right = trained
    tokenizer = right if side == "right" else left
    together = ours(worded(model, tokenizer, samples, [1] * len(samples)), tolerance=0.01)
    for sample, one in zip(samples, together, strict=True):
        alone = ours(worded(model, tokenizer, [sample], [1]), tolerance=0.01)[0]
        assert one.scores == pytest.approx(alone.scores, abs=1e-5)
        assert one.evaluations == alone.evaluations
        assert (one.output, one.baseline_output) == pytest.approx(
            (alone.output, alone.baseline_output), abs=1e-5
        )


@pytest.mark.usefixtures("captum_by_simpson")
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
    subject = worded(model, left, SINGLE, [1] * 4)
    expected = captum_scores(subject, left, SINGLE, 17)
    for sample, one, (scores, _) in zip(
        SINGLE, ours(subject, steps=17, max_steps=17), expected, strict=True
    ):
        ids = torch.tensor([left(sample[0])["input_ids"]])
        assert one.output == pytest.approx(float(model(ids).logits[0, 1].detach()), abs=1e-5)
        assert one.scores == pytest.approx(scores, abs=1e-5)


def test_scores_add_up_to_the_difference_of_the_outputs(trained: tuple[Any, Any]) -> None:
    for samples in (SINGLE, PAIRS):
        subject = worded(*trained, samples, [0] * len(samples))
        found = ours(subject, tolerance=0.01, steps=3, max_steps=1024)
        expected = captum_scores(subject, trained[1], samples, 2)
        for one, (_, difference) in zip(found, expected, strict=True):
            assert one.output - one.baseline_output == pytest.approx(difference, abs=1e-4)
            sums = one.scores.sum() + one.rest
            assert abs(sums - difference) <= 0.01 * abs(difference) + 1e-4


def test_a_linear_model_has_its_closed_form() -> None:
    subject, expected = linear([1.5, -2, 0.25], [[1, 2, 3], [-4, 0, 1]], [[0, 1, 1], [2, 2, 2]])
    for one, scores in zip(ours(subject), expected, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-4)
        assert one.evaluations == 9


def test_parts_move_from_their_baselines_together() -> None:
    """The integral of a product is not that of either part with the other one held."""
    subject = formula(lambda x: x[:, 0] * x[:, 1] ** 2, [[2.0, 3.0]], split=1)
    one = ours(subject, steps=5, max_steps=5)[0]
    # x·y² along (2a, 3a): ∫ 2·9a² da and ∫ 3·2·2a·3a da.
    assert one.scores == pytest.approx([6.0, 12.0], rel=1e-5)


def test_captums_toy_models_have_their_analytic_values() -> None:
    """f = ReLU(x1 + x2 + x3 - 10) has slope 1 on the last (s - 10) / s of the way."""
    rows = [[3.0, 4.0, 5.0], [6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]
    known = [[0.5, 0.6667, 0.8333], [3.1429, 3.6667, 4.1905], [6.0, 6.6667, 7.3333]]
    subject = formula(lambda x: torch.relu(x.sum(1) - 10), rows)
    for steps in (17, 129):
        for one, row, scores in zip(
            ours(subject, steps=steps, max_steps=steps), rows, known, strict=True
        ):
            # A jump of the slope lies in one stretch, of 2 / (steps - 1) of the way.
            assert one.scores == pytest.approx(scores, abs=2 / (steps - 1) * max(row))
    for one, scores in zip(ours(subject, tolerance=1e-4), known, strict=True):
        assert one.scores == pytest.approx(scores, abs=1e-3)
        assert one.evaluations < 50
    # ReLU(ReLU(x1) - 1 - ReLU(x2)) at (3, 1), from page 10 of the paper.
    toy = formula(lambda x: torch.relu(torch.relu(x[:, 0]) - 1 - torch.relu(x[:, 1])), [[3.0, 1.0]])
    assert ours(toy, tolerance=1e-4)[0].scores == pytest.approx([1.5, -0.5], abs=1e-3)


def curved(bag: Any, scales: list[float]) -> Any:
    """Make a model whose logit is the tanh of the sum of its words, which are `scales`."""
    words = torch.tensor([[0.0], *([scale] for scale in scales)])
    return bag(words, torch.ones(1, 1), torch.tanh)


def by_hand(scale: float, steps: int) -> float:
    """Integrate the slope of tanh from 0 to `scale` by Simpson's rule."""
    points, weights = simpson(steps)
    return float((weights / np.cosh(points * scale) ** 2).sum() * scale)


def test_words_and_their_frame_are_told_apart(bag: Any, encoded: Any) -> None:
    generator = torch.Generator().manual_seed(3)
    words = torch.randn(12, 5, generator=generator)
    weight = torch.randn(3, 5, generator=generator)
    rows = [[2, 7, 8, 3], [2, 9, 3], [2, 4, 5, 6, 7, 8, 9, 10, 3], [2, 3]]
    targets = [0, 1, 2, 1]
    subject = numbered(bag(words, weight), encoded(rows), targets, frame=(2, 3))
    for row, target, one in zip(rows, targets, ours(subject), strict=True):
        expected = (words[row[1:-1]] - words[0]) @ weight[target]
        assert one.scores == pytest.approx(expected.numpy(), abs=1e-5)
        assert one.rest == pytest.approx(0)


def test_points_are_added_only_where_needed(bag: Any, encoded: Any) -> None:
    scales = [0.1, 3.0, 12.0, 60.0]
    subject = numbered(curved(bag, scales), encoded([[1], [2], [3], [4]]), [0] * 4)
    found = ours(subject, tolerance=0.02, steps=3, max_steps=256)
    for scale, one in zip(scales, found, strict=True):
        uniform = next(
            steps
            for steps in range(3, 999, 2)
            if abs(by_hand(scale, steps) / math.tanh(scale) - 1) <= 0.02
        )
        assert one.scores[0] == pytest.approx(math.tanh(scale), rel=0.02)
        assert one.evaluations <= uniform + 8
    spent = [one.evaluations for one in found]
    assert spent == sorted(spent)
    assert spent[0] == 3
    # The slope lies in the first thirtieth of the way: most of it is not looked at closely.
    assert spent[3] < 30


def test_every_point_is_computed_once(bag: Any, encoded: Any) -> None:
    model = curved(bag, [0.1, 40.0])
    found = ours(numbered(model, encoded([[1], [2]]), [0, 0]), tolerance=0.01)
    assert sum(model.seen) == sum(one.evaluations for one in found)


@pytest.mark.parametrize(("steps", "most"), [(3, 13), (9, 9), (5, 8)])
def test_no_sample_gets_more_than_max_steps(bag: Any, encoded: Any, steps: int, most: int) -> None:
    subject = numbered(curved(bag, [6000.0]), encoded([[1]]), [0])
    found = ours(subject, tolerance=0.001, steps=steps, max_steps=most)[0]
    assert most - 1 <= found.evaluations <= most
    assert error(found) > 0.001


def test_errors_do_not_hide_one_another(bag: Any, encoded: Any) -> None:
    """A wave around its baseline: the errors of its halves cancel, those of its parts don't."""
    model = bag(
        torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]),
        torch.eye(2),
        lambda sums: sums[:, :1] + torch.sin(9.42477796 * sums[:, 1:]),
    )
    one = ours(numbered(model, encoded([[1, 2]]), [0]), tolerance=0.01, steps=3)[0]
    assert one.scores == pytest.approx([1.0, 0.0], abs=0.05)


def test_a_sample_that_equals_its_baseline_is_settled_at_once(trained: tuple[Any, Any]) -> None:
    found = ours(worded(*trained, [("",), ("good",)], [0, 0]))
    assert found[0].evaluations == 9
    assert found[0].scores == pytest.approx(0)
    assert error(found[0]) < 0.05


def test_an_output_that_is_no_number_never_counts_as_exact(bag: Any, encoded: Any) -> None:
    model = bag(torch.ones(3, 1), torch.ones(1, 1), lambda sums: sums * math.nan)
    found = ours(numbered(model, encoded([[1, 2]]), [0]))[0]
    assert found.evaluations == 9
    assert not error(found) <= 0.05


def test_many_points_of_a_long_sample_go_in_portions(bag: Any, encoded: Any) -> None:
    model = curved(bag, [0.05])
    found = ours(numbered(model, encoded([[1] * 700]), [0]), steps=65, max_steps=65)[0]
    assert max(model.seen) <= 2048
    assert found.scores == pytest.approx(by_hand(35.0, 65) / 700, abs=1e-5)


def test_a_batch_for_which_memory_runs_out_goes_in_halves(
    bag: Any, encoded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "give_back", lambda: None)
    rows = [[1] * length for length in (3, 5, 2, 7, 4)]

    def run(room: int) -> tuple[list[Scores], list[int]]:
        def shape(sums: torch.Tensor) -> torch.Tensor:
            if len(sums) > room:
                raise RuntimeError("CUDA out of memory")
            return torch.tanh(sums)

        model = bag(torch.tensor([[0.0], [0.3]]), torch.ones(1, 1), shape)
        return ours(numbered(model, encoded(rows), [0] * 5), tolerance=1e-4), model.seen

    whole, _ = run(10_000)
    parts, _ = run(3)
    for one, other in zip(whole, parts, strict=True):
        assert one.scores == pytest.approx(other.scores, abs=1e-6)
        assert one.evaluations == other.evaluations
    with pytest.raises(RuntimeError, match="out of memory"):
        run(0)


def test_the_model_is_left_as_it_was(bag: Any, encoded: Any) -> None:
    model = curved(bag, [1.0, 2.0]).train()
    model.words.weight.requires_grad_(False)

    def state() -> list[tuple[bool, Any]]:
        return [(one.requires_grad, one.grad) for one in model.parameters()]

    def stop() -> None:
        raise Cancelled("cancelled")

    before = state()
    ours(numbered(model, encoded([[1], [2]]), [0, 0]))
    with pytest.raises(Cancelled):
        ours(numbered(model, encoded([[1]]), [0]), check=stop)
    assert state() == before
    assert model.training
    assert not model.words._forward_hooks


def test_a_model_that_bypasses_its_embeddings_is_refused(bag: Any, encoded: Any) -> None:
    model = curved(bag, [1.0])
    model.get_input_embeddings = lambda: torch.nn.Embedding(2, 1)
    with pytest.raises(ModelError, match=r"(?s)looked up as they are.*occlusion"):
        ours(numbered(model, encoded([[1]]), [0]))


@pytest.mark.parametrize("family", ["bart", "gpt2", "albert"])
def test_words_that_are_looked_up_more_than_once(family: str, tmp_path: Path) -> None:
    """BART's decoder reads them one place further on, GPT-2 looks types up in the same table."""
    from pellucid.benchmarks.learning.random_families import letters, subject

    about = subject(family, letters(), tmp_path)
    for one in ours(about, tolerance=0.01, max_steps=1025):
        difference = one.output - one.baseline_output
        assert one.scores.sum() + one.rest == pytest.approx(difference, rel=0.011)


def test_nothing_to_explain() -> None:
    assert ours(formula(lambda x: x.sum(1), torch.zeros(0, 3))) == []


def test_progress_runs_forward_to_its_end(
    bag: Any, encoded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "due", lambda self: True)
    told: list[events.Progress] = []
    generator = np.random.default_rng(0)
    rows = [generator.integers(1, 5, generator.integers(1, 40)).tolist() for _ in range(80)]
    emit: Callable[[Any], None] = told.append
    subject = numbered(curved(bag, [0.01, 0.3, 2.0, 9.0]), encoded(rows), [0] * 80)
    monkeypatch.setattr(batches, "tokens_at_once", lambda model: 128)
    ours(subject, steps=3, max_steps=64, tolerance=0.01, emit=emit)
    done = [one.done for one in told]
    assert done == sorted(done)
    assert len(set(done)) > 5
    assert {one.total for one in told} == {sum(map(len, rows))}
    assert done[-1] == told[-1].total
    assert told[-1].remaining == pytest.approx(0)
    assert told[-1].text == "80 of 80 rows"
    assert all(one.remaining is None or one.remaining >= 0 for one in told)
