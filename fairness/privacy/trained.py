"""A run's trained model, to be asked about rows: loaded once for all checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ...core.events import Emit, silent
from ...core.runs import Run
from ...core.spec import DataSpec, EvaluateSpec, TrainSpec
from ...device import Device
from ...multimodal.spec import ModelSpec
from .canaries import Canaries, holding

if TYPE_CHECKING:
    import pandas as pd

    from ...core.dataset import Dataset
    from ...core.tasks import Task


@dataclass(frozen=True)
class Trained:
    """A run with its rows; the model is loaded when it is first asked.

    Attributes
    ----------
    run
        A run whose training has ended.
    new_tokens
        Most tokens that are written for a prompt; the recipe's if left out.
    canaries
        What was planted into its table, if anything is known to have been.
    """

    run: Run
    new_tokens: int | None = None
    canaries: Canaries | None = None

    @cached_property
    def dataset(self) -> Dataset:
        """The run's rows."""
        return self.run.dataset()

    @cached_property
    def genuine(self) -> Dataset:
        """The run's rows without those that hold canaries, which nobody would ask about."""
        import numpy as np

        if self.canaries is None:
            return self.dataset
        texts = [self.canaries.form.fill(one.secret) for one in self.canaries.canaries]
        planted = {row for rows in holding(self.dataset, texts) for row in rows}
        kept = [row for row in range(len(self.dataset)) if row not in planted]
        return self.dataset.take(np.array(kept, dtype=np.int64))

    @cached_property
    def device(self) -> Device:
        """Where to compute."""
        from ...core.predict import present

        return present(Device.from_json(self.run.environment["device"]))

    @cached_property
    def task(self) -> Task:
        """What the model learnt to do; nothing is generated where rows are only measured."""
        from ...core.tasks import make

        section = self.run.section
        told: dict[str, Any] = {"generations": 0}
        if self.new_tokens is not None:
            told["new_tokens"] = self.new_tokens
        return make(
            self.run.task,
            section("data", DataSpec),
            section("model", ModelSpec),
            section("train", TrainSpec),
            section("evaluate", EvaluateSpec).model_copy(update=told),
        )

    @cached_property
    def model(self) -> Any:
        """The trained model, in evaluation mode on its device."""
        import torch

        from ...device import prepare
        from ...multimodal.models import reload

        prepare()
        torch.set_num_threads(self.device.threads)
        return reload(self.task.auto, self.run.model).to(self.device.kind).eval()

    @cached_property
    def processor(self) -> Any:
        """What turns rows into the model's inputs."""
        from ...multimodal.processors import reload_processor

        return reload_processor(self.run.model, self.dataset.modalities.values())

    def predict(
        self, rows: Dataset, emit: Emit = silent, check: Callable[[], None] = lambda: None
    ) -> pd.DataFrame:
        """Answer rows as predictions.parquet holds them, whichever split they are of."""
        return self.task.predict(self.run, self.model, self.processor, rows, emit=emit, check=check)

    def before(
        self, rows: Dataset, emit: Emit = silent, check: Callable[[], None] = lambda: None
    ) -> pd.DataFrame:
        """Answer rows with the model as it was before training."""
        from ...core.tasks.untrained import untrained

        return untrained(self.run, self.task, rows, emit=emit, check=check)
