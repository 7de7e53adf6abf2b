"""Which spots of two sets of rows have different mean scores, and how surely."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from .explained import Explained
from .record import Difference
from .spec import AttributedSpec

TESTED = 200
"""Most spots of one comparison that are tested, those with the largest absolute scores in all."""

TOGETHER = 4_000_000
"""Numbers that are drawn at once."""

FURTHER, DRAWN = 20, 50_000_000
"""Times as many permutations where none reaches the data, and most numbers drawn for these."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def most_used(explained: Explained, rows: Bools, least: int) -> Ints:
    """Choose the spots that are tested, without a look at who is in which group.

    Parameters
    ----------
    explained
        Attributions.
    rows
        The rows of both sets together; shape (rows,).
    least
        Rows that a spot must stand in.
    """
    some = explained.mass[rows]
    often = np.asarray((some != 0).sum(axis=0)).ravel() >= least
    weight = np.asarray(some.sum(axis=0)).ravel()
    order = np.argsort(-weight, kind="stable")
    return np.asarray(order[often[order]][:TESTED], np.int64)


@dataclass(frozen=True, eq=False)
class Apart:
    """Two sets of rows and how far their spots lie apart.

    Attributes
    ----------
    spots
        Numbers of the tested spots; shape (spots,).
    p_values
        Of each of them, by permutation; shape (spots,).
    order
        Which of them differ most, largest first.
    differences
        Those spots; their p-values are not adjusted yet.
    """

    spots: Ints
    p_values: Floats
    order: Ints
    differences: tuple[Difference, ...]

    def adjusted(self, p_values: Floats) -> tuple[Difference, ...]:
        """Return the differences with p-values that are adjusted; shape (spots,)."""
        return tuple(
            replace(one, adjusted=float(p_values[at]))
            for one, at in zip(self.differences, self.order.tolist(), strict=True)
        )


def apart(explained: Explained, own: Bools, others: Bools, spec: AttributedSpec) -> Apart:
    """Compare the mean scores of spots between two sets of rows.

    Parameters
    ----------
    explained
        Attributions.
    own, others
        The two sets, which share no row, with at least two rows each; shape (rows,).
    spec
        Rows that a spot must stand in, how many come back, permutations, replicates, level, seed.
    """
    spots = most_used(explained, own | others, spec.least_rows)
    if not len(spots):
        return Apart(spots, np.empty(0), spots, ())
    rng = np.random.default_rng(spec.seed % 2**63)
    first = np.asarray(explained.scores[own][:, spots].todense())
    second = np.asarray(explained.scores[others][:, spots].todense())
    gaps = first.mean(axis=0) - second.mean(axis=0)
    p_values = _p_values(np.concatenate([first, second]), len(first), gaps, spec.permutations, rng)
    order = np.argsort(-np.abs(gaps), kind="stable")[: spec.most]
    low, high = _bootstrap(first[:, order], second[:, order], spec.replicates, spec.confidence, rng)
    mass, other_mass = (_dense(explained.mass, rows, spots[order]) for rows in (own, others))
    found = tuple(
        Difference(
            spot=explained.spots[spots[at]],
            rows=float((mass[:, place] != 0).mean()),
            other_rows=float((other_mass[:, place] != 0).mean()),
            mass=float(mass[:, place].mean()),
            other_mass=float(other_mass[:, place].mean()),
            mean=float(first[:, at].mean()),
            other_mean=float(second[:, at].mean()),
            difference=Measured(
                float(gaps[at]), float(low[place]), float(high[place]), len(first), "bootstrap"
            ),
            p_value=float(p_values[at]),
            adjusted=1.0,
        )
        for place, at in enumerate(order.tolist())
    )
    return Apart(spots, p_values, order, found)


def _dense(matrix: Any, rows: Bools, spots: Ints) -> Floats:
    out: Floats = np.asarray(matrix[rows][:, spots].todense())
    return out


def _p_values(
    values: Floats, count: int, gaps: Floats, permutations: int, rng: np.random.Generator
) -> Floats:
    """Return how often means lie as far apart when so many rows are chosen at random.

    What is in the data counts as one of the permutations (Phipson and Smyth 2010). Spots that none
    of them reaches get `FURTHER` times as many, so that many comparisons can be adjusted for.
    """
    beyond = _beyond(values, count, gaps, permutations, rng)
    made = np.full(len(beyond), permutations)
    rare = np.flatnonzero(beyond == 0)
    more = min(FURTHER * permutations, DRAWN // len(values))
    if len(rare) and more > 0:
        beyond[rare] += _beyond(values[:, rare], count, gaps[rare], more, rng)
        made[rare] += more
    found: Floats = (1 + beyond) / (1 + made)
    return found


def _beyond(
    values: Floats, count: int, gaps: Floats, permutations: int, rng: np.random.Generator
) -> Ints:
    """Count permutations in which means lie at least as far apart."""
    rows = len(values)
    total = values.sum(axis=0)
    small = values.astype(np.float32)
    # Sums in four bytes differ from those in eight by some millionths.
    limit = np.abs(gaps) * (1 - 1e-5)
    out = np.zeros(values.shape[1], np.int64)
    step = max(1, TOGETHER // rows)
    for start in range(0, permutations, step):
        size = min(step, permutations - start)
        order = rng.random((size, rows), np.float32)
        taken = np.zeros((size, rows), np.float32)
        chosen = np.argpartition(order, count - 1, axis=1)[:, :count]
        np.put_along_axis(taken, chosen, 1.0, axis=1)
        sums = (taken @ small).astype(np.float64)
        means = sums / count - (total - sums) / (rows - count)
        out += (np.abs(means) >= limit).sum(axis=0)
    return out


def _bootstrap(
    first: Floats, second: Floats, replicates: int, confidence: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return percentile intervals of differences of means, rows of either set drawn anew."""
    means = [np.empty((replicates, first.shape[1])) for _ in range(2)]
    for side, values in zip(means, (first, second), strict=True):
        rows = len(values)
        step = max(1, TOGETHER // rows)
        for start in range(0, replicates, step):
            size = min(step, replicates - start)
            weights = rng.multinomial(rows, np.full(rows, 1 / rows), size=size)
            side[start : start + size] = weights @ values / rows
    tail = (1 - confidence) / 2
    low, high = np.quantile(means[0] - means[1], [tail, 1 - tail], axis=0)
    return low, high
