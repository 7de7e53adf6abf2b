"""How sure accuracies and disparities are: several ways to answer, on the same resamples of rows.

Resampled rows make a largest gap larger on average than it is, because chance moves some group to
either side; the mean excess over the measured value is subtracted from both ends of its interval.
Two ways of answering are compared on the same resamples, so that what chance does to both falls
out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.bootstrap import interval
from ...core.measured import Measured
from .measures import (
    Answered,
    Asked,
    Codes,
    Floats,
    disparity,
    gap,
    group_areas,
    group_recalls,
    widest,
)

_CELLS = 2_000_000  # numbers held at a time by one array of replicates


@dataclass(frozen=True, eq=False)
class Resampled:
    """Accuracy, disparity and recalls of several ways to answer the same rows.

    The first axis of each array is the way. `values` hold what was measured, the others every
    resample; recalls have the shape (ways, …, groups, classes).
    """

    accuracy: Floats
    disparity: Floats
    recall: Floats
    accuracies: Floats
    disparities: Floats
    recalls: Floats


def resampled(asked: Asked, answers: list[Answered]) -> Resampled:
    """Measure ways to answer the same rows, on the rows and on the same resamples of them.

    Rows are drawn with replacement. Where counts suffice, those of a resample are one draw from
    the multinomial distribution over what rows can be: group, label, and the answer of each way.
    """
    g, k = len(asked.names), len(asked.classes)
    own = (asked.groups * k + asked.labels).astype(np.int64)
    cell = own
    for one in answers:
        cell = np.unique(cell * k + one.predicted, return_inverse=True)[1].reshape(-1)
    _, first, counts = np.unique(cell, return_index=True, return_counts=True)
    flat = [own[first] * k + one.predicted[first] for one in answers]
    rng = np.random.default_rng(asked.seed)

    def tables(weights: NDArray[np.generic], at: Codes) -> Floats:
        out = np.zeros((len(weights), g * k * k))
        np.add.at(out.T, at, weights.T)
        return out.reshape(-1, g, k, k)

    def found(weights: NDArray[np.generic]) -> tuple[list[Floats], ...]:
        made = [tables(weights, at) for at in flat]
        hits = [np.trace(one.sum(1), axis1=1, axis2=2) / len(own) for one in made]
        gaps = [
            np.full(len(weights), np.nan)
            if asked.measure == "subgroup_auc"
            else disparity(one[:, asked.kept], asked.measure, asked.positive)
            for one in made
        ]
        return hits, gaps, [group_recalls(one) for one in made]

    values = [np.stack(part)[:, 0] for part in found(counts[None])]
    parts: list[tuple[list[Floats], ...]] = []
    wide = len(counts) + g * k * k * len(answers)
    for size in _chunks(asked.replicates, wide):
        parts.append(found(rng.multinomial(len(own), counts / len(own), size=size)))
    drawn = [np.concatenate([np.stack(one[at]) for one in parts], axis=1) for at in range(3)]
    if asked.measure == "subgroup_auc":
        values[1], drawn[1] = _areas_apart(asked, answers, rng)
    return Resampled(*values, *drawn)


def measured_disparity(value: float, replicates: Floats, confidence: float, n: int) -> Measured:
    """Put a largest gap and its interval together, the mean excess of resamples subtracted."""
    found = shifted(value, replicates, confidence, n)
    if found.low is None or found.high is None:
        return found
    low, high = max(found.low, 0.0), min(max(found.high, 0.0), 1.0)
    return Measured(value, low, high, n, found.method)


def shifted(value: float, replicates: Floats, confidence: float, n: int) -> Measured:
    """Put a figure and its percentile interval together, moved by what resamples are off.

    For largest gaps and their differences, which resamples miss on one side.
    """
    found = spread(value, replicates, confidence, n)
    if found.low is None or found.high is None:
        return found
    bias = float(np.nanmean(replicates)) - value
    return Measured(value, found.low - bias, found.high - bias, n, "bootstrap, bias subtracted")


def spread(value: float, replicates: Floats, confidence: float, n: int) -> Measured:
    """Put a figure and its percentile interval together; none where all resamples agree."""
    if not math.isfinite(value):
        return Measured(math.nan, n=n)
    low, high = (float(end) for end in interval(replicates, confidence))
    if math.isnan(low) or high - low < 1e-12:
        return Measured(value, n=n)
    return Measured(value, low, high, n, "bootstrap")


def _areas_apart(
    asked: Asked, answers: list[Answered], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the gap between the groups' areas of each way, measured and on resamples."""
    classes = range(len(asked.classes)) if asked.positive is None else [asked.positive]
    rows = len(asked.labels)

    def gaps(weight: Floats) -> Floats:
        return np.stack(
            [
                widest(
                    np.stack(
                        [
                            gap(
                                group_areas(
                                    one.scores[:, code],
                                    asked.labels == code,
                                    asked.groups,
                                    asked.kept,
                                    weight,
                                )[..., None]
                            )[..., 0]
                            for code in classes
                        ],
                        axis=-1,
                    )
                )
                for one in answers
            ]
        )

    value = gaps(np.ones((1, rows)))[:, 0]
    shares = np.full(rows, 1 / rows)
    drawn = [
        gaps(rng.multinomial(rows, shares, size=size).astype(np.float64))
        for size in _chunks(asked.replicates, rows)
    ]
    return value, np.concatenate(drawn, axis=1)


def _chunks(replicates: int, width: int) -> Iterator[int]:
    most = max(1, _CELLS // max(width, 1))
    for first in range(0, replicates, most):
        yield min(most, replicates - first)
