"""The training loop, from top to bottom.

It knows no modality (samples come as batches of tensors), no task (the loss is a function), and no
screen (what happens is told by events). What other rooms want to change they pass in: `loss`,
`sample_weight` and `sampler`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import send_to_device
from numpy.typing import NDArray

from ..device import Device
from ..errors import DivergedError, paragraph
from .batches import Sampler, Samples, length_buckets
from .checkpoints import Checkpoints, State
from .dropout import quick_masks
from .events import Artifact, Clock, Emit, Metric, Progress
from .jobs import CancelToken
from .metrics import higher_is_better
from .spec import TrainSpec
from .throughput import Throughput

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""``loss(logits, targets) -> losses``: one number per sample, shape (samples,)."""

Validate = Callable[[torch.nn.Module], Mapping[str, float]]
"""``validate(model) -> metrics``: called after each epoch with the model in evaluation mode."""

REPORT_EVERY = 10
"""Steps between two reports of loss, speed and memory; reading the loss makes the device wait."""


@dataclass(frozen=True)
class Fitted:
    """How training ended: where it stands, and whether it was stopped before its end."""

    state: State
    stopped: bool


@quick_masks()
def fit(
    model: torch.nn.Module,
    samples: Samples,
    targets: NDArray[np.int64],
    spec: TrainSpec,
    *,
    device: Device,
    checkpoints: Checkpoints,
    validate: Validate | None,
    emit: Emit,
    cancel: CancelToken,
    loss: Loss | None = None,
    sample_weight: NDArray[np.float32] | None = None,
    sampler: Sampler = length_buckets,
) -> Fitted:
    """Train a model; go on from the newest checkpoint where there is one.

    Parameters
    ----------
    model
        Called with a batch as keyword arguments; its output has ``logits``.
    samples, targets
        What to learn from; targets of shape (samples,).
    spec
        Epochs, learning rate and so on.
    device
        What computes, and in which precision.
    checkpoints
        Where to save. The best weights are put back into the model at the end.
    validate
        Measures the model after each epoch; None keeps the last weights.
    emit, cancel
        Listener, and the token by which people stop or cancel.
    loss
        Loss of each sample; cross-entropy if left out.
    sample_weight
        Weight of each sample in the loss; shape (samples,).
    sampler
        Order of the samples in an epoch.

    Raises
    ------
    DivergedError
        If the loss is no longer a number.
    Cancelled
        If a person cancelled.
    """
    accelerator = _accelerator(device)
    loss = loss or torch.nn.CrossEntropyLoss(reduction="none")
    weight = np.ones(len(samples), np.float32) if sample_weight is None else sample_weight
    model.to(accelerator.device)
    optimizer = adamw(model, spec)
    torch.manual_seed(spec.seed)
    state = checkpoints.restore(model, optimizer) or State()
    trained, stepper = accelerator.prepare(model, optimizer)

    steps = math.ceil(len(samples) / spec.batch_size) * spec.epochs
    clock, speed = Clock(steps, state.step), Throughput(accelerator.device)
    while state.epoch < spec.epochs and not state.ended:
        batches = sampler(samples.lengths, spec.batch_size, [spec.seed, state.epoch])
        running, since = torch.zeros((), device=accelerator.device), 0
        trained.train()
        for rows in speed.over(batches[state.batch :]):
            rate = learning_rate(state.step, steps, spec)
            for group in stepper.param_groups:
                group["lr"] = rate
            batch = send_to_device(samples.batch(rows), accelerator.device)
            target = torch.from_numpy(targets[rows]).to(accelerator.device)
            share = torch.from_numpy(weight[rows]).to(accelerator.device)

            losses = loss(trained(**batch).logits, target)
            value = (losses * share).sum() / share.sum().clamp_min(1e-12)
            accelerator.backward(value)
            accelerator.clip_grad_norm_(trained.parameters(), spec.clip_norm)
            stepper.step()
            stepper.zero_grad(set_to_none=True)

            running, since = running + value.detach(), since + 1
            state.step, state.batch = state.step + 1, state.batch + 1
            cancel.check()
            stop, last = _stops(cancel), state.batch == len(batches)
            due = spec.checkpoint_steps is not None and state.step % spec.checkpoint_steps == 0
            if stop or last or due or state.step % REPORT_EVERY == 0:
                # Before a checkpoint too: what is saved has a finite loss.
                _tell_loss(float(running) / since, rate, state, emit, speed)
                running, since = torch.zeros_like(running), 0
            if clock.due() or state.step == steps:
                left, text = (
                    clock.remaining(state.step),
                    f"epoch {state.epoch + 1} of {spec.epochs}",
                )
                emit(
                    Progress(step="train", done=state.step, total=steps, remaining=left, text=text)
                )
            if (stop or due) and not last:
                emit(_saved(checkpoints.save(state, model, optimizer)))
                speed.begin()
                if stop:
                    return Fitted(state, stopped=True)

        state.epoch, state.batch = state.epoch + 1, 0
        if validate is not None:
            trained.eval()
            better = _judge(validate(trained), state, spec, emit)
            if better:
                checkpoints.save_best(model)
        emit(_saved(checkpoints.save(state, model, optimizer)))
        if _stops(cancel) and state.epoch < spec.epochs and not state.ended:
            return Fitted(state, stopped=True)

    checkpoints.load_best(model)
    return Fitted(state, stopped=False)


def adamw(model: torch.nn.Module, spec: TrainSpec) -> torch.optim.AdamW:
    """Make AdamW (Loshchilov & Hutter 2019), fused where the device has it.

    Vectors (biases, scales of normalisation layers) are not decayed.
    """
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.optim.AdamW(
        [
            {
                "params": [weight for weight in trained if weight.ndim >= 2],
                "weight_decay": spec.weight_decay,
            },
            {"params": [weight for weight in trained if weight.ndim < 2], "weight_decay": 0.0},
        ],
        lr=spec.learning_rate,
        fused=True,
    )


def learning_rate(step: int, steps: int, spec: TrainSpec) -> float:
    """Return the learning rate of a step: linear warm-up, then linear decay to zero.

    Parameters
    ----------
    step
        Steps done, from 0.
    steps
        Steps of the whole training.
    """
    warmup = math.ceil(steps * spec.warmup)
    if step < warmup:
        return spec.learning_rate * step / warmup
    return spec.learning_rate * max(steps - step, 0) / max(steps - warmup, 1)


def _accelerator(device: Device) -> Accelerator:
    # accelerate keeps the precision of a process's first training for all that come after it.
    AcceleratorState._reset_state()
    return Accelerator(
        cpu=device.kind == "cpu", mixed_precision="bf16" if device.precision == "bf16" else "no"
    )


def _stops(cancel: CancelToken) -> bool:
    """Say whether a person asked to stop; raise where they cancelled, which asks to stop too."""
    stop = cancel.stop_requested
    if stop:
        cancel.check()  # after the look, or what came between the two would end as a stop
    return stop


def _judge(measured: Mapping[str, float], state: State, spec: TrainSpec, emit: Emit) -> bool:
    """Note the validation metrics of an epoch; say whether it is the best so far."""
    for name, value in measured.items():
        emit(Metric(name=name, value=value, at=state.step, split="validation"))
    state.history.append({"epoch": state.epoch, "step": state.step, **measured})
    name = spec.early_stopping.metric
    value = measured[name]
    sign = 1 if higher_is_better(name) else -1
    better = state.best is None or sign * value > sign * state.best
    if better:
        state.best, state.best_epoch, state.waited = value, state.epoch, 0
    else:
        state.waited += 1
        patience = spec.early_stopping.patience
        state.ended = patience > 0 and state.waited >= patience
    return better


def _tell_loss(mean: float, rate: float, state: State, emit: Emit, speed: Throughput) -> None:
    """Report the mean loss of the last steps, and how they went; end where it is no number."""
    if not math.isfinite(mean):
        raise DivergedError(
            paragraph(
                f"training, step {state.step}",
                f"the loss is {mean} at a learning rate of {rate:g}",
                "Lower train.learning_rate, or set train.precision to fp32; the last checkpoint "
                "is intact",
            )
        )
    emit(Metric(name="loss", value=mean, at=state.step))
    emit(Metric(name="learning_rate", value=rate, at=state.step))
    speed.tell(state.step, emit)


def _saved(path: Path) -> Artifact:
    return Artifact(path=f"{path.parent.name}/{path.name}", kind="checkpoint")
