"""A few steps of a training and a few batches of prediction, timed, from which all are reckoned.

The batches that are timed stand evenly over the costs of all of them, the largest among them, and
the time of any other is read between its neighbours. Training goes through the very loop of a run.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import psutil
import torch
from accelerate.utils import extract_model_from_parallel, send_to_device
from numpy.typing import NDArray

from ..device import Device
from .batches import Learned, Rows, by_length, length_buckets
from .checkpoints import Checkpoints
from .events import silent
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


def train_pace(
    model: torch.nn.Module,
    samples: Learned,
    loss: Loss,
    spec: TrainSpec,
    device: Device,
    patience: float,
) -> tuple[Pace, int]:
    """Time steps of training; the weights stay as good as they were.

    Parameters
    ----------
    model
        Is moved to the device and left as training leaves it.
    samples, loss, spec, device
        As `fit` takes them.
    patience
        Seconds after which no further step is begun, the first one not counted; three times as
        many where five steps were not done by then.

    Returns
    -------
    The pace of one epoch, and the most memory in bytes that was held: of a GPU what PyTorch's
    allocator held there, else the resident memory of this process.
    """
    batches = length_buckets(samples.lengths, spec.batch_size, [spec.seed, 0])
    costs = _costs(samples.lengths, batches)
    chosen = _spread(costs)
    order = [*chosen[:WARM], *chosen]
    watch = _Stopwatch(device, patience)

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
        checkpoints=cast(Checkpoints, _Nowhere()),
        validate=None,
        emit=silent,
        cancel=watch,
        sampler=sampler,
    )
    return _pace(costs, order, watch.laps), peak_memory(device)


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


def sizes(model: torch.nn.Module) -> tuple[int, int, int]:
    """Return a model's weights, those that are trained, and the bytes of all."""
    # Weights that stand in a model twice count, and are saved, once.
    weights = {id(one): one for one in model.parameters()}.values()
    held = {id(one): one for one in (*weights, *model.buffers())}.values()
    return (
        sum(one.numel() for one in weights),
        sum(one.numel() for one in weights if one.requires_grad),
        sum(one.nbytes for one in held),
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
    """Checkpoints of a trial, which writes nothing."""

    def restore(self, *_: object) -> None:
        """Begin at the beginning."""

    def save(self, *_: object) -> Path:
        """Keep nothing."""
        return Path("checkpoints/none")

    def load_best(self, *_: object) -> bool:
        """Leave the weights as they are."""
        return True


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
