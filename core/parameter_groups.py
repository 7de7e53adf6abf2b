"""AdamW, and which weights it treats alike: what is decayed, and how fast each depth learns."""

from __future__ import annotations

from typing import Any

import torch

from . import structure
from .spec import TrainSpec


def parameter_groups(model: torch.nn.Module, spec: TrainSpec) -> list[dict[str, Any]]:
    """Sort the trained weights into groups for an optimiser.

    Vectors (biases, scales of normalisation layers) are not decayed. The layer i of n, counted
    from 0, learns at ``layer_decay ** (n - i)`` of the learning rate, what stands below the layers
    at ``layer_decay ** (n + 1)``, and the head with all else above at the rate itself (Clark et
    al. 2020; Bao et al. 2022).

    Parameters
    ----------
    model
        Weights that don't require a gradient are left out.
    spec
        Its `weight_decay` and `layer_decay`.

    Returns
    -------
    list of dict
        Each with ``params``, ``weight_decay`` and ``scale``, the factor of the learning rate;
        deepest first. Every trained weight stands in exactly one.
    """
    depth = _depths(model) if spec.layer_decay < 1 else {}
    sorted_by: dict[tuple[int, bool], list[torch.nn.Parameter]] = {}
    for weight in model.parameters():
        if weight.requires_grad:
            key = depth.get(weight, 0), weight.ndim < 2
            sorted_by.setdefault(key, []).append(weight)
    return [
        {
            "params": weights,
            "weight_decay": 0.0 if vectors else spec.weight_decay,
            "scale": spec.layer_decay**below,
        }
        for (below, vectors), weights in sorted(
            sorted_by.items(), key=lambda item: (-item[0][0], item[0][1])
        )
    ]


def adamw(model: torch.nn.Module, spec: TrainSpec) -> torch.optim.AdamW:
    """Make AdamW (Loshchilov & Hutter 2019), fused where the device has it.

    Whoever sets a step's learning rate multiplies it by each group's ``scale``.
    """
    groups = parameter_groups(model, spec)
    for group in groups:
        group["lr"] = spec.learning_rate * group["scale"]
    return torch.optim.AdamW(groups, lr=spec.learning_rate, fused=True)


def _depths(model: torch.nn.Module) -> dict[torch.nn.Parameter, int]:
    """Say how many layers down from the head each weight stands; those of the head are left out."""
    found = structure.layers(model)
    out: dict[torch.nn.Parameter, int] = {}
    for number, layer in enumerate(found):
        for weight in layer.parameters():
            out.setdefault(weight, len(found) - number)
    for part in structure.embeddings(model):
        for weight in part.parameters():
            out.setdefault(weight, len(found) + 1)
    return out
