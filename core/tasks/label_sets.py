"""Sets of labels in tables: cells such as ``a|b``, lists, or a column of 0 and 1 for each label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, RecipeError, nearest, paragraph
from .. import roles
from ..spec import DataSpec, TrainSpec

if TYPE_CHECKING:
    import pandas as pd

MANY_LABELS = 50
"""More labels than this are believed only where each has two rows on average."""

YES, NO = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")


def as_sets(table: pd.DataFrame, spec: DataSpec) -> tuple[pd.DataFrame, DataSpec]:
    """Write the labels of each row as a JSON list in one column, sorted, each once.

    An empty cell is an empty set: a row that has none of the labels.

    Parameters
    ----------
    table
        With the column `data.label`, whose cells are lists or labels with `data.separator` between
        them, or the columns `data.labels`, whose cells are 0 or 1.
    spec
        The data section.

    Returns
    -------
    The table with such a column, and the section that names it as the label.

    Raises
    ------
    DataError
        Naming file, row and column of the first cell that can't be read.
    """
    out = table.copy(deep=False)
    if spec.label is not None:
        out[spec.label] = _sets(table, spec.label, spec)
        return out, spec
    for name in spec.labels:
        if spec.separator in name:
            raise _separates(f"recipe, key “data.labels”: {name}", name, spec)
    there = np.stack([_flags(table, name) for name in spec.labels], axis=1)
    names = np.array(spec.labels, dtype=object)
    column = "labels"
    while column in table.columns:
        column += "_"
    out[column] = [json.dumps(sorted(names[row]), ensure_ascii=False) for row in there]
    return out, spec.model_copy(update={"label": column, "labels": []})


def check_labels(
    table: pd.DataFrame, spec: DataSpec, columns: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """Return the labels of a table that `as_sets` made.

    Parameters
    ----------
    table, spec
        What `as_sets` returned, rows left out since.
    columns
        The labels' own columns, where they had any: their order is the labels'.

    Raises
    ------
    DataError
        If no row has a label, a column says 0 everywhere, or the labels look like free text.
    """
    where = f"{spec.source[0].path}, column “{spec.label}”"
    sets = [json.loads(cell) for cell in table[str(spec.label)]]
    found = {label for cell in sets for label in cell}
    for name in columns:
        if name not in found:
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, column “{name}”",
                    "no row has a 1 here, so this label can't be learnt",
                    "Bring rows that have it, or leave it out of data.labels",
                )
            )
    if not found:
        raise DataError(paragraph(where, "no row has a label", "Bring rows with labels"))
    if len(found) > max(MANY_LABELS, len(sets) // 2):
        raise DataError(
            paragraph(
                where,
                f"there are {len(found):,} different labels in {len(sets):,} rows, so this looks "
                "like free text",
                f"Check data.separator, which is “{spec.separator}”, and data.label",
            )
        )
    return columns or roles.order(found)


def membership(cells: NDArray[np.object_], labels: Sequence[str]) -> NDArray[np.bool_]:
    """Read JSON lists; return which rows have which labels, of shape (rows, labels)."""
    number = {label: code for code, label in enumerate(labels)}
    out = np.zeros((len(cells), len(labels)), np.bool_)
    for row, cell in enumerate(cells):
        for label in json.loads(cell) if cell else ():
            out[row, number[label]] = True
    return out


def weights(
    member: NDArray[np.bool_], labels: Sequence[str], spec: TrainSpec
) -> NDArray[np.float32]:
    """Return what each row and label counts in the loss; shape (rows, labels).

    ``class_weight: balanced`` makes rows with a label and rows without it count alike together
    (`sklearn.utils.class_weight.compute_class_weight` for each label); a mapping says what a row
    counts that has the label, where one without it counts 1.

    Raises
    ------
    RecipeError
        If the mapping names a label that is not there.
    """
    rows = len(member)
    if spec.class_weight is None:
        return np.ones(member.shape, np.float32)
    if spec.class_weight == "balanced":
        there = np.maximum(member.sum(axis=0), 1)
        absent = np.maximum(rows - member.sum(axis=0), 1)
        return np.asarray(np.where(member, rows / (2 * there), rows / (2 * absent)), np.float32)
    for name in spec.class_weight:
        if name not in labels:
            raise RecipeError(
                paragraph(
                    "recipe, key “train.class_weight”",
                    f"there is no label “{name}” ({nearest(name, labels)})",
                    "Correct the label's name",
                )
            )
    given = np.array([spec.class_weight.get(label, 1.0) for label in labels])
    return np.where(member, given, 1.0).astype(np.float32)


def _sets(table: pd.DataFrame, column: str, spec: DataSpec) -> list[str]:
    """Return the labels of each cell as a JSON list."""
    import pandas as pd

    codes, cells = pd.factorize(table[column])
    sets = []
    for code, cell in enumerate(cells):
        found = _named(str(cell), spec.separator)
        place = roles.place(table, int(np.argmax(codes == code)), column)
        if found is None:
            raise DataError(
                paragraph(
                    place,
                    f"“{cell[:60]}” begins like a list and isn't one; expected a JSON list such as "
                    f'["a", "b"], or labels with “{spec.separator}” between them',
                    "Correct the cell",
                )
            )
        for name in found:
            if spec.separator in name:
                raise _separates(place, name, spec)
        sets.append(json.dumps(found, ensure_ascii=False))
    sets.append("[]")  # of missing cells, whose code is -1
    return [sets[code] for code in codes]


def _named(cell: str, separator: str) -> list[str] | None:
    """Return the labels of one cell, sorted, each once; None where it is a broken list."""
    text = cell.strip()
    if not text.startswith("["):
        return sorted({label.strip() for label in text.split(separator)} - {""})
    try:
        labels: Any = json.loads(text)
    except ValueError:
        return None
    if not isinstance(labels, list) or any(isinstance(one, list | dict) for one in labels):
        return None
    return sorted({str(one).strip() for one in labels} - {""})


def _flags(table: pd.DataFrame, column: str) -> NDArray[np.bool_]:
    """Read a column of 0 and 1."""
    cells = roles.by_value(table[column], _flag)
    bad = [row for row, cell in enumerate(cells) if cell is None]
    if bad:
        cell = table[column].iat[bad[0]]
        raise DataError(
            paragraph(
                roles.place(table, bad[0], column),
                (
                    "the cell is empty"
                    if cell is None or not str(cell).strip()
                    else f"found “{cell!s}”"
                )
                + ", expected 0 or 1",
                "Correct the cell",
            )
        )
    return np.array([cell == "1" for cell in cells], np.bool_)


def _flag(cell: str) -> str | None:
    text = cell.strip().lower()
    return "1" if text in YES else "0" if text in NO else None


def _separates(where: str, name: str, spec: DataSpec) -> DataError:
    return DataError(
        paragraph(
            where,
            f"the label “{name}” holds “{spec.separator}”, which stands between labels",
            "Set data.separator to something that no label holds",
        )
    )
