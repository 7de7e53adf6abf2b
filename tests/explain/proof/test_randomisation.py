"""The cascading randomisation test on a model of a few layers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from pellucid.explain.methods import methods
from pellucid.explain.proof.randomisation import cascading
from pellucid.explain.scores import Scores
from pellucid.tests.explain.subjects import formula


@pytest.fixture(scope="module")
def subject() -> Any:
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(12, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 32),
        torch.nn.Tanh(),
        torch.nn.Linear(32, 1),
    )
    return formula(model, torch.randn(30, 12))


def test_the_correlation_falls_to_nothing(subject: Any) -> None:
    before = {name: one.detach().clone() for name, one in subject.model.named_parameters()}
    told: list[Any] = []
    found = cascading(subject, methods()["feature_ablation"], emit=told.append)
    assert [one.layer for one in found] == ["function.4", "function.2", "function.0", "unused"]
    assert all(abs(one.correlation.value) < 0.3 for one in found[-2:])
    assert found[-1].correlation.low < 0.1
    assert found[-1].correlation.n == 30
    for name, one in subject.model.named_parameters():
        assert torch.equal(one, before[name])
    assert [one.done for one in told] == [1, 2, 3, 4, 5]
    assert {one.total for one in told} == {5}
    assert [one.layer for one in cascading(subject, methods()["feature_ablation"], most=1)] == [
        "unused"
    ]


def test_a_map_of_the_sample_alone_never_changes(subject: Any) -> None:
    def function(subject: Any, spec: Any, *, emit: Any, check: Any) -> list[Scores]:
        values = subject.batch(np.arange(len(subject)))["values"].double().numpy()
        return [Scores(row, 0.0, 0.0, 0.0, 0) for row in values]

    blind: Any = SimpleNamespace(name="blind", title="Blind", function=function, complete=False)
    assert [one.correlation.value for one in cascading(subject, blind)] == pytest.approx([1] * 4)
