"""Reweighing: rows count as if group and label were independent (Kamiran & Calders 2012)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .members import Codes


def reweighed(groups: Codes, labels: Codes, strength: float = 1.0) -> NDArray[np.float32]:
    """Return how much each row counts.

    The whole weight is P(group) P(label) / P(group, label), with shares of these rows. Under it
    every group has the label as often as all rows have it, and groups and labels keep their shares.

    Parameters
    ----------
    groups, labels
        Codes of shape (rows,), from 0.
    strength
        From 0, at which every row counts 1, to 1, at which it counts its whole weight.

    References
    ----------
    Kamiran and Calders (2012), Data preprocessing techniques for classification without
    discrimination. Knowledge and Information Systems 33.
    """
    rows = len(groups)
    cells = np.zeros((groups.max(initial=-1) + 1, labels.max(initial=-1) + 1))
    np.add.at(cells, (groups, labels), 1)
    expected = cells.sum(1, keepdims=True) * cells.sum(0, keepdims=True) / max(rows, 1)
    whole = np.divide(expected, cells, out=np.ones_like(cells), where=cells > 0)
    out: NDArray[np.float32] = (1 + strength * (whole[groups, labels] - 1)).astype(np.float32)
    return out
