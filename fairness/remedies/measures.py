"""How far groups lie apart, in one number, and how sure it is: what remedies are compared by.

A disparity is a largest gap: the highest rate of a group less the lowest one. Resampled rows make
it larger on average than it is, because chance moves some group to either side; the mean excess
over the measured value is subtracted from both ends of its interval. Two ways of answering the
same rows are compared on the same resamples, so that what chance does to both falls out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...core.bootstrap import interval
from ...core.measured import Measured
from ..uncertainty import wilson
from .spec import Constraint

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

Measure = Literal[
    "equalized_odds",
    "demographic_parity",
    "equal_opportunity",
    "false_positive_rate",
    "recall",
    "subgroup_auc",
]
"""What groups are compared by. ``recall`` looks at every class's, whichever is the favourable one;
``subgroup_auc`` at the area under the ROC curve among each group's rows (Borkan et al. 2019)."""

CONSTRAINTS: dict[Measure, Constraint] = {
    "equalized_odds": "equalized_odds",
    "demographic_parity": "demographic_parity",
    "equal_opportunity": "equal_opportunity",
    "false_positive_rate": "false_positive_rate",
    "recall": "equal_opportunity",
    "subgroup_auc": "equalized_odds",
}
"""What remedies are told to make alike for each measure."""

_CELLS = 2_000_000  # numbers held at a time by one array of replicates


@dataclass(frozen=True, eq=False)
class Answered:
    """How some rows are answered.

    Attributes
    ----------
    predicted
        Code of the answered class; shape (rows,).
    scores
        Score of each class; shape (rows, classes).
    """

    predicted: Codes
    scores: Floats


@dataclass(frozen=True, eq=False)
class Asked:
    """The rows that are answered, and what they are compared by.

    Attributes
    ----------
    labels, groups
        Codes of shape (rows,).
    names
        The groups.
    classes
        The classes.
    measure
        What groups are compared by.
    positive
        Code of the favourable class; None: each class in turn, the largest gap counts.
    small
        Groups with fewer rows are left out of the disparity.
    replicates, confidence, seed
        Of the bootstrap.
    """

    labels: Codes
    groups: Codes
    names: tuple[str, ...]
    classes: tuple[str, ...]
    measure: Measure = "equalized_odds"
    positive: int | None = None
    small: int = 30
    replicates: int = 1000
    confidence: float = 0.95
    seed: int = 13

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of each group; shape (groups,)."""
        out: NDArray[np.int64] = np.bincount(self.groups, minlength=len(self.names))
        return out

    @property
    def kept(self) -> NDArray[np.int64]:
        """The groups that the disparity compares."""
        return np.flatnonzero(self.rows >= self.small)


def disparity(counts: NDArray[np.generic], measure: Measure, positive: int | None) -> Floats:
    """Return the largest gap between groups.

    Parameters
    ----------
    counts
        Rows by group, label and answer; shape (..., groups, classes, classes). Groups in which a
        rate has no rows don't count in it.
    measure
        All but ``subgroup_auc``, which rests on scores.
    positive
        As in `Asked`.

    Returns
    -------
    numpy.ndarray
        Shape (...); NaN where no two groups can be compared.
    """
    n = np.asarray(counts, np.float64)
    total = n.sum((-1, -2))
    by_label, answered = n.sum(-1), n.sum(-2)
    hits = np.diagonal(n, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall = hits / by_label
        if measure == "recall":
            return _widest(_gap(recall))
        parts = []
        if measure == "demographic_parity":
            parts.append(answered / total[..., None])
        if measure in ("equal_opportunity", "equalized_odds"):
            parts.append(recall)
        if measure in ("false_positive_rate", "equalized_odds"):
            parts.append((answered - hits) / (total[..., None] - by_label))
    gaps = [_gap(part) for part in parts]
    chosen = [gap if positive is None else gap[..., [positive]] for gap in gaps]
    return _widest(np.concatenate(chosen, axis=-1))


def group_recalls(counts: NDArray[np.generic]) -> Floats:
    """Return the recall of each class in each group; shape (..., groups, classes)."""
    n = np.asarray(counts, np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        out: Floats = np.diagonal(n, axis1=-2, axis2=-1) / n.sum(-1)
    return out


def group_areas(
    scores: Floats, positive: NDArray[np.bool_], groups: Codes, kept: Codes, weight: Floats
) -> Floats:
    """Return the area under the ROC curve among the rows of each group.

    Parameters
    ----------
    scores, positive, groups
        Score of each row, whether it is positive, and its group; shape (rows,).
    kept
        Groups that are measured.
    weight
        How often each row stands in each resample; shape (replicates, rows).

    Returns
    -------
    numpy.ndarray
        Shape (replicates, len(kept)); ties count half, NaN without rows of both kinds.
    """
    out = np.full((len(weight), len(kept)), np.nan)
    for place, group in enumerate(kept):
        inside = np.flatnonzero(groups == group)
        order = inside[np.argsort(scores[inside], kind="stable")]
        if not len(order):
            continue
        firsts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
        own = weight[:, order]
        ups = np.add.reduceat(own * positive[order], firsts, axis=1)
        downs = np.add.reduceat(own * ~positive[order], firsts, axis=1)
        below = np.cumsum(downs, axis=1) - downs / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            out[:, place] = (ups * below).sum(1) / (ups.sum(1) * downs.sum(1))
    return out


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


def shares(successes: NDArray[np.int64], rows: NDArray[np.int64], level: float) -> list[Measured]:
    """Return proportions with their Wilson intervals; not defined where there are no rows."""
    low, high = wilson(successes, rows, level)
    return [
        Measured(float(hit / n), float(least), float(most), int(n), "wilson")
        if n
        else Measured(math.nan, n=0)
        for hit, n, least, most in zip(successes, rows, low, high, strict=True)
    ]


def _areas_apart(
    asked: Asked, answers: list[Answered], rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return the gap between the groups' areas of each way, measured and on resamples."""
    classes = range(len(asked.classes)) if asked.positive is None else [asked.positive]
    rows = len(asked.labels)

    def gaps(weight: Floats) -> Floats:
        return np.stack(
            [
                _widest(
                    np.stack(
                        [
                            _gap(
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


def _gap(rates: Floats) -> Floats:
    """Return the highest rate of a group less the lowest one; shape (..., classes)."""
    if rates.shape[-2] < 2:
        return np.full((*rates.shape[:-2], rates.shape[-1]), np.nan)
    known = np.isfinite(rates).sum(-2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # groups without rows to count
        wide = np.nanmax(rates, axis=-2) - np.nanmin(rates, axis=-2)
    return np.where(known > 1, wide, np.nan)


def _widest(gaps: Floats) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        out: Floats = np.nanmax(gaps, axis=-1)
    return out
