"""Means of numbers over the rows of each group, and how sure they and their differences are.

Sums and sums of squares are all that is kept of the rows. The interval of a mean is Student's; that
of a difference is Welch's, which does not take the groups to scatter alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .groups import Grouping
from .tally import Tallied, Tally

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Means:
    """Mean of a number in each group; all arrays have the shape (groups,).

    Attributes
    ----------
    n
        Rows.
    total, squares
        Sum of the numbers and of their squares, both after `shift` was taken off.
    shift
        A number near their mean, so that squares don't lose digits.
    """

    n: NDArray[np.int64]
    total: Numbers
    squares: Numbers
    shift: float

    @property
    def value(self) -> Numbers:
        """Mean of each group; NaN without rows."""
        mean = self.total / np.where(self.n > 0, self.n, np.nan)
        return np.asarray(self.shift + mean, np.float64)

    @property
    def error(self) -> Numbers:
        """Standard error of each mean; NaN with fewer than two rows."""
        n = np.where(self.n > 1, self.n, np.nan)
        spread = np.maximum(self.squares - self.total**2 / n, 0) / (n - 1)
        return np.asarray(np.sqrt(spread / n), np.float64)

    @property
    def rest(self) -> Means:
        """The same of all rows outside of each group."""
        return Means(
            self.n.sum() - self.n,
            self.total.sum() - self.total,
            self.squares.sum() - self.squares,
            self.shift,
        )

    @property
    def whole(self) -> Means:
        """The same of all rows, shape (1,)."""
        n, total, squares = (part.sum(keepdims=True) for part in (self.n, self.total, self.squares))
        return Means(n, total, squares, self.shift)

    def picked(self, group: int) -> Means:
        """Return one group's figures in place of every group's."""
        at = np.full(len(self.n), group)
        return Means(self.n[at], self.total[at], self.squares[at], self.shift)

    def interval(self, confidence: float) -> tuple[Numbers, Numbers]:
        """Return Student's interval of each mean."""
        half = _quantile(confidence, self.n.astype(np.float64) - 1) * self.error
        return self.value - half, self.value + half

    def difference(self, other: Means, confidence: float) -> tuple[Numbers, Numbers, Numbers]:
        """Return Welch's interval of own minus other means, and the two-sided p-value of 0.

        Where numbers have a long tail, a small group's mean goes up and down with its own scatter,
        and the tails of Welch's statistic say far too often that it differs. Its p-value is
        therefore compared with that of groups given to the rows at random, whose scatter is that
        of all rows, and the larger one is returned.

        References
        ----------
        Welch (1947), The generalization of "Student's" problem when several different population
        variances are involved. Biometrika 34. Pitman (1937), Significance tests which may be
        applied to samples from any populations. Supplement to the JRSS 4 (its normal limit).
        """
        from scipy.special import ndtr, stdtr

        gap = self.value - other.value
        own, others = self.error**2, other.error**2
        error = np.sqrt(own + others)
        n = self.n + other.n
        total, squares = self.total + other.total, self.squares + other.squares
        with np.errstate(divide="ignore", invalid="ignore"):
            freedom = (own + others) ** 2 / (own**2 / (self.n - 1) + others**2 / (other.n - 1))
            statistic = gap / error
            common = np.maximum(squares - total**2 / n, 0) / (n - 1) * (1 / self.n + 1 / other.n)
            at_random = 2 * ndtr(-np.abs(gap) / np.sqrt(common))
        half = _quantile(confidence, freedom) * error
        p_value = 2 * stdtr(freedom, -np.abs(statistic))
        # Where nothing scatters, equal means are equal.
        still = error == 0
        p_value = np.where(still, at_random, np.maximum(p_value, at_random))
        p_value = np.where(still & (gap == 0), 1.0, p_value)
        half = np.where(still, 0.0, half)
        return gap - half, gap + half, p_value


@dataclass(frozen=True, eq=False)
class Summed:
    """A number's sums over the rows of every group of a tally."""

    n: Tallied
    total: Tallied
    squares: Tallied
    shift: float

    @classmethod
    def of(cls, tally: Tally, values: Numbers) -> Summed:
        """Add up a number of each row, shape (rows,); rows where it is NaN are left out."""
        there = ~np.isnan(values)
        shift = float(values[there].mean()) if there.any() else 0.0
        moved = np.where(there, values - shift, 0.0)
        squares = moved * moved
        known = tally.count(there.__getitem__, 2).then(lambda table: table[:, 1])
        return cls(known, tally.add(moved.__getitem__), tally.add(squares.__getitem__), shift)

    def by(self, grouping: Grouping) -> Means:
        """Return the means of a grouping."""
        return Means(
            self.n.by(grouping), self.total.by(grouping), self.squares.by(grouping), self.shift
        )


def _quantile(confidence: float, freedom: Numbers) -> Numbers:
    from scipy.special import stdtrit

    usable = np.where(freedom > 0, freedom, np.nan)
    return np.asarray(stdtrit(usable, (1 + confidence) / 2), np.float64)
