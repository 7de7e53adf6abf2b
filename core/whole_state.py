"""Weights and optimiser state as named tensors: only what is trained, whole in each process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

Tensors = dict[str, torch.Tensor]


def model_tensors(model: torch.nn.Module) -> Tensors:
    """Return the trained parameters and all buffers of a model, by their names."""
    left_out = _frozen(model)
    return {
        name: tensor
        for name, tensor in model.state_dict().items()
        if isinstance(tensor, torch.Tensor) and not _within(name, left_out)
    }


def load_model(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put back what `model_tensors` gave.

    Raises
    ------
    ValueError
        If a trained parameter is missing, or there is one that the model doesn't have.
    RuntimeError
        If a shape differs.
    """
    missing, unexpected = model.load_state_dict(tensors, strict=False)
    # Of tied weights one name is enough.
    own = model.state_dict(keep_vars=True)
    places = {id(own[name]) for name in tensors if name in own}
    left_out = _frozen(model)
    lost = [
        name for name in missing if not _within(name, left_out) and id(own.get(name)) not in places
    ]
    if lost or unexpected:
        raise ValueError(
            f"it lacks {lost[0]}" if lost else f"it holds {unexpected[0]}, which the model lacks"
        )


def optimizer_tensors(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Tensors:
    """Return an optimiser's state; names are the parameter's number and the quantity."""
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": value
        for number, values in state.items()
        for name, value in values.items()
    }


def load_optimizer(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]
) -> None:
    """Put back what `optimizer_tensors` gave.

    Raises
    ------
    ValueError
        If the optimiser has fewer parameters.
    """
    state: dict[int, Tensors] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    known = {number for group in groups for number in group["params"]}
    if not state.keys() <= known:
        raise ValueError(f"it holds the state of {len(state)} parameters, of {len(known)} here")
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _frozen(model: torch.nn.Module) -> set[str]:
    named = model.named_parameters(remove_duplicate=False)
    return {name for name, parameter in named if not parameter.requires_grad}


def _within(name: str, names: set[str]) -> bool:
    """Whether a name is one of these, or of what a quantised parameter of these brings along."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in names for length in range(1, len(parts) + 1))
