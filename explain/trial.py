"""A few attributions, timed, from which the time of all is reckoned."""

from __future__ import annotations

import time

import numpy as np

from ..core.dataset import Dataset, pick
from .attribute import explain_samples
from .opened import Opened
from .spec import ExplainSpec

ENCODED = 2000
"""Rows whose lengths are looked at, at most."""

TRIED = 32
"""Rows that are timed, at most."""


def explain_seconds(
    opened: Opened, dataset: Dataset, spec: ExplainSpec, patience: float
) -> tuple[float, int]:
    """Time attributions of a few rows by each method, spread evenly over the rows' lengths.

    Parameters
    ----------
    opened
        Model and processor.
    dataset
        The rows that would be explained; at least one.
    spec
        The methods, and their settings.
    patience
        Seconds that this may take, roughly; a single row is timed by each method in any case.

    Returns
    -------
    Seconds for all rows by all methods, and the most rows that were timed.
    """
    some = dataset.take(pick(dataset.ids, ENCODED))
    lengths = _lengths(some)
    ordered = np.argsort(lengths, kind="stable")
    seconds, most = 0.0, 0
    for name in spec.methods:
        a_unit, timed = _paced(opened, some, ordered, lengths, spec, name, patience)
        seconds += a_unit * float(lengths.mean()) * len(dataset)
        most = max(most, timed)
    return seconds, most


def _lengths(dataset: Dataset) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how long samples are: their texts' characters; all alike where there are none."""
    texts = [cells for name, cells in dataset.inputs.items() if dataset.modalities[name] == "text"]
    found = [1 + sum(len(cells[row]) for cells in texts) for row in range(len(dataset))]
    return np.asarray(found, np.float64)


def _paced(
    opened: Opened,
    dataset: Dataset,
    ordered: np.ndarray[tuple[int], np.dtype[np.int64]],
    lengths: np.ndarray[tuple[int], np.dtype[np.float64]],
    spec: ExplainSpec,
    method: str,
    patience: float,
) -> tuple[float, int]:
    """Return the seconds for a unit of length by one method, and the rows that were timed."""
    rows, seconds = ordered[len(ordered) // 2 :][:1], 0.0
    for attempt in range(3):  # the first call warms up, the second one tells how many are timed
        if attempt == 2:
            room = int(patience / len(spec.methods) / max(seconds, 1e-6))
            if room < 2:
                break  # a single row is enough where a batch of them would take too long
            rows = ordered[pick(dataset.ids, min(room, TRIED))]
        begun = time.perf_counter()
        explain_samples(opened, dataset.take(rows), spec, method=method)
        seconds = time.perf_counter() - begun
    return seconds / float(lengths[rows].sum()), len(rows)
