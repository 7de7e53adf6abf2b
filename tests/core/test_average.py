"""The moving average of weights, beside torch.optim.swa_utils."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pellucid.core.average import Average


def model() -> torch.nn.Module:
    torch.manual_seed(3)
    made = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    made[0].bias.requires_grad_(False)
    return made


def shake(trained: torch.nn.Module) -> None:
    with torch.no_grad():
        for weight in trained.parameters():
            if weight.requires_grad:
                weight.add_(torch.randn_like(weight))


def weights(of: torch.nn.Module) -> list[torch.Tensor]:
    return [weight.detach().clone() for weight in of.parameters()]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(left, right) for left, right in zip(one, other, strict=True))


@pytest.mark.parametrize("decay", [0.5, 0.99])
def test_it_is_pytorchs_average(decay: float) -> None:
    trained = model()
    own = Average(trained, decay)
    peer = AveragedModel(trained, multi_avg_fn=get_ema_multi_avg_fn(decay))
    for _ in range(6):
        shake(trained)
        own.update()
        peer.update_parameters(trained)
    before = weights(trained)
    with own.swapped():
        for mine, theirs in zip(weights(trained), weights(peer.module), strict=True):
            torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)
        assert not same(weights(trained), before)
    assert same(weights(trained), before)
    own.put()
    for mine, theirs in zip(weights(trained), weights(peer.module), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)


def test_weights_come_back_where_the_block_fails() -> None:
    trained = model()
    own = Average(trained, 0.9)
    own.update()
    shake(trained)
    before = weights(trained)
    with pytest.raises(ZeroDivisionError), own.swapped():
        raise ZeroDivisionError
    assert same(weights(trained), before)


def test_nothing_is_averaged_before_the_first_update() -> None:
    trained = model()
    own = Average(trained, 0.9)
    shake(trained)
    before = weights(trained)
    with own.swapped():
        assert same(weights(trained), before)
    own.put()
    assert same(weights(trained), before)


def test_it_goes_on_from_a_checkpoint_bit_for_bit(tmp_path: Path) -> None:
    trained, resumed = model(), model()
    own = Average(trained, 0.9)
    for _ in range(3):
        shake(trained)
        own.update()
    assert "0.bias" not in own.tensors()  # it is not trained
    save_file(own.tensors(), tmp_path / "average.safetensors")
    resumed.load_state_dict(trained.state_dict())
    again = Average(resumed, 0.9)
    again.load(load_file(tmp_path / "average.safetensors"))
    assert again.updates == 3
    for one in (trained, resumed):
        torch.manual_seed(8)
        shake(one)
    own.update()
    again.update()
    own.put()
    again.put()
    assert same(weights(trained), weights(resumed))
