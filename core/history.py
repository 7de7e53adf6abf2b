"""How a run's training went: every metric by step, from what its job told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .follow import Following

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Steps, rising, and the value at each; both of shape (points,)."""


def metrics(folder: Path) -> dict[tuple[str, str], Curve]:
    """Read the metrics that a run's job told, by name and split.

    A resumed run tells some steps twice. What it told last counts, and what an earlier process
    told of later steps is dropped, because that work was lost.

    Parameters
    ----------
    folder
        A run's folder; without events there are no metrics.
    """
    told = Following(folder)
    told.catch_up()
    return {
        key: (np.array(one.steps, np.int64), np.array(one.values, np.float64))
        for key, one in told.series.items()
    }
