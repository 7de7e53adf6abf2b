"""Numbers made groups: cut at given edges, or into bands of about equal size."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from .groups import MISSING, Grouping, renumbered

if TYPE_CHECKING:
    import pandas as pd


def cut_column(column: str, values: pd.Series[Any], at: int | Sequence[float]) -> Grouping:
    """Give the rows of a numeric column the bands that they fall into.

    Parameters
    ----------
    column
        Name of the column.
    values
        Number of each row, shape (rows,), also as text. Rows without one are a group of their own.
    at
        Number of bands of about equal size, or the edges between bands: 25 and 45 make
        “below 25”, “25 to below 45” and “45 and above”. Equal numbers are never parted, so that
        there may be fewer bands than asked for.

    Raises
    ------
    DataError
        A cell is not a number; the message names its row.
    """
    import pandas as pd

    texts = values.astype("string").str.strip()
    absent = (texts.isna() | (texts == "")).to_numpy(dtype=bool)
    numbers = pd.to_numeric(values.where(~absent), errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )
    wrong = np.flatnonzero(~np.isfinite(numbers) & ~absent)
    if len(wrong):
        raise DataError(
            paragraph(
                f"predictions, row {int(values.index[wrong[0]]) + 1}, column “{column}”",
                f"“{values.iloc[wrong[0]]}” is not a number, and audit.cut asks for bands of it",
                f"Correct the cell, or leave “{column}” out of audit.cut",
            )
        )
    edges = _edges(numbers[~absent], at)
    codes = np.searchsorted(edges, numbers, side="right")
    names = _names(edges)
    codes[absent] = len(names)
    names = (*names, MISSING)
    present = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    lookup = np.zeros(len(names), np.intp)
    lookup[present] = np.arange(len(present))
    return Grouping(column, (column,), tuple(names[i] for i in present), renumbered(codes, lookup))


def _edges(numbers: NDArray[np.float64], at: int | Sequence[float]) -> NDArray[np.float64]:
    if not isinstance(at, int):
        return np.unique(np.asarray(at, np.float64))
    if not len(numbers):
        return np.empty(0)
    # Edges are numbers that rows have, so that each can be written as it stands in the table.
    shares = np.arange(1, at) / at
    edges = np.unique(np.quantile(numbers, shares, method="higher"))
    return np.asarray(edges[edges > numbers.min()], np.float64)


def _names(edges: NDArray[np.float64]) -> tuple[str, ...]:
    shown = [f"{edge:.6g}" for edge in edges]
    if len(set(shown)) < len(shown):
        shown = [repr(float(edge)) for edge in edges]
    if not shown:
        return ("all",)
    between = [f"{low} to below {high}" for low, high in pairwise(shown)]
    return (f"below {shown[0]}", *between, f"{shown[-1]} and above")
