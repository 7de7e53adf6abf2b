"""Answering rows by a run's model, as `pellucid predict` does, for rows that are in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import decision
from .events import Emit, silent
from .spec import DataSpec, EvaluateSpec, TrainSpec

if TYPE_CHECKING:
    import pandas as pd

    from .dataset import Dataset
    from .decision import Decision
    from .runs import Run
    from .tasks import Task


@dataclass(frozen=True, eq=False)
class Answering:
    """A run's model with all that it needs to answer; `answering` makes one."""

    run: Run
    task: Task
    model: Any
    processor: Any
    decided: Decision | None

    def __call__(
        self,
        rows: Dataset,
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> pd.DataFrame:
        """Answer rows, as predictions.parquet holds them; the run's decision is applied."""
        found = self.task.predict(
            self.run, self.model, self.processor, rows, emit=emit, check=check
        )
        if self.decided is not None:
            from .predict import SCORE

            scores = found[[SCORE + name for name in self.run.labels]].to_numpy(np.float64)
            codes = self.decided.answers(scores, self.run.labels)
            found["prediction"] = np.array(self.run.labels, dtype=object)[codes]
        return found


def answering(run: Run) -> Answering:
    """Load a run's model once, in float32, to answer rows on the run's device.

    Parameters
    ----------
    run
        A run whose training has ended; the CPU is used where its device is not here.

    Raises
    ------
    RunError
        If the run has no model yet, or its decision can't be read.
    """
    import torch

    from ..device import Device, prepare

    prepare()
    from ..multimodal.models import reload
    from ..multimodal.processors import reload_processor
    from ..multimodal.spec import ModelSpec
    from .predict import present
    from .tasks import make

    device = present(Device.from_json(run.environment["device"]))
    torch.set_num_threads(device.threads)
    section = run.section
    task = make(
        run.task,
        section("data", DataSpec),
        section("model", ModelSpec),
        section("train", TrainSpec),
        section("evaluate", EvaluateSpec),
    )
    model = reload(task.auto, run.model).to(device.kind).eval()
    processor = reload_processor(run.model, run.modalities)
    return Answering(run, task, model, processor, decision.read(run.path, run.labels))
