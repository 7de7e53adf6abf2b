"""Clipping gradients by their norm, within the optimiser's own pass over them.

Scaling gradients down is a pass over as many numbers as the model has weights. A fused optimiser
divides each gradient by a number as it reads it (made for the scaled losses of float16), so that
pass costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

ROOM = 1e-6
"""What `torch.nn.utils.clip_grad_norm_` adds to the norm."""


def clip_in_step(
    optimizer: torch.optim.Optimizer, weights: Iterable[torch.nn.Parameter], most: float
) -> torch.Tensor:
    """Let the optimiser's next step take the gradients no longer than `most`.

    What is learnt is what ``torch.nn.utils.clip_grad_norm_`` and a step come to, but for rounding.
    Nothing waits for the device.

    Parameters
    ----------
    optimizer
        Fused (``fused=True``), as it is or in accelerate's wrapper.
    weights
        All that are trained, on one device and whole (FSDP keeps shards of them).
    most
        Largest norm.

    Returns
    -------
    torch.Tensor
        The norm of all gradients before.
    """
    gradients = [one.grad for one in weights if one.grad is not None]
    norm = torch.nn.utils.get_total_norm(gradients)
    inner: Any = getattr(optimizer, "optimizer", optimizer)
    inner.grad_scale = ((norm + ROOM) / most).clamp_min(1.0).float()
    inner.found_inf = torch.zeros((), device=norm.device)
    return norm
