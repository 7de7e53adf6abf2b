"""Weights that lie with channels last: trained as others are, and resumed bit for bit."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from pellucid.core.layout import lay_out
from pellucid.core.predict import logits


@pytest.fixture(scope="module")
def network() -> Any:
    """Make a small residual network with random weights."""
    torch.manual_seed(0)
    return transformers.ResNetForImageClassification(
        transformers.ResNetConfig(
            embedding_size=8,
            hidden_sizes=[8, 16],
            depths=[1, 1],
            layer_type="basic",
            num_labels=3,
        )
    ).train()


def train(model: Any, optimizer: torch.optim.Optimizer, steps: int) -> None:
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        seen = torch.randn(6, 3, 32, 32, generator=generator)
        wanted = torch.tensor([0, 1, 2, 0, 1, 2])
        torch.nn.functional.cross_entropy(model(seen).logits, wanted).backward()
        optimizer.step()
        optimizer.zero_grad()


def adamw(model: Any, *, fused: bool) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=1e-2, fused=fused)


def test_the_same_is_learnt(network: Any) -> None:
    plain, other = copy.deepcopy(network), copy.deepcopy(network)
    slow, fast = adamw(plain, fused=False), adamw(other, fused=True)
    lay_out(other, fast)
    convolutions = [weight for weight in other.parameters() if weight.ndim == 4]
    assert not all(weight.is_contiguous() for weight in convolutions)
    train(plain, slow, 4)
    train(other, fast, 4)
    for one, same in zip(plain.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(same, one, atol=1e-5, rtol=1e-4)


def test_a_checkpoint_goes_on_bit_for_bit(network: Any) -> None:
    whole = copy.deepcopy(network)
    steady = adamw(whole, fused=True)
    lay_out(whole, steady)
    train(whole, steady, 2)
    # A checkpoint holds contiguous tensors, of weights and of what the optimiser keeps.
    weights = {name: one.contiguous().clone() for name, one in whole.state_dict().items()}
    kept = copy.deepcopy(steady.state_dict())
    for state in kept["state"].values():
        state.update({name: one.contiguous() for name, one in state.items()})
    resumed = copy.deepcopy(network)
    resumed.load_state_dict(weights)
    again = adamw(resumed, fused=True)
    again.load_state_dict(kept)
    lay_out(resumed, again)
    for weight, state in again.state.items():
        assert state["exp_avg"].stride() == weight.stride()
    for model, optimizer in ((whole, steady), (resumed, again)):
        train(model, optimizer, 3)
    for one, same in zip(whole.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(one, same)


def test_a_network_without_convolutions_stays_as_it_is() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Unflatten(1, (1, 2, 2)))
    before = [weight.stride() for weight in model.parameters()]
    lay_out(model, adamw(model, fused=False))
    assert [weight.stride() for weight in model.parameters()] == before


class Pictures:
    """Random pictures (`core.batches.Samples`)."""

    lengths = np.full(5, 4)

    def __len__(self) -> int:
        return 5

    def batch(self, rows: Any) -> dict[str, torch.Tensor]:
        seen = torch.randn(5, 3, 32, 32, generator=torch.Generator().manual_seed(1))
        return {"pixel_values": seen[torch.as_tensor(rows)]}


def test_answers_are_the_same_and_read_from_that_layout(network: Any) -> None:
    model = copy.deepcopy(network).eval()
    with torch.inference_mode():
        expected = model(**Pictures().batch(np.arange(5))).logits.numpy()
    found = logits(model, Pictures(), budget=8)
    np.testing.assert_allclose(found, expected, atol=1e-5, rtol=1e-4)
    convolutions = [weight for weight in model.parameters() if weight.ndim == 4]
    last = torch.channels_last
    assert all(weight.is_contiguous(memory_format=last) for weight in convolutions)
