"""The gradient of attention in bf16: PyTorch's own in float32, or PyTorch's own."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention as attend

from pellucid.core import quick_gradient as module
from pellucid.core.quick_gradient import quick_gradient


@pytest.fixture(autouse=True)
def without_amx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)


def taken(
    kind: torch.dtype, keys: int = 40, width: int = 16, **given: Any
) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """Return what attention comes to, and its gradients."""
    torch.manual_seed(1)
    sizes = [(2, 3, rows, width) for rows in (30, keys, keys)]
    tensors = [torch.randn(size).bfloat16().to(kind).requires_grad_() for size in sizes]
    out = attend(*tensors, **given)
    weights = torch.linspace(-1, 1, out.numel()).view(out.shape).to(kind)
    (out * weights).sum().backward()
    return out.detach(), [one.grad for one in tensors if one.grad is not None]


def error(found: torch.Tensor, true: torch.Tensor) -> float:
    return float((found.double() - true).norm() / true.norm())


def masked(keys: int = 40) -> torch.Tensor:
    return torch.arange(keys) < torch.tensor([keys, keys // 3])[:, None, None, None]


@pytest.mark.parametrize(
    "given", [{}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": masked()}], ids=str
)
def test_the_answer_is_the_same_and_the_gradient_nearer_to_the_true_one(
    given: dict[str, Any],
) -> None:
    _, true = taken(torch.float64, **given)
    own, plain = taken(torch.bfloat16, **given)
    with quick_gradient():
        out, found = taken(torch.bfloat16, **given)
    assert torch.equal(out, own)
    assert len(found) == 3
    for ours, theirs, wanted in zip(found, plain, true, strict=True):
        assert ours.dtype == torch.bfloat16
        assert error(ours, wanted) < 1.05 * error(theirs, wanted) < 0.05


@pytest.mark.parametrize(
    ("kind", "keys", "width"),
    [
        (torch.float32, 40, 16),
        (torch.bfloat16, module.KEYS, 16),
        (torch.bfloat16, 40, module.WIDTH * 2),
    ],
)
def test_others_keep_their_gradient_to_the_last_bit(
    kind: torch.dtype, keys: int, width: int
) -> None:
    _, plain = taken(kind, keys, width)
    with quick_gradient():
        _, found = taken(kind, keys, width)
    assert all(map(torch.equal, found, plain))


def test_it_is_taken_while_the_context_is_open_and_amx_is_not_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []
    kernel = module._kernel

    def counted(*given: Any, **named: Any) -> Any:
        seen.append(1)
        return kernel(*given, **named)

    monkeypatch.setattr(module, "_kernel", counted)
    with quick_gradient():
        taken(torch.bfloat16)
    assert len(seen) == 1
    taken(torch.bfloat16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    with quick_gradient():
        taken(torch.bfloat16)
    assert len(seen) == 1


def test_nothing_is_kept_where_no_gradient_is_asked_for() -> None:
    query = torch.randn(1, 2, 8, 4, dtype=torch.bfloat16)
    own = attend(query, query, query)
    with quick_gradient():
        found = attend(query, query, query)
        with torch.no_grad():
            also = attend(query.clone().requires_grad_(), query, query)
    assert torch.equal(found, own) and torch.equal(also, own)
    assert found.grad_fn is None and also.grad_fn is None
