"""Seeded chance that gives the same draws on every platform and Python version.

All of it comes from ``random.Random.random``, the one method whose sequence Python promises to
keep for a given seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def pick(rng: random.Random, values: Sequence[T]) -> T:
    """Draw one of the values."""
    return values[int(rng.random() * len(values))]


def shuffled(rng: random.Random, values: Sequence[T]) -> list[T]:
    """Return the values in random order (Fisher-Yates)."""
    out = list(values)
    for last in range(len(out) - 1, 0, -1):
        other = int(rng.random() * (last + 1))
        out[last], out[other] = out[other], out[last]
    return out


def drawn(rng: random.Random, shares: dict[str, float]) -> str:
    """Draw a key with the probability that its share gives it."""
    mark = rng.random() * sum(shares.values())
    for key, share in shares.items():
        mark -= share
        if mark < 0:
            return key
    return max(shares, key=lambda key: shares[key])


def allotted(rng: random.Random, shares: dict[str, float], size: int) -> list[str]:
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
