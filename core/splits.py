"""Splitting rows into those to train on, to choose by, and to test on."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, nearest, paragraph
from .spec import SplitSpec

SPLITS = ("train", "validation", "test")
SYNONYMS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
}

DEALS = 16
"""Shuffles of which the one is taken that meets the shares best, where rows stay together."""

LEAST = 0.5
"""Rows from which on a share is due a row at all."""


def from_column(
    cells: NDArray[np.object_], column: str, where: str | Callable[[int], str]
) -> NDArray[np.object_]:
    """Read the split of each row from a column; common synonyms (dev, val) are understood.

    Parameters
    ----------
    cells
        Shape (rows,).
    column
        The column's name, for errors.
    where
        The file's name, or a function that tells the file and row of a cell, for errors.

    Raises
    ------
    DataError
        If a cell names no split; the message names its row.
    """
    out = np.empty(len(cells), dtype=object)
    known: dict[object, str | None] = {}
    for row, cell in enumerate(cells):
        if cell not in known:
            known[cell] = SYNONYMS.get(str(cell).strip().lower())
        name = known[cell]
        if name is None:
            place = where(row) if callable(where) else f"{where}, row {row + 1}"
            empty = cell is None or not str(cell).strip()
            found = "the cell is empty" if empty else f"found “{cell}”"
            close = f" ({nearest(str(cell).strip().lower(), SYNONYMS)})" if not empty else ""
            raise DataError(
                paragraph(
                    f"{place}, column “{column}”",
                    f"{found}, expected train, validation or test{close}",
                    "Correct the cell, or leave data.split.column out to split by chance",
                )
            )
        out[row] = name
    return out


def by_chance(labels: NDArray[np.object_], spec: SplitSpec) -> NDArray[np.object_]:
    """Split rows at random, each label in the same shares where `stratify` is set.

    Every label keeps at least one row in training. A label too rare for a share of its own leaves
    its part to the next rare one, so that many rare labels together still fill every split.

    Parameters
    ----------
    labels
        Shape (rows,).
    spec
        Shares, seed and whether to stratify.

    Returns
    -------
    numpy.ndarray
        The split of each row, shape (rows,). The same rows and seed give the same split.
    """
    generator = np.random.default_rng(spec.seed)
    out = np.full(len(labels), "train", dtype=object)
    owed = {"test": 0.0, "validation": 0.0}
    for rows in _strata(labels) if spec.stratify else [np.arange(len(labels))]:
        shuffled = generator.permutation(rows)
        begin = 0
        for name, share in (("test", spec.test), ("validation", spec.validation)):
            fair = len(rows) * share
            room = len(rows) - 1 - begin
            take = math.floor(fair + owed[name] + 0.5)
            take = min(max(take, int(fair >= LEAST)), room)
            owed[name] = min(max(owed[name] + fair - take, -0.5), 0.5)
            out[shuffled[begin : begin + take]] = name
            begin += take
    return out


def together(keys: NDArray[np.object_], spec: SplitSpec) -> NDArray[np.object_]:
    """Split rows at random so that rows of the same key share a split.

    Keys are shuffled, and each split takes those that fit into its share of the rows. Of several
    such shuffles the one counts that comes nearest to the shares. Training keeps a key at least,
    and every split whose share is a row or more gets one where there are enough.

    Parameters
    ----------
    keys
        What must not stand in two splits, such as the text that questions are about; shape (rows,).
    spec
        Shares and seed.

    Returns
    -------
    numpy.ndarray
        The split of each row, shape (rows,). The same rows and seed give the same split.
    """
    number = {key: code for code, key in enumerate(sorted(set(keys.tolist())))}
    codes = np.fromiter((number[key] for key in keys), np.int64, len(keys))
    sizes = np.bincount(codes)
    fair = {"test": len(keys) * spec.test, "validation": len(keys) * spec.validation}
    generator = np.random.default_rng(spec.seed)
    tried = [_dealt(generator.permutation(len(sizes)).tolist(), sizes, fair) for _ in range(DEALS)]

    def off(split: NDArray[np.object_]) -> float:
        return sum(abs(float(sizes[split == name].sum()) - rows) for name, rows in fair.items())

    return np.asarray(min(tried, key=off)[codes])


def _dealt(
    keys: list[int], sizes: NDArray[np.int64], fair: dict[str, float]
) -> NDArray[np.object_]:
    """Deal keys to splits in the order given; the split of each key, shape (keys,)."""
    out = np.full(len(sizes), "train", dtype=object)
    due = [name for name, rows in fair.items() if rows >= LEAST]
    for place, name in enumerate(due):
        gap, rest = fair[name], list[int]()
        spare = len(keys) - (len(due) - place)  # one is kept for each split to come and training
        for key in keys:
            if sizes[key] <= gap and spare > 0:
                out[key] = name
                gap -= float(sizes[key])
                spare -= 1
            else:
                rest.append(key)
        if len(rest) > 1:
            small = min(rest, key=lambda key: sizes[key])
            nearer = spare > 0 and abs(sizes[small] - gap) < gap
            if nearer or len(rest) == len(keys):
                out[small] = name
                rest.remove(small)
        keys = rest
    return out


def _strata(labels: NDArray[np.object_]) -> list[NDArray[np.int64]]:
    """Return the rows of each label, labels in the order of the alphabet."""
    number = {label: code for code, label in enumerate(sorted(set(labels.tolist())))}
    codes = np.fromiter((number[label] for label in labels), np.int64, len(labels))
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(codes[order])) + 1)
