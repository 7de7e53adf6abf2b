"""Looking at a table: the work behind `core.look`, column by column in Arrow.

A million rows are ordinary here, so nothing runs through the rows in Python but what Python alone
can do.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from ..errors import DataError, RecipeError, paragraph
from ..multimodal.media import ENDINGS
from . import duplicates, look_files, look_findings, look_lengths
from .files import write_json, write_with
from .folders import home
from .guess import Guess, Role, as_spec, check_named, guess
from .look import RECORD, TABLE, Balance, Column, Group, Look, Source
from .roles import order
from .shapes import shape_of
from .spec import SourceSpec
from .splits import SYNONYMS
from .tables import as_text, read_table
from .tasks import task_of

BATCH_ROWS = 65_536
FEW_VALUES, MOST_VALUES, MOST_LABELS = 50, 20, 500
MISSING = "(missing)"
BALANCED = ("classification", "multilabel")
"""Tasks of which it is told how many rows each label has."""
NO_INPUT = "no column of texts is an input"

Texts = dict[str, pa.ChunkedArray | None]
"""For each column its cells as text, null where missing or blank; None where they are no text."""


def see(
    path: Path,
    *,
    label: str | None,
    inputs: tuple[str, ...],
    encoding: str,
    model: str,
    max_length: int,
    out: Path | None,
) -> Look:
    """Look at a table; parameters and errors are those of `core.look.look`."""
    table = read_table(SourceSpec(path=str(path), encoding=encoding))
    check_named(table.columns, str(path), label, inputs)
    source = _source(path, encoding)
    texts: Texts = {}
    written: dict[str, Any] = {}
    for name in table.columns:
        cells = _as_arrow(table[name], str(path), path.suffix.lower())
        written[name], texts[name] = cells, None if cells is None else _blank_to_null(cells)
    guesses, problem = _roles(table, path, label, inputs, texts)
    task, why, separator = _task(table, str(path), guesses)
    rows = len(table)
    gone = table.isna().sum()
    lists = {
        one.column: table[one.column].tolist()
        for one in guesses
        if one.modality in ENDINGS and texts[one.column] is None
    }
    del table
    columns = tuple(_column(one, texts[one.column], rows, int(gone[one.column])) for one in guesses)
    found = _measured(columns, texts, source, rows, model, max_length, problem, task)
    about = look_files.findings(path, columns, texts, lists)
    found = replace(found, findings=(*about, *found.findings))
    found = replace(found, task=task, task_reason=why, separator=separator)
    if out is not None:
        parquet = path.suffix.lower() == ".parquet" and path.is_file()
        arrow = pa_parquet.ParquetFile(path).read() if parquet else pa.table(written)
        with _writing(out):
            write_with(out / TABLE, lambda partial: write_arrow(arrow, partial))
            write_json(out / RECORD, found.as_json())
    return found


def write_arrow(table: pa.Table, path: Path) -> None:
    """Write an uncompressed Arrow IPC file, in record batches of at most 65,536 rows."""
    # The file format allows one dictionary per column, and even batches need one chunk.
    table = table.replace_schema_metadata(None).unify_dictionaries().combine_chunks()
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        for batch in table.to_batches(max_chunksize=BATCH_ROWS):
            writer.write_batch(batch)


def _source(path: Path, encoding: str) -> Source:
    if path.is_dir():
        return look_files.source(path)
    status = path.stat()
    with path.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    return Source(os.path.abspath(path), status.st_size, status.st_mtime, sha256, encoding)


def _as_arrow(column: pd.Series[Any], where: str, ending: str) -> pa.ChunkedArray | None:
    """Turn a column into texts; None where its cells are lists, mappings or bytes."""
    if ending in (".json", ".jsonl"):
        column = column.map(
            lambda cell: (
                json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else cell
            )
        )
    if not isinstance(column.dtype, pd.StringDtype):
        try:
            column = as_text(column, where)
        except DataError:
            return None
    made = pa.array(column, type=pa.large_string(), from_pandas=True)
    return made if isinstance(made, pa.ChunkedArray) else pa.chunked_array([made])


def _blank_to_null(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    blank = pc.or_(pc.equal(pc.binary_length(cells), 0), pc.utf8_is_space(cells))
    return pc.if_else(blank, pa.scalar(None, cells.type), cells)


def _roles(
    table: pd.DataFrame, path: Path, label: str | None, inputs: tuple[str, ...], texts: Texts
) -> tuple[list[Guess], str | None]:
    """Return a guess for every column, and why there is none where guessing failed."""
    where, folder = str(path), home(path)
    named = {*inputs, label}
    unfit = [name for name, cells in texts.items() if cells is None and name not in named]
    shape = None if label is not None or inputs else shape_of(table)
    try:
        rest = table.drop(columns=unfit)
        found = guess(rest, where, label=label, inputs=inputs, shape=shape, folder=folder)
        known = {one.column: one for one in found}
        if shape is not None:
            for name in unfit:
                role, held = shape.role(name), shape.holds(name) or "text"
                known |= {name: Guess(name, cast(Role, role), shape.reason, held)} if role else {}
        problem = None
    except DataError as error:
        known, problem = {}, str(error)
        known |= {name: Guess(name, "input", "named by you") for name in inputs}
        if label is not None:
            known[label] = Guess(label, "label", "named by you")
    other = "roles could not be guessed" if problem else "its cells are neither text nor numbers"
    return [known.get(name) or Guess(name, "none", other) for name in texts], problem


def _task(table: pd.DataFrame, where: str, guesses: list[Guess]) -> tuple[str, str, str]:
    """Return what can be learnt of the table, why, and what stands between a cell's labels."""
    try:
        spec = as_spec(table, where, guesses)
        task, why = task_of(table, spec)
    except (DataError, RecipeError):  # no label, or one that is no text, which is told elsewhere
        return "classification", "", ""
    told = task == "multilabel" and "separator" in spec.model_fields_set
    return task, why, spec.separator if told else ""


def _column(one: Guess, texts: pa.ChunkedArray | None, rows: int, gone: int) -> Column:
    modality = one.modality if one.role == "input" else None
    if texts is None:
        return Column(one.column, one.role, one.reason, modality, gone, None, False, None, None)
    counted = pc.value_counts(texts.drop_null())
    values, counts = counted.field("values"), counted.field("counts")
    length = pc.utf8_length(texts)
    mean, longest = pc.mean(length).as_py(), pc.max(length).as_py()
    return Column(
        name=one.column,
        role=one.role,
        reason=one.reason,
        modality=modality,
        missing=texts.null_count,
        distinct=len(values),
        numeric=_numeric(values),
        mean_length=mean,
        longest=longest,
        values=_frequent(values, counts)[:MOST_VALUES] if len(values) <= FEW_VALUES else (),
    )


def _numeric(values: pa.Array) -> bool:
    try:
        pc.cast(pc.utf8_trim_whitespace(values), pa.float64())
    except pa.ArrowInvalid:
        return False
    return len(values) > 0


def _frequent(values: pa.Array, counts: pa.Array) -> tuple[tuple[str, int], ...]:
    return most_frequent(dict(zip(values.to_pylist(), counts.to_pylist(), strict=True)))


def most_frequent(rows: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """Sort values by how many rows they have, those with as many as people sort them."""
    place = {value: number for number, value in enumerate(order(set(rows)))}
    return tuple(sorted(rows.items(), key=lambda one: (-one[1], place[one[0]])))


def _measured(
    columns: tuple[Column, ...],
    texts: Texts,
    source: Source,
    rows: int,
    model: str,
    max_length: int,
    problem: str | None,
    task: str,
) -> Look:
    """Measure what goes over several columns."""

    def of(role: str) -> list[Any]:
        found = [texts[one.name] for one in columns if one.role == role]
        return [cells for cells in found if cells is not None]

    # Training strips these, so that “yes ” and “yes” are one value.
    label = [pc.utf8_trim_whitespace(cells) for cells in of("label")]
    split = _canonical(of("split")[0]) if of("split") else None
    groups = {
        one.name: _group(pc.utf8_trim_whitespace(texts[one.name]), label)
        for one in columns
        if one.role == "group" and texts[one.name] is not None
    }
    kinds = [one.modality for one in columns if one.role == "input" and texts[one.name] is not None]
    inputs, repeated, lengths = of("input"), None, None
    reason: str | None = NO_INPUT
    if task in look_findings.OWN_COLUMNS:  # what is said needs no picture
        inputs = [
            pc.fill_null(cells, "") if kind in ENDINGS else cells
            for cells, kind in zip(inputs, kinds, strict=True)
        ]
    if inputs:
        full = _full(inputs)
        within = None if split is None else split.to_numpy(zero_copy_only=False)[full]
        files = {place for place, kind in enumerate(kinds) if kind in ENDINGS}
        taken = [cells.take(pa.array(full)) for cells in inputs]
        repeated = duplicates.count(taken, within, files, home(Path(source.path)))
        read = [cells for place, cells in enumerate(inputs) if place not in files]
        if read:
            lengths, reason = look_lengths.measure(read, full, model, max_length)
    balance = _balance(label[0], split) if label and task in BALANCED else None
    return Look(
        source=source,
        rows=rows,
        columns=columns,
        balance=balance,
        groups=groups,
        duplicates=repeated,
        lengths=lengths,
        lengths_reason=reason,
        findings=look_findings.findings(columns, rows, balance, repeated, lengths, task),
        problem=problem,
    )


def _canonical(split: pa.ChunkedArray) -> pa.Array:
    """Give each row's split the name that Pellucid knows it by."""
    encoded = split.combine_chunks().dictionary_encode()
    names = [SYNONYMS[name.strip().lower()] for name in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.large_string()).take(encoded.indices)


def _counts(*columns: Any) -> Iterator[tuple[Any, ...]]:
    """Count how often the columns' cells stand together: each combination, then its rows."""
    names = [str(number) for number in range(len(columns))]
    table = pa.table(list(columns), names=names)
    grouped = table.group_by(names).aggregate([([], "count_all")])
    return zip(*(grouped[name].to_pylist() for name in [*names, "count_all"]), strict=True)


def _balance(label: pa.ChunkedArray, split: pa.Array | None) -> Balance:
    everything = most_frequent({value: rows for value, rows in _counts(label) if value is not None})
    listed = dict(everything[:MOST_LABELS])
    splits: dict[str, dict[str, int]] = {}
    if split is not None:
        for name in dict.fromkeys(SYNONYMS.values()):
            rows = {value: number for value, part, number in _counts(label, split) if part == name}
            if rows:
                splits[name] = {value: rows.get(value, 0) for value in listed}
    return Balance(rows=listed, splits=splits, others=len(everything) - len(listed))


def _group(cells: pa.ChunkedArray, label: list[Any]) -> dict[str, Group]:
    rows: dict[str, int] = {}
    labels: dict[str, dict[str, int]] = {}
    for value, *answer, number in _counts(cells, *label):
        name = MISSING if value is None else value
        rows[name] = rows.get(name, 0) + number
        if answer and answer[0] is not None:
            found = labels.setdefault(name, {})
            found[answer[0]] = found.get(answer[0], 0) + number
    return {
        name: Group(number, dict(most_frequent(labels.get(name, {}))))
        for name, number in most_frequent(rows)
    }


def _full(inputs: list[Any]) -> NDArray[np.int64]:
    """Return the rows of which no input is missing."""
    there = np.logical_and.reduce([pc.is_valid(one).to_numpy() for one in inputs])
    return np.flatnonzero(there)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(
            paragraph(
                str(folder),
                f"the folder can't be written ({error.strerror or error})",
                "Write elsewhere with --out",
            )
        ) from None
