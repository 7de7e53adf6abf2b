"""Low-rank weights in one product: peft's numbers and gradients, and peft's own way elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch

from pellucid import device
from pellucid.core import events
from pellucid.core import quick_lora as module
from pellucid.core.checkpoints import Checkpoints
from pellucid.core.jobs import CancelToken
from pellucid.core.loop import fit
from pellucid.core.quick_lora import FEWEST, linear, quick_lora
from pellucid.core.spec import TrainSpec


def network(**settings: Any) -> Any:
    """Make two layers with low-rank weights that are not zero."""
    torch.manual_seed(1)
    plain = torch.nn.Sequential(torch.nn.Linear(24, 40), torch.nn.Tanh(), torch.nn.Linear(40, 16))
    found = peft.get_peft_model(
        plain,
        peft.LoraConfig(r=3, lora_alpha=5, target_modules=["0", "2"], **settings),  # type: ignore[arg-type]
    )
    for name, weight in found.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.3)
    return found


def inputs(tokens: int = FEWEST) -> torch.Tensor:
    return torch.randn(2, tokens // 2, 24, generator=torch.Generator().manual_seed(2))


def learnt(model: Any, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return output and gradients of a step."""
    torch.manual_seed(3)
    x = x.clone().requires_grad_()
    model.zero_grad()
    out = model(x)
    (out * torch.linspace(-1, 1, out.numel()).view(out.shape)).sum().backward()
    found = {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}
    return {**found, "out": out.detach(), "x": x.grad}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count what goes through `linear`."""
    seen: list[int] = []

    def counted(x: torch.Tensor, *given: Any) -> torch.Tensor:
        seen.append(x[..., 0].numel())
        return linear(x, *given)

    monkeypatch.setattr(module, "linear", counted)
    return seen


def test_gradients_are_those_of_finite_differences() -> None:
    torch.manual_seed(1)
    shapes = [(2, 5, 4), (3, 4), (3,), (2, 4), (3, 2)]
    x, weight, bias, down, up = (torch.randn(shape, dtype=torch.float64) for shape in shapes)
    given = [one.requires_grad_() for one in (x, down, up)]
    out = linear(x, weight, bias, down, up, 0.7)
    torch.testing.assert_close(out, x @ (weight + 0.7 * up @ down).T + bias)
    assert torch.autograd.gradcheck(
        lambda x, down, up: linear(x, weight, bias, down, up, 0.7), given
    )
    x.requires_grad_(False)
    assert torch.autograd.gradcheck(
        lambda down, up: linear(x, weight, None, down, up, 0.7), given[1:]
    )


def test_a_step_is_the_one_that_peft_takes(calls: list[int]) -> None:
    model, x = network(), inputs()
    expected = learnt(model, x)
    assert not calls
    with quick_lora():
        found = learnt(model, x)
    assert calls == [FEWEST, FEWEST]
    assert found.keys() == expected.keys()
    assert len(found) == 6
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-4)
    learnt(model, x)
    assert len(calls) == 2  # peft's own forward is back


def test_activations_may_be_computed_twice(calls: list[int]) -> None:
    model, x = network(), inputs()
    expected = learnt(model, x)
    with quick_lora():
        found = learnt(again(model), x)
    assert len(calls) == 4
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=1e-4, atol=1e-4)


def again(model: Any) -> Any:
    """Return a model whose activations are computed again for the gradient."""

    class Again(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.named_parameters = model.named_parameters
            self.zero_grad = model.zero_grad

        def forward(self, x: torch.Tensor) -> Any:
            return torch.utils.checkpoint.checkpoint(model, x, use_reentrant=False)

    return Again()


@pytest.mark.parametrize(
    "settings",
    [{"lora_dropout": 0.2}, {"use_dora": True}, {"lora_bias": True}],
    ids=["dropout", "dora", "bias"],
)
def test_what_is_more_than_two_thin_weights_stays_with_peft(
    settings: dict[str, Any], calls: list[int]
) -> None:
    model, x = network(**settings), inputs()
    expected = learnt(model, x)
    with quick_lora():
        found = learnt(model, x)
    assert not calls
    for name, value in expected.items():
        assert torch.equal(found[name], value), name


def test_dropout_is_nothing_when_a_model_is_measured(calls: list[int]) -> None:
    model, x = network(lora_dropout=0.2).eval(), inputs()
    with torch.inference_mode(), quick_lora():
        found = model(x)
    assert len(calls) == 2
    torch.testing.assert_close(found, model(x), rtol=1e-4, atol=1e-5)


def test_in_bf16_it_is_as_near_to_the_true_step_as_peft_is(calls: list[int]) -> None:
    true = learnt(network().double(), inputs().double())

    def error(found: dict[str, torch.Tensor]) -> dict[str, float]:
        return {
            name: float((found[name].double() - value).norm() / value.norm())
            for name, value in true.items()
        }

    with torch.autocast("cpu", torch.bfloat16):
        theirs = learnt(network(), inputs())
        with quick_lora():
            ours = learnt(network(), inputs())
    assert len(calls) == 2
    limits = error(theirs)
    for name, value in error(ours).items():
        assert ours[name].dtype == theirs[name].dtype
        assert value < max(1.5 * limits[name], 2**-8), name


def test_few_tokens_and_other_precisions_stay_with_peft(calls: list[int]) -> None:
    model = network()
    with quick_lora():
        model(inputs(FEWEST - 2))
        model.double()(inputs().double())
    assert not calls


def test_a_base_that_is_trained_two_adapters_and_none_stay_with_peft(calls: list[int]) -> None:
    x = inputs()
    with quick_lora():
        trained = network()
        trained.requires_grad_(True)
        found = learnt(trained, x)
        assert found["base_model.model.0.base_layer.weight"].abs().sum() > 0
        double = network()
        double.add_adapter("other", peft.LoraConfig(r=2, target_modules=["0", "2"]))
        double.base_model.set_adapter(["default", "other"])
        double(x)
        without = network()
        with without.disable_adapter():
            without(x)
        without.merge_adapter()
        without(x)
    assert not calls


class Rows:
    """Samples of 24 numbers each."""

    x = torch.randn(2 * FEWEST, 24, generator=torch.Generator().manual_seed(4))
    lengths = units = np.ones(2 * FEWEST, np.int64)
    weight = np.ones(2 * FEWEST, np.float32)

    def __len__(self) -> int:
        return len(self.x)

    def batch(self, rows: np.ndarray) -> dict[str, torch.Tensor]:
        return {"x": self.x[rows], "target": self.x[rows, :16].tanh()}

    def ids(self, rows: np.ndarray) -> list[str]:
        return [str(row) for row in rows]


def test_the_loop_learns_the_same_with_it(
    tmp_path: Path, calls: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def loss(model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return (model(batch["x"]) - batch["target"]).square().sum(1)

    def trained(folder: Path) -> dict[str, torch.Tensor]:
        model = network()
        fit(
            model,
            Rows(),
            TrainSpec(epochs=3, batch_size=FEWEST, learning_rate=0.01),
            loss=loss,
            metric="loss",
            device=device.choose("fp32"),
            checkpoints=Checkpoints(folder, 1),
            validate=None,
            emit=events.silent,
            cancel=CancelToken(),
        )
        return dict(model.state_dict())

    found = trained(tmp_path / "quick")
    assert calls == [FEWEST] * 12
    monkeypatch.setattr(module, "_adapter", lambda *_: None)
    expected = trained(tmp_path / "plain")
    assert len(calls) == 12
    for name, value in network().state_dict().items():
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-5)
        assert torch.equal(found[name], value) is ("lora" not in name)
