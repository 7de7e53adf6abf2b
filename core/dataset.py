"""A dataset: rows of a table whose columns have roles (inputs, label, groups, id, split …)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import DataError, nearest, paragraph
from . import splits
from .clean import clean
from .lineage import Step
from .spec import DataSpec
from .tables import as_text, blank, read_table


@dataclass(frozen=True, eq=False)
class Dataset:
    """Rows with roles.

    Attributes
    ----------
    inputs
        Column by column, the cells of each part; each of shape (rows,).
    modalities
        Modality of each part.
    label, ids, split
        Answer, name and split of each row; shape (rows,).
    labels
        The classes, in the order of the model's outputs.
    groups
        Sensitive columns; each of shape (rows,), None where missing.
    weight
        Weight of each row in the loss; shape (rows,).
    fingerprint
        SHA-256 over everything a run depends on: inputs, labels, groups, ids, split, weights.
    lineage
        What was done between the file and these rows.
    """

    inputs: Mapping[str, NDArray[np.object_]]
    modalities: Mapping[str, str]
    label: NDArray[np.object_]
    ids: NDArray[np.object_]
    split: NDArray[np.object_]
    labels: tuple[str, ...]
    groups: Mapping[str, NDArray[np.object_]]
    weight: NDArray[np.float32]
    fingerprint: str
    lineage: tuple[Step, ...]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def codes(self) -> NDArray[np.int64]:
        """Number of each row's class in `labels`; shape (rows,)."""
        order = {label: code for code, label in enumerate(self.labels)}
        return np.array([order[label] for label in self.label], dtype=np.int64)

    def rows(self, split: str) -> NDArray[np.int64]:
        """Numbers of a split's rows."""
        return np.flatnonzero(self.split == split)

    def take(self, rows: NDArray[np.int64]) -> Dataset:
        """Return some of the rows, in the order given."""
        return replace(
            self,
            inputs={name: cells[rows] for name, cells in self.inputs.items()},
            label=self.label[rows],
            ids=self.ids[rows],
            split=self.split[rows],
            groups={name: cells[rows] for name, cells in self.groups.items()},
            weight=self.weight[rows],
        )

    def samples(self) -> list[tuple[str, ...]]:
        """Return each row's parts, in the order of the inputs."""
        return list(zip(*self.inputs.values(), strict=True))


def load(spec: DataSpec) -> Dataset:
    """Read a recipe's tables into one dataset: read, clean, check, split.

    Parameters
    ----------
    spec
        Sources and roles, paths already absolute.

    Raises
    ------
    DataError
        If a table, a column, a row or the split can't be used; the message names it.
    """
    tables = []
    for source in spec.source:
        table = read_table(source)
        for name in spec.columns:
            if name not in table.columns:
                raise DataError(_missing_column(source.path, name, list(table.columns)))
        table = table[list(spec.columns)].copy()
        table["\0weight"] = source.weight
        table["\0where"] = source.path
        table["\0row"] = np.arange(1, len(table) + 1)
        tables.append(table)
    table = pd.concat(tables, ignore_index=True)
    for name in spec.columns:
        table[name] = as_text(table[name])
    before = len(table)
    lineage = [Step("read", ", ".join(source.path for source in spec.source), before, before)]
    inputs = list(spec.inputs)
    table, steps = clean(table, spec.clean, inputs, spec.label)
    _check_rows(table, inputs, spec.label)
    label = table[spec.label].str.strip().to_numpy(object)
    ids = _ids(table, spec)
    split = _split(table, label, spec)
    _check_classes(label, split, spec)
    groups = {name: _group(table[name]) for name in spec.groups}
    columns = {name: table[name].to_numpy(object) for name in inputs}
    weight = _weight(table, spec)
    return Dataset(
        inputs=columns,
        modalities=dict(spec.inputs),
        label=label,
        ids=ids,
        split=split,
        labels=_order(set(label.tolist())),
        groups=groups,
        weight=weight,
        fingerprint=_fingerprint([*columns.values(), label, ids, split, weight, *groups.values()]),
        lineage=(*lineage, *steps),
    )


def pick(ids: NDArray[np.object_], rows: int | str | list[str]) -> NDArray[np.int64]:
    """Choose rows as recipes and commands write them.

    Parameters
    ----------
    ids
        Names of the rows to choose from; shape (rows,).
    rows
        A number (that many, spread evenly), ``"a:b"`` (by position), ``"all"``, or a list of ids.

    Returns
    -------
    numpy.ndarray
        Positions, in order.

    Raises
    ------
    DataError
        If an id is not there, or the text is none of these forms.
    """
    count = len(ids)
    if isinstance(rows, list):
        place = {str(name): row for row, name in enumerate(ids)}
        for name in rows:
            if name not in place:
                raise DataError(
                    paragraph(
                        f"rows: “{name}”",
                        f"no test row has this id ({nearest(name, place)})",
                        "Give ids of the test split, a number, or a range such as 0:200",
                    )
                )
        return np.array([place[name] for name in rows], dtype=np.int64)
    text = str(rows).strip()
    if text == "all":
        return np.arange(count)
    if text.isdigit():
        wanted = min(int(text), count)
        return np.unique(np.linspace(0, count - 1, wanted).round().astype(np.int64))[:wanted]
    first, colon, last = text.partition(":")
    parts = (first.strip(), last.strip())
    if colon and all(part == "" or part.isdigit() for part in parts):
        return np.arange(count)[slice(*(int(part) if part else None for part in parts))]
    if "," in text or text in set(map(str, ids)):
        return pick(ids, [part.strip() for part in text.split(",")])
    raise DataError(
        paragraph(
            f"rows: “{rows}”",
            "expected a number, a range such as 0:200, “all”, or ids with commas between them",
            "Correct the rows",
        )
    )


def sample_fingerprints(samples: list[tuple[str, ...]]) -> list[str]:
    """Return a short hash of each sample's parts, by which two runs' rows can be matched."""
    return [
        hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:16] for parts in samples
    ]


def _missing_column(path: str, name: str, columns: list[str]) -> str:
    return paragraph(
        f"{path}, column “{name}”",
        f"there is no such column ({nearest(name, columns)})",
        "Correct the column's name in the recipe's data section",
    )


def _check_rows(table: pd.DataFrame, inputs: list[str], label: str) -> None:
    for name in [label, *inputs]:
        empty = np.flatnonzero(blank(table[name]))
        if not len(empty):
            continue
        first = table.iloc[int(empty[0])]
        raise DataError(
            paragraph(
                f"{first[chr(0) + 'where']}, row {first[chr(0) + 'row']}, column “{name}”",
                f"the cell is empty, and so are {len(empty):,} of {len(table):,} in this column"
                if len(empty) > 1
                else "the cell is empty",
                "Fill the cells, or drop such rows with `clean: [drop_missing]` in the recipe's "
                "data section",
            )
        )


def _check_classes(label: NDArray[np.object_], split: NDArray[np.object_], spec: DataSpec) -> None:
    where = f"{spec.source[0].path}, column “{spec.label}”"
    classes, counts = np.unique(label.astype(str), return_counts=True)
    if len(classes) < 2:
        found = f"only one class, “{classes[0]}”" if len(classes) else "no row"
        raise DataError(
            paragraph(where, f"found {found}, expected at least two", "Bring rows of another class")
        )
    single = classes[counts < 2]
    if len(single):
        raise DataError(
            paragraph(
                where,
                f"the class “{single[0]}” has one row only, expected at least two",
                "Bring more rows of this class, merge it into another, or remove the row",
            )
        )
    if len(classes) > max(50, len(label) // 2):
        raise DataError(
            paragraph(
                where,
                f"there are {len(classes):,} different answers in {len(label):,} rows, so this "
                "looks like free text or a measure, not like classes",
                "Name a column whose answers repeat as data.label",
            )
        )
    for name in ("train", "test"):
        if not (split == name).any():
            raise DataError(
                paragraph(
                    f"{spec.source[0].path}, split “{name}”",
                    "no row belongs to it",
                    "Correct data.split, or bring more rows",
                )
            )
    trained = set(label[split == "train"].tolist())
    for name in classes:
        if name not in trained:
            raise DataError(
                paragraph(
                    where,
                    f"the class “{name}” stands in no training row",
                    "Bring training rows of this class, or remove its rows",
                )
            )


def _ids(table: pd.DataFrame, spec: DataSpec) -> NDArray[np.object_]:
    if spec.id is None:
        return np.array([str(row) for row in range(1, len(table) + 1)], dtype=object)
    ids = table[spec.id]
    bad = np.flatnonzero(ids.isna() | ids.duplicated())
    if len(bad):
        row = table.iloc[int(bad[0])]
        cell = row[spec.id]
        raise DataError(
            paragraph(
                f"{row[chr(0) + 'where']}, row {row[chr(0) + 'row']}, column “{spec.id}”",
                "the id is missing" if cell is None else f"the id “{cell}” stands there twice",
                "Give every row an id of its own, or leave data.id out",
            )
        )
    return ids.to_numpy(object)


def _split(table: pd.DataFrame, label: NDArray[np.object_], spec: DataSpec) -> NDArray[np.object_]:
    if spec.split.column is None:
        return splits.by_chance(label, spec.split)
    cells = table[spec.split.column].to_numpy(object)
    return splits.from_column(cells, spec.split.column, spec.source[0].path)


def _group(column: pd.Series) -> NDArray[np.object_]:
    stripped = column.map(lambda cell: None if cell is None else (str(cell).strip() or None))
    return stripped.where(stripped.notna(), None).to_numpy(object)


def _weight(table: pd.DataFrame, spec: DataSpec) -> NDArray[np.float32]:
    weight = table["\0weight"].to_numpy(np.float32)
    if spec.weight is None:
        return weight
    given = pd.to_numeric(table[spec.weight], errors="coerce").to_numpy(np.float32)
    bad = np.flatnonzero(~(np.isfinite(given) & (given >= 0)))
    if len(bad):
        row = table.iloc[int(bad[0])]
        raise DataError(
            paragraph(
                f"{row[chr(0) + 'where']}, row {row[chr(0) + 'row']}, column “{spec.weight}”",
                f"found “{row[spec.weight]}”, expected a number of 0 or more",
                "Correct the weight, or leave data.weight out",
            )
        )
    return np.asarray(weight * given, dtype=np.float32)


def _order(labels: set[str]) -> tuple[str, ...]:
    """Sort classes as people do: numbers by size, words by the alphabet."""
    numeric: Callable[[str], tuple[float, str]] = lambda label: (float(label), label)  # noqa: E731
    try:
        return tuple(sorted(labels, key=numeric))
    except ValueError:
        return tuple(sorted(labels))


def _fingerprint(columns: list[NDArray[np.generic]]) -> str:
    digest = hashlib.sha256()
    for column in columns:
        for cell in column.tolist():
            digest.update(repr(cell).encode("utf-8", errors="surrogatepass"))
            digest.update(b"\0")
        digest.update(b"\1")
    return digest.hexdigest()
