"""Reading a table of any size a chunk at a time, in bounded memory.

A small table is read whole, by `core.tables`. A large one is read twice: once to count its rows and
to find what can't be read before hours of work stand behind it, and once to work on it.
"""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import csv as pa_csv
from pyarrow import parquet as pa_parquet

from ..errors import DataError, paragraph
from .delimited import CELL_LIMIT
from .spec import SourceSpec
from .tables import as_text, read_table

WHOLE = 64 << 20
"""Bytes up to which a table is read whole."""

BLOCK = 2 << 20
"""Bytes of a large table that are read at a time, roughly; Arrow reads some forty ahead."""

ROWS = 8192
"""Most rows that are taken at a time."""

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Streamed:
    """A table that can be read a chunk at a time, as often as one likes.

    Attributes
    ----------
    path
        The file's name, for errors.
    rows
        How many there are.
    columns
        Their names, in the file's order.
    frames
        ``frames(columns)`` begins to read: frames of any size, one behind the other.
    """

    path: str
    rows: int
    columns: tuple[str, ...]
    frames: Callable[[Sequence[str]], Iterator[pd.DataFrame]]

    def chunks(
        self, columns: Sequence[str], size: Callable[[], int] = lambda: ROWS, *, skip: int = 0
    ) -> Iterator[pd.DataFrame]:
        """Give chunks of rows as text, numbered from 0 in the whole table by their index.

        Parameters
        ----------
        columns
            Those to read, in this order.
        size
            Rows of the next chunk, asked before each; many long texts make it smaller.
        skip
            Rows to leave out at the beginning.

        Raises
        ------
        DataError
            If a cell can't be read as text, or the file has changed meanwhile.
        """
        held: list[pd.DataFrame] = []
        begins = seen = 0
        wanted = size()
        for frame in self.frames(columns):
            first, seen = seen, seen + len(frame)
            if seen <= skip:
                continue
            if first <= skip:
                begins = skip
            held.append(frame.iloc[max(skip - first, 0) :])
            while held and (sum(map(len, held)) >= wanted or _bytes(held) > 8 * BLOCK):
                joined = held[0] if len(held) == 1 else pd.concat(held, ignore_index=True)
                yield self._text(joined.iloc[:wanted], columns, begins)
                begins += min(wanted, len(joined))
                held = [joined.iloc[wanted:]] if len(joined) > wanted else []
                wanted = size()
        if held:
            yield self._text(pd.concat(held, ignore_index=True), columns, begins)
        if seen != self.rows:
            raise DataError(
                paragraph(
                    self.path,
                    f"the file held {self.rows:,} rows and now holds {seen:,}",
                    "Leave the file alone while it is read, and begin again",
                )
            )

    def _text(self, frame: pd.DataFrame, columns: Sequence[str], first: int) -> pd.DataFrame:
        where = self.path if first == 0 else f"{self.path}, {first:,} rows on"
        out = pd.DataFrame({name: as_text(frame[name], where) for name in columns})
        out.index = pd.RangeIndex(first, first + len(out))
        return out


def stream(source: SourceSpec) -> Streamed:
    """Open a table to read it a chunk at a time.

    Raises
    ------
    DataError
        As `core.tables.read_table` does.
    """
    path = Path(source.path)
    opener = OPENERS.get(path.suffix.lower())
    if opener is None or not path.is_file() or _size(path) <= WHOLE:
        return _whole(source)
    try:
        found = opener(path, source.encoding)
    except UnicodeDecodeError as error:
        raise DataError(
            paragraph(
                str(path),
                f"the byte {error.object[error.start]:#04x} does not belong to {error.encoding} "
                "text",
                "Save the file as UTF-8, or state its encoding",
            )
        ) from None
    except LookupError:
        raise DataError(
            paragraph(
                str(path),
                f"“{source.encoding}” is no known character encoding",
                "Name utf-8, latin-1, cp1252 or the like",
            )
        ) from None
    except (pa.ArrowException, OSError, csv.Error) as error:
        raise DataError(
            paragraph(str(path), f"the table can't be read ({error})", "Write it again")
        ) from None
    if not found.rows:
        raise DataError(paragraph(str(path), "the table has no rows", "Bring a table with rows"))
    twice = [name for name in found.columns if found.columns.count(name) > 1]
    if twice:
        raise DataError(
            paragraph(
                str(path),
                f"two columns are named “{twice[0]}”",
                "Give every column a name of its own",
            )
        )
    return found


def _whole(source: SourceSpec) -> Streamed:
    table = read_table(source)

    def frames(columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        kept = table[list(columns)]
        for first in range(0, len(kept), ROWS):
            yield kept.iloc[first : first + ROWS]

    return Streamed(source.path, len(table), tuple(map(str, table.columns)), frames)


def _csv(path: Path, encoding: str) -> Streamed:
    return _delimited(path, encoding, ",")


def _tsv(path: Path, encoding: str) -> Streamed:
    """Read double quotes as ordinary characters where they don't pair up."""
    try:
        return _delimited(path, encoding, "\t")
    except (pa.ArrowInvalid, DataError, csv.Error):
        return _delimited(path, encoding, "\t", quoted=False)


def _delimited(path: Path, encoding: str, delimiter: str, *, quoted: bool = True) -> Streamed:
    encoding = _stated(path, encoding)
    blank_lines, header = _header(path, encoding, delimiter, quoted)

    def batches(columns: Sequence[str], block: int) -> Iterator[pa.RecordBatch]:
        yield from pa_csv.open_csv(
            path,
            read_options=pa_csv.ReadOptions(
                column_names=header,
                skip_rows=blank_lines,
                skip_rows_after_names=1,
                block_size=block,
                encoding="utf-8" if encoding == "utf-8-sig" else encoding,
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(header, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )

    def count(block: int) -> int:
        return sum(batch.num_rows for batch in batches(header[:1], block))

    if quoted and not encoding.startswith(("utf-16", "utf-32")) and _odd_quotes(path):
        raise DataError(
            paragraph(
                str(path),
                "the double quotes of this file don't pair up",
                'Close every quoted text; a quote inside it is written twice ("")',
            )
        )
    block = BLOCK
    while True:
        try:
            rows = count(block)
            break
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block >= CELL_LIMIT:
                raise
            block = min(block * 8, CELL_LIMIT)  # a row is longer than a block

    def frames(columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        for batch in batches(columns, block):
            yield batch.to_pandas()

    return Streamed(str(path), rows, tuple(header), frames)


def _jsonl(path: Path, encoding: str) -> Streamed:
    encoding = _stated(path, encoding)

    def objects() -> Iterator[tuple[int, dict[str, Any]]]:
        # Lines end at \n alone: JSON allows other separators inside a text.
        with path.open(encoding=encoding, newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield len(line), _parsed(path, number, line)

    names: dict[str, None] = {}
    rows = 0
    for _, row in objects():
        names |= dict.fromkeys(row)
        rows += 1

    def frames(columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        held: list[dict[str, Any]] = []
        size = 0
        for length, row in objects():
            held.append({name: row.get(name) for name in columns})
            size += length
            if size >= BLOCK or len(held) == ROWS:
                yield pd.DataFrame(held, columns=list(columns), dtype=object)
                held, size = [], 0
        if held:
            yield pd.DataFrame(held, columns=list(columns), dtype=object)

    return Streamed(str(path), rows, tuple(names), frames)


def _parsed(path: Path, number: int, line: str) -> dict[str, Any]:
    problem, row = "", None
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        problem = f"this is not JSON ({error})"
    if not problem and not isinstance(row, dict):
        problem = f"found {type(row).__name__}, expected an object with the columns as keys"
    if problem or not isinstance(row, dict):
        raise DataError(
            paragraph(f"{path}, line {number}", problem, "Write one JSON object on each line")
        )
    if "\\u" in line:
        try:
            json.dumps(row, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise DataError(
                paragraph(
                    f"{path}, line {number}",
                    "a text holds half of a character (a lone surrogate), which no file can store",
                    "Write the whole character, or \\ufffd in its place",
                )
            ) from None
    return row


def _parquet(path: Path, encoding: str) -> Streamed:
    del encoding  # Parquet states its own
    about = pa_parquet.ParquetFile(path)
    rows, names = about.metadata.num_rows, tuple(about.schema_arrow.names)
    size = min(ROWS, max(1, BLOCK * rows // max(_size(path), 1)))

    def frames(columns: Sequence[str]) -> Iterator[pd.DataFrame]:
        # Whether a column of floats holds whole numbers only is seen of all its rows at once.
        schema = about.schema_arrow
        floats = [name for name in columns if pa.types.is_floating(schema.field(name).type)]
        fractions = {name for name in floats if not _all_whole(about, name, size)}
        for batch in about.iter_batches(size, columns=list(columns)):
            frame = batch.to_pandas(integer_object_nulls=True, ignore_metadata=True)
            for name in fractions:
                cells = [None if pd.isna(cell) else str(cell) for cell in frame[name].tolist()]
                frame[name] = pd.Series(cells, dtype=object)
            yield frame

    return Streamed(str(path), rows, names, frames)


def _all_whole(about: pa_parquet.ParquetFile, name: str, size: int) -> bool:
    for batch in about.iter_batches(size, columns=[name]):
        cells = batch.column(0).to_pandas().dropna()
        if (cells != cells.round()).any():
            return False
    return True


OPENERS: dict[str, Callable[[Path, str], Streamed]] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}


def _size(path: Path) -> int:
    """Return the bytes that a table takes when it is read, as far as the file tells."""
    if path.suffix.lower() == ".parquet":
        try:
            about = pa_parquet.read_metadata(path)
        except (pa.ArrowException, OSError):
            return 0  # whoever reads it says what is wrong
        return sum(about.row_group(group).total_byte_size for group in range(about.num_row_groups))
    return path.stat().st_size


def _stated(path: Path, encoding: str) -> str:
    """Return a file's encoding; a byte order mark outweighs what was said."""
    codecs.lookup(encoding)
    with path.open("rb") as file:
        begins = file.read(4)
    return next((name for mark, name in MARKS if begins.startswith(mark)), encoding)


def _header(path: Path, encoding: str, delimiter: str, quoted: bool) -> tuple[int, list[str]]:
    """Return how many blank lines stand above the header, and the header's cells."""
    csv.field_size_limit(CELL_LIMIT)
    with path.open(encoding=encoding, newline="") as file:
        blank_lines = 0
        for row in csv.reader(
            file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        ):
            if row:
                return blank_lines, row
            blank_lines += 1
    return blank_lines, []


def _odd_quotes(path: Path) -> bool:
    count = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            count += block.count(b'"')
    return count % 2 == 1


def _bytes(frames: Sequence[pd.DataFrame]) -> int:
    """Return roughly how many bytes the texts of some frames take."""
    total = 0
    for frame in frames:
        for name in frame.columns:
            cells = frame[name]
            if not len(cells):
                continue
            step = max(1, len(cells) // 64)
            seen = [len(cell) for cell in cells.iloc[::step] if isinstance(cell, str)]
            total += sum(seen) * step
    return total
