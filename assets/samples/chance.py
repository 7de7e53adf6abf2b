"""Seeded chance that gives the same draws on every platform and Python version.

All of it comes from a method ``random`` that gives numbers from 0 to 1: that of
``random.Random``, whose sequence Python promises to keep for a given seed, or that of numpy's
``Generator`` over a named bit generator.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

T = TypeVar("T")


class Chance(Protocol):
    """What gives numbers from 0 to 1 by lot."""

    def random(self) -> float:
        """Draw a number from 0 to 1, without 1."""
        ...


def generator(seed: int) -> np.random.Generator:
    """Return numpy's generator over PCG64, whose numbers don't depend on numpy's default."""
    return np.random.Generator(np.random.PCG64(seed))


def between(rng: Chance, low: float, high: float) -> float:
    """Draw a number from a range."""
    return low + (high - low) * rng.random()


def pick(rng: Chance, values: Sequence[T]) -> T:
    """Draw one of the values."""
    return values[int(rng.random() * len(values))]


def shuffled(rng: Chance, values: Sequence[T]) -> list[T]:
    """Return the values in random order (Fisher-Yates)."""
    out = list(values)
    for last in range(len(out) - 1, 0, -1):
        other = int(rng.random() * (last + 1))
        out[last], out[other] = out[other], out[last]
    return out


def drawn(rng: Chance, shares: dict[str, float]) -> str:
    """Draw a key with the probability that its share gives it."""
    mark = rng.random() * sum(shares.values())
    for key, share in shares.items():
        mark -= share
        if mark < 0:
            return key
    return max(shares, key=lambda key: shares[key])


def allotted(rng: Chance, shares: dict[str, float], size: int) -> list[str]:
    """Return ``size`` values in random order whose counts are the shares, as near as can be."""
    total = sum(shares.values())
    exact = {key: size * share / total for key, share in shares.items()}
    values = [key for key, count in exact.items() for _ in range(int(count))]
    # The rest goes out by lot, so that small cells do not all leave out the same rare value.
    lots = {key: count - int(count) for key, count in exact.items()}
    while len(values) < size:
        key = drawn(rng, lots)
        values.append(key)
        lots[key] = 0.0
    return shuffled(rng, values)
