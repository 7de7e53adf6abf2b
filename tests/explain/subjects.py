"""Subjects whose right scores are known by formula: samples are a few numbers each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pellucid.explain.pieces import Piece, Pieces
from pellucid.explain.subject import Subject
from pellucid.multimodal.hierarchy import halved

Function = Callable[[torch.Tensor], torch.Tensor]


class Numbers:
    """One sample of numbers, each of them a segment (`multimodal.modality.Segmented`)."""

    def __init__(self, sample: torch.Tensor, baseline: torch.Tensor, name: str) -> None:
        self.sample, self.baseline, self.name = sample, baseline, name
        self.outline = SimpleNamespace(
            names=tuple(f"x{number}" for number in range(len(sample))),
            as_json=dict,
        )

    def __len__(self) -> int:
        return len(self.sample)

    def inputs(self, keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
        kept = torch.from_numpy(np.asarray(keep, bool))
        return {self.name: torch.where(kept, self.sample, self.baseline)}

    def summed(self, values: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        return np.asarray(values, np.float64), 0.0

    @property
    def parts(self) -> NDArray[np.int64]:
        return np.zeros(len(self), np.int64)

    @property
    def positions(self) -> NDArray[np.float64]:
        return np.arange(len(self), dtype=float)[:, None]

    @property
    def hierarchy(self) -> NDArray[np.float64]:
        return halved(self.positions)


class Formula(torch.nn.Module):
    """Logits are a function of the numbers; `seen` holds the batch sizes."""

    def __init__(self, function: Function) -> None:
        super().__init__()
        self.function = function
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.seen: list[int] = []

    def forward(self, values: torch.Tensor, others: torch.Tensor | None = None) -> Any:
        self.seen.append(len(values))
        every = values if others is None else torch.cat([values, others], 1)
        return SimpleNamespace(logits=self.function(every).reshape(len(values), -1))


class Rows:
    """Samples of numbers (`core.batches.Samples`)."""

    def __init__(self, **named: torch.Tensor) -> None:
        self.named = named
        self.lengths = np.ones(len(next(iter(named.values()))), np.int64)

    def __len__(self) -> int:
        return len(self.lengths)

    def batch(self, rows: Any) -> dict[str, torch.Tensor]:
        return {name: values[np.asarray(rows)] for name, values in self.named.items()}


def formula(
    function: Function,
    samples: Sequence[Sequence[float]] | torch.Tensor,
    baselines: Sequence[Sequence[float]] | torch.Tensor | None = None,
    targets: Sequence[int] | None = None,
    *,
    split: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> Subject:
    """Return a subject whose model is a function of numbers.

    Parameters
    ----------
    function
        From (samples, numbers) to (samples,) or (samples, classes).
    samples, baselines
        Shape (rows, numbers); zeros if left out.
    targets
        Zeros if left out.
    split
        Makes a sample of two parts: the first so many numbers, and the others.
    """
    given = torch.as_tensor(samples, dtype=dtype)
    nothing = torch.zeros_like(given) if baselines is None else torch.as_tensor(baselines).to(given)
    ends = [slice(0, split), *([] if split is None else [slice(split, None)])]
    names = ("values", "others")

    def cut(row: int) -> Pieces:
        return Pieces(
            tuple(
                Piece(kind, (name,), Numbers(given[row, span], nothing[row, span], name))
                for kind, name, span in zip(("image", "audio"), names, ends, strict=False)
            )
        )

    rows = Rows(**{name: given[:, span] for name, span in zip(names, ends, strict=False)})
    wanted = np.zeros(len(given), np.int64) if targets is None else np.asarray(targets, np.int64)
    return Subject(Formula(function), rows, cut, wanted)


def linear(
    weights: Sequence[float],
    samples: Sequence[Sequence[float]] | torch.Tensor,
    baselines: Sequence[Sequence[float]] | torch.Tensor | None = None,
    *,
    split: int | None = None,
) -> tuple[Subject, NDArray[np.float64]]:
    """Return a linear subject, and what every complete method has to say: w (x - baseline)."""
    weight = torch.as_tensor(weights, dtype=torch.float32)
    given = torch.as_tensor(samples, dtype=torch.float32)
    nothing = torch.zeros_like(given) if baselines is None else torch.as_tensor(baselines).to(given)
    subject = formula(lambda x: x @ weight + 0.5, given, nothing, split=split)
    return subject, (weight * (given - nothing)).double().numpy()
