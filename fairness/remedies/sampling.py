"""Group-balanced sampling: each group is drawn equally often, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.batches import Rows, Sampler, length_buckets
from .members import Codes

SALT = 7919
"""Keeps the draw of an epoch's rows apart from their order, which has the same seed."""


def balanced(cells: Codes, strength: float = 1.0) -> Sampler:
    """Return a sampler that draws rows so that cells have equal shares.

    An epoch has as many rows as ever. Each cell gets its share of them: all its rows as often as
    they go into it whole, and the rest of its share drawn without replacement. So rows of large
    cells are left out of some epochs, and rows of small ones stand in an epoch several times. The
    batches are cut by length as `core.batches.length_buckets` does it.

    Parameters
    ----------
    cells
        Cell (group, or group and label) of each row; shape (rows,).
    strength
        From 0, at which each cell keeps its share, to 1, at which all have the same.
    """
    names, codes, counts = np.unique(cells, return_inverse=True, return_counts=True)
    shares = (1 - strength) * counts / len(cells) + strength / len(names)
    wanted = _whole(shares * len(cells))
    places = [np.flatnonzero(codes == code) for code in range(len(names))]

    def sample(lengths: NDArray[np.int64], batch_size: int, seed: Sequence[int]) -> list[Rows]:
        generator = np.random.default_rng([*seed, SALT])
        drawn = [_drawn(rows, want, generator) for rows, want in zip(places, wanted, strict=True)]
        rows = np.concatenate(drawn)
        return [rows[batch] for batch in length_buckets(lengths[rows], batch_size, seed)]

    return sample


def _whole(numbers: NDArray[np.float64]) -> list[int]:
    """Round numbers so that their sum stays: the largest remainders are rounded up."""
    down = np.floor(numbers + 1e-9).astype(np.int64)
    left = round(float(numbers.sum())) - int(down.sum())
    down[np.argsort(down - numbers, kind="stable")[:left]] += 1
    return [int(number) for number in down]


def _drawn(rows: Rows, want: int, generator: np.random.Generator) -> Rows:
    times, rest = divmod(want, len(rows))
    return np.concatenate([np.tile(rows, times), generator.choice(rows, rest, replace=False)])
