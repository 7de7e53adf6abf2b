"""Attention with dropout: the same numbers and gradients as PyTorch's own, mask for mask."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention as attend

from pellucid.core import quick_attention as module
from pellucid.core.quick_attention import attention, quick_attention


def tensors(
    samples: int = 3,
    heads: int = 4,
    queries: int = 7,
    keys: int = 5,
    width: int = 8,
    dtype: Any = None,
) -> list[torch.Tensor]:
    torch.manual_seed(1)
    shapes = [(samples, heads, rows, width) for rows in (queries, keys, keys)]
    return [
        torch.randn(shape, dtype=dtype or torch.float64, requires_grad=True) for shape in shapes
    ]


def masks(kind: str | None) -> torch.Tensor | None:
    if kind is None:
        return None
    seen = torch.arange(5) < torch.tensor([5, 2, 3])[:, None]
    mask = torch.zeros(3, 1, 1, 5, dtype=torch.float64).masked_fill(
        ~seen[:, None, None], float("-inf")
    )
    return {"row": mask, "full": mask.expand(3, 4, 7, 5) + 0.1}[kind]


def by_hand(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: Any, p: float, scale: float
) -> torch.Tensor:
    scores = query @ key.mT * scale
    shares = torch.softmax(scores if mask is None else scores + mask, -1)
    return torch.dropout(shares, p, True) @ value


@pytest.mark.parametrize("kind", [None, "row", "full"])
@pytest.mark.parametrize("p", [0.1, 0.6])
def test_output_and_gradients_are_those_of_the_definition(kind: str | None, p: float) -> None:
    given = tensors()
    results = []
    for function in (attention, by_hand):
        torch.manual_seed(5)
        out = function(*given, masks(kind), p, 0.3)
        weights = torch.linspace(-1, 1, out.numel(), dtype=out.dtype).view(out.shape)
        results.append([out, *torch.autograd.grad((out * weights).sum(), given)])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def test_gradients_are_differences() -> None:
    given = tensors(1, 2, 3, 4, 2)

    def fixed(*inputs: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(2)  # the same mask in every call
        return attention(*inputs, None, 0.3, 0.5)

    assert torch.autograd.gradcheck(fixed, given)


@pytest.mark.parametrize("kind", [None, "row", "full"])
def test_it_takes_the_place_of_pytorchs_and_gives_it_back(
    kind: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tensors()
    calls = []
    plain = module.attention

    def listen(*arguments: Any) -> torch.Tensor:
        calls.append(1)
        return plain(*arguments)

    monkeypatch.setattr(module, "attention", listen)

    def draw() -> tuple[torch.Tensor, ...]:
        torch.manual_seed(3)
        out = attend(*given, attn_mask=masks(kind), dropout_p=0.25)
        return (out, *torch.autograd.grad(out.square().sum(), given))

    before = draw()
    assert not calls
    with quick_attention():
        inside = draw()
    assert len(calls) == 1
    after = draw()
    assert len(calls) == 1
    for theirs, ours, again in zip(before, inside, after, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11)
        assert torch.equal(again, theirs)


@pytest.mark.parametrize(
    "options",
    [
        {"is_causal": True, "dropout_p": 0.3},
        {"dropout_p": 0.0},
        {"dropout_p": 1.0},
        {"attn_mask": "bool", "dropout_p": 0.3},
        {"attn_mask": "learnt", "dropout_p": 0.3},
        {"enable_gqa": True, "dropout_p": 0.3},
        {"flat": True, "dropout_p": 0.3},
        {"scale": 0.1, "dropout_p": 0.3},
    ],
)
def test_whatever_else_is_asked_stays_as_it_was(options: dict[str, Any]) -> None:
    options = dict(options)
    given = tensors(queries=5)
    if options.pop("flat", False):
        given = [one[0].detach().requires_grad_() for one in given]
    if "enable_gqa" in options:
        given[1:] = [one[:, :2].detach().requires_grad_() for one in given[1:]]
    kind = options.get("attn_mask")
    if kind == "bool":
        options["attn_mask"] = torch.rand(3, 1, 5, 5) < 0.8
        options["attn_mask"][..., 0] = True
    elif kind == "learnt":
        options["attn_mask"] = torch.randn(3, 4, 5, 5, dtype=torch.float64, requires_grad=True)
        given.append(options["attn_mask"])

    def draw() -> list[torch.Tensor]:
        torch.manual_seed(3)
        out = attend(*given[:3], **options)
        return [out, *torch.autograd.grad(out.square().sum(), given)]

    before = draw()
    with quick_attention():
        inside = draw()
    for theirs, ours in zip(before, inside, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-11, equal_nan=True)


def test_bf16_is_as_near_to_the_exact_numbers_as_pytorchs() -> None:
    exact = tensors(8, 4, 32, 32, 16)
    rounded = [one.detach().bfloat16().requires_grad_() for one in exact]

    def draw(given: list[torch.Tensor]) -> list[torch.Tensor]:
        torch.manual_seed(3)
        out = attend(*given, dropout_p=0.25)
        return [one.double() for one in (out, *torch.autograd.grad(out.sum(), given))]

    true = draw([one.detach().bfloat16().double().requires_grad_() for one in exact])
    theirs = draw(rounded)
    with quick_attention():
        ours = draw(rounded)
    # The masks of the two number formats differ, so the mean over all is compared.
    for one, other, sure in zip(ours, theirs, true, strict=True):
        torch.testing.assert_close(one, other, rtol=0.05, atol=0.05)
        assert abs(one.mean() - sure.mean()) < 0.05


def test_models_without_gradient_don_t_ask_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> torch.Tensor:
        raise AssertionError("asked")

    monkeypatch.setattr(module, "_kernel", refuse)
    given = tensors()
    with quick_attention(), torch.inference_mode():
        attend(*given, dropout_p=0.25)
        attend(*given)
