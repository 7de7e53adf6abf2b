"""Counting rows once for all groupings.

Several columns and their intersections group the same rows. Where the columns have few values
altogether the rows are counted by the finest crossing of all columns, and every grouping adds up
cells of that small table. So seven groupings of ten million rows cost one pass, not seven.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .groups import Grouping
from .passes import BLOCK, Codes, Read, counted, crossed, looked_up

Counts = NDArray[np.int64]

_MOST_CELLS = 4096
_MOST_COUNTS = 1 << 22  # a larger table takes longer to add up than the rows take to count


@dataclass(frozen=True, eq=False)
class Tally:
    """The groups of all rows, for every grouping.

    Attributes
    ----------
    rows
        Number of rows.
    cells
        Cell of the finest crossing of each row, shape (rows,); None where there are too many.
    size
        Number of cells.
    lookups
        Column to the group of each cell, shape (cells,).
    order
        The row at each place, shape (rows,), where rows don't stand in their own order.
    """

    rows: int
    cells: Codes | None
    size: int
    lookups: dict[str, Codes]
    order: NDArray[np.integer] | None = None

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
        rows = len(singles[0].codes)
        if prod(sizes) > _MOST_CELLS or len(groupings) < 2:
            return cls(rows, None, 0, {})
        cells, size = singles[0].codes, sizes[0]
        for one in singles[1:]:
            cells = crossed(cells, one.codes, size, len(one.names))
            size *= len(one.names)
        some_row = _some_row(cells, size)  # all rows of a cell are in the same groups
        lookups = {one.column: one.codes[some_row] for one in groupings}
        return cls(rows, cells, size, lookups)

    def ordered(self, order: NDArray[np.integer]) -> Tally:
        """Return the tally of the same rows in another order, shape (rows,)."""
        cells = None if self.cells is None else looked_up(self.cells, order)
        return replace(self, cells=cells, order=order)

    def codes(self, grouping: Grouping) -> Codes:
        """Return the group at each place, shape (rows,)."""
        if self.cells is not None:
            return looked_up(self.lookups[grouping.column], self.cells)
        return grouping.codes if self.order is None else looked_up(grouping.codes, self.order)

    def count(self, values: Read, size: int, weights: Read | None = None) -> Tallied:
        """Count the rows of every group by a value, or add up weights.

        Parameters
        ----------
        values
            Gives a whole number from 0 to ``size - 1`` for the rows at some places.
        size
            Number of different values.
        weights
            Gives what each of them adds; 1 if left out.
        """

        def table(codes: Codes, groups: int) -> NDArray[Any]:
            def flat(part: slice) -> NDArray[Any]:
                out = np.multiply(codes[part], size, dtype=np.intp)
                out += values(part)
                return out

            return counted(flat, self.rows, groups * size, weights).reshape(groups, size)

        cells = self.cells
        if cells is None or self.size * size > _MOST_COUNTS:
            return Tallied(lambda one: table(self.codes(one), len(one.names)))
        by_cell = table(cells, self.size)

        def added(one: Grouping) -> NDArray[Any]:
            out = np.zeros((len(one.names), size), by_cell.dtype)
            np.add.at(out, self.lookups[one.column], by_cell)
            return out

        return Tallied(added)

    def add(self, weights: Read) -> Tallied:
        """Add up a number over the rows of every group; `by` gives the shape (groups,)."""
        return self.count(_nothing, 1, weights).then(_only)

    def count_rows(self) -> Tallied:
        """Count the rows of every group; `by` gives the shape (groups,)."""
        return self.count(_nothing, 1).then(_only)


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


def _some_row(cells: Codes, size: int) -> NDArray[np.intp]:
    """Return a row of each cell that has any, shape (cells,), seldom looking at them all."""
    missing = counted(cells.__getitem__, len(cells), size) > 0
    out = np.zeros(size, np.intp)
    for start in range(0, len(cells), BLOCK):
        if not missing.any():
            break
        own = cells[start : start + BLOCK]
        out[own] = np.arange(start, start + len(own))
        missing[own] = False
    return out


def _nothing(part: slice) -> NDArray[Any]:
    del part
    return np.zeros(1, np.intp)


def _only(table: NDArray[Any]) -> NDArray[Any]:
    return table[:, 0]
