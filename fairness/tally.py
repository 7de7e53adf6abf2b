"""Counting rows once for all groupings.

Several columns and their intersections group the same rows. Where the columns have few values
altogether the rows are counted by the finest crossing of all columns, and every grouping adds up
cells of that small table. So seven groupings of ten million rows cost one pass, not seven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .groups import Codes, Grouping

Counts = NDArray[np.int64]

_MOST_CELLS = 4096
_MOST_COUNTS = 1 << 22  # a larger table takes longer to add up than the rows take to count


@dataclass(frozen=True, eq=False)
class Tally:
    """The groups of all rows, for every grouping.

    Attributes
    ----------
    cells
        Cell of the finest crossing of each row, shape (rows,); None where there are too many.
    size
        Number of cells.
    lookups
        Column to the group of each cell, shape (cells,).
    """

    cells: Codes | None
    size: int
    lookups: dict[str, Codes]

    @classmethod
    def of(cls, singles: Sequence[Grouping], groupings: Sequence[Grouping]) -> Tally:
        """Give every row the number of its cell.

        Parameters
        ----------
        singles
            One grouping per column.
        groupings
            All that is counted: these and their intersections.
        """
        sizes = [len(one.names) for one in singles]
        size = prod(sizes)
        if size > _MOST_CELLS or len(groupings) < 2:
            return cls(None, 0, {})
        cells = singles[0].codes
        for one in singles[1:]:
            cells = cells * len(one.names) + one.codes
        lookups = {}
        for one in groupings:
            lookups[one.column] = np.zeros(size, np.intp)
            lookups[one.column][cells] = one.codes
        return cls(cells, size, lookups)

    def count(
        self, values: NDArray[Any], size: int, weights: NDArray[np.float64] | None = None
    ) -> Tallied:
        """Count the rows of every group by a value, or add up weights.

        Parameters
        ----------
        values
            A whole number from 0 to ``size - 1`` for each row, shape (rows,).
        size
            Number of different values.
        weights
            What each row adds, shape (rows,); 1 if left out.
        """
        if self.cells is None or self.size * size > _MOST_COUNTS:
            return Tallied(lambda one: _counted(one.codes, values, len(one.names), size, weights))
        table = _counted(self.cells, values, self.size, size, weights)

        def added(one: Grouping) -> NDArray[Any]:
            out = np.zeros((len(one.names), size), table.dtype)
            np.add.at(out, self.lookups[one.column], table)
            return out

        return Tallied(added)

    def add(self, weights: NDArray[np.float64]) -> Tallied:
        """Add up a number over the rows of every group; `by` gives the shape (groups,)."""
        zeros = np.zeros(len(weights), np.intp)
        return self.count(zeros, 1, weights).then(lambda table: table[:, 0])


@dataclass(frozen=True, eq=False)
class Tallied:
    """What was counted."""

    counted: Callable[[Grouping], NDArray[Any]]
    _known: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False)

    def by(self, grouping: Grouping) -> NDArray[Any]:
        """Return the counts of a grouping, shape (groups, values)."""
        if grouping.column not in self._known:
            self._known[grouping.column] = self.counted(grouping)
        return self._known[grouping.column]

    def then(self, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Tallied:
        """Return what a function makes of the counts of each grouping."""
        return Tallied(lambda grouping: change(self.by(grouping)))


def _counted(
    groups: Codes,
    values: NDArray[Any],
    n_groups: int,
    size: int,
    weights: NDArray[np.float64] | None,
) -> NDArray[Any]:
    flat = groups if size == 1 else groups * size + values
    out = np.bincount(flat, weights=weights, minlength=n_groups * size).reshape(n_groups, size)
    return out if weights is not None else out.astype(np.int64, copy=False)
