"""A few steps of a training and a few batches of prediction, timed, from which all are reckoned.

The batches that are timed stand evenly over the costs of all of them, the largest among them, and
the time of any other is read between its neighbours. Training goes through the very loop of a run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
import torch
from accelerate.utils import extract_model_from_parallel, send_to_device
from numpy.typing import NDArray

from ..device import Device
from .batches import Learned, Rows, Subset, by_length, length_buckets
from .checkpoints import Checkpoints, State, contents, file_bytes
from .events import Emit, silent
from .head_features import head_only
from .jobs import CancelToken
from .loop import fit
from .predict import tokens_at_once
from .spec import TrainSpec
from .step import Loss

MOST = 17
"""Batches that are timed at most: the largest, the smallest, and 15 evenly between them."""

WARM = 2
"""Steps before those that count, where there is time: the first ones are slower than the rest.

The very first can take as long as twenty others, so patience begins to run only when it is over.
"""

BESIDE = 900
"""Bytes of a checkpoint's other files: its state, and the manifest."""

FIRST = 64
"""Samples whose features are computed first."""


@dataclass(frozen=True, eq=False)
class Pace:
    """Seconds that a batch takes, by its cost in padded tokens.

    Attributes
    ----------
    costs
        Costs that were timed, rising, each one once; shape (timed,).
    seconds
        Time of each; same shape.
    total
        Seconds of all batches together.
    timed
        Batches that were timed.
    """

    costs: NDArray[np.int64]
    seconds: NDArray[np.float64]
    total: float
    timed: int


@dataclass(frozen=True)
class Features:
    """Seconds that a body takes for the features of a sample, and their bytes; 0 for none."""

    seconds: float = 0.0
    bytes: float = 0.0


@dataclass(frozen=True, eq=False)
class Tried:
    """What a few steps of training took.

    Attributes
    ----------
    pace
        Of one epoch.
    memory
        Most bytes that were held: of a GPU what PyTorch's allocator held there, else the resident
        memory of this process.
    checkpoint, weights
        Bytes of a checkpoint, and of the weights alone as the best ones are kept.
    """

    pace: Pace
    memory: int
    checkpoint: int
    weights: int


def train_pace(
    model: torch.nn.Module,
    samples: Learned,
    loss: Loss,
    spec: TrainSpec,
    device: Device,
    patience: float,
) -> Tried:
    """Time steps of training, and see what a checkpoint holds; the weights stay as they were.

    Parameters
    ----------
    model
        Is moved to the device and left as training leaves it.
    samples, loss, spec, device
        As `fit` takes them.
    patience
        Seconds after which no further step is begun, the first one not counted; three times as
        many where five steps were not done by then.
    """
    batches = length_buckets(samples.lengths, spec.batch_size, [spec.seed, 0])
    costs = _costs(samples.lengths, batches)
    chosen = _spread(costs)
    order = [*chosen[:WARM], *chosen]
    watch, nowhere = _Stopwatch(device, patience), _Nowhere()

    def sampler(*_: object) -> list[Rows]:
        watch.begin()
        return [batches[place] for place in order]

    fit(
        model,
        samples,
        # Steps this small change nothing that is timed.
        spec.model_copy(
            update={
                "epochs": 1,
                "max_steps": None,
                "max_minutes": None,
                "learning_rate": 1e-12,
                "checkpoint_steps": None,
                "validate_steps": None,
            }
        ),
        loss=loss,
        metric="loss",
        device=device,
        checkpoints=cast(Checkpoints, nowhere),
        validate=None,
        emit=silent,
        cancel=watch,
        sampler=sampler,
    )
    return Tried(
        _pace(costs, order, watch.laps), peak_memory(device), nowhere.checkpoint, nowhere.weights
    )


def head_pace(
    model: torch.nn.Module,
    samples: Learned,
    held: Learned,
    device: Device,
    patience: float,
    emit: Emit,
) -> tuple[Features, tuple[torch.nn.Module, Learned, Learned]]:
    """Time how long a body takes for what its head learns from.

    Parameters
    ----------
    model
        As `core.adapt.adapt` returned it for ``head``; it is moved to the device.
    samples, held
        What is learnt from, and what is validated.
    device
        What computes.
    patience
        Seconds after which no more samples are tried, roughly.
    emit
        Told where features can't be kept.

    Returns
    -------
    The seconds, and what `fit` is given: a head alone with some of the samples, or all as they were
    where features can't be kept.
    """
    model.to(device.kind)
    count, spent, before = FIRST, 0.0, (0, 0.0)
    while True:
        few = Subset(samples, _some(samples, count))
        few_held = Subset(held, _some(held, count // 4))
        begun = time.perf_counter()
        learns: Any = head_only(model, few, few_held, emit=emit, precision=device.precision)
        took = time.perf_counter() - begun
        if learns[0] is model:
            return Features(), (model, samples, held)
        spent += took
        size = len(few) + len(few_held)
        if (spent > patience / 4 or len(few) == len(samples)) and before[0]:
            break
        before, count = (size, took), 4 * count
    # What the first few took is the search for what the head reads.
    each = (took - before[1]) / max(size - before[0], 1)
    return Features(max(each, 0.0), learns[1].kept.nbytes / len(few)), learns


@torch.inference_mode()
def predict_pace(model: torch.nn.Module, samples: Learned, loss: Loss, patience: float) -> Pace:
    """Time batches through a model in evaluation mode, their loss measured."""
    place = next(model.parameters()).device
    batches = by_length(samples.lengths, tokens_at_once(model))
    costs = _costs(samples.lengths, batches)
    chosen = _spread(costs)
    order, laps = [*chosen[:WARM], *chosen], list[float]()
    for number in order:
        if _enough(laps, patience):
            break
        begun = time.perf_counter()
        loss(model, send_to_device(samples.batch(batches[number]), place))
        laps.append(time.perf_counter() - begun)
    return _pace(costs, order, laps)


def at_rest(model: torch.nn.Module) -> torch.nn.Module:
    """Return a model as it computes after training: in evaluation mode, in float32."""
    rested: torch.nn.Module = extract_model_from_parallel(model, keep_fp32_wrapper=False)
    return rested.eval()


def counts(model: torch.nn.Module) -> tuple[int, int]:
    """Return how many weights a model has, and how many of them are trained."""
    weights = list(model.parameters())  # one that stands in a model twice is named once
    return (
        sum(one.numel() for one in weights),
        sum(one.numel() for one in weights if one.requires_grad),
    )


def peak_memory(device: Device) -> int:
    """Return the most bytes held so far: on the GPU, or by this process."""
    if device.kind == "cuda":
        return int(torch.cuda.max_memory_reserved())
    if device.kind == "mps":
        return int(torch.mps.driver_allocated_memory())
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


class Bystanders:
    """How busy other programs keep the processors, from when this is made."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._began = self._look()

    def share(self) -> float:
        """Return the share of all processors' time that others took; 0 to 1."""
        spent, mine, whole = (
            now - then for now, then in zip(self._look(), self._began, strict=True)
        )
        return min(max(spent - mine, 0.0) / max(whole, 1e-9), 1.0)

    def _look(self) -> tuple[float, float, float]:
        of_all, of_this = psutil.cpu_times(), self._process.cpu_times()
        # What a guest takes stands in the user's time already.
        named = {name: value for name, value in of_all._asdict().items() if "guest" not in name}
        whole = sum(named.values())
        idle = named["idle"] + named.get("iowait", 0.0)
        return whole - idle, of_this.user + of_this.system, whole


class _Stopwatch(CancelToken):
    """The token of a trial: notes when each step has ended, and asks to stop in time."""

    def __init__(self, device: Device, patience: float) -> None:
        super().__init__()
        self._kind, self._patience = device.kind, patience
        self.laps: list[float] = []

    def begin(self) -> None:
        """Start the watch."""
        self._last = time.perf_counter()

    def check(self) -> None:
        """Note the end of a step."""
        if self._kind == "cuda":
            torch.cuda.synchronize()
        elif self._kind == "mps":
            torch.mps.synchronize()
        now = time.perf_counter()
        self.laps.append(now - self._last)
        self._last = now

    @property
    def stop_requested(self) -> bool:
        """Whether the time is up; the first step doesn't count."""
        return _enough(self.laps, self._patience)


class _Nowhere:
    """Checkpoints of a trial, which writes nothing and notes how much it would be."""

    checkpoint = weights = 0

    def restore(self, *_: object) -> None:
        """Begin at the beginning."""

    def save(
        self,
        state: State,
        model: torch.nn.Module,
        optimizer: torch.optim.Optimizer,
        extra: Mapping[str, Mapping[str, torch.Tensor]],
    ) -> Path:
        """Keep nothing."""
        files = contents(model, optimizer, extra)
        self.weights = file_bytes(files["model"])
        self.checkpoint = sum(map(file_bytes, files.values())) + BESIDE
        return Path("checkpoints/none")

    def load_best(self, *_: object) -> bool:
        """Leave the weights as they are."""
        return True


def _some(samples: Learned, most: int) -> Rows:
    """Choose samples evenly over their lengths; all where there are no more."""
    order = np.argsort(samples.lengths, kind="stable")
    most = min(most, len(order))
    return order[np.linspace(0, len(order) - 1, most).round().astype(np.int64)]


def _enough(laps: Sequence[float], patience: float) -> bool:
    """Whether the time is up: the first step doesn't count, and few slow ones have more of it."""
    spent = sum(laps[1:])
    return len(laps) > 1 and spent > (patience if len(laps) > 5 else 3 * patience)


def _costs(lengths: NDArray[np.int64], batches: Sequence[Rows]) -> NDArray[np.int64]:
    """Return the tokens of each batch, padding counted."""
    return np.array([len(rows) * int(lengths[rows].max()) for rows in batches], dtype=np.int64)


def _spread(costs: NDArray[np.int64]) -> list[int]:
    """Choose batches evenly over their costs: the largest first, then ever finer between."""
    falling = np.argsort(-costs, kind="stable")
    places = [0.0, 0.5, 1.0]
    step = 0.25
    while len(places) < MOST:
        places += np.arange(step, 1.0, 2 * step).tolist()
        step /= 2
    chosen = [int(falling[round(place * (len(costs) - 1))]) for place in places]
    return list(dict.fromkeys(chosen))


def _pace(costs: NDArray[np.int64], order: Sequence[int], laps: Sequence[float]) -> Pace:
    warm = WARM if len(laps) > 2 * WARM else min(1, len(laps) - 1)
    timed = costs[list(order[warm : len(laps)])]
    known, place = np.unique(timed, return_inverse=True)
    seconds = np.bincount(place, weights=laps[warm:]) / np.bincount(place)
    # Whatever disturbs a timing makes it longer, and no batch takes longer than a larger one.
    seconds = np.minimum.accumulate(seconds[::-1])[::-1]
    total = float(np.interp(costs, known, seconds).sum())
    return Pace(known, seconds, total, len(timed))
