"""Bootstrap intervals of figures that are functions of sums over rows.

Most figures only ask what some numbers of each row add up to: the mean absolute error is a sum of
errors over a count of rows, an entity F1 is made of sums of hits, of entities found and of entities
there, perplexity of summed losses and counted tokens. Resampling rows with replacement gives every
row a whole-number weight, multinomial with equal shares, so the sums of many resamples are one
matrix product, and the figure is computed from each (Efron and Tibshirani, "An Introduction to the
Bootstrap", 1993, chapters 6 and 13). What belongs together (the tokens of a document, the windows
of a question) is one row, so that intervals don't take what is alike for independent.

The weights depend on the number of rows, the recipe's seed and the stream alone. Two models that
are measured on the same rows with the same stream are therefore measured on the same resamples, and
the difference between them is paired.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bootstrap import CELLS, measure, measure_share
from .measured import Measured
from .spec import EvaluateSpec

Floats = NDArray[np.float64]

Sums = Mapping[str, NDArray[Any]]
"""What each row adds: numbers of shape (rows,) or (rows, k), all with the same rows."""

Figures = Callable[[dict[str, Any]], Mapping[str, float]]
"""Figures from sums: numbers where rows had numbers, arrays of shape (k,) where they had k."""

STREAMS = {"train": 0, "validation": 1, "test": 2}
"""The stream of random numbers of each split."""

BATCH = 64
"""Most resamples at a time."""


def measure_rows(
    sums: Sums,
    figures: Figures,
    spec: EvaluateSpec,
    stream: int,
    *,
    shares: Collection[str] = (),
) -> dict[str, Measured]:
    """Measure figures with percentile intervals.

    Parameters
    ----------
    sums
        What each row adds.
    figures
        Makes the figures from the sums; a ratio of nothing to nothing may be NaN.
    spec
        Confidence, number of replicates and seed.
    stream
        Which random numbers to draw; see `STREAMS`.
    shares
        Names of figures that are shares of the rows. Where all rows count or none, their interval
        is Wilson's (`bootstrap.measure_share`).

    Returns
    -------
    The figures by their names; not defined where there are no rows.
    """
    values = _at(figures, _totals(sums))
    rows = _rows(sums)
    if rows == 0:
        return {name: Measured(math.nan, n=0) for name in values}
    drawn = replicate(sums, figures, spec, stream)
    return {
        name: (measure_share if name in shares else measure)(
            value, drawn[name], spec.confidence, rows
        )
        for name, value in values.items()
    }


def compare_rows(
    own: Sums,
    other: Sums,
    figures: Figures,
    spec: EvaluateSpec,
    stream: int,
    *,
    names: Collection[str] | None = None,
) -> dict[str, Measured]:
    """Measure by how much the figures of one model are above another's, on the same rows.

    Parameters
    ----------
    own, other
        What each row adds for either model, the same rows in the same order.
    figures, spec, stream
        As in `measure_rows`.
    names
        Figures to compare; all of them if left out.

    Returns
    -------
    Differences, own minus other, with paired percentile intervals.

    Raises
    ------
    ValueError
        If the two don't have as many rows.
    """
    rows = _rows(own)
    if rows != _rows(other):
        raise ValueError(f"{rows} rows of one model and {_rows(other)} of the other")
    values = _at(figures, _totals(own)), _at(figures, _totals(other))
    chosen = [name for name in values[0] if names is None or name in names]
    if rows == 0:
        return {name: Measured(math.nan, n=0) for name in chosen}
    drawn = [replicate(one, figures, spec, stream) for one in (own, other)]
    return {
        name: measure(
            values[0][name] - values[1][name],
            drawn[0][name] - drawn[1][name],
            spec.confidence,
            rows,
        )
        for name in chosen
    }


def replicate(sums: Sums, figures: Figures, spec: EvaluateSpec, stream: int) -> dict[str, Floats]:
    """Return each figure on every resample; shape (replicates,), NaN where it is not defined."""
    columns = {name: np.asarray(part, np.float64) for name, part in sums.items()}
    rows = _rows(sums)
    matrix = np.concatenate([part.reshape(rows, -1) for part in columns.values()], axis=1)
    found: dict[str, list[float]] = {}
    for weights in resamples(rows, spec, stream):
        for total in weights @ matrix:
            first, one = 0, {}
            for name, part in columns.items():
                width = 1 if part.ndim == 1 else part.shape[1]
                cells = total[first : first + width]
                one[name] = cells[0] if part.ndim == 1 else cells
                first += width
            for name, value in _at(figures, one).items():
                found.setdefault(name, []).append(value)
    return {name: np.array(values) for name, values in found.items()}


def resamples(rows: int, spec: EvaluateSpec, stream: int) -> Iterator[Floats]:
    """Yield how often each row stands in each resample, some resamples at a time.

    Parameters
    ----------
    rows
        Number of rows, above 0.
    spec
        Number of replicates and seed.
    stream
        Which random numbers to draw.

    Yields
    ------
    numpy.ndarray
        Shape (resamples, rows), each line summing to `rows`; `spec.replicates` lines in all.
    """
    rng = np.random.default_rng([spec.seed % 2**63, stream])
    size = max(4, min(BATCH, CELLS // (2 * rows)))
    for first in range(0, spec.replicates, size):
        many = min(size, spec.replicates - first)
        weights = np.empty((many, rows))
        for one in range(many):
            weights[one] = np.bincount(rng.integers(0, rows, rows), minlength=rows)
        yield weights


def _at(figures: Figures, sums: dict[str, Any]) -> dict[str, float]:
    """Compute figures; what divides by nothing is not defined."""
    with np.errstate(all="ignore"):
        found = {name: float(value) for name, value in figures(sums).items()}
    return {name: value if math.isfinite(value) else math.nan for name, value in found.items()}


def _totals(sums: Sums) -> dict[str, Any]:
    return {name: np.asarray(part, np.float64).sum(axis=0) for name, part in sums.items()}


def _rows(sums: Sums) -> int:
    counts = {len(part) for part in sums.values()}
    if len(counts) != 1:
        raise ValueError(f"what rows add must have as many rows each, found {sorted(counts)}")
    return counts.pop()
