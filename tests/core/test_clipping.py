"""Clipping within the step: what torch's own clipping and a step come to."""

from __future__ import annotations

import pytest
import torch

from pellucid.core.clipping import clip_in_step


def trained(most: float, size: float, *, within: bool) -> tuple[torch.Tensor, list[torch.Tensor]]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.1, fused=True)
    norms = []
    for _ in range(5):
        model(torch.randn(8, 5)).mul(size).square().sum().backward()
        weights = list(model.parameters())
        norms.append(
            clip_in_step(optimizer, weights, most)
            if within
            else torch.nn.utils.clip_grad_norm_(weights, most)
        )
        optimizer.step()
        optimizer.zero_grad()
    state = [value for each in optimizer.state.values() for value in each.values()]
    return torch.stack(norms), [*model.parameters(), *state]


@pytest.mark.parametrize("most", [0.01, 1.0, 1e6])
@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
def test_it_learns_what_clipping_before_the_step_learns(most: float, size: float) -> None:
    theirs, ours = (trained(most, size, within=within) for within in (False, True))
    torch.testing.assert_close(ours[0], theirs[0])
    for one, other in zip(ours[1], theirs[1], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_accelerates_wrapper_hands_it_on() -> None:
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state()
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = Accelerator(cpu=True).prepare(torch.optim.AdamW([weight], lr=0.1, fused=True))
    weight.grad = torch.full((3,), 10.0)
    assert clip_in_step(optimizer, [weight], 1.0).item() == pytest.approx(300**0.5)
    optimizer.step()
    state = optimizer.optimizer.state[weight]
    clipped = 10 / 300**0.5
    assert state["exp_avg"].tolist() == pytest.approx([0.1 * clipped] * 3, rel=1e-5)


def test_what_is_no_number_stays_so() -> None:
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.AdamW([weight], lr=0.1, fused=True)
    weight.grad = torch.tensor([1.0, float("nan"), 1.0])
    assert clip_in_step(optimizer, [weight], 1.0).isnan()
    optimizer.step()
    assert weight.isnan().all()  # as clip_grad_norm_ leaves it
