"""From a dataset to a trained model in a run's folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from ..device import Device
from ..multimodal.spec import ModelSpec
from . import processes
from .adapt import adapt, save, set_dropout
from .checkpoints import Checkpoints
from .events import Artifact, Emit
from .files import folder_whole
from .head_features import head_only
from .jobs import CancelToken
from .labelled import augmented
from .loop import Fitted, fit
from .plugged import Plugged, placed
from .runs import Run
from .spec import TrainSpec
from .tasks.task import Scaling, Task, Writer
from .whole_state import unshard

if TYPE_CHECKING:
    from .dataset import Dataset


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
    plugged: Plugged | None = None,
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
    plugged
        What is done in another way than the task does it.
    """
    torch.set_num_threads(device.threads)
    torch.use_deterministic_algorithms(spec.deterministic)
    settings = run.section("model", ModelSpec)
    parts = {split: dataset.take(dataset.rows(split)) for split in ("train", "validation")}
    cache = run.path / "cache"
    samples = task.encode(processor, parts["train"], emit=emit, cache=cache)
    samples = augmented(samples, spec, parts["train"])
    held = task.encode(processor, parts["validation"], cache=cache)
    model = ready(model, settings, spec)
    finish = None
    if isinstance(task, Scaling):
        samples, held, finish = task.scale(model, samples, held)
    learnt = model
    # What is changed anew in each epoch has no features that could be kept.
    if settings.adapt.kind == "head" and not spec.augment:
        model.to(device.kind)
        learnt, samples, held = head_only(
            model,
            samples,
            held,
            emit=emit,
            check=cancel.check,
            cache=cache,
            precision=device.precision,
        )

    def validate(trained: torch.nn.Module, step: int) -> Mapping[str, float]:
        found = task.validate(trained, held, parts["validation"], check=cancel.check)
        if isinstance(task, Writer) and spec.sample_generations:
            few = parts["validation"].first(spec.sample_generations)
            for sample in task.write(trained, processor, few):
                emit(replace(sample, at=step))
        return found

    own = plugged or Plugged()
    fitted = fit(
        learnt,
        placed(samples, plugged),
        spec,
        loss=own.loss or task.loss,
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
        sample_weight=own.sample_weight,
        sampler=own.sampler,
    )
    if not fitted.stopped:
        unshard(learnt)
        if finish is not None:
            finish()
        if processes.is_main():
            with folder_whole(run.path / "model") as folder:
                save(model, processor, folder, settings.adapt)
            emit(Artifact(path="model", kind="model"))
            shutil.rmtree(cache, ignore_errors=True)  # nothing reads it any more
        processes.barrier()
    return fitted


def ready(model: Any, settings: ModelSpec, spec: TrainSpec) -> Any:
    """Set a loaded model's dropout, choose what of it is trained, and let it save memory."""
    if settings.dropout is not None:
        set_dropout(model, settings.dropout)
    model = adapt(model, settings.adapt)
    if spec.gradient_checkpointing:
        model.gradient_checkpointing_enable()
    return model
