"""Inputs of several samples put together as one batch, the shorter ones padded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

Batch = Mapping[str, torch.Tensor]


@dataclass(frozen=True)
class Padding:
    """What stands behind (or in front of) the inputs of shorter samples.

    Attributes
    ----------
    fill
        By the input's name; inputs that are not named are all of one size.
    left
        Names of inputs whose padding stands in front.
    """

    fill: Mapping[str, float] = field(default_factory=dict)
    left: frozenset[str] = frozenset()


def padding_of(samples: Any) -> Padding:
    """Return how encoded samples (`multimodal.encode.encode`) are padded."""
    parts = getattr(samples, "parts", None)
    if isinstance(parts, Mapping):
        found = [padding_of(one) for one in parts.values()]
        return Padding(
            {name: value for one in found for name, value in one.fill.items()},
            frozenset().union(*(one.left for one in found)),
        )
    if parts is not None:
        return padding_of(parts)
    known = getattr(samples, "padding", None)
    return known if isinstance(known, Padding) else Padding()


def joined(batches: Sequence[Batch], padding: Padding) -> dict[str, torch.Tensor]:
    """Put batches of inputs together, along their first axis.

    Parameters
    ----------
    batches
        At least one; inputs are of shape (rows, length, …) where they are padded. Those that only
        some of the samples have, such as pictures, are put together for these alone.
    padding
        Of the samples that they come from.

    Returns
    -------
    dict
        Each input of shape (all rows, longest, …).
    """
    out = {}
    for name in dict.fromkeys(name for batch in batches for name in batch):
        tensors = [batch[name] for batch in batches if name in batch]
        if name in padding.fill:
            shape = [max(sizes) for sizes in zip(*(one.shape[1:] for one in tensors), strict=True)]
            tensors = [_padded(one, shape, padding, name) for one in tensors]
        out[name] = tensors[0] if len(tensors) == 1 else torch.cat(tensors)
    return out


def _padded(
    tensor: torch.Tensor, shape: Sequence[int], padding: Padding, name: str
) -> torch.Tensor:
    if list(tensor.shape[1:]) == list(shape):
        return tensor
    out = tensor.new_full((len(tensor), *shape), padding.fill[name])
    left = name in padding.left
    spans = [
        slice(size - own, size) if left else slice(own)
        for own, size in zip(tensor.shape[1:], shape, strict=True)
    ]
    out[(slice(None), *spans)] = tensor
    return out
