"""One step of training: gradients of micro-batches added up, clipped, and taken.

`begin` puts model, optimiser and state where the newest checkpoint has them; `Step.take` takes a
step from there.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs, send_to_device
from numpy.typing import NDArray

from ..device import Device
from ..errors import JobError, paragraph
from . import processes
from .ahead import Ahead
from .average import Average
from .batches import Batch, Learned, Rows, goes_whole, micro_batches
from .checkpoints import Checkpoints, State
from .clipping import clip_in_step
from .events import Emit, Warning
from .layout import lay_out
from .memory import give_back, out_of_memory
from .parameter_groups import adamw
from .plugged import remembering
from .spec import TrainSpec
from .whole_state import check_shards

FUSED = ("cpu", "cuda")
"""Devices on which the optimiser clips as it steps."""

TOKENS = 4096
"""Tokens that go through a model at once on a CPU, whose caches hold no more of what lies between.

32 samples of 256 tokens through six layers of width 384 take 15% less time so."""

NOTHING = np.zeros(1, np.float32)

Loss = Callable[[torch.nn.Module, Batch], torch.Tensor]
"""``loss(model, batch) -> losses``: the summed loss of each sample, shape (samples,), float32."""

Validate = Callable[[torch.nn.Module, int], Mapping[str, float]]
"""``validate(model, step) -> metrics``: called with the model in evaluation mode, after a step."""


def begin(
    model: torch.nn.Module,
    samples: Learned,
    spec: TrainSpec,
    *,
    loss: Loss,
    device: Device,
    checkpoints: Checkpoints,
    emit: Emit,
    sample_weight: NDArray[np.float32] | None = None,
) -> Step:
    """Make ready for the first step, or for the next one behind the newest checkpoint.

    The parameters are those of `core.loop.fit`.
    """
    # accelerate keeps the precision of a process's first training for all that come after it.
    AcceleratorState._reset_state()
    accelerator = Accelerator(
        cpu=device.kind == "cpu",
        mixed_precision="bf16" if device.precision == "bf16" else "no",
        # A pooler that the task's head doesn't read has no gradient.
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    model.to(accelerator.device)
    optimizer = adamw(model, spec)
    sharded = processes.sharded()
    if sharded:
        check_shards(spec, accelerator.state.fsdp_plugin.fsdp_version)
        _cut_at_layers(accelerator, model)
        trained, stepper = accelerator.prepare(model, optimizer)
    average = Average(model, spec.average) if spec.average is not None else None
    torch.manual_seed(spec.seed + processes.rank())  # no two processes drop the same
    restored = checkpoints.restore(model, stepper.optimizer if sharded else optimizer)
    if restored is None:
        state = State(micro=spec.micro_batch_size)
    else:
        state, extra = restored
        if average is not None:
            average.load(extra["average"])
        if (known := remembering(loss)) is not None:
            known.load(extra["loss"])
    if not sharded:
        lay_out(model, optimizer)
        trained, stepper = accelerator.prepare(model, optimizer)
    if spec.compile:
        # On a CPU dropout's masks are drawn faster outside of what is compiled.
        options: Any = {"fallback_random": True} if device.kind == "cpu" else None
        trained = torch.compile(trained, dynamic=True, options=options)
    weight = samples.weight if sample_weight is None else samples.weight * sample_weight
    return Step(accelerator, trained, stepper, samples, weight, loss, spec, average, state, emit)


def _cut_at_layers(accelerator: Accelerator, model: torch.nn.Module) -> None:
    """Shard a model layer by layer where nothing else was asked for.

    Left to itself accelerate shards BERT's embeddings twice, as one of the blocks that transformers
    names and as the input embeddings, which torch refuses.
    """
    plugin: Any = accelerator.state.fsdp_plugin
    blocks = getattr(model, "_no_split_modules", None) or ()
    layers = [name for name in blocks if "Embed" not in name]
    if not plugin.transformer_cls_names_to_wrap and layers:
        plugin.transformer_cls_names_to_wrap = layers


@dataclass(frozen=True, eq=False)
class Step:
    """What a step needs; `take` takes one.

    Attributes
    ----------
    model, optimizer
        As accelerate prepared them.
    samples, weight
        What is learnt from, and how much each unit of each sample counts; shape (samples,).
    loss
        Loss of each sample of a batch.
    average
        Moving average of the weights, where one is kept.
    state
        Its `micro` says how many samples go through the model at once.
    """

    accelerator: Accelerator
    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    samples: Learned
    weight: NDArray[np.float32]
    loss: Loss
    spec: TrainSpec
    average: Average | None
    state: State
    emit: Emit

    def take(self, rows: Rows, rate: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Learn from some samples; nothing waits for the device.

        Where several processes train together each takes its part of the samples.

        Parameters
        ----------
        rows
            The samples of the step.
        rate
            Its learning rate.

        Returns
        -------
        losses, mean
            The summed loss of each sample of this process, and what they add to the mean over all
            units of the step.
        """
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("scale", 1.0)
        found = self._within_memory(rows)
        self._clip()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average is not None:
            self.average.update()
        return found

    @cached_property
    def ahead(self) -> Ahead:
        """Reads the batches of the steps to come."""
        return Ahead(
            self.samples,
            lambda rows: self._parts(rows, self._size(rows)),
            self.accelerator.device,
        )

    @property
    def extra(self) -> dict[str, dict[str, torch.Tensor]]:
        """What a checkpoint holds beside model and optimiser."""
        found = {} if self.average is None else {"average": self.average.tensors()}
        if (known := remembering(self.loss)) is not None:
            found["loss"] = dict(known.tensors())
        return found

    def measured(self, validate: Validate) -> Mapping[str, float]:
        """Measure the model; where several processes train, each a part of the rows."""
        self.model.eval()
        try:
            if processes.world() == 1:
                return validate(self.model, self.state.step)
            with processes.alone() if processes.sharded() else contextlib.nullcontext():
                return validate(self.accelerator.unwrap_model(self.model), self.state.step)
        finally:
            self.model.train()

    def _clip(self) -> None:
        """Take no step along gradients longer than the recipe allows."""
        most = self.spec.clip_norm
        if processes.sharded() or self.accelerator.device.type not in FUSED:
            self.accelerator.clip_grad_norm_(self.model.parameters(), most)
        else:
            clip_in_step(self.optimizer, self.model.parameters(), most)

    def _within_memory(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor]:
        """Halve the micro-batch where memory runs out, until a step fits; it learns the same."""
        whole = goes_whole(self.samples)
        while True:
            size = self._size(rows)
            try:
                return self._backward(rows, size)
            except (RuntimeError, MemoryError) as error:
                # Other processes wait within this step: none can take it again alone.
                if not out_of_memory(error) or size == 1 or processes.world() > 1:
                    raise
                if whole:
                    raise JobError(
                        paragraph(
                            f"training, step {self.state.step + 1}",
                            f"memory ran out, and the {len(rows)} samples of a step can't be split "
                            "because each is told from the others",
                            "Lower train.batch_size, or set train.gradient_checkpointing or "
                            "model.adapt: lora",
                        )
                    ) from error
            # Behind the handler, whose traceback held the tensors of the step that failed.
            self.optimizer.zero_grad(set_to_none=True)
            give_back()
            self.state.micro = size // 2
            self.emit(
                Warning(
                    text=f"Memory ran out at step {self.state.step + 1}. From here {size // 2} "
                    "samples go through the model at once; a step still learns from as many as "
                    "before."
                )
            )

    def _backward(self, rows: Rows, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Add up the gradients of a step's micro-batches."""
        place = self.accelerator.device
        on_gpu = place.type == "cuda"
        whole = max(float((self.samples.units[rows] * self.weight[rows]).sum()), 1e-12)
        found, mean = [], torch.zeros((), device=place)
        parts = self._parts(rows, size)
        for number, part in enumerate(parts):
            # Others have one more: a sample that counts nothing, to go along.
            chosen, counted = (part, self.weight[part]) if len(part) else (rows[:1], NOTHING)
            batch = send_to_device(self.ahead.batch(chosen), place, non_blocking=on_gpu)
            share = torch.from_numpy(counted).to(place)
            # Gradients go between processes once a step, with its last micro-batch.
            last = number + 1 == len(parts)
            with contextlib.nullcontext() if last else self.accelerator.no_sync(self.model):
                losses = self.loss(self.model, batch)
                value = (losses * share).sum() / whole
                # What goes between processes is the mean of their gradients, not the sum.
                self.accelerator.backward(value * processes.world())
            found.append(losses.detach())
            mean += value.detach()
        losses = torch.cat(found)
        if len(parts) > 1:
            at = {row: place for place, row in enumerate(np.concatenate(parts).tolist())}
            losses = losses[[at[row] for row in processes.share(rows).tolist()]]
        return losses, mean

    def _size(self, rows: Rows) -> int:
        """Say how many samples of a step go through the model at once."""
        most = None if goes_whole(self.samples) else self.state.micro
        return min(most or len(rows), len(rows))

    def _parts(self, rows: Rows, size: int) -> list[Rows]:
        """Split this process's samples of a step into micro-batches, as many in every process."""
        own = processes.share(rows)
        if processes.world() == 1:
            cached = self.accelerator.device.type == "cpu" and not goes_whole(self.samples)
            return micro_batches(own, self.samples.lengths, size, TOKENS if cached else None)
        most = -(-len(rows) // processes.world())
        return [own[first : first + size] for first in range(0, most, size)]
