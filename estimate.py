"""What a recipe will take, before it is run: time, memory and disk, from a few timed steps.

Data and model are loaded as a run would, so whatever a run would refuse is refused here. Nothing
is written.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import device as devices
from .core.memory import out_of_memory
from .core.roughly import almost, amount
from .errors import JobError, paragraph
from .pipeline import Brought, bring
from .recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .core.batches import Rows
    from .core.events import Emit, Event
    from .core.tasks import Task
    from .core.trial import Pace

ENCODED = 8000
"""Rows of each split that are encoded at most, spread evenly, to know lengths and batches."""

WRITTEN = 8
"""Rows whose answers are generated, where a task's answers are."""

PATIENCE = {"features": 2.0, "train": 6.0, "validate": 1.0, "evaluate": 1.5, "explain": 2.0}
"""Seconds of timing after which no further batch is begun."""

BUSY = 0.15
"""Share of the processors' time in others' hands from which the estimate says so."""

DISK = 300e6
"""Bytes a second at which checkpoints are taken to be written; the disk itself is not timed."""


@dataclass(frozen=True)
class Estimate:
    """What a run of a recipe is likely to take.

    Attributes
    ----------
    rows
        Rows of each split.
    epochs, steps
        Passes over the training rows, and optimiser steps of all of them.
    prepare, train, evaluate, explain
        Seconds to read and encode the rows, to train (validation after each epoch and checkpoints
        counted), to predict the evaluated rows, and to explain the rows that are asked for.
    explained
        Rows that are explained.
    cut, read, limit, longest
        Share of the samples that are cut off, how much is read of each in words, and the tokens
        that are read of each text and those of the longest; 0 where samples hold no text.
    parameters, trained
        Weights of the model, and those that are trained.
    memory
        Most bytes that training holds: of a GPU on the GPU, else of the process.
    available
        Bytes that are free there now.
    checkpoint, disk
        Bytes of one checkpoint, and the most that checkpoints, features that are kept for a head,
        and the model take on the disk at a time.
    device
        What computes, in words.
    basis
        What was measured and what was not, in sentences.
    """

    rows: dict[str, int]
    epochs: int
    steps: int
    prepare: float
    train: float
    evaluate: float
    explain: float
    explained: int
    cut: float
    read: str
    limit: int
    longest: int
    parameters: int
    trained: int
    memory: int
    available: int
    checkpoint: int
    disk: int
    device: str
    basis: tuple[str, ...]

    @property
    def total(self) -> float:
        """Seconds of all that is estimated."""
        return self.prepare + self.train + self.evaluate + self.explain

    @property
    def sentences(self) -> tuple[str, ...]:
        """The estimate for people, a sentence each, rounded as an estimate deserves."""
        out = [
            f"{almost(self.total).capitalize()} in all, on {self.device}.",
            f"Training: {almost(self.train)}, {_many(self.steps, 'step')} in "
            f"{_many(self.epochs, 'epoch')} over {_many(self.rows['train'], 'row')}.",
            f"Predicting the evaluated rows: {almost(self.evaluate)}. Explaining "
            f"{_many(self.explained, 'row')}: {almost(self.explain)}. Reading and encoding the "
            f"data: {almost(self.prepare)}.",
            f"Memory: at least {amount(self.memory)}; {amount(self.available)} are free. Disk: "
            f"{amount(self.disk)}; one checkpoint is {amount(self.checkpoint)}.",
            f"The model has {self.parameters:,} weights, of which {self.trained:,} are trained.",
        ]
        if self.longest:
            out.append(f"The longest text has {self.longest:,} tokens.")
        if self.read:
            out.append(f"{self.cut:.1%} of the samples are longer than {self.read}, and cut off.")
        if self.memory > self.available:
            out.append(
                "That is more memory than is free: close other programs, or lower train.batch_size "
                "or model.max_length."
            )
        return (*out, *self.basis)

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {
            "rows": self.rows,
            "epochs": self.epochs,
            "steps": self.steps,
            "seconds": {
                "prepare": self.prepare,
                "train": self.train,
                "evaluate": self.evaluate,
                "explain": self.explain,
                "total": self.total,
            },
            "explained": self.explained,
            "tokens": {"cut": self.cut, "limit": self.limit, "longest": self.longest},
            "weights": {"all": self.parameters, "trained": self.trained},
            "bytes": {
                "memory": self.memory,
                "available": self.available,
                "checkpoint": self.checkpoint,
                "disk": self.disk,
            },
            "device": self.device,
            "basis": list(self.basis),
            "sentences": list(self.sentences),
        }


def estimate(recipe: Recipe) -> Estimate:
    """Estimate what a run of a recipe will take; takes some ten seconds beside loading.

    Parameters
    ----------
    recipe
        What would be run.

    Raises
    ------
    InputError
        If the recipe, its data or its model can't be used, as a run would say it.
    JobError
        If one step needs more memory than there is.
    """
    try:
        return _estimate(recipe)
    except (MemoryError, RuntimeError) as error:
        if not out_of_memory(error):
            raise
        raise JobError(
            paragraph(
                "memory",
                f"there is not enough of it for a step of {recipe.train.batch_size} samples",
                "Lower train.batch_size or model.max_length",
            )
        ) from error


def _estimate(recipe: Recipe) -> Estimate:
    begun = time.perf_counter()
    brought = bring(recipe)
    devices.prepare()
    import torch

    from .core import trial
    from .core.splits import SPLITS
    from .multimodal.encode import limits
    from .multimodal.processors import processor_of
    from .multimodal.text.encode import longest

    torch.set_num_threads(brought.device.threads)
    data, task = brought.dataset, brought.task
    rows = {split: data.rows(split) for split in SPLITS}
    told: list[str] = []
    hear = _warnings_into(told)
    model, own = _ready(recipe, brought, hear)
    taken = {split: _evenly(found, ENCODED) for split, found in rows.items()}
    loaded = time.perf_counter() - begun

    begun = time.perf_counter()
    encoded = {
        split: task.encode(brought.processor, data.take(some), emit=hear)
        for split, some in taken.items()
    }
    known = sum(map(len, taken.values()))
    encoding = (time.perf_counter() - begun) * len(data) / known

    others = trial.Bystanders()
    # Windows and packs are not as many as the rows.
    whole = {
        split: len(encoded[split]) * len(found) / max(len(taken[split]), 1)
        for split, found in rows.items()
    }
    training = _training(recipe, brought, model, own, encoded, whole, hear)
    model = trial.at_rest(model)
    seconds, timed = {}, 0
    for split in recipe.evaluate.splits:
        one = _pass(trial, model, encoded[split], task, PATIENCE["evaluate"])
        timed += one.timed if one else 0
        seconds[split] = _scaled(one, whole[split], len(encoded[split]))
    writing = _writing(recipe, brought, model, rows)
    explained, explain, tried = _explanation(recipe, brought, model)
    busy = others.share()

    parameters, trained = trial.counts(model)
    # The encoded rows that the trial went without: four bytes a token and one for its part.
    tokens = sum(int(one.lengths.sum()) for one in encoded.values())
    memory = training.memory
    if brought.device.kind == "cpu":
        memory += int(5 * tokens * (len(data) - known) / known)
    kinds = tuple(data.modalities.values())
    reader = processor_of(brought.processor, "text") if "text" in kinds else None
    cut, most = _lengths(reader, data, taken, encoded)
    return Estimate(
        rows={split: len(found) for split, found in rows.items()},
        epochs=recipe.train.epochs,
        steps=training.steps,
        prepare=loaded + encoding,
        train=training.seconds,
        evaluate=sum(seconds.values()) + writing,
        explain=explain,
        explained=explained,
        cut=cut,
        read=limits(kinds, recipe.model),
        limit=0 if reader is None else longest(reader, recipe.model.max_length),
        longest=most,
        parameters=parameters,
        trained=trained,
        memory=memory,
        available=_available(brought.device, memory),
        checkpoint=training.checkpoint,
        disk=training.disk,
        device=brought.device.words,
        basis=(*told, *_basis(recipe, len(data), known, training.timed, timed, tried, busy)),
    )


def _ready(recipe: Recipe, brought: Brought, hear: Emit) -> tuple[Any, int]:
    """Load and adapt the model as `core.training.train` does; and the bytes of its own weights."""
    from .core.disk_use import whole_bytes
    from .core.training import ready

    model = brought.task.load(brought.source, brought.dataset.labels, recipe.train.seed, emit=hear)
    own = whole_bytes(model, recipe.model.adapt)
    return ready(model, recipe.model, recipe.train), own


@dataclass(frozen=True)
class _Training:
    """What training will take: steps, seconds and bytes, and how many steps were timed."""

    steps: int
    seconds: float
    memory: int
    checkpoint: int
    disk: int
    timed: int


def _training(
    recipe: Recipe,
    brought: Brought,
    model: Any,
    own: int,
    encoded: dict[str, Any],
    whole: dict[str, float],
    hear: Emit,
) -> _Training:
    """Try a few steps of training; `whole` tells the samples of all rows of each split."""
    from .core import trial
    from .core.disk_use import features_bytes, model_bytes, most_bytes
    from .core.loop import steps_of

    spec, task, device = recipe.train, brought.task, brought.device
    features, learns = trial.Features(), (model, encoded["train"], encoded["validation"])
    if recipe.model.adapt.kind == "head":
        features, learns = trial.head_pace(*learns, device, PATIENCE["features"], hear)
    learnt, few, held = learns
    tried = trial.train_pace(learnt, few, task.loss, spec, device, PATIENCE["train"])
    learnt.eval()
    judged = _pass(trial, learnt, held, task, PATIENCE["validate"])

    per_epoch = math.ceil(whole["train"] / spec.batch_size)
    steps = steps_of(math.ceil(whole["train"]), spec)
    epochs = steps / per_epoch
    saves = math.ceil(epochs) + _saves_between(per_epoch, steps, spec.checkpoint_steps)
    best = tried.weights if whole["validation"] else 0
    written = saves * tried.checkpoint + math.ceil(epochs) * best
    seconds = _scaled(tried.pace, whole["train"], len(few))
    seconds += _scaled(judged, whole["validation"], len(held))
    kept = [features_bytes(features.bytes * whole[split]) for split in ("train", "validation")]
    saved = model_bytes(own, tried.weights, recipe.model.adapt, brought.processor)
    return _Training(
        steps=steps,
        seconds=features.seconds * (whole["train"] + whole["validation"])
        + epochs * seconds
        + written / DISK,
        memory=tried.memory + (sum(one for one, _ in kept) if device.kind == "cpu" else 0),
        checkpoint=tried.checkpoint,
        disk=most_bytes(spec, saves, tried.checkpoint, best, saved) + sum(two for _, two in kept),
        timed=tried.pace.timed,
    )


def _warnings_into(told: list[str]) -> Emit:
    """Return a listener that keeps the texts of warnings."""
    from .core.events import Warning

    def hear(event: Event) -> None:
        if isinstance(event, Warning):
            told.append(event.text)

    return hear


def _explanation(recipe: Recipe, brought: Brought, model: Any) -> tuple[int, float, int]:
    """Return the rows to explain, the seconds for all, and the rows that were timed."""
    from .core.dataset import pick
    from .explain.opened import Opened
    from .explain.trial import explain_seconds
    from .steps import offered

    spec, task, data = recipe.explain, brought.task.name, brought.dataset
    if not spec.methods or "explain" not in offered(task, data.modalities.values()):
        return 0, 0.0, 0
    test = data.take(data.rows("test"))
    asked = test.take(pick(test.ids, spec.rows))
    labels = data.labels or ((str(recipe.data.label),) if task == "regression" else ())
    opened = Opened(
        model, brought.processor, recipe.model, labels, task, separator=recipe.data.separator
    )
    seconds, timed = explain_seconds(opened, asked, spec, PATIENCE["explain"])
    return len(asked), seconds, timed


def _writing(recipe: Recipe, brought: Brought, model: Any, rows: Mapping[str, Rows]) -> float:
    """Return the seconds to generate answers of the evaluated splits, by those of a few rows."""
    from .core.tasks.task import Writer

    task, splits = brought.task, [rows[split] for split in recipe.evaluate.splits]
    # A language model without answers to learn writes none when it is measured.
    asked = sum(min(len(some), recipe.evaluate.generations) for some in splits)
    if not isinstance(task, Writer) or not getattr(task, "answers", True) or not asked:
        return 0.0
    few = brought.dataset.take(_evenly(max(splits, key=len), min(asked, WRITTEN)))
    begun = time.perf_counter()
    task.write(model, brought.processor, few)
    return (time.perf_counter() - begun) * asked / len(few)


def _lengths(
    tokenizer: Any, data: Any, taken: dict[str, Any], encoded: dict[str, Any]
) -> tuple[float, int]:
    """Return the share of all samples that are cut off, and the tokens of the longest text.

    The tokenizer is None where samples hold no text. Of what a task renders first, such as
    conversations, the longest is as long as it is read.
    """
    from .core.tasks.sequences import Sequenced
    from .multimodal.text.encode import parts

    share, most = 0.0, 0
    for split, some in taken.items():
        one = encoded[split]
        if not len(some):
            continue
        if tokenizer is not None:
            most = max(most, int(one.lengths.max(initial=0)))
        if not hasattr(one, "cut"):  # windows and packs lose nothing, or their task tells
            continue
        share += float(one.cut.mean()) * len(data.rows(split)) / len(data)
        if tokenizer is None or isinstance(one, Sequenced):
            continue
        texts = [cells for name, cells in data.inputs.items() if data.modalities[name] == "text"]
        cut = [tuple(cells[row] for cells in texts) for row in some[one.cut]]
        for first in range(0, len(cut), 256):
            whole = tokenizer(
                *parts(tokenizer, cut[first : first + 256]), truncation=False, verbose=False
            )
            most = max(most, *map(len, whole["input_ids"]))
    return share, most


def _saves_between(per_epoch: int, steps: int, every: int | None) -> int:
    """Return how often a checkpoint is saved elsewhere than at the end of an epoch."""
    if every is None:
        return 0
    return steps // every - steps // math.lcm(every, per_epoch)


def _available(device: devices.Device, held: int) -> int:
    """Return the bytes that a run could have; what this process holds would be free again."""
    if device.kind == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0]) + held
    import psutil

    mine = psutil.Process().memory_info().rss
    return int(psutil.virtual_memory().available) + mine


def _basis(
    recipe: Recipe, rows: int, known: int, steps: int, batches: int, tried: int, busy: float
) -> tuple[str, ...]:
    measured = f"Measured: {_many(steps, 'step')} of training"
    measured += f", {_many(batches, 'batch', 'batches')} of prediction"
    measured += f" and {_many(tried, 'explanation')}" if tried else ""
    measured += ", spread evenly over the lengths"
    measured += f" of {known:,} of the {rows:,} rows." if known < rows else " of all rows."
    out = [measured]
    if busy > BUSY:
        out.append(
            f"Other programs took {busy:.0%} of the processors meanwhile, so that all of this may "
            "be too long by far; estimate again when the machine is idle."
        )
    out.append(
        "Not measured: baselines, intervals, the audit and the report. Checkpoints are taken to be "
        f"written at {amount(DISK)} a second."
    )
    if tried:
        out.append(
            "How many steps explanations need was seen on the model before training, and may "
            "change with it."
        )
    if recipe.train.early_stopping.patience:
        out.append("Training may end sooner, where the validation rows no longer gain by it.")
    return tuple(out)


def _many(number: int, one: str, more: str = "") -> str:
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def _pass(trial: Any, model: Any, samples: Any, task: Task, patience: float) -> Pace | None:
    """Time a pass over samples, where there are any."""
    if not len(samples):
        return None
    found: Pace = trial.predict_pace(model, samples, task.loss, patience)
    return found


def _scaled(pace: Pace | None, rows: float, timed: int) -> float:
    """Return the seconds for all samples, of which some were formed into batches."""
    return pace.total * rows / timed if pace else 0.0


def _evenly(rows: Any, most: int) -> Any:
    """Return at most so many rows, spread evenly."""
    import numpy as np

    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
