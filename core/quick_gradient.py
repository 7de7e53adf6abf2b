"""The gradient of attention in bf16 on the CPU, computed in float32 where that is faster.

Without AMX PyTorch's kernel for the gradient takes up to four times as long in bf16 as in float32
where sequences are short and heads are narrow. Attention itself is computed as ever, and the
gradient is the more exact one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from .kernels import replaced

NAME = "_scaled_dot_product_flash_attention_for_cpu"
"""The operator that `scaled_dot_product_attention` calls on a CPU where nothing is dropped."""

KEYS, WIDTH = 256, 64
"""Fewer keys than so many, and heads of at most such a width, take less time in float32."""


@contextlib.contextmanager
def quick_gradient() -> Iterator[None]:
    """Compute gradients of attention so on CPUs without AMX, while the context is open.

    It replaces PyTorch's kernel in the whole process; float32, long sequences and wide heads have
    their gradient from the kernel that they have it from otherwise.
    """
    amx = getattr(torch.cpu, "_is_amx_tile_supported", None)
    if amx is None or amx():
        yield
        return
    with replaced(NAME, "AutogradCPU", _kernel):
        yield


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        p: float,
        is_causal: bool,
        mask: torch.Tensor | None,
        scale: float | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        with torch._C._AutoDispatchBelowAutograd():
            out, sums = getattr(torch.ops.aten, NAME)(
                query, key, value, p, is_causal, attn_mask=mask, scale=scale
            )
        ctx.save_for_backward(query, key, value, out, sums, mask)
        ctx.given = (p, is_causal, scale)
        ctx.mark_non_differentiable(sums)
        return out, sums

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor, _: Any) -> Any:
        query, key, value, out, sums, mask = ctx.saved_tensors
        p, is_causal, scale = ctx.given
        kind = query.dtype
        given = [gradient, query, key, value, out]
        if kind == torch.bfloat16 and key.shape[2] < KEYS and query.shape[3] <= WIDTH:
            given = [one.float() for one in given]
            mask = None if mask is None else mask.float()
        found = getattr(torch.ops.aten, f"{NAME}_backward")(
            *given, sums, p, is_causal, attn_mask=mask, scale=scale
        )
        return *(one.to(kind) for one in found), None, None, None, None


def _kernel(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    attn_mask: torch.Tensor | None = None,
    scale: float | None = None,
) -> Any:
    """Stand in for PyTorch's kernel."""
    return _Attention.apply(query, key, value, dropout_p, is_causal, attn_mask, scale)  # type: ignore[no-untyped-call]
