"""The training loop, from top to bottom.

It knows no modality (samples come as batches of tensors), no task (the loss is a function), and no
screen (what happens is told by events). What other rooms want to change they pass in: `loss`,
`sample_weight` and `sampler`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from ..device import Device
from . import processes
from .batches import Learned, Rows, Sampler, length_buckets
from .checkpoints import Checkpoints, State
from .divergence import Losses
from .dropout import quick_masks
from .events import Artifact, Clock, Emit, Metric, Progress
from .jobs import CancelToken
from .kept_memory import kept_memory
from .metrics import higher_is_better
from .quick_attention import quick_attention
from .quick_gradient import quick_gradient
from .quick_lora import quick_lora
from .schedule import rate_factor
from .spec import TrainSpec
from .step import Loss, Validate, begin
from .throughput import Throughput

REPORT_EVERY = 10
"""Steps between two reports of loss, speed and memory; reading the loss makes the device wait."""


@dataclass(frozen=True)
class Fitted:
    """How training ended: where it stands, and whether it was stopped before its end."""

    state: State
    stopped: bool


@quick_masks()
@quick_attention()
@quick_gradient()
@quick_lora()
@kept_memory()
def fit(
    model: torch.nn.Module,
    samples: Learned,
    spec: TrainSpec,
    *,
    loss: Loss,
    metric: str,
    device: Device,
    checkpoints: Checkpoints,
    validate: Validate | None,
    emit: Emit,
    cancel: CancelToken,
    sample_weight: NDArray[np.float32] | None = None,
    sampler: Sampler = length_buckets,
) -> Fitted:
    """Train a model; go on from the newest checkpoint where there is one.

    The loss of a step is the mean over all units (target tokens, or samples) of its samples, each
    with its weight, into however many micro-batches they are split.

    Parameters
    ----------
    model
        What `loss` is given, as it is or wrapped.
    samples
        What to learn from.
    spec
        Epochs, learning rate and so on.
    loss
        Loss of each sample of a batch.
    metric
        The validation metric that chooses the weights that are kept.
    device
        What computes, and in which precision.
    checkpoints
        Where to save. The best weights are put back into the model at the end.
    validate
        Measures the model; None keeps the last weights.
    emit, cancel
        Listener, and the token by which people stop or cancel.
    sample_weight
        Weight of each sample beside its own; shape (samples,).
    sampler
        Order of the samples in an epoch.

    Raises
    ------
    DivergedError
        If the loss is no longer a number, or explodes.
    Cancelled
        If a person cancelled.
    """
    step = begin(
        model,
        samples,
        spec,
        loss=loss,
        device=device,
        checkpoints=checkpoints,
        emit=emit,
        sample_weight=sample_weight,
    )
    trained, state, average = step.model, step.state, step.average

    def judge() -> None:
        """Validate, and keep the weights where they are the best so far."""
        if validate is not None:
            with average.swapped() if average is not None else contextlib.nullcontext():
                if _best(step.measured(validate), metric, state, spec, emit):
                    checkpoints.save_best(model)

    def save() -> None:
        """Write all that is needed to go on from here."""
        path = checkpoints.save(state, model, step.optimizer, step.extra)
        emit(Artifact(path=f"{path.parent.name}/{path.name}", kind="checkpoint"))

    steps = steps_of(len(samples), spec)
    speed = Throughput(step.accelerator.device, samples.lengths)
    clock, losses = Clock(steps, state.step), Losses()
    while state.epoch < spec.epochs and not state.ended:
        batches = _batches(samples, sampler, spec, state.epoch)
        trained.train()
        for rows in speed.over(step.ahead.over(batches[state.batch :])):
            began = time.perf_counter()
            rate = spec.learning_rate * rate_factor(state.step, steps, spec)
            losses.add(rows, *step.take(rows, rate))
            state.step, state.batch = state.step + 1, state.batch + 1
            cancel.check()
            over = state.batch == len(batches)
            state.seconds += time.perf_counter() - began

            stop, late = _agreed(cancel, state, spec, device, over)
            end = (over and state.epoch + 1 == spec.epochs) or state.step == steps or late
            due = _every(spec.checkpoint_steps, state.step)
            look = end or (
                over if spec.validate_steps is None else _every(spec.validate_steps, state.step)
            )
            if stop or over or due or look or state.step % REPORT_EVERY == 0:
                # Before a checkpoint too: what is saved has a finite loss.
                losses.tell(state.step, rate, samples, emit)
                speed.tell(state.step, emit)
            if clock.due() or end:
                _tell_progress(state, steps, clock, spec, emit)
            if over:
                state.epoch, state.batch = state.epoch + 1, 0
            if look:
                judge()
            state.ended = state.ended or end
            if stop or due or over or state.ended:
                save()
            if over or stop or state.ended:
                break
            if look or due:
                speed.begin()
        if processes.any_of(_stops(cancel)) and not state.ended:
            return Fitted(state, stopped=True)

    if not checkpoints.load_best(model) and average is not None:
        average.put()
    return Fitted(state, stopped=False)


def _batches(samples: Learned, sampler: Sampler, spec: TrainSpec, epoch: int) -> list[Rows]:
    """Return an epoch's batches; samples that differ from epoch to epoch (masks) are renewed."""
    renew = getattr(samples, "begin_epoch", None)
    if renew is not None:
        renew(epoch)
    return sampler(samples.lengths, spec.batch_size, [spec.seed, epoch])


def steps_of(samples: int, spec: TrainSpec) -> int:
    """Return the optimiser steps of a whole training of so many samples."""
    steps = math.ceil(samples / spec.batch_size) * spec.epochs
    return steps if spec.max_steps is None else min(steps, spec.max_steps)


def _every(steps: int | None, step: int) -> bool:
    return steps is not None and step % steps == 0


def _time_is_up(state: State, spec: TrainSpec) -> bool:
    return spec.max_minutes is not None and state.seconds >= 60 * spec.max_minutes


def _agreed(
    cancel: CancelToken, state: State, spec: TrainSpec, device: Device, over: bool
) -> tuple[bool, bool]:
    """Say whether a person asked to stop, and whether the time is up.

    Processes that train together agree on it, on a GPU in some steps only, for it has to wait.
    """
    together = processes.world() > 1
    if together and device.kind != "cpu" and not over and state.step % REPORT_EVERY:
        cancel.check()
        return False, False
    return processes.any_of(_stops(cancel)), processes.any_of(_time_is_up(state, spec))


def _stops(cancel: CancelToken) -> bool:
    """Say whether a person asked to stop; raise where they cancelled, which asks to stop too."""
    stop = cancel.stop_requested
    if stop:
        cancel.check()  # after the look, or what came between the two would end as a stop
    return stop


def _best(
    measured: Mapping[str, float], metric: str, state: State, spec: TrainSpec, emit: Emit
) -> bool:
    """Note validation metrics; say whether they are the best so far, and end where they stay."""
    for name, number in measured.items():
        emit(Metric(name=name, value=number, at=state.step, split="validation"))
    state.history.append({"epoch": state.epoch, "step": state.step, **measured})
    value = measured[metric]
    sign = 1 if higher_is_better(metric) else -1
    better = state.best is None or sign * value > sign * state.best
    if better:
        state.best, state.best_epoch, state.waited = value, state.epoch, 0
    else:
        state.waited += 1
        patience = spec.early_stopping.patience
        state.ended = patience > 0 and state.waited >= patience
    return better


def _tell_progress(state: State, steps: int, clock: Clock, spec: TrainSpec, emit: Emit) -> None:
    text = f"epoch {state.epoch + 1} of {spec.epochs}"
    left = clock.remaining(state.step)
    emit(Progress(step="train", done=state.step, total=steps, remaining=left, text=text))
