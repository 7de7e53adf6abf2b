"""Who belongs to which group: every row gets one whole number per grouping.

A sensitive column is read once, its different values are numbered, and intersections of columns
are numbered by arithmetic on those numbers. No table is ever split, so ten million rows cost a few
passes over an array of integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .bands import in_order
from .passes import Codes, counted, crossed, smallest

MISSING = "(missing)"
CROSS = "×"
_FEW = 1 << 10  # whole numbers so near each other are counted rather than looked up
_DENSE = 1 << 22  # combinations up to which a lookup table is cheaper than sorting the rows


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
        group of their own, shown as ``(missing)``. Groups stand in the order of the categories
        where these have one, as bands of numbers where they are such, else in natural order.
    """
    codes, names = value_codes(values)
    wanted = _standing(values, names)
    if wanted != names:
        place = {name: code for code, name in enumerate(wanted)}
        codes, names = renumbered(codes, [place[name] for name in names]), wanted
    absent = codes < 0
    if not absent.any():
        return Grouping(column, (column,), names, codes)
    named = (*(name for name in names if name != MISSING), MISSING)
    place = {name: code for code, name in enumerate(named)}
    lookup = [place[name] for name in names]
    return Grouping(column, (column,), named, renumbered(codes, lookup, place[MISSING]))


def _standing(values: pd.Series[Any], names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of groups in the order in which people expect them."""
    if isinstance(values.dtype, pd.CategoricalDtype) and values.cat.ordered:
        held = set(names)
        said = dict.fromkeys(_text(value) for value in values.cat.categories)
        return tuple(name for name in said if name in held)
    known = in_order([name for name in names if name != MISSING])
    return (*known, MISSING) if MISSING in names else known


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
    known = _coded(values)
    if known is not None:
        raw, categories = known
        size = len(categories)
        # Moved up by one, so that a missing value counts as the first.
        rows = counted(lambda part: np.add(raw[part], 1, dtype=np.intp), len(raw), size + 1)
        texts = [
            _text(value) if used else "" for value, used in zip(categories, rows[1:], strict=True)
        ]
    else:
        raw, uniques = pd.factorize(values, use_na_sentinel=True)
        texts = [_text(value) for value in uniques]
    names = natural_order({text for text in texts if text})
    place = {name: code for code, name in enumerate(names)}
    return renumbered(raw, [place.get(text, -1) for text in texts]), names


def _coded(
    values: pd.Series[Any],
) -> tuple[NDArray[np.signedinteger[Any]], Sequence[Any]] | None:
    """Return codes and what they stand for, where a column has them or is nearly made of them."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return np.asarray(values.cat.codes), list(values.cat.categories)
    if not len(values) or not isinstance(values.dtype, np.dtype) or values.dtype.kind != "i":
        return None
    numbers = values.to_numpy()
    least, most = int(numbers.min()), int(numbers.max())
    if most - least >= _FEW:
        return None
    codes = np.subtract(numbers, least, dtype=np.int16, casting="unsafe")
    return codes, range(least, most + 1)


def renumbered(
    codes: NDArray[np.signedinteger[Any]],
    lookup: Sequence[int] | NDArray[np.intp],
    missing: int = -1,
) -> Codes:
    """Replace codes by those of a table; where nothing changes, millions of rows stay untouched.

    Parameters
    ----------
    codes
        Code of each row, shape (rows,); -1 where there is none.
    lookup
        What takes the place of each code.
    missing
        What takes the place of -1.
    """
    table = np.append(np.asarray(lookup, np.intp), missing)
    kind = smallest(int(table.max()) + 1)
    if missing == -1 and bool((table[:-1] == np.arange(len(table) - 1)).all()):
        return codes.astype(kind, copy=False)
    return np.asarray(table.astype(kind)[codes])


def natural_order(names: Iterable[str]) -> tuple[str, ...]:
    """Sort names as numbers where all of them are numbers, else as text."""
    known = sorted(names)
    try:
        return tuple(sorted(known, key=float))
    except ValueError:
        return tuple(known)


def _cross(column: str, parts: Sequence[Grouping]) -> Grouping:
    sizes = [len(part.names) for part in parts]
    codes, size = parts[0].codes, sizes[0]
    for part in parts[1:]:
        codes = crossed(codes, part.codes, size, len(part.names))
        size *= len(part.names)
    if size <= _DENSE:
        present = np.flatnonzero(counted(codes.__getitem__, len(codes), size))
        lookup = np.zeros(size, np.intp)
        lookup[present] = np.arange(len(present))
        codes = renumbered(codes, lookup)
    else:
        present, places = np.unique(codes, return_inverse=True)
        codes = places.astype(smallest(len(present)))
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
