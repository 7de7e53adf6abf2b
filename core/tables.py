"""Reading tables from files, with errors that name the file, the row and the column.

Cells of CSV, TSV, JSON and JSONL files are taken as they stand: what looks like a number may be a
postcode or a label. An empty cell of CSV and TSV is missing. Parquet keeps its types. A JSON file
holds a list of records, or questions in SQuAD's form. A folder of pictures or sounds is a table too
(`core.folders`).
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pa_parquet
from numpy.typing import NDArray

from ..errors import DataError, paragraph
from . import folders
from .delimited import read_delimited
from .json_tables import Nested, as_json, read_json, read_jsonl
from .spec import SourceSpec

EXACT = 2.0**53
"""Whole numbers below this are exact in a float."""

NESTED = (list, tuple, dict, np.ndarray)
"""What a cell is that holds several values."""


def read_table(source: SourceSpec) -> pd.DataFrame:
    """Read one table.

    Parameters
    ----------
    source
        Path, weight and encoding; the path's ending says what kind of file it is. It may be a
        folder of pictures or sounds.

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
    if path.is_dir():
        return folders.read(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None and (path.suffix or path.exists()):
        raise DataError(
            paragraph(
                str(path),
                f"a file ending in “{path.suffix}” can't be read as a table; expected one of "
                + ", ".join(READERS),
                "Save it as CSV with a header line, or as Parquet",
            )
        )
    if reader is None or not path.is_file():
        raise DataError(
            paragraph(
                str(path),
                "there is no file",
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

    Lists and mappings become compact JSON, as `Nested` text: `check_flat` refuses them where one
    text is expected.

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
        If a cell holds bytes or the like.
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
            cells[row] = cell if isinstance(cell, str) else _written(cell, where, column.name, row)
    cells[missing] = None
    return pd.Series(cells, index=column.index, name=column.name, dtype=object)


def blank(column: pd.Series) -> NDArray[np.bool_]:
    """Say which cells of a column of text are missing or hold white space only; shape (rows,)."""
    return np.fromiter(
        (cell is None or not cell or cell.isspace() for cell in column.to_numpy(object)),
        dtype=bool,
        count=len(column),
    )


def check_flat(column: pd.Series, where: str | Callable[[int], str] = "table") -> None:
    """Refuse cells that are lists or mappings, whether `as_text` wrote them as JSON or not.

    Parameters
    ----------
    column
        Cells as they were read, or as text.
    where
        The file's name, or a function that tells the file, row and column of a cell.

    Raises
    ------
    DataError
        Naming the first such cell.
    """
    for row, cell in enumerate(column.to_numpy(object)):
        if isinstance(cell, (Nested, *NESTED)):
            place = where(row) if callable(where) else _place(where, column.name, row)
            raise DataError(
                paragraph(
                    place,
                    "the cell holds a list or a mapping, expected text or a number",
                    "Bring one value for each cell, or name another column",
                )
            )


def _written(cell: Any, where: str, column: Any, row: int) -> str:
    problem = f"a value of type {type(cell).__name__}"
    if isinstance(cell, NESTED):
        try:
            return as_json(cell)
        except TypeError as error:
            problem = f"{error} in a list or a mapping"
    elif not isinstance(cell, set | bytes):
        if isinstance(cell, float) and cell.is_integer() and abs(cell) < EXACT:
            return str(int(cell))
        return str(cell)
    raise DataError(
        paragraph(
            _place(where, column, row),
            f"the cell holds {problem}, expected text or a number",
            "Bring one value for each cell",
        )
    )


def _place(where: str, column: Any, row: int) -> str:
    return f"{where}, row {row + 1}, column “{column}”"


def _read_csv(path: Path, encoding: str) -> pd.DataFrame:
    return read_delimited(path, _utf8(path, encoding), ",")


def _read_tsv(path: Path, encoding: str) -> pd.DataFrame:
    return read_delimited(path, _utf8(path, encoding), "\t")


def _read_jsonl(path: Path, encoding: str) -> pd.DataFrame:
    return read_jsonl(path, _utf8(path, encoding))


def _read_json(path: Path, encoding: str) -> pd.DataFrame:
    return read_json(path, _utf8(path, encoding))


def _read_parquet(path: Path, encoding: str) -> pd.DataFrame:
    del encoding  # Parquet states its own
    try:
        table = pa_parquet.ParquetFile(path).read()
        # Whole numbers with gaps would become floats; an index is a column like any other.
        frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True, ignore_metadata=True)
    except PermissionError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _not_parquet(path, error) from None
    return frame


def _not_parquet(path: Path, error: Exception) -> DataError:
    return DataError(
        paragraph(
            str(path),
            f"this is not a readable Parquet file ({error})",
            "Write it again, or bring the table as CSV",
        )
    )


def read_columns(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of a Parquet file, those of texts and whole numbers as categories.

    A column of ten million texts of which twenty differ takes a second in place of ten so.

    Parameters
    ----------
    path
        The file.
    columns
        Names of columns; those that the file lacks are left out.

    Raises
    ------
    DataError
        If the file is no readable Parquet file, or has no rows.
    """
    try:
        known = {field.name: field.type for field in pa_parquet.read_schema(path)}
        wanted = [column for column in dict.fromkeys(columns) if column in known]
        texts = [
            column
            for column in wanted
            if pa.types.is_string(known[column]) or pa.types.is_large_string(known[column])
        ]
        table = pa_parquet.ParquetFile(path, read_dictionary=texts).read(columns=wanted)
        for column in wanted:
            kind = table.schema.field(column).type
            if pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_string(kind):
                coded = table.column(column).dictionary_encode()
                table = table.set_column(table.schema.get_field_index(column), column, coded)
        unified = table.unify_dictionaries()
        frame = pd.DataFrame({name: _column(unified.column(name)) for name in wanted}, copy=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _not_parquet(path, error) from None
    if not len(frame):
        raise DataError(paragraph(str(path), "the table has no rows", "Bring a table with rows"))
    return frame


def _column(column: pa.ChunkedArray) -> Any:
    """Return a column for pandas; its own way to categories takes six times as long."""
    if not pa.types.is_dictionary(column.type):
        return column.to_pandas()
    names = column.chunk(0).dictionary.to_pandas()
    kind = np.min_scalar_type(-max(len(names), 1))
    codes = np.empty(len(column), kind)
    at = 0
    for chunk in column.chunks:
        codes[at : at + len(chunk)] = chunk.indices.fill_null(-1).to_numpy()
        at += len(chunk)
    return pd.Categorical.from_codes(codes, pd.Index(names), validate=False)


READERS: dict[str, Callable[[Path, str], pd.DataFrame]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".json": _read_json,
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
