"""Which number of an answer is explained."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from pellucid.explain.outputs import LogOdds


def odds(logits: torch.Tensor) -> torch.Tensor:
    rows = torch.arange(len(logits))
    return LogOdds()(SimpleNamespace(logits=logits), rows)


@pytest.mark.parametrize("classes", [2, 3, 40])
def test_log_odds_are_those_of_the_probabilities(classes: int) -> None:
    logits = 5 * torch.randn(50, classes, dtype=torch.float64, generator=torch.manual_seed(1))
    expected = torch.special.logit(logits.softmax(dim=1))
    assert odds(logits).double() == pytest.approx(expected, abs=1e-4)


def test_log_odds_of_what_is_sure() -> None:
    found = odds(torch.tensor([[80.0, -20.0, -20.0]]))
    assert found.tolist()[0] == pytest.approx([100 - np.log(2), -100.0, -100.0], abs=1e-4)


def test_log_odds_have_the_gradient_of_the_probability() -> None:
    logits = torch.randn(6, 4, dtype=torch.float64, generator=torch.manual_seed(2))
    one, other = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    target = torch.tensor([0, 1, 2, 3, 0, 1])[:, None]
    odds(one).gather(1, target).sum().backward()
    torch.special.logit(other.softmax(dim=1)).gather(1, target).sum().backward()
    assert one.grad == pytest.approx(other.grad, abs=1e-5)
