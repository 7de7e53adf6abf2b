"""Figures of stereotype tests with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ...core.row_bootstrap import measure_rows
from ...core.spec import EvaluateSpec
from ..uncertainty import wilson
from .spec import StereotypeSpec

FEWEST = 5
"""Clusters below which no bootstrap interval is given: resampling them would tell too little."""


def percent(counted: Any, spec: StereotypeSpec) -> Measured:
    """Return the share of rows that count, in percent, with Wilson's interval.

    Parameters
    ----------
    counted
        Whether each row counts; shape (rows,).
    spec
        Level of the interval.
    """
    flags = np.asarray(counted, bool)
    if not len(flags):
        return Measured(np.nan, n=0)
    hits = np.array([flags.sum()], np.int64)
    low, high = wilson(hits, np.array([len(flags)], np.int64), spec.confidence)
    share = 100 * float(flags.mean())
    return Measured(share, 100 * float(low[0]), 100 * float(high[0]), len(flags), "wilson")


def mean(values: Any, spec: StereotypeSpec, clusters: Sequence[Any] | None = None) -> Measured:
    """Return the mean of numbers with a bootstrap interval over rows, or over clusters of them.

    Parameters
    ----------
    values
        Shape (rows,); differences of pairs make the interval a paired one.
    spec
        Level, replicates and seed.
    clusters
        What each row belongs to; rows that belong together are drawn together.
    """
    numbers = np.asarray(values, np.float64)
    if not len(numbers):
        return Measured(np.nan, n=0)
    rows = np.arange(len(numbers)) if clusters is None else codes(clusters)
    sums = {"value": np.bincount(rows, numbers), "count": np.bincount(rows).astype(float)}
    found = resampled(sums, lambda sums: {"mean": sums["value"] / sums["count"]}, spec)["mean"]
    return Measured(found.value, found.low, found.high, len(numbers), found.method)


def resampled(
    sums: Mapping[str, NDArray[Any]],
    figures: Callable[[dict[str, Any]], Mapping[str, float]],
    spec: StereotypeSpec,
    *,
    shares: Sequence[str] = (),
) -> dict[str, Measured]:
    """Measure figures that are functions of sums over rows (`core.row_bootstrap.measure_rows`).

    Without an interval where there are fewer than `FEWEST` rows.
    """
    drawn = EvaluateSpec(confidence=spec.confidence, replicates=spec.replicates, seed=spec.seed)
    found = measure_rows(sums, figures, drawn, 2, shares=shares)
    rows = len(next(iter(sums.values())))
    if rows >= FEWEST:
        return found
    return {name: Measured(one.value, n=one.n) for name, one in found.items()}


def codes(values: Sequence[Any]) -> NDArray[np.int64]:
    """Return a number for what each row belongs to; shape (rows,)."""
    return np.unique(np.asarray(values).astype(str), return_inverse=True)[1].astype(np.int64)


def scaled(found: Measured, factor: float, n: int | None = None) -> Measured:
    """Multiply a figure and its interval."""
    return Measured(
        found.value * factor,
        None if found.low is None else found.low * factor,
        None if found.high is None else found.high * factor,
        found.n if n is None else n,
        found.method,
    )
