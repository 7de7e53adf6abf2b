"""Splitting rows into those to train on, to choose by, and to test on."""

from __future__ import annotations

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


def from_column(cells: NDArray[np.object_], column: str, where: str) -> NDArray[np.object_]:
    """Read the split of each row from a column; common synonyms (dev, val) are understood.

    Parameters
    ----------
    cells
        Shape (rows,).
    column, where
        The column's and the file's name, for errors.
    """
    out = np.empty(len(cells), dtype=object)
    for row, cell in enumerate(cells):
        name = SYNONYMS.get(str(cell).strip().lower())
        if name is None:
            raise DataError(
                paragraph(
                    f"{where}, row {row + 1}, column “{column}”",
                    f"found “{cell}”, expected train, validation or test "
                    f"({nearest(str(cell), SYNONYMS)})",
                    "Correct the cell, or leave data.split.column out to split by chance",
                )
            )
        out[row] = name
    return out


def by_chance(labels: NDArray[np.object_], spec: SplitSpec) -> NDArray[np.object_]:
    """Split rows at random, each label in the same shares where `stratify` is set.

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
    out = np.empty(len(labels), dtype=object)
    if spec.stratify:
        strata = [np.flatnonzero(labels == label) for label in sorted(set(labels.tolist()))]
    else:
        strata = [np.arange(len(labels))]
    for rows in strata:
        out[generator.permutation(rows)] = _shares(len(rows), spec)
    return out


def _shares(count: int, spec: SplitSpec) -> NDArray[np.object_]:
    # Rounding down the smaller splits keeps at least one row of every label in training.
    validation, test = int(count * spec.validation + 0.5), int(count * spec.test + 0.5)
    if validation + test >= count:
        validation, test = min(validation, max(count - 1, 0)), 0
    names = ["validation"] * validation + ["test"] * test
    return np.array(["train"] * (count - len(names)) + names, dtype=object)
