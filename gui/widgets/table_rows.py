"""Which rows of a table are shown, and in which order: Arrow's work, which knows no screen.

Everything here runs beside the main thread and over a million rows, so nothing goes through the
rows in Python. Numbers and texts get into Arrow by `scalar` and `as_mask`: `pyarrow.array` and
`pyarrow.scalar` would import pandas, which takes a third of a second and the window has no use for.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Rows = Callable[[Any], Any]
"""Says of a `pyarrow.Table` which rows to keep: a boolean array, null for no."""


@dataclass(frozen=True)
class Sort:
    """A column, by its number, and the direction."""

    column: int
    ascending: bool = True


@dataclass(frozen=True, eq=False)
class Arranged:
    """The rows to show in their order, and what they were made of, to use it again.

    Attributes
    ----------
    order
        Numbers of rows in the table, int64, shape (rows shown,); None for all as in the file.
    sort, sorted_rows
        The column sorted by, and all rows in its order, as an Arrow array.
    rows, kept
        The condition, and its boolean Arrow array of shape (rows,).
    """

    order: Any = None
    sort: Sort | None = None
    sorted_rows: Any = None
    rows: Rows | None = None
    kept: Any = None


def arrange(
    table: Any, sort: Sort | None, rows: Rows | None, numeric: bool, before: Arranged
) -> Arranged:
    """Sort and filter a table.

    Parameters
    ----------
    table
        A `pyarrow.Table`.
    sort
        Column to sort by; None for the file's order.
    rows
        Which rows to keep; None for all.
    numeric
        Whether the cells sorted by are texts of numbers.
    before
        The last arrangement; its halves are used again where they are what is asked.

    Raises
    ------
    pyarrow.ArrowException
        If a column's type can't be sorted or filtered.
    """
    import numpy as np
    import pyarrow.compute as pc

    sorted_rows, kept = None, None
    if sort is not None:
        same = sort == before.sort
        sorted_rows = before.sorted_rows if same else sort_rows(table, sort, numeric)
    if rows is not None:
        kept = before.kept if rows is before.rows else as_mask(rows(table))
    shown = sorted_rows
    if kept is not None and sorted_rows is not None:
        shown = sorted_rows.filter(kept.take(sorted_rows))
    elif kept is not None:
        shown = pc.indices_nonzero(kept)
    order = None if shown is None else np.frombuffer(shown.buffers()[1], np.uint64, len(shown))
    return Arranged(order, sort, sorted_rows, rows, kept)


def sort_rows(table: Any, sort: Sort, numeric: bool) -> Any:
    """Return all rows in the order of a column, missing cells last, equal ones as in the file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = table.column(sort.column)
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if numeric and is_text(cells.type):
        cells = pc.cast(trimmed(cells), pa.float64())
    direction = "ascending" if sort.ascending else "descending"
    return pc.sort_indices(pa.table({"key": cells}), sort_keys=[("key", direction)])


def as_mask(kept: Any) -> Any:
    """Return a condition's answer as one Arrow array of booleans without nulls.

    Parameters
    ----------
    kept
        Arrow array, NumPy array or list of booleans, shape (rows,).
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(kept, pa.ChunkedArray):
        kept = kept.combine_chunks()
    elif not isinstance(kept, pa.Array):
        flags = np.asarray(kept, bool)
        bits = pa.py_buffer(np.packbits(flags, bitorder="little"))
        kept = pa.Array.from_buffers(pa.bool_(), len(flags), [None, bits])
    return pc.and_kleene(kept, pc.is_valid(kept)) if kept.null_count else kept


def scalar(text: str) -> Any:
    """Return a text as one of Arrow's scalars."""
    import pyarrow as pa

    data = text.encode("utf-8", errors="surrogatepass")
    ends = (0).to_bytes(8, sys.byteorder) + len(data).to_bytes(8, sys.byteorder)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_string(), 1, buffers)[0]


def is_text(kind: Any) -> bool:
    """Whether a type of Arrow holds texts."""
    import pyarrow as pa

    return any(
        check(kind)
        for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )


def is_number(kind: Any) -> bool:
    """Whether a type of Arrow holds numbers."""
    import pyarrow as pa

    return any(
        check(kind) for check in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    )


def can_sort(kind: Any) -> bool:
    """Whether rows can be put into the order of such cells."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return can_sort(kind.value_type)
    others = (pa.types.is_boolean, pa.types.is_temporal)
    return is_text(kind) or is_number(kind) or any(check(kind) for check in others)


def contains(text: str, columns: Sequence[str] | None = None) -> Rows:
    """Keep rows in which some text holds this one, whatever its case.

    Parameters
    ----------
    text
        What to look for.
    columns
        Where to look; in every column of texts if left out.
    """

    def rows(table: Any) -> Any:
        import pyarrow.compute as pc

        names = columns or [field.name for field in table.schema if is_text(field.type)]
        found = None
        for name in names:
            here = pc.match_substring(as_texts(table[name]), text, ignore_case=True)
            here = pc.and_kleene(here, pc.is_valid(here))
            found = here if found is None else pc.or_(found, here)
        return [False] * len(table) if found is None else found

    return rows


def equals(column: str, value: str | None) -> Rows:
    """Keep rows whose cell is this value, spaces around it aside; None: rows where it is missing.

    A text of nothing but spaces is missing, as everywhere in Pellucid.
    """

    def rows(table: Any) -> Any:
        import pyarrow.compute as pc

        cells = trimmed(table[column])
        return pc.is_null(cells) if value is None else pc.equal(cells, scalar(value.strip()))

    return rows


def repeated(columns: Sequence[str]) -> Rows:
    """Keep rows whose cells in these columns stand in another row too, none of them missing."""

    def rows(table: Any) -> Any:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        codes: Any = None
        for name in columns:
            texts = as_texts(table[name])
            there = pc.is_valid(trimmed(texts))
            cells = pc.if_else(there, texts, pa.nulls(1, texts.type)[0])
            encoded = cells.combine_chunks().dictionary_encode()
            codes = encoded.indices if codes is None else _pairs(codes, encoded.indices)
        # Codes are numbered as they come, and so are their counts.
        counted = pc.value_counts(codes.drop_null()).field("counts")
        counts = np.frombuffer(counted.buffers()[1], np.int64, len(counted))
        return as_mask(counts > 1).take(codes)

    return rows


def _pairs(first: Any, second: Any) -> Any:
    """Give rows that are equal in both columns of codes the same code, numbered as they come."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    one, other = (np.frombuffer(codes.buffers()[1], np.int32) for codes in (first, second))
    pairs = one.astype(np.int64) * (int(other.max(initial=0)) + 1) + other
    there = pc.and_(pc.is_valid(first), pc.is_valid(second)).buffers()[1]
    made = pa.Array.from_buffers(pa.int64(), len(first), [there, pa.py_buffer(pairs)])
    return made.dictionary_encode().indices


def trimmed(cells: Any) -> Any:
    """Return cells as texts without spaces around them, null where nothing is left."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pc.utf8_trim_whitespace(as_texts(cells))
    return pc.if_else(pc.equal(texts, scalar("")), pa.nulls(1, texts.type)[0], texts)


def as_texts(cells: Any) -> Any:
    """Return cells as texts; whole numbers without the point that a float would have."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if is_text(cells.type):
        return cells.cast(pa.large_string())
    if pa.types.is_floating(cells.type):
        whole = pc.all(pc.equal(cells, pc.trunc(cells))).as_py()
        cells = cells.cast(pa.int64(), safe=False) if whole is not False else cells
    return cells.cast(pa.large_string())


def every(conditions: Sequence[Rows]) -> Rows | None:
    """Keep rows that all conditions keep; None where there is no condition."""
    if not conditions:
        return None

    def rows(table: Any) -> Any:
        import pyarrow.compute as pc

        kept = as_mask(conditions[0](table))
        for one in conditions[1:]:
            kept = pc.and_(kept, as_mask(one(table)))
        return kept

    return rows
