"""Who belongs to which group: every row gets one whole number per grouping.

A sensitive column is read once, its different values are numbered, and intersections of columns
are numbered by arithmetic on those numbers. No table is ever split, so ten million rows cost a few
passes over an array of integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING = "(missing)"
CROSS = "×"
_DENSE = 1 << 22  # combinations up to which a lookup table is cheaper than sorting the rows

Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Grouping:
    """The groups of one sensitive column, or of several crossed ones.

    Attributes
    ----------
    column
        Name of the column, or ``a×b`` for an intersection.
    columns
        The columns that were crossed; one for a single column.
    names
        Name of each group, ``x×y`` for an intersection; only groups that have rows.
    codes
        Group of each row, shape (rows,), from 0 to ``len(names) - 1``.
    """

    column: str
    columns: tuple[str, ...]
    names: tuple[str, ...]
    codes: Codes


def group_column(column: str, values: pd.Series[Any]) -> Grouping:
    """Give the groups of one sensitive column their numbers.

    Parameters
    ----------
    column
        Name of the column.
    values
        Value of each row, shape (rows,). Rows without a value (None, NaN, an empty text) are a
        group of their own, shown as ``(missing)``.
    """
    codes, names = value_codes(values)
    absent = codes < 0
    if not absent.any():
        return Grouping(column, (column,), names, codes)
    named = (*(name for name in names if name != MISSING), MISSING)
    place = {name: code for code, name in enumerate(named)}
    lookup = np.array([*(place[name] for name in names), place[MISSING]], dtype=np.intp)
    return Grouping(column, (column,), named, renumbered(codes, lookup))


def intersections(singles: Sequence[Grouping], depth: int) -> tuple[Grouping, ...]:
    """Cross the columns two by two, then three by three, up to `depth` columns.

    Parameters
    ----------
    singles
        One grouping per sensitive column, all over the same rows.
    depth
        Most columns that are crossed; 1 gives no intersection.
    """
    crossed = []
    taken = {single.column for single in singles}
    for size in range(2, min(depth, len(singles)) + 1):
        for parts in combinations(singles, size):
            column = _joined([part.column for part in parts], taken)
            taken.add(column)
            crossed.append(_cross(column, parts))
    return tuple(crossed)


def value_codes(values: pd.Series[Any]) -> tuple[Codes, tuple[str, ...]]:
    """Give the values of a column numbers in the natural order of their text; missing is -1.

    Whole floats read as integers (``1.0`` is ``1``), because pandas turns integers into floats as
    soon as one value is missing.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        raw = values.cat.codes.to_numpy()
        there = np.bincount(raw + 1, minlength=len(values.cat.categories) + 1)[1:] > 0
        texts = [
            _text(value) if used else ""
            for value, used in zip(values.cat.categories, there, strict=True)
        ]
    else:
        raw, uniques = pd.factorize(values, use_na_sentinel=True)
        texts = [_text(value) for value in uniques]
    names = natural_order({text for text in texts if text})
    place = {name: code for code, name in enumerate(names)}
    lookup = np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.intp)
    return renumbered(raw, lookup), names


def renumbered(codes: NDArray[np.integer], lookup: Codes) -> Codes:
    """Replace codes by those of a table; where nothing changes, millions of rows stay untouched."""
    size = len(lookup)
    same = lookup[-1] == -1 and (lookup[:-1] == np.arange(size - 1)).all()
    if same or ((lookup == np.arange(size)).all() and not (codes < 0).any()):
        return codes.astype(np.intp, copy=False)
    return np.asarray(lookup[codes], np.intp)


def natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sort names as numbers where all of them are numbers, else as text."""
    known = sorted(names)
    try:
        return tuple(sorted(known, key=float))
    except ValueError:
        return tuple(known)


def _cross(column: str, parts: Sequence[Grouping]) -> Grouping:
    sizes = [len(part.names) for part in parts]
    codes = parts[0].codes
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        codes = codes * size + part.codes
    if prod(sizes) <= _DENSE:
        present = np.flatnonzero(np.bincount(codes, minlength=prod(sizes)))
        lookup = np.zeros(prod(sizes), dtype=np.intp)
        lookup[present] = np.arange(len(present))
        codes = renumbered(codes, lookup)
    else:
        present, codes = np.unique(codes, return_inverse=True)
    cells = np.stack(np.unravel_index(present, sizes), axis=1)
    values = [[part.names[code] for part, code in zip(parts, cell, strict=True)] for cell in cells]
    names = tuple(CROSS.join(value) for value in values)
    if len(set(names)) < len(names):  # a value holds “×” itself: quotes tell the two apart
        names = tuple(CROSS.join(f"“{word}”" for word in value) for value in values)
    return Grouping(column, tuple(part.column for part in parts), names, codes)


def _joined(columns: Sequence[str], taken: set[str]) -> str:
    name = CROSS.join(columns)
    return CROSS.join(f"“{column}”" for column in columns) if name in taken else name


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()
