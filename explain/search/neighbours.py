"""The nearest real rows that have another label, or to which a model gives another answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .features import Features

BLOCK = 1 << 24
"""Similarities that are held in memory at a time."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """The nearest rows of one row.

    Attributes
    ----------
    rows
        Their numbers, the nearest first; shape (found,).
    similarity
        Cosine of both rows' features, from -1 to 1; shape (found,).
    """

    rows: NDArray[np.int64]
    similarity: NDArray[np.float32]


def nearest(
    asked: Features,
    known: Features,
    allowed: Sequence[NDArray[np.bool_]],
    count: int,
) -> list[Nearest]:
    """Find the nearest of known rows for each row that is asked about, by cosine.

    All of them are compared, as by `sklearn.neighbors.NearestNeighbors` with ``metric="cosine"``,
    in blocks of one matrix product each.

    Parameters
    ----------
    asked, known
        Features of shapes (asked, width) and (known, width).
    allowed
        Of each asked row, which known rows may be found; shape (known,) each.
    count
        Rows to find; fewer are found where fewer are allowed.
    """
    one, other = _unit(asked), _unit(known)
    out: list[Nearest] = []
    size = max(BLOCK // max(len(known), 1), 1)
    for first in range(0, len(asked), size):
        similar = one[first : first + size] @ other.T
        for row, own in enumerate(similar, first):
            own[~allowed[row]] = -np.inf
            some = min(count, int(allowed[row].sum()))
            # Of rows equally near, but for rounding, the first ones are taken.
            best = np.argsort(-np.round(own, 5), kind="stable")[:some]
            out.append(Nearest(best, np.clip(own[best], -1, 1)))
    return out


def _unit(features: Features) -> Features:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, np.finfo(np.float32).tiny), np.float32)
