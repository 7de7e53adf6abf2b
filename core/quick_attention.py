"""Attention with dropout on the CPU, in half as many passes over the scores.

PyTorch's fused CPU kernel knows no dropout, so training falls back on its plain one, which scales
queries and keys, adds the mask, and scales the dropped scores in passes of their own, forward and
backward. Here scale and mask go into the matrix product, and what dropout divides by into the far
smaller output. The numbers are the same but for rounding.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch

from .kernels import replaced

NAME = "_scaled_dot_product_attention_math"
"""The operator that `scaled_dot_product_attention` calls where no fused kernel can be taken."""


@contextlib.contextmanager
def quick_attention() -> Iterator[None]:
    """Take `attention` for attention with dropout on the CPU, while the context is open.

    It replaces PyTorch's kernel in the whole process, where gradients are asked for; other devices
    keep theirs.
    """
    with replaced(NAME, "AutogradCPU", _kernel):
        yield


def attention(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    p: float,
    scale: float,
) -> torch.Tensor:
    """Attend with dropout.

    Parameters
    ----------
    query, key, value
        Shapes (samples, heads, queries, width), (samples, heads, keys, width) and the latter.
    mask
        What is added to the scores, -inf where not to look; can be spread to (samples, heads,
        queries, keys).
    p
        Share of the attention that is dropped.
    scale
        What the scores are multiplied by.

    Returns
    -------
    torch.Tensor
        Shape (samples, heads, queries, width), with a gradient to query, key and value.
    """
    out: torch.Tensor = _Attention.apply(query, key, value, mask, p, scale)  # type: ignore[no-untyped-call]
    return out


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        mask: torch.Tensor | None,
        p: float,
        scale: float,
    ) -> torch.Tensor:
        shape = (*query.shape[:3], key.shape[2])
        query, key, value = (one.flatten(0, 1) for one in (query, key, value))
        scores = query.new_empty(shape)
        if mask is not None:
            scores.copy_(mask)
        flat = scores.flatten(0, 1)
        torch.baddbmm(flat, query, key.mT, beta=int(mask is not None), alpha=scale, out=flat)
        shares = torch.softmax(flat, -1)
        kept = torch.empty_like(shares).bernoulli_(1 - p)
        dropped = torch.mul(shares, kept, out=flat)  # the scores are not needed any more
        ctx.save_for_backward(query, key, value, shares, kept, dropped)
        ctx.shape, ctx.scale, ctx.gain = shape, scale, 1 / (1 - p)
        return torch.bmm(dropped, value).mul_(ctx.gain).view(*shape[:3], -1)

    @staticmethod
    def backward(ctx: Any, out: torch.Tensor) -> Any:
        query, key, value, shares, kept, dropped = ctx.saved_tensors
        gradient = out.flatten(0, 1) * ctx.gain
        to_value = torch.bmm(dropped.mT, gradient)
        to_shares = torch.bmm(gradient, value.mT).mul_(kept)
        to_scores = torch.ops.aten._softmax_backward_data(to_shares, shares, -1, shares.dtype)
        to_query = torch.bmm(to_scores, key).mul_(ctx.scale)
        to_key = torch.bmm(to_scores.mT, query).mul_(ctx.scale)
        found = (one.view(*ctx.shape[:2], *one.shape[1:]) for one in (to_query, to_key, to_value))
        return (*found, None, None, None)


def _kernel(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attn_mask: torch.Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    dropout_mask: torch.Tensor | None = None,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Stand in for PyTorch's kernel; only training asks for the first of its two results."""
    fits = (
        query.ndim == key.ndim == value.ndim == 4
        and query.shape[:2] == key.shape[:2] == value.shape[:2]
        and query.dtype == key.dtype == value.dtype
        and 0 < dropout_p < 1
        and not is_causal
        and dropout_mask is None
        and not (
            attn_mask is not None and (attn_mask.requires_grad or attn_mask.dtype == torch.bool)
        )
    )
    factor = query.shape[-1] ** -0.5 if scale is None else scale
    if fits:
        return attention(query, key, value, attn_mask, dropout_p, factor), None
    return _plain(query, key, value, attn_mask, dropout_p, is_causal, dropout_mask, factor)


def _plain(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    p: float,
    is_causal: bool,
    dropout_mask: torch.Tensor | None,
    scale: float,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attend as PyTorch's own kernel does, which can't be called from its stand-in."""
    groups = query.shape[-3] // key.shape[-3] if query.ndim > 3 else 1
    if groups > 1:
        key, value = (one.repeat_interleave(groups, -3) for one in (key, value))
    scores = torch.matmul(query * scale, key.mT)
    if is_causal:
        allowed = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
        scores = scores.masked_fill(~allowed, float("-inf"))
    elif mask is not None and mask.dtype == torch.bool:
        scores = scores.masked_fill(~mask, float("-inf"))
    elif mask is not None:
        scores = scores + mask
    shares = torch.softmax(scores, -1)
    if dropout_mask is not None:
        shares = shares.masked_fill(~dropout_mask, 0.0)
        return torch.matmul(shares, value / (1.0 - p)), shares
    return torch.matmul(torch.dropout(shares, p, True), value), shares
