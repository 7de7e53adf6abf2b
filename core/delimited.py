"""Reading CSV and TSV, with errors that name the line.

pyarrow reads the table; Python's slower csv module looks at it again only where quotes may have
gone wrong or the reader gave up, to find the line.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, paragraph

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CELL_LIMIT = 2**31 - 1
BLOCK = 1 << 23
"""Bytes that are parsed at a time; a row that is longer is read in one block with all others."""


def read_delimited(path: Path, content: bytes, delimiter: str) -> pd.DataFrame:
    """Read a table whose first line names the columns; every cell is text, an empty one missing.

    A TSV file whose double quotes don't pair up is read with quotes as ordinary characters: many
    programs write TSV without any quoting. A column that stands in the table twice with the same
    cells is kept once.

    Parameters
    ----------
    path
        The file's name, for errors.
    content
        What it holds, as UTF-8 without a byte order mark.
    delimiter
        What stands between two cells.

    Raises
    ------
    DataError
        If a row has more or fewer cells than the header, a quote is never closed, or two different
        columns have one name; the message names the line.
    """
    if not content.strip():
        import pandas

        return pandas.DataFrame()
    try:
        table = _read(path, content, delimiter, quoted=True)
    except DataError:
        if delimiter != "\t" or b'"' not in content:
            raise
        try:
            table = _read(path, content, delimiter, quoted=False)
        except DataError:
            table = None
        if table is None:
            raise
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read(path: Path, content: bytes, delimiter: str, *, quoted: bool) -> pa.Table:
    import pyarrow as pa

    blank_lines, header = _header(content, delimiter, quoted)
    try:
        try:
            table = _parse(content, delimiter, quoted, blank_lines, header, BLOCK)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
            whole = min(len(content) + 1, CELL_LIMIT)
            table = _parse(content, delimiter, quoted, blank_lines, header, whole)
    except pa.ArrowInvalid as error:
        raise _malformed(path, content, delimiter, quoted, len(header), str(error)) from None
    if quoted and b'"' in content and _doubtful(content, delimiter, table.num_rows):
        for _ in _numbered(path, content, delimiter, quoted):
            pass
    return table.select(_once(path, table, header))


def _parse(
    content: bytes, delimiter: str, quoted: bool, blank_lines: int, header: list[str], block: int
) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv as pa_csv

    return pa_csv.read_csv(
        pa.BufferReader(content),
        read_options=pa_csv.ReadOptions(
            column_names=header, skip_rows=blank_lines, skip_rows_after_names=1, block_size=block
        ),
        parse_options=pa_csv.ParseOptions(
            delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted
        ),
        convert_options=pa_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


def _header(content: bytes, delimiter: str, quoted: bool) -> tuple[int, list[str]]:
    """Return how many blank lines stand above the header, and the header's cells."""
    blank_lines = 0
    for row in _rows(content, delimiter, quoted, strict=False):
        if row:
            return blank_lines, row
        blank_lines += 1
    return blank_lines, []


def _once(path: Path, table: pa.Table, header: list[str]) -> list[int]:
    """Return the numbers of the columns to keep; refuse a name that two columns share."""
    first: dict[str, int] = {}
    for number, name in enumerate(header):
        if name not in first:
            first[name] = number
        elif not table.column(first[name]).equals(table.column(number)):
            raise DataError(
                paragraph(
                    f"{path}, line 1",
                    f"the column “{name}” stands in the header twice, with different cells"
                    if name
                    else f"the columns {first[name] + 1} and {number + 1} have no name",
                    "Give every column a name of its own",
                )
            )
    return list(first.values())


def _rows(
    content: bytes, delimiter: str, quoted: bool, *, strict: bool
) -> Any:  # typeshed keeps the reader's type private
    csv.field_size_limit(CELL_LIMIT)
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", newline="")
    if quoted:
        return csv.reader(lines, delimiter=delimiter, strict=strict)
    return csv.reader(lines, delimiter=delimiter, strict=strict, quoting=csv.QUOTE_NONE)


def _numbered(path: Path, content: bytes, delimiter: str, quoted: bool) -> Iterator[Any]:
    """Give each row with the line on which it begins; quotes that don't pair up are an error."""
    rows = _rows(content, delimiter, quoted, strict=True)
    begins = 1
    try:
        for row in rows:
            yield begins, row
            begins = rows.line_num + 1
    except csv.Error as error:
        problem = (
            "a quoted text that begins in this row is never closed"
            if "end of data" in str(error)
            else "a quoted text of this row goes on behind its closing quote, so a quote before it "
            "was not closed, or not doubled"
        )
        raise DataError(
            paragraph(
                f"{path}, line {begins}",
                problem,
                'Close it with a double quote; a quote inside a quoted text is written twice ("")',
            )
        ) from None


def _malformed(
    path: Path, content: bytes, delimiter: str, quoted: bool, width: int, reason: str
) -> DataError:
    """Find the row that broke the reader, so that the error can name it."""
    try:
        for line, row in _numbered(path, content, delimiter, quoted):
            if row and len(row) != width:
                return DataError(
                    paragraph(
                        f"{path}, line {line}",
                        f"the row has {_cells(len(row))}, the header has {width:,}",
                        "Put texts that hold the delimiter or line breaks in double quotes",
                    )
                )
    except DataError as error:
        return error
    return DataError(
        paragraph(str(path), f"the table can't be read ({reason})", "Save it again as CSV")
    )


def _doubtful(content: bytes, delimiter: str, rows: int) -> bool:
    """Whether quotes may not pair up, so that the table must be looked at again.

    A text that is never closed swallows the line ends behind it, or is in the last line. Of a TSV
    file only the second look tells whether it is quoted at all.
    """
    if delimiter == "\t" or content.count(b"\n") > rows + 1 or content.count(b'"') % 2:
        return True
    last = content.rstrip(b"\r\n").rpartition(b"\n")[2]
    try:
        list(_rows(last, delimiter, quoted=True, strict=True))
    except csv.Error:
        return True
    return False


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count:,} cells"
