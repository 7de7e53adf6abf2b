"""From a dataset to a trained model in a run's folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch

from ..device import Device
from ..multimodal.spec import ModelSpec
from .adapt import adapt, save, set_dropout
from .batches import Batch, Learned, Rows
from .checkpoints import Checkpoints
from .events import Artifact, Emit
from .files import folder_whole
from .head_features import head_only
from .jobs import CancelToken
from .loop import Fitted, fit
from .runs import Run
from .spec import TrainSpec
from .tasks.task import Task, Writer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .dataset import Dataset


class Subset:
    """Some of encoded samples, numbered from 0 again."""

    def __init__(self, samples: Learned, rows: Rows) -> None:
        self._samples = samples
        self._rows = rows
        self.lengths = samples.lengths[rows]
        self.units = samples.units[rows]
        self.weight: NDArray[np.float32] = samples.weight[rows]

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: Rows) -> Batch:
        """Return inputs and targets of some samples."""
        return self._samples.batch(self._rows[rows])

    def ids(self, rows: Rows) -> list[str]:
        """Name the rows behind some samples."""
        return self._samples.ids(self._rows[rows])


def train(
    run: Run,
    task: Task,
    model: torch.nn.Module,
    processor: Any,
    dataset: Dataset,
    spec: TrainSpec,
    *,
    device: Device,
    emit: Emit,
    cancel: CancelToken,
) -> Fitted:
    """Train on the training rows, choose by the validation rows, and save the model.

    Parameters
    ----------
    run
        Where checkpoints and model go. Training goes on from the newest checkpoint there.
    task
        What is learnt.
    model, processor
        As the task loaded them.
    dataset
        All rows.
    spec, device
        How, and on what.
    emit, cancel
        Listener and token.
    """
    torch.set_num_threads(device.threads)
    torch.use_deterministic_algorithms(spec.deterministic)
    settings = run.section("model", ModelSpec)
    parts = {split: dataset.take(dataset.rows(split)) for split in ("train", "validation")}
    cache = run.path / "cache"
    samples = task.encode(processor, parts["train"], emit=emit, cache=cache)
    held = task.encode(processor, parts["validation"], cache=cache)
    if settings.dropout is not None:
        set_dropout(model, settings.dropout)
    model = adapt(model, settings.adapt)
    if spec.gradient_checkpointing:
        model.gradient_checkpointing_enable()  # type: ignore[operator]
    learnt = model
    if settings.adapt.kind == "head":
        model.to(device.kind)
        learnt, samples, held = head_only(
            model, samples, held, emit=emit, check=cancel.check, cache=cache
        )

    def validate(trained: torch.nn.Module) -> Mapping[str, float]:
        found = task.validate(trained, held, parts["validation"], check=cancel.check)
        if isinstance(task, Writer) and spec.sample_generations:
            few = parts["validation"].first(spec.sample_generations)
            for sample in task.write(trained, processor, few):
                emit(sample)
        return found

    fitted = fit(
        learnt,
        samples,
        spec,
        loss=task.loss,
        metric=spec.early_stopping.metric or task.metric,
        device=device,
        checkpoints=Checkpoints(
            run.path / "checkpoints",
            spec.keep_checkpoints,
            None if spec.keep_gigabytes is None else int(spec.keep_gigabytes * 1e9),
            emit=emit,
        ),
        validate=validate if len(parts["validation"]) else None,
        emit=emit,
        cancel=cancel,
    )
    if not fitted.stopped:
        with folder_whole(run.path / "model") as folder:
            save(model, processor, folder, settings.adapt)
        emit(Artifact(path="model", kind="model"))
    return fitted
