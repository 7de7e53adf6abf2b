"""Checkpoints: everything that training needs to go on exactly where it was.

A checkpoint is a folder of safetensors and JSON that appears whole or not at all. Weights,
optimiser state and the generators' state are tensors; nothing is pickled.
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, load_model, save_file, save_model

from .files import folder_whole, read_json, sweep, write_json

BEST = "best"


@dataclass
class State:
    """Where training stands.

    Attributes
    ----------
    step
        Optimiser steps done.
    epoch, batch
        Epoch in progress, and batches of it that are done.
    best, best_epoch
        Best validation metric so far and the epoch after which it was measured; None before.
    waited, ended
        Epochs since the best one, and whether that ended training early.
    history
        One mapping of measured numbers for each epoch that is done.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    best: float | None = None
    best_epoch: int | None = None
    waited: int = 0
    ended: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


class Checkpoints:
    """The checkpoints of one training, in one folder.

    Parameters
    ----------
    folder
        Where they stand; made if it isn't there.
    keep
        How many are kept, newest first.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder = folder
        self._keep = keep
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)

    def save(self, state: State, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> Path:
        """Write a checkpoint and drop those beyond the number to keep."""
        path = self.folder / f"step-{state.step:08d}"
        with folder_whole(path) as partial:
            save_model(model, str(partial / "model.safetensors"))
            save_file(_tensors(optimizer), partial / "optimizer.safetensors")
            save_file(_generators(), partial / "generators.safetensors")
            write_json(partial / "state.json", asdict(state))
        for old in self._steps()[: -self._keep]:
            shutil.rmtree(old, ignore_errors=True)
        return path

    def save_best(self, model: torch.nn.Module) -> Path:
        """Keep the weights that did best on the validation rows."""
        path = self.folder / BEST
        with folder_whole(path) as partial:
            save_model(model, str(partial / "model.safetensors"))
        return path

    def load_best(self, model: torch.nn.Module) -> None:
        """Put the best weights into a model, where any were kept."""
        path = self.folder / BEST / "model.safetensors"
        if path.exists():
            load_model(model, path)

    def restore(self, model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> State | None:
        """Put the newest checkpoint into model, optimiser and generators; None without one."""
        steps = self._steps()
        if not steps:
            return None
        path = steps[-1]
        load_model(model, path / "model.safetensors")
        _put(optimizer, load_file(path / "optimizer.safetensors"))
        _seed(load_file(path / "generators.safetensors"))
        return State(**read_json(path / "state.json"))

    def _steps(self) -> list[Path]:
        return sorted(self.folder.glob("step-*"))


def _tensors(optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    state: dict[int, dict[str, Any]] = optimizer.state_dict()["state"]
    return {
        f"{number}.{name}": value.contiguous()
        for number, values in state.items()
        for name, value in values.items()
    }


def _put(optimizer: torch.optim.Optimizer, tensors: dict[str, torch.Tensor]) -> None:
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        state.setdefault(int(number), {})[name] = value
    optimizer.load_state_dict(
        {"state": state, "param_groups": optimizer.state_dict()["param_groups"]}
    )


def _generators() -> dict[str, torch.Tensor]:
    out = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        out["cuda"] = torch.cuda.get_rng_state()
    return out


def _seed(tensors: dict[str, torch.Tensor]) -> None:
    torch.set_rng_state(tensors["cpu"])
    if "cuda" in tensors and torch.cuda.is_available():
        torch.cuda.set_rng_state(tensors["cuda"])
