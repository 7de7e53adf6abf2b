"""The model of a run at each checkpoint that is kept, with what was learnt since the one before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from ...core.loop import steps_of
from ...core.manifest import damage
from ...core.runs import Run
from ...core.schedule import rate_factor
from ...core.spec import DataSpec, EvaluateSpec, TrainSpec
from ...core.tasks import make
from ...core.training import ready
from ...core.whole_state import load_model
from ...device import Device, prepare
from ...multimodal.spec import ModelSpec

INSIDE = ("inner.", "_orig_mod.")
"""Prefixes of weights that were trained inside another module: a head alone, a compiled model."""


def task_of(run: Run) -> Any:
    """Make a run's task."""
    return make(
        run.task,
        run.section("data", DataSpec),
        run.section("model", ModelSpec),
        run.section("train", TrainSpec),
        run.section("evaluate", EvaluateSpec),
    )


def begun(run: Run, task: Any) -> torch.nn.Module:
    """Load the model that a run began with, in evaluation mode; a new head as random as then."""
    from ...core.predict import present
    from ...multimodal.models import locate

    prepare()
    device = present(Device.from_json(run.environment["device"]))
    torch.set_num_threads(device.threads)
    source = locate(run.section("model", ModelSpec).name)
    seed = run.section("train", TrainSpec).seed
    model: torch.nn.Module = task.load(source, run.labels, seed).to(device.kind)
    return model.eval()


def kept(run: Run) -> list[tuple[int, Path]]:
    """Return the step and folder of each sound checkpoint of a run, the first one first."""
    found = sorted((run.path / "checkpoints").glob("step-*"))
    return [(int(path.name.removeprefix("step-")), path) for path in found if damage(path) is None]


def learnt(run: Run, rows: int) -> list[float]:
    """Return how much was learnt before each checkpoint, and after the one before.

    Parameters
    ----------
    run
        Whose checkpoints they are.
    rows
        Training rows.

    Returns
    -------
    list of float
        The sum of the learning rates of these steps, divided by the rows: so far the gradient of
        each row's loss was gone along, if plain gradient descent took it (Pruthi et al. 2020).
    """
    spec = run.section("train", TrainSpec)
    steps = steps_of(rows, spec)
    out, before = [], 0
    for step, _ in kept(run):
        rates = (rate_factor(one, steps, spec) for one in range(before, step))
        out.append(spec.learning_rate * sum(rates) / rows)
        before = step
    return out


def models(run: Run, task: Any) -> Iterator[torch.nn.Module]:
    """Load the model at each checkpoint, one after the other into the same memory.

    Raises
    ------
    ModelError
        If the model that the run began with is not to be had any more.
    """
    settings, spec = run.section("model", ModelSpec), run.section("train", TrainSpec)
    model: torch.nn.Module = ready(begun(run, task), settings, spec).eval()
    for _, path in kept(run):
        load_model(model, _own(load_file(path / "model.safetensors")))
        yield model


def _own(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return weights by their names in the whole model."""
    if not any(name.startswith(INSIDE) for name in tensors):
        return tensors
    out = {}
    for name, tensor in tensors.items():
        for prefix in INSIDE:
            if name.startswith(prefix):
                out[name.removeprefix(prefix)] = tensor
    return out
