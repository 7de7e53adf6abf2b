"""Telling the loss, and noticing that it has gone wrong, without a wait at every step."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import torch

from ..errors import DivergedError, paragraph
from . import processes
from .batches import Learned, Rows
from .events import Emit, Metric

EXPLODED = 1000.0
"""How many times the lowest mean loss so far (or 1, where that is more) counts as exploded."""

NAMED = 5
"""Rows that are named at most."""


@dataclass
class Losses:
    """The losses of the steps since they were last told, kept on the device.

    Attributes
    ----------
    lowest
        The lowest mean loss that was told; None before.
    """

    lowest: float | None = None
    _steps: list[tuple[Rows, torch.Tensor, torch.Tensor]] = field(default_factory=list)

    def add(self, rows: Rows, losses: torch.Tensor, mean: torch.Tensor) -> None:
        """Note a step: its samples, and what `Step.take` returned."""
        self._steps.append((rows, losses, mean))

    def tell(self, step: int, rate: float, samples: Learned, emit: Emit) -> None:
        """Tell the mean loss of the steps since the last time; waits for the device.

        Parameters
        ----------
        step
            The last step that was noted.
        rate
            Its learning rate.
        samples
            Whose rows are named where a loss is no number.
        emit
            Listener.

        Raises
        ------
        DivergedError
            If a loss is not finite, or far above what it was. Weights that were saved before are
            those of steps with a finite loss.
        """
        own = torch.stack([mean for *_, mean in self._steps])
        means: list[float] = processes.merge(own.cpu().numpy()).tolist()
        for place, mean in enumerate(means):
            at = step - len(means) + 1 + place
            if not math.isfinite(mean):
                rows, losses, _ = self._steps[place]
                raise _not_finite(mean, at, rate, samples, rows, losses)
            if self.lowest is not None and mean > EXPLODED * max(self.lowest, 1.0):
                raise _exploded(mean, self.lowest, at, rate, samples.ids(self._steps[place][0]))
        self._steps.clear()
        mean = sum(means) / len(means)
        self.lowest = mean if self.lowest is None else min(self.lowest, mean)
        emit(Metric(name="loss", value=mean, at=step))
        emit(Metric(name="learning_rate", value=rate, at=step))


def _not_finite(
    mean: float, step: int, rate: float, samples: Learned, rows: Rows, losses: torch.Tensor
) -> DivergedError:
    own = processes.share(rows)
    finite = torch.isfinite(losses).cpu().numpy()[: len(own)]
    bad = np.concatenate(processes.gather_objects(own[~finite]))
    if 0 < len(bad) < len(rows):
        which = f"the loss of {_named(samples.ids(bad))} is no number"
        advice = "Look at these rows"
    else:
        which = f"the loss is {mean}; the step’s rows are {_named(samples.ids(rows))}"
        advice = "Lower train.learning_rate, or set train.precision to fp32"
    return DivergedError(
        paragraph(
            f"training, step {step}",
            f"{which}, at a learning rate of {rate:g}",
            f"{advice}; the last checkpoint is intact, and `--resume` goes on from it",
        )
    )


def _exploded(mean: float, lowest: float, step: int, rate: float, ids: list[str]) -> DivergedError:
    return DivergedError(
        paragraph(
            f"training, step {step}",
            f"the loss is {mean:.3g}, after {lowest:.3g} before, at a learning rate of {rate:g}; "
            f"the step’s rows are {_named(ids)}",
            "Lower train.learning_rate or train.clip_norm, or raise train.warmup; the last "
            "checkpoint is intact",
        )
    )


def _named(ids: list[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ("row " if len(ids) == 1 else "rows ") + ", ".join(ids[:NAMED]) + more
