"""Weights and optimiser state as named tensors: only what is trained, each tensor whole.

Where the model is sharded over processes (FSDP) all of them have to call these functions together,
and the first alone gets tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.distributed.checkpoint import state_dict as shards
from torch.distributed.fsdp import FSDPModule

from ..errors import RecipeError, RunError, paragraph
from . import processes
from .spec import TrainSpec

Tensors = dict[str, torch.Tensor]

WHOLE = shards.StateDictOptions(full_state_dict=True, cpu_offload=True, strict=False)


def check_shards(spec: TrainSpec, version: int) -> None:
    """Refuse what can't be done with a model of which each process holds a part.

    Parameters
    ----------
    spec
        How it is trained.
    version
        Of FSDP, as it was launched.

    Raises
    ------
    RunError, RecipeError
        Naming the version, or the key.
    """
    if version != 2:
        raise RunError(
            paragraph(
                "accelerate launch",
                f"found FSDP version {version}, expected 2",
                "Launch with --use_fsdp --fsdp_version 2",
            )
        )
    for key, wanted in (("average", spec.average is not None), ("compile", spec.compile)):
        if wanted:
            raise RecipeError(
                paragraph(
                    f"recipe, key “train.{key}”",
                    "it can't be used where the model is sharded over processes (FSDP)",
                    "Leave it out, or launch with DDP",
                )
            )


def model_tensors(model: torch.nn.Module) -> Tensors:
    """Return the trained parameters and all buffers of a model, by their names."""
    left_out = _frozen(model)
    whole = (
        shards.get_model_state_dict(model, options=WHOLE)
        if processes.sharded()
        else model.state_dict()
    )
    return {
        name: tensor
        for name, tensor in whole.items()
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
    if processes.sharded():
        missing, unexpected = shards.set_model_state_dict(model, dict(tensors), options=WHOLE)
    else:
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
    """Return an optimiser's state; names are the parameter's number (or name) and the quantity."""
    state: Any = (
        shards.get_optimizer_state_dict(model, optimizer, options=WHOLE)
        if processes.sharded()
        else optimizer.state_dict()
    ).get("state", {})
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
    if processes.sharded():
        _load_sharded(model, optimizer, tensors)
        return
    state: dict[int, Tensors] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    known = {number for group in groups for number in group["params"]}
    if not state.keys() <= known:
        raise ValueError(f"it holds the state of {len(state)} parameters, of {len(known)} here")
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def unshard(model: torch.nn.Module) -> None:
    """Give every process the whole weights again, on the CPU, when training has ended."""
    if not processes.sharded():
        return
    known: dict[int, torch.nn.Parameter] = {}
    for module in model.modules():
        for name, parameter in module._parameters.items():
            if parameter is not None and hasattr(parameter, "full_tensor"):
                if id(parameter) not in known:
                    known[id(parameter)] = torch.nn.Parameter(
                        parameter.full_tensor().cpu(), requires_grad=parameter.requires_grad
                    )
                module._parameters[name] = known[id(parameter)]
        for name, buffer in module._buffers.items():
            module._buffers[name] = buffer if buffer is None else buffer.cpu()
        if isinstance(module, FSDPModule):
            # torch gave it a class made of FSDPModule and its own one, which moves shards only.
            module.__class__ = type(module).__mro__[2]


def _load_sharded(
    model: torch.nn.Module, optimizer: torch.optim.Optimizer, tensors: Mapping[str, torch.Tensor]
) -> None:
    whole = dict(shards.get_optimizer_state_dict(model, optimizer, options=WHOLE))
    groups = processes.from_main(lambda: whole.get("param_groups"))
    state: dict[str, Tensors] = {}
    for key, value in tensors.items():
        parameter, _, name = key.rpartition(".")
        state.setdefault(parameter, {})[name] = value
    saved: Any = {"state": state, "param_groups": groups}
    shards.set_optimizer_state_dict(model, optimizer, saved, options=WHOLE)


def _frozen(model: torch.nn.Module) -> set[str]:
    named = model.named_parameters(remove_duplicate=False)
    return {name for name, parameter in named if not parameter.requires_grad}


def _within(name: str, names: set[str]) -> bool:
    """Whether a name is one of these, or of what a quantised parameter of these brings along."""
    parts = name.split(".")
    return any(".".join(parts[:length]) in names for length in range(1, len(parts) + 1))
