"""Passes over millions of rows, a block that fits a processor's cache at a time.

numpy changes the kind of a whole array before it counts or looks up by it, which takes ten times as
long as the counting itself. Whole numbers are kept as small as they can be, for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.signedinteger[Any]]
"""Whole numbers from 0 up, and -1 where there is none, in the smallest kind that holds them.

Arithmetic on them overflows: `crossed` is how two of them make a third one.
"""

Read = Callable[[slice], NDArray[Any]]
"""Gives the values of some consecutive rows; an array does by its ``__getitem__``."""

BLOCK = 1 << 16

THREADS = 2
"""Passes that are made at a time; more would take memory for little time."""

Given = TypeVar("Given")
Found = TypeVar("Found")


def together(work: Callable[[Given], Found], parts: Iterable[Given]) -> list[Found]:
    """Do the same to several parts, `THREADS` at a time: numpy lets go of Python's lock."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, parts))


def smallest(size: int) -> type[np.signedinteger[Any]]:
    """Return the smallest kind of signed numbers that holds 0 to ``size - 1``."""
    kinds = (np.int8, np.int16, np.int32)
    return next((kind for kind in kinds if size <= np.iinfo(kind).max + 1), np.int64)


def crossed(first: Codes, second: Codes, first_size: int, second_size: int) -> Codes:
    """Return the number of each pair of two codes, ``first * second_size + second``.

    Parameters
    ----------
    first, second
        Codes of the same rows, shape (rows,), none of them missing.
    first_size, second_size
        Numbers of different codes.
    """
    kind = smallest(first_size * second_size)
    out = np.multiply(first, second_size, dtype=kind, casting="unsafe")
    out += second.astype(kind, copy=False)
    return np.asarray(out)


def looked_up(table: NDArray[Any], places: NDArray[np.integer]) -> NDArray[Any]:
    """Return ``table[places]``, which may be longer than memory likes as whole numbers of 64 bits.

    Parameters
    ----------
    table
        Shape (size,).
    places
        From 0 to ``size - 1``, shape (rows,).
    """
    out = np.empty(len(places), table.dtype)
    for start in range(0, len(places), BLOCK):
        part = slice(start, start + BLOCK)
        np.take(table, places[part], out=out[part], mode="clip")
    return out


def counted(values: Read, rows: int, size: int, weights: Read | None = None) -> NDArray[Any]:
    """Count the rows of each value, or add up their weights.

    Parameters
    ----------
    values
        Gives whole numbers from 0 to ``size - 1``.
    rows
        Number of rows.
    size
        Number of different values.
    weights
        Gives what each row adds; 1 if left out.

    Returns
    -------
    numpy.ndarray
        Shape (size,), whole numbers without weights.
    """
    out = np.zeros(size, np.int64 if weights is None else np.float64)
    step = max(BLOCK, size)
    for start in range(0, rows, step):
        part = slice(start, start + step)
        added = None if weights is None else weights(part)
        at = np.asarray(values(part), np.intp)
        out += np.bincount(at, weights=added, minlength=size)
    return out
