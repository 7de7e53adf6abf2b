"""What is drawn at random for a row: the same whatever rows it goes through the model with."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray

from ..leaves import Started, Tensors
from .batches import Places

Keys = NDArray[np.int64]


def keys(started: Started) -> Keys:
    """Return a number for each row that its sample alone decides; shape (rows,)."""
    found = []
    for place in range(len(started.rows)):
        key = 0
        for one, where in zip(started.inputs, started.own(place), strict=True):
            key = crc32(one[place].cpu()[where].numpy().tobytes(), key)
        found.append(key)
    return np.array(found, np.int64)


def evenly(key: int, count: int, seed: int) -> NDArray[np.float64]:
    """Draw numbers from 0 to 1, one from each of as many parts of equal length, in any order.

    Their mean varies less from seed to seed than that of independent draws, and is right on average
    all the same.
    """
    generator = np.random.default_rng([seed, key])
    return (generator.permutation(count) + generator.random(count)) / count


def noise(some: Started, own: Keys, copies: Places, share: float, seed: int, count: int) -> Tensors:
    """Draw normal noise for copies of rows.

    Every other copy gets the noise of the one before with the other sign, and the last of an odd
    number none, so that the noise of all copies of a row sums to zero.

    Parameters
    ----------
    some
        The copies as rows.
    own, copies
        Key of each one's row, and the copy's number.
    share
        Standard deviation, as a share of the distance from a sample's least number to its largest.
    seed
        Decides what is drawn, with the keys.
    count
        Copies of one row.

    Returns
    -------
    tuple of torch.Tensor
        Of the shapes of the inputs; zeros where there is padding.
    """
    out = tuple(torch.zeros_like(one) for one in some.inputs)
    for place, (key, copy) in enumerate(zip(own.tolist(), copies.tolist(), strict=True)):
        if copy == count - 1 and count % 2:
            continue
        generator = np.random.default_rng([seed, key, copy // 2])
        sign = -1.0 if copy % 2 else 1.0
        for whole, full, where in zip(out, some.inputs, some.own(place), strict=True):
            sample = full[place][where]
            drawn = torch.from_numpy(generator.standard_normal(tuple(sample.shape), np.float32))
            size = sign * share * (sample.max() - sample.min())
            whole[place][where] = size * drawn.to(whole)
    return out
