"""Models whose weights are drawn anew."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from pellucid.explain.proof.untrained import cascade, layer, untrained


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: one.detach().clone() for name, one in model.named_parameters()}


def test_a_model_of_transformers_is_drawn_as_its_class_draws_it(trained: Any) -> None:
    model, _ = trained
    before = weights(model)
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    found = untrained(model, 0)
    assert torch.equal(torch.rand(1), expected)  # nobody else's random numbers are used up
    for name, one in weights(model).items():
        assert torch.equal(one, before[name])
    after = weights(found)
    name = "bert.encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(after[name], before[name])
    assert float(after[name].std()) == pytest.approx(model.config.initializer_range, rel=0.1)
    assert not found.training
    assert torch.equal(weights(untrained(model, 0))[name], after[name])
    assert not torch.equal(weights(untrained(model, 1))[name], after[name])


def test_another_model_is_drawn_as_torch_does_it() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(50, 40), torch.nn.BatchNorm1d(40))
    model.free = torch.nn.Parameter(torch.linspace(-3, 3, 2000))
    with torch.no_grad():
        model[0].weight.fill_(9)
        model[1].running_mean.fill_(4)
    found = untrained(model, 0)
    assert float(found[0].weight.detach().abs().max()) <= 50**-0.5
    assert float(found[1].running_mean.abs().max()) == 0
    assert float(found.free.std()) == pytest.approx(float(model.free.detach().std()), rel=0.1)
    assert float(model[0].weight.detach().min()) == 9


def test_layers_are_drawn_from_the_top_down(trained: Any) -> None:
    model, _ = trained
    drawn = untrained(model, 0)
    old, new = weights(model), weights(drawn)
    differs = {name for name in old if not torch.equal(old[name], new[name])}
    names, changed = [], []
    for name, one in cascade(model, drawn):
        now = weights(one)
        names.append(name)
        changed.append({key for key in differs if torch.equal(now[key], new[key])})
    assert names[0] == "classifier"
    layers = model.config.num_hidden_layers
    numbered = [name for name in names if "layer." in name]
    assert numbered == [f"bert.encoder.layer.{number}" for number in reversed(range(layers))]
    assert names[-1] == "bert.embeddings"
    assert all(first < second for first, second in pairwise(changed))
    assert changed[-1] == differs
    assert weights(model).keys() == old.keys()
    assert all(torch.equal(one, old[name]) for name, one in weights(model).items())
    assert [name for name, _ in cascade(model, drawn, 2)][-1] == names[-1]
    assert len(list(cascade(model, drawn, 2))) == 2


def test_the_layer_of_a_weight() -> None:
    assert layer("bert.encoder.layer.11.output.dense.weight") == "bert.encoder.layer.11"
    assert layer("bert.pooler.dense.weight") == "bert.pooler"
    assert layer("classifier.weight") == "classifier"
    assert layer("scale") == "scale"
