"""The model as it was before training: what fine-tuning must beat where nothing simpler answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...device import Device
from ...multimodal.spec import ModelSpec
from ..events import Emit, silent
from ..spec import TrainSpec

if TYPE_CHECKING:
    import pandas as pd

    from ..dataset import Dataset
    from ..runs import Run
    from .task import Task

UNTRAINED = "untrained"


def untrained(
    run: Run,
    task: Task,
    chosen: Dataset,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Answer rows with the model that the run began with; a new head is random, as it was then.

    Parameters
    ----------
    run
        Whose recipe names the model.
    task
        What it answers.
    chosen
        The rows.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """
    from ...multimodal.models import locate
    from ...multimodal.processors import load_processor
    from ..predict import present

    spec = run.section("model", ModelSpec)
    source = locate(spec.name)
    seed = run.section("train", TrainSpec).seed
    device = present(Device.from_json(run.environment["device"]))
    model = task.load(source, run.labels, seed).to(device.kind).eval()
    processor = load_processor(source, spec, chosen.modalities.values())
    return task.predict(run, model, processor, chosen, emit=emit, check=check)
