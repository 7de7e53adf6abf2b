"""Learning rates, step by step beside those of transformers."""

from __future__ import annotations

import pytest
import torch
from transformers import get_scheduler

from pellucid.core.schedule import rate_factor
from pellucid.core.spec import TrainSpec


@pytest.mark.parametrize("warmup", [0.0, 0.06, 0.33, 1.0])
@pytest.mark.parametrize("steps", [1, 7, 100])
@pytest.mark.parametrize("schedule", ["linear", "cosine", "constant", "inverse_sqrt"])
def test_factors_are_those_of_transformers(schedule: str, steps: int, warmup: float) -> None:
    spec = TrainSpec(schedule=schedule, warmup=warmup)
    rising = -(-steps * warmup // 1)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    name = "constant_with_warmup" if schedule == "constant" else schedule
    peer = get_scheduler(name, optimizer, int(rising), steps)
    for step in range(steps):
        assert rate_factor(step, steps, spec) == pytest.approx(peer.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        peer.step()


def test_ends() -> None:
    spec = TrainSpec(warmup=0.1)
    assert rate_factor(0, 100, spec) == 0.0
    assert rate_factor(10, 100, spec) == 1.0
    assert rate_factor(55, 100, spec) == 0.5
    # A budget of time may let steps follow that the schedule did not count.
    assert rate_factor(101, 100, spec) == 0.0
    cosine = TrainSpec(warmup=0.0, schedule="cosine")
    assert rate_factor(50, 100, cosine) == pytest.approx(0.5)
    assert rate_factor(101, 100, cosine) == 0.0
