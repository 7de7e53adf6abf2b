"""Remedies in the training loop: closed forms, and what the loop makes of them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from pellucid import Recipe, execute
from pellucid.core.batches import length_buckets
from pellucid.errors import RecipeError
from pellucid.fairness.remedies.adversary import Adversary, reverse
from pellucid.fairness.remedies.group_dro import GroupWeights
from pellucid.fairness.remedies.penalty import penalty
from pellucid.fairness.remedies.sampling import balanced
from pellucid.fairness.remedies.weights import reweighed

# Kamiran and Calders (2012), table 1: sex of ten applicants, and whether they were hired.
SEX = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
HIRED = np.array([1, 1, 1, 1, 0, 1, 0, 0, 1, 0])


def test_reweighing_gives_the_paper_weights() -> None:
    found = reweighed(SEX, HIRED)
    # Men: 5/10 x 6/10 / (4/10) and 5/10 x 4/10 / (1/10); women: .3 / .2 and .2 / .3.
    expected = {(0, 1): 0.75, (0, 0): 2.0, (1, 1): 1.5, (1, 0): 2 / 3}
    for weight, sex, hired in zip(found, SEX, HIRED, strict=True):
        assert weight == pytest.approx(expected[sex, hired])


def test_reweighed_labels_do_not_depend_on_the_group() -> None:
    rng = np.random.default_rng(5)
    groups, labels = rng.integers(4, size=900), rng.integers(3, size=900)
    weight = reweighed(groups, labels).astype(float)
    whole = np.bincount(labels, weights=weight) / weight.sum()
    for group in range(4):
        inside = groups == group
        share = np.bincount(labels[inside], weights=weight[inside]) / weight[inside].sum()
        np.testing.assert_allclose(share, whole, atol=1e-6)
        assert weight[inside].sum() == pytest.approx(inside.sum(), rel=1e-5)
    half = reweighed(groups, labels, 0.5)
    np.testing.assert_allclose(half, (1 + weight) / 2, rtol=1e-6)
    assert (reweighed(groups, labels, 0.0) == 1).all()


@pytest.mark.parametrize(("strength", "first"), [(0.0, 800), (0.5, 567), (1.0, 333)])
def test_balanced_batches_hold_cells_in_equal_shares(strength: float, first: int) -> None:
    cells = np.repeat([0, 1, 2], [800, 150, 50])
    lengths = np.random.default_rng(0).integers(3, 60, 1000)
    batches = balanced(cells, strength)(lengths, 32, [13, 0])
    rows = np.concatenate(batches)
    counts = np.bincount(cells[rows])
    assert len(rows) == 1000
    assert abs(counts[0] - first) <= 1
    rest = (1000 - first) / 2
    if strength == 1.0:
        assert np.abs(counts[1:] - rest).max() <= 1
        # Rows of a small cell stand there equally often, but for one.
        times = np.bincount(rows, minlength=1000)[950:]
        assert times.max() - times.min() <= 1
    # Batches stay cut by length, as those of the loop are.
    plain = length_buckets(lengths, 32, [13, 0])

    def spread(some: list[np.ndarray]) -> float:
        return float(np.mean([np.ptp(lengths[batch]) for batch in some]))

    assert spread(batches) < 2 * spread(plain)
    again = balanced(cells, strength)(lengths, 32, [13, 0])
    assert all(np.array_equal(one, other) for one, other in zip(batches, again, strict=True))
    other = np.concatenate(balanced(cells, strength)(lengths, 32, [13, 1]))
    assert not np.array_equal(rows, other)


LOGITS = [[0.0, 1.0], [0.5, -0.5], [2.0, 0.0], [0.0, 0.0], [-1.0, 1.0], [0.3, 0.1]]
GROUPS = [0, 0, 1, 1, 0, 1]
LABELS = [1, 0, 1, 0, 1, 1]


def sigmoid(row: list[float]) -> float:
    return 1 / (1 + math.exp(row[0] - row[1]))


def test_the_penalty_is_the_difference_of_mean_probabilities() -> None:
    p = [sigmoid(row) for row in LOGITS]
    given = torch.tensor(LOGITS), torch.tensor(GROUPS), torch.tensor(LABELS)
    parity = abs((p[0] + p[1] + p[4]) / 3 - (p[2] + p[3] + p[5]) / 3)
    within_1 = abs((p[0] + p[4]) / 2 - (p[2] + p[5]) / 2)
    within_0 = abs(p[1] - p[3])
    expected = {
        "demographic_parity": parity,
        "equal_opportunity": within_1,
        "false_positive_rate": within_0,
        "equalized_odds": (within_0 + within_1) / 2,
    }
    for constraint, number in expected.items():
        assert float(penalty(*given, constraint, 1)) == pytest.approx(number, abs=1e-6)
    # With two classes it is the same whether one or both of them are looked at.
    for constraint in ("demographic_parity", "equalized_odds"):
        assert float(penalty(*given, constraint)) == pytest.approx(expected[constraint], abs=1e-6)


def test_the_gradient_of_the_penalty_is_that_of_its_formula() -> None:
    own = torch.tensor(LOGITS, requires_grad=True)
    penalty(own, torch.tensor(GROUPS), torch.tensor(LABELS), "demographic_parity", 1).backward()
    p = [sigmoid(row) for row in LOGITS]
    difference = sum(p[row] for row in (0, 1, 4)) / 3 - sum(p[row] for row in (2, 3, 5)) / 3
    sign = 1 if difference > 0 else -1
    for row, group in enumerate(GROUPS):
        slope = sign * (1 if group == 0 else -1) / 3 * p[row] * (1 - p[row])
        assert own.grad[row].tolist() == pytest.approx([-slope, slope], abs=1e-6)


def test_a_batch_of_one_group_has_no_penalty_and_a_gradient_of_zero() -> None:
    logits = torch.tensor(LOGITS, requires_grad=True)
    one = torch.zeros(6, dtype=torch.int64)
    for constraint in ("demographic_parity", "equalized_odds"):
        found = penalty(logits, one, torch.tensor(LABELS), constraint, 1)
        assert float(found.detach()) == 0
        assert torch.autograd.grad(found, logits)[0].abs().max() == 0


def test_group_dro_weights_over_three_steps() -> None:
    dro, step = GroupWeights(3, 0.5), 0.5
    weight = torch.ones(4)
    q = [1 / 3] * 3
    steps = [
        ([1.0, 3.0, 0.5, 0.5], [0, 0, 1, 2], [2.0, 0.5, 0.5]),
        ([0.2, 0.2, 0.2, 4.0], [1, 1, 1, 1], [0.0, 1.15, 0.0]),
        ([1.0, 1.0, 2.0, 0.0], [2, 2, 0, 1], [2.0, 0.0, 1.0]),
    ]
    for losses, groups, means in steps:
        grown = [one * math.exp(step * mean) for one, mean in zip(q, means, strict=True)]
        q = [one / sum(grown) for one in grown]
        given = torch.tensor(losses, requires_grad=True)
        counted = dro(given, torch.tensor(groups), weight)
        assert dro.weights.tolist() == pytest.approx(q, rel=1e-6)
        robust = sum(one * mean for one, mean in zip(q, means, strict=True))
        assert float(counted.mean().detach()) == pytest.approx(robust, rel=1e-6)
        slopes = torch.autograd.grad(counted.mean(), given)[0]
        expected = [q[group] / groups.count(group) for group in groups]
        assert slopes.tolist() == pytest.approx(expected, rel=1e-6)


def test_reversal_turns_the_gradient_round() -> None:
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = reverse(x, 0.3)
    assert torch.equal(x, y)
    (y * torch.tensor([2.0, 5.0])).sum().backward()
    assert x.grad.tolist() == pytest.approx([-0.6, -1.5])


def test_what_the_model_learns_from_the_adversary_makes_it_guess_worse() -> None:
    torch.manual_seed(1)
    groups = torch.arange(200) % 2
    labels = torch.zeros(200, dtype=torch.int64)
    logits = torch.randn(200, 2) + groups[:, None] * torch.tensor([1.0, -1.0])
    adversary = Adversary(2, 2, 0.7, sees_label=False, rows=torch.tensor([100.0, 100.0]))
    weight = torch.ones(200)
    before = [one.detach().clone() for one in adversary.net.parameters()]
    first = float(adversary.losses(logits, groups, labels).mean().detach())
    for _ in range(60):
        adversary.learn(logits, groups, labels, weight)
    learnt = float(adversary.losses(logits, groups, labels).mean().detach())
    assert first == pytest.approx(math.log(2), abs=0.2)
    assert learnt < first - 0.2
    assert any(
        not torch.equal(one, other)
        for one, other in zip(before, adversary.net.parameters(), strict=True)
    )
    model = logits.clone().requires_grad_()
    turned = adversary.reversed(model, groups, labels).mean()
    plain = logits.clone().requires_grad_()
    straight = adversary.losses(plain, groups, labels).mean()
    assert float(turned) == pytest.approx(float(straight))
    own = torch.autograd.grad(turned, model)[0]
    other = torch.autograd.grad(straight, plain)[0]
    torch.testing.assert_close(own, -0.7 * other)
    worse = adversary.losses(logits - 20 * own, groups, labels).mean()
    assert float(worse) > learnt
    # The adversary's weights learn nothing while the model does.
    assert all(one.grad is None for one in adversary.net.parameters())


KINDS = ("reweigh", "balanced", "penalty", "adversary", "group_dro")


def weights(run: Path) -> dict[str, torch.Tensor]:
    return load_file(run / "model" / "model.safetensors")


@pytest.mark.parametrize("kind", KINDS)
def test_a_recipe_trains_with_each_remedy_and_otherwise_than_without(
    kind: str, recipe: Any, tmp_path: Path
) -> None:
    plain = execute(Recipe.of(recipe(None)), tmp_path / "a", only=["train"])
    raw = recipe({"kind": kind, "column": "shade", "strength": 1.0})
    own = execute(Recipe.of(raw), tmp_path / "b", only=["train"])
    name = next(one for one in weights(own.path) if "classifier" in one)
    assert not torch.equal(weights(plain.path)[name], weights(own.path)[name])


@pytest.mark.parametrize("kind", ["penalty", "adversary"])
def test_a_strength_of_zero_changes_nothing(kind: str, recipe: Any, tmp_path: Path) -> None:
    plain = execute(Recipe.of(recipe(None)), tmp_path / "a", only=["train"])
    raw = recipe({"kind": kind, "column": "shade", "strength": 0.0})
    own = execute(Recipe.of(raw), tmp_path / "b", only=["train"])
    for name, weight in weights(plain.path).items():
        torch.testing.assert_close(weights(own.path)[name], weight, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_stopped_and_resumed_equals_undisturbed(kind: str, recipe: Any, tmp_path: Path) -> None:
    from pellucid.core.events import Progress
    from pellucid.core.jobs import CancelToken

    raw = recipe({"kind": kind, "column": "shade", "strength": 0.8})
    whole = execute(Recipe.of(raw), tmp_path / "a", only=["train"])
    token = CancelToken()

    def stop(event: object) -> None:
        if isinstance(event, Progress) and event.step == "train":
            token.stop()

    begun = execute(Recipe.of(raw), tmp_path / "b", stop, token, only=["train"])
    assert begun.status == "stopped"
    resumed = execute(Recipe.of(raw), tmp_path / "b", resume=True, only=["train"])
    for name, weight in weights(whole.path).items():
        assert torch.equal(weights(resumed.path)[name], weight), name


def test_an_unknown_column_is_refused_before_training(recipe: Any, tmp_path: Path) -> None:
    raw = recipe({"kind": "reweigh", "column": "shadow"})
    with pytest.raises(RecipeError, match=r"data\.groups.*shade"):
        execute(Recipe.of(raw), tmp_path)
    assert not list(tmp_path.glob("*"))


def test_a_share_above_one_is_refused(recipe: Any) -> None:
    with pytest.raises(RecipeError, match="a share from 0 to 1"):
        Recipe.of(recipe({"kind": "reweigh", "column": "shade", "strength": 2}))


def test_several_processes_are_refused_where_a_step_is_looked_at_whole(
    recipe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pellucid.core import processes
    from pellucid.core.dataset import load
    from pellucid.core.tasks import make
    from pellucid.fairness.remedies.plug import plugged

    whole = Recipe.of(recipe({"kind": "penalty", "column": "shade"}))
    dataset = load(whole.data)
    task = make(dataset.task, whole.data, whole.model, whole.train, whole.evaluate)
    monkeypatch.setattr(processes, "world", lambda: 2)
    with pytest.raises(RecipeError, match="2 processes"):
        plugged(whole.audit.remedy, dataset, task)
    alike = whole.audit.remedy.model_copy(update={"kind": "reweigh"})
    assert plugged(alike, dataset, task).sample_weight is not None
