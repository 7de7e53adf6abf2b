"""Low-rank weights on the CPU, in fewer passes over what a layer puts out.

peft multiplies a layer's input by the frozen weight and, beside it, by the two thin ones, scales
what comes of these and adds both: two thin products and two passes over the output, forward and
backward. They cost a third of the time of a step where layers are narrow. Here the thin weights are
multiplied with each other and added to the frozen one first (``W + s B A``), so that one product is
left in either direction; the gradients of the thin ones are thin products still. The numbers are
the same but for rounding: under autocast the sum is made in float32 and rounded to bf16 then, as a
weight is that is trained whole.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import torch

FEWEST = 512
"""Tokens from which on a step takes less time so; a generated token is but one."""


@contextlib.contextmanager
def quick_lora() -> Iterator[None]:
    """Take `linear` for peft's linear layers on the CPU, while the context is open.

    It replaces peft's forward in the whole process. Layers that do anything else (several adapters,
    dropout, DoRA, a base that is not held in float32) keep theirs.
    """
    layer: Any = sys.modules.get("peft.tuners.lora.layer")
    if layer is None:  # no model has low-rank weights
        yield
        return
    plain = layer.Linear.forward

    def forward(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        name = None if args or kwargs else _adapter(self, layer.Linear, x)
        if name is None:
            return plain(self, x, *args, **kwargs)  # type: ignore[no-any-return]
        base = self.base_layer
        thin = (self.lora_A[name].weight, self.lora_B[name].weight)
        return linear(x, base.weight, base.bias, *thin, float(self.scaling[name]))

    layer.Linear.forward = forward
    try:
        yield
    finally:
        layer.Linear.forward = plain


def linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    down: torch.Tensor,
    up: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """Multiply by a frozen weight and the low-rank ones beside it.

    Parameters
    ----------
    x
        Shape (..., inputs).
    weight, bias
        The frozen ones; shapes (outputs, inputs) and (outputs,).
    down, up
        The thin ones, A and B of Hu et al. (2022); shapes (rank, inputs) and (outputs, rank).
    scale
        What their product is multiplied by.

    Returns
    -------
    torch.Tensor
        Shape (..., outputs), with a gradient to x, down and up.
    """
    autocast = torch.is_autocast_enabled("cpu")
    kind = torch.get_autocast_dtype("cpu") if autocast else x.dtype
    with torch.autocast("cpu", enabled=False):
        out: torch.Tensor = _Linear.apply(x.to(kind), weight, bias, down, up, scale)  # type: ignore[no-untyped-call]
    return out


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        ctx.save_for_backward(x, weight, down, up)
        ctx.scale = scale
        bias = None if bias is None else bias.to(x.dtype)
        return torch.nn.functional.linear(x, _sum(weight, up, down, scale).to(x.dtype), bias)

    @staticmethod
    def backward(ctx: Any, out: torch.Tensor) -> Any:
        x, weight, down, up = ctx.saved_tensors
        out, flat, scale = out.flatten(0, -2), x.flatten(0, -2), ctx.scale
        to_x = None
        if ctx.needs_input_grad[0]:
            # Added up anew: kept, it would take the memory of the weight once more.
            to_x = (out @ _sum(weight, up, down, scale).to(x.dtype)).view(x.shape)
        to_down = ((out @ up.to(x.dtype)).mT @ flat).to(down.dtype).mul_(scale)
        # This way round the product takes a third of the time.
        to_up = ((flat @ down.to(x.dtype).mT).mT @ out).to(up.dtype).mul_(scale).mT
        return to_x, None, None, to_down, to_up, None


def _sum(weight: torch.Tensor, up: torch.Tensor, down: torch.Tensor, scale: float) -> torch.Tensor:
    return torch.addmm(weight, up, down, alpha=scale)


def _adapter(layer: Any, kind: Any, x: torch.Tensor) -> str | None:
    """Return the one adapter that a layer adds to its frozen weight, None where it does more."""
    active = layer.active_adapters
    if type(layer) is not kind or layer.disable_adapters or layer.merged or len(active) != 1:
        return None
    name, base = str(active[0]), layer.base_layer
    fits = (
        name in layer.lora_A
        and name not in layer.lora_variant
        and type(base) is torch.nn.Linear
        and layer.lora_B[name].bias is None
        and not (layer.training and getattr(layer.lora_dropout[name], "p", 0.0))
        and not any(one.requires_grad for one in (base.weight, base.bias) if one is not None)
        and all(
            type(one) in (torch.Tensor, torch.nn.Parameter)
            and one.dtype == torch.float32
            and one.device.type == "cpu"
            for one in (base.weight, layer.lora_A[name].weight, layer.lora_B[name].weight)
        )
        and x.device.type == "cpu"
        and (x.dtype == torch.float32 or torch.is_autocast_enabled("cpu"))
        and x.ndim > 1
        and x.numel() >= FEWEST * x.shape[-1]
        and not torch.compiler.is_compiling()
    )
    return name if fits else None
