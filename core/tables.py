"""Reading tables from files, with errors that name the file, the row and the column.

Cells of CSV, TSV and JSONL files are read as text: what looks like a number may be a postcode or
a label. An empty cell is missing. Parquet keeps its types.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from ..errors import DataError, paragraph
from .spec import SourceSpec

CELL_LIMIT = 2**31 - 1


def read_table(source: SourceSpec) -> pd.DataFrame:
    """Read one table.

    Parameters
    ----------
    source
        Path, weight and encoding; the path's ending says what kind of file it is.

    Returns
    -------
    pandas.DataFrame
        One row per sample, numbered from 0.

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
    table = reader(path, source.encoding)
    if len(table.columns) == 0 or len(table) == 0:
        raise DataError(
            paragraph(
                str(path),
                "the table has a header but no rows" if len(table.columns) else "the file is empty",
                "Bring a table with a header line and at least two rows for every class",
            )
        )
    return table


def _read_delimited(delimiter: str) -> Callable[[Path, str], pd.DataFrame]:
    def read(path: Path, encoding: str) -> pd.DataFrame:
        content = _decode(path, encoding)
        if not content.strip():
            return pd.DataFrame()
        header = _header(path, content, delimiter)
        try:
            table = pa_csv.read_csv(
                pa.BufferReader(content.encode("utf-8")),
                read_options=pa_csv.ReadOptions(
                    block_size=max(1 << 20, 2 * _longest_line(content))
                ),
                parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(header, pa.string()),
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid as error:
            raise _malformed(path, content, delimiter, len(header), str(error)) from None
        _refuse_unclosed(path, content, delimiter)
        frame: pd.DataFrame = table.to_pandas()
        return frame

    return read


def _read_jsonl(path: Path, encoding: str) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(_decode(path, encoding).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise DataError(
                paragraph(
                    f"{path}, line {number}",
                    f"this is not JSON ({error})",
                    "Write one JSON object on each line",
                )
            ) from None
        if not isinstance(row, dict):
            raise DataError(
                paragraph(
                    f"{path}, line {number}",
                    f"found {type(row).__name__}, expected an object with the columns as keys",
                    "Write one JSON object on each line",
                )
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _read_parquet(path: Path, encoding: str) -> pd.DataFrame:
    del encoding  # Parquet states its own
    try:
        frame: pd.DataFrame = pa_parquet.read_table(path).to_pandas()
        return frame.reset_index(drop=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise DataError(
            paragraph(
                str(path),
                f"this is not a readable Parquet file ({error})",
                "Write it again, or bring the table as CSV",
            )
        ) from None


READERS: dict[str, Callable[[Path, str], pd.DataFrame]] = {
    ".csv": _read_delimited(","),
    ".tsv": _read_delimited("\t"),
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def as_text(column: pd.Series) -> pd.Series:
    """Turn any column into text, missing cells and whole numbers kept as people wrote them."""
    missing = column.isna()
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        text = column.astype("Int64").astype("object").map(str)
    else:
        text = column.astype("object").map(str)
    return text.where(~missing, None).astype("object")


def _decode(path: Path, encoding: str) -> str:
    content = path.read_bytes()
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            encoding = name
    try:
        return content.decode(encoding)
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
                "Save the file as UTF-8, or state its encoding: "
                "source: {path: …, encoding: cp1252}",
            )
        ) from None


def _header(path: Path, content: str, delimiter: str) -> list[str]:
    csv.field_size_limit(CELL_LIMIT)
    header = next(csv.reader(content[: 1 << 16].splitlines(keepends=True), delimiter=delimiter))
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise DataError(
            paragraph(
                f"{path}, line 1",
                f"the column “{twice[0]}” stands in the header twice",
                "Give every column a name of its own",
            )
        )
    return header


def _longest_line(content: str) -> int:
    # A cell may be far larger than a block of the reader; blocks must hold a whole row.
    return max(map(len, content.split("\n")), default=0) * 4


def _malformed(path: Path, content: str, delimiter: str, width: int, reason: str) -> DataError:
    """Find the row that broke the reader, so that the error can name it."""
    rows = csv.reader(content.splitlines(keepends=True), delimiter=delimiter, strict=True)
    try:
        for row in rows:
            if row and len(row) != width:
                return DataError(
                    paragraph(
                        f"{path}, line {rows.line_num}",
                        f"the row has {len(row)} cells, the header has {width}",
                        "Put texts that hold the delimiter or line breaks in double quotes",
                    )
                )
    except csv.Error as error:
        return _unclosed(path, rows.line_num, str(error))
    return DataError(
        paragraph(str(path), f"the table can't be read ({reason})", "Save it again as CSV")
    )


def _refuse_unclosed(path: Path, content: str, delimiter: str) -> None:
    """Refuse an odd number of quotes: a text swallowed the rows behind it."""
    if content.count('"') % 2 == 0:
        return
    rows = csv.reader(content.splitlines(keepends=True), delimiter=delimiter, strict=True)
    start = 1
    try:
        for _ in rows:
            start = rows.line_num + 1
    except csv.Error as error:
        raise _unclosed(path, start, str(error)) from None


def _unclosed(path: Path, line: int, reason: str) -> DataError:
    return DataError(
        paragraph(
            f"{path}, line {line}",
            f"a quoted text that begins here is never closed ({reason})",
            'Close it with a double quote; a quote inside a quoted text is written twice ("")',
        )
    )


def blank(column: pd.Series) -> np.ndarray:
    """Say which cells are missing or hold white space only; shape (rows,)."""
    return (column.isna() | column.map(lambda cell: not str(cell).strip())).to_numpy(bool)
