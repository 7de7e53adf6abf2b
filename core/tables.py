"""Reading tables from files, with errors that name the file, the row and the column.

Cells of CSV, TSV and JSONL files are taken as they stand: what looks like a number may be a
postcode or a label. An empty cell of CSV and TSV is missing. Parquet keeps its types.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from .delimited import read_delimited
from .spec import SourceSpec

EXACT = 2.0**53
"""Whole numbers below this are exact in a float."""


def read_table(source: SourceSpec) -> pd.DataFrame:
    """Read one table.

    Parameters
    ----------
    source
        Path, weight and encoding; the path's ending says what kind of file it is.

    Returns
    -------
    pandas.DataFrame
        One row per sample, numbered from 0; column names are text, and none stands there twice.

    Raises
    ------
    DataError
        If the file is missing, of an unknown kind, not in the stated encoding, not a table, or
        empty.
    """
    path = Path(source.path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(
            paragraph(
                str(path),
                f"a file ending in “{path.suffix}” can't be read as a table; expected one of "
                + ", ".join(READERS),
                "Save it as CSV with a header line, or as Parquet",
            )
        )
    if not path.is_file():
        raise DataError(
            paragraph(
                str(path),
                "there is a folder here, expected a file" if path.is_dir() else "there is no file",
                "Check the path; paths in a recipe are relative to the recipe's folder",
            )
        )
    try:
        table = reader(path, source.encoding)
    except OSError as error:
        raise DataError(
            paragraph(
                str(path), f"the file can't be read ({error.strerror or error})", "Check its rights"
            )
        ) from None
    if len(table.columns) == 0 or len(table) == 0:
        raise DataError(
            paragraph(
                str(path),
                "the table has a header but no rows" if len(table.columns) else "the file is empty",
                "Bring a table with a header line and at least two rows for every class",
            )
        )
    table.columns = pd.Index([str(name) for name in table.columns], dtype=object)
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise DataError(
            paragraph(
                str(path),
                f"two columns are named “{twice}”",
                "Give every column a name of its own",
            )
        )
    return table


def as_text(column: pd.Series, where: str = "table") -> pd.Series:
    """Turn any column into text, missing cells and whole numbers kept as people wrote them.

    Parameters
    ----------
    column
        Cells of any type.
    where
        The file's name, for errors.

    Returns
    -------
    pandas.Series
        Cells of type str, None where missing.

    Raises
    ------
    DataError
        If a cell is a list, a mapping or bytes.
    """
    missing = column.isna().to_numpy(bool)
    cells: NDArray[np.object_]
    if pd.api.types.is_float_dtype(column.dtype):
        numbers = column.to_numpy(np.float64, na_value=np.nan)
        whole = (np.abs(numbers) < EXACT) & (numbers == np.trunc(numbers))
        if (whole | missing).all():
            numbers = np.where(missing, 0, numbers).astype(np.int64)
        cells = np.array([str(cell) for cell in numbers.tolist()], dtype=object)
    elif isinstance(column.dtype, pd.StringDtype):
        cells = column.to_numpy(dtype=object, copy=True)
    else:
        found = column.to_numpy(dtype=object)
        cells = np.empty(len(found), dtype=object)
        for row, cell in enumerate(found):
            cells[row] = cell if type(cell) is str else _written(cell, where, column.name, row)
    cells[missing] = None
    return pd.Series(cells, index=column.index, name=column.name, dtype=object)


def blank(column: pd.Series) -> NDArray[np.bool_]:
    """Say which cells of a column of text are missing or hold white space only; shape (rows,)."""
    return np.fromiter(
        (cell is None or not cell or cell.isspace() for cell in column.to_numpy(object)),
        dtype=bool,
        count=len(column),
    )


def _written(cell: Any, where: str, column: Any, row: int) -> str:
    if isinstance(cell, list | tuple | dict | set | bytes | np.ndarray):
        raise DataError(
            paragraph(
                f"{where}, row {row + 1}, column “{column}”",
                f"the cell holds a value of type {type(cell).__name__}, expected text or a number",
                "Bring one value for each cell",
            )
        )
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
        return str(int(cell))
    return str(cell)


def _read_csv(path: Path, encoding: str) -> pd.DataFrame:
    return read_delimited(path, _utf8(path, encoding), ",")


def _read_tsv(path: Path, encoding: str) -> pd.DataFrame:
    return read_delimited(path, _utf8(path, encoding), "\t")


def _read_jsonl(path: Path, encoding: str) -> pd.DataFrame:
    rows = []
    # Not splitlines, which also cuts at separators that JSON allows inside a text (U+2028).
    for number, line in enumerate(_utf8(path, encoding).split(b"\n"), start=1):
        if not line.strip():
            continue
        problem, remedy = "", "Write one JSON object on each line"
        row: Any = None
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            problem = f"this is not JSON ({error})"
        if not problem and not isinstance(row, dict):
            problem = f"found {type(row).__name__}, expected an object with the columns as keys"
        elif not problem and b"\\u" in line and any(map(_halved, row.values())):
            problem = "a text holds half of a character (a lone surrogate), which no file can store"
            remedy = "Write the whole character, or \\ufffd in its place"
        if problem:
            raise DataError(paragraph(f"{path}, line {number}", problem, remedy))
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def _halved(cell: Any) -> bool:
    if not isinstance(cell, str):
        return False
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _read_parquet(path: Path, encoding: str) -> pd.DataFrame:
    del encoding  # Parquet states its own
    try:
        table = pa_parquet.ParquetFile(path).read()
        # Whole numbers with gaps would become floats; an index is a column like any other.
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    except PermissionError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(
            paragraph(
                str(path),
                f"this is not a readable Parquet file ({error})",
                "Write it again, or bring the table as CSV",
            )
        ) from None
    return frame


READERS: dict[str, Callable[[Path, str], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def _utf8(path: Path, encoding: str) -> bytes:
    """Read a file as UTF-8, whatever its encoding is; a byte order mark outweighs the recipe."""
    content = path.read_bytes()
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            encoding = name
    try:
        text = content.decode(encoding)
        return content if codecs.lookup(encoding).name == "utf-8" else text.encode("utf-8")
    except LookupError:
        raise DataError(
            paragraph(
                str(path),
                f"“{encoding}” is no known character encoding",
                "Set data.source.encoding to utf-8, latin-1, cp1252 or the like",
            )
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(
            paragraph(
                f"{path}, line {line}",
                f"the byte {content[error.start]:#04x} does not belong to {encoding} text",
                "Save the file as UTF-8, or state its encoding, in a recipe as "
                "source: {path: …, encoding: cp1252}",
            )
        ) from None
