"""The roles of a table's columns: reading each one, with errors that name the file and the row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, nearest, paragraph
from . import splits
from .spec import DataSpec, SourceSpec
from .tables import as_text, blank, read_table

if TYPE_CHECKING:
    import pandas as pd

# Columns beside a table's own; no file's column name begins with NUL.
WHERE, ROW, NUMBER, WEIGHT = "\0where", "\0row", "\0number", "\0weight"


def read(source: SourceSpec, columns: tuple[str, ...], *, whole: bool = False) -> pd.DataFrame:
    """Read the columns that have a role, as text, with the place and the weight of each row.

    Every column is read where `whole` is set: by tasks that know their columns themselves.

    Raises
    ------
    DataError
        If the table can't be read or lacks a column.
    """
    import pandas as pd

    table = read_table(source)
    for name in columns:
        if name not in table.columns:
            raise DataError(
                paragraph(
                    f"{source.path}, column “{name}”",
                    f"there is no such column ({nearest(name, table.columns)})",
                    "Correct the column's name in the recipe's data section",
                )
            )
    kept = table.columns if whole else columns
    out = pd.DataFrame({name: as_text(table[name], source.path) for name in kept})
    out[WHERE] = pd.Categorical.from_codes(np.zeros(len(out), np.int8), pd.Index([source.path]))
    out[ROW] = np.arange(1, len(out) + 1)
    out[WEIGHT] = np.float32(source.weight)
    return out


def place(table: pd.DataFrame, row: int, column: str | None = None) -> str:
    """Name the file and the row (counted from 1 below the header) that a row came from."""
    cells = table.iloc[row]
    words = f"{cells[WHERE]}, row {cells[ROW]}"
    return words if column is None else f"{words}, column “{column}”"


def check_rows(table: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse missing labels and empty inputs; the message names the first of them."""
    for name in columns:
        empty = np.flatnonzero(blank(table[name]))
        if not len(empty):
            continue
        others = f", as are {len(empty) - 1:,} more of {len(table):,} rows"
        raise DataError(
            paragraph(
                place(table, int(empty[0]), name),
                "the cell is empty" + (others if len(empty) > 1 else ""),
                "Fill the cells, or drop such rows with `clean: [drop_missing]` in the recipe's "
                "data section",
            )
        )


def check_split(split: NDArray[np.object_], weight: NDArray[np.float32], spec: DataSpec) -> None:
    """Refuse a split that leaves nothing to test, or all weight out of training."""
    for name in ("train", "test"):
        if not (split == name).any():
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, split “{name}”",
                    "no row belongs to it",
                    "Correct data.split, or bring more rows",
                )
            )
    if not weight[split == "train"].any():
        raise DataError(
            paragraph(
                f"{spec.source[0].path}, column “{spec.weight}”",
                "every training row has the weight 0",
                "Correct the weights, or leave data.weight out",
            )
        )


def check_trained(label: NDArray[np.object_], split: NDArray[np.object_], spec: DataSpec) -> None:
    """Refuse a class that stands in no training row."""
    trained = set(label[split == "train"].tolist())
    for name in order(set(label.tolist())):
        if name not in trained:
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, column “{spec.label}”",
                    f"the class “{name}” stands in no training row",
                    "Bring training rows of this class, or remove its rows",
                )
            )


def row_ids(table: pd.DataFrame, spec: DataSpec) -> NDArray[np.object_]:
    """Return the id of each row: a column of its own, or the row's number in the tables."""
    if spec.id is None:
        return np.array([str(number) for number in table[NUMBER].tolist()], dtype=object)
    ids = table[spec.id]
    bad = np.flatnonzero(blank(ids) | ids.duplicated().to_numpy(bool))
    if len(bad):
        cell = ids.iloc[int(bad[0])]
        raise DataError(
            paragraph(
                place(table, int(bad[0]), spec.id),
                f"the id “{cell}” stands there twice" if cell else "the id is missing",
                "Give every row an id of its own, or leave data.id out",
            )
        )
    return ids.to_numpy(object)


def row_splits(
    table: pd.DataFrame,
    label: NDArray[np.object_] | None,
    spec: DataSpec,
    together: str | None = None,
) -> NDArray[np.object_]:
    """Return the split of each row, from its column or by chance; a class evenly in all splits.

    Rows with the same cell in the column `together` share a split where it is by chance.
    """
    column = spec.split.column
    if column is not None:
        cells = table[column].to_numpy(object)
        return splits.from_column(cells, column, lambda row: place(table, row))
    if together is None:
        alike = np.full(len(table), "", dtype=object)
        return splits.by_chance(alike if label is None else label, spec.split)
    keys = by_value(table[together], lambda cell: " ".join(cell.split()))
    if len(set(keys.tolist())) == 1:
        shared = {"text": "text", "image": "picture", "audio": "sound"}[spec.inputs[together]]
        raise DataError(
            paragraph(
                f"{spec.source[0].path}, column “{together}”",
                f"every row has the same {shared} here, so none can be kept apart to test on",
                f"Bring rows of more {shared}s, or name the split of each row in a column "
                "(data.split.column)",
            )
        )
    return splits.together(keys, spec.split)


def by_value(column: pd.Series, change: Callable[[str], str | None]) -> NDArray[np.object_]:
    """Change each of a column's values once, however many rows hold it; missing cells stay so."""
    import pandas as pd

    codes, values = pd.factorize(column)
    changed = np.array([*(change(value) for value in values), None], dtype=object)
    return changed[codes]  # a missing cell's code is -1


def row_weights(table: pd.DataFrame, spec: DataSpec) -> NDArray[np.float32]:
    """Return the weight of each row: its table's, times its own where a column holds one."""
    weight = table[WEIGHT].to_numpy(np.float32)
    if spec.weight is None:
        return weight
    import pandas as pd

    given = pd.to_numeric(table[spec.weight], errors="coerce").to_numpy(np.float32)
    bad = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if len(bad):
        cell = table[spec.weight].iloc[int(bad[0])]
        raise DataError(
            paragraph(
                place(table, int(bad[0]), spec.weight),
                ("the cell is empty" if cell is None else f"found “{cell}”")
                + ", expected a number of 0 or more",
                "Correct the weight, or leave data.weight out",
            )
        )
    return np.asarray(weight * given, dtype=np.float32)


def order(labels: set[str]) -> tuple[str, ...]:
    """Sort classes as people do: numbers by size, words by the alphabet."""
    try:
        size = {label: float(label) for label in labels}
    except ValueError:
        return tuple(sorted(labels))
    if any(math.isnan(number) for number in size.values()):  # “nan” is a word, not a number
        return tuple(sorted(labels))
    return tuple(sorted(labels, key=lambda label: (size[label], label)))
