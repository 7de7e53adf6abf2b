"""Reading what was seen of a table from its folder, and counting a group that nobody guessed.

All of it runs beside the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....core.files import read_json
from ....core.look import RECORD, TABLE, Group, Look
from ...widgets.table_rows import trimmed

MISSING = "(missing)"


@dataclass(frozen=True, eq=False)
class Seen:
    """A table's rows, memory-mapped, and what was seen of them."""

    look: Look
    table: Any


def read_seen(folder: Path) -> Seen | None:
    """Read a table that was looked at before; None where there is none that can be read."""
    from ....errors import DataError

    try:
        look = Look.from_json(read_json(folder / RECORD))
        return Seen(look, open_rows(folder))
    except (OSError, ValueError, DataError):
        return None


def open_rows(folder: Path) -> Any:
    """Return the rows as a `pyarrow.Table` over the mapped file.

    Raises
    ------
    OSError, ValueError
        If the file isn't there or isn't whole.
    """
    import pyarrow as pa

    return pa.ipc.open_file(pa.memory_map(str(folder / TABLE))).read_all()


def count_group(table: Any, group: str, label: str | None) -> dict[str, Group]:
    """Count the rows of each value of a column, and how many of them have each label.

    Values are those of a `Look`: spaces around them aside, ``(missing)`` for none, the most
    frequent first.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    def coded(column: str) -> tuple[Any, list[str | None]]:
        found = trimmed(table[column]).combine_chunks().dictionary_encode("encode")
        return np.frombuffer(found.indices.buffers()[1], np.int32), found.dictionary.to_pylist()

    values, names = coded(group)
    answers, labels = coded(label) if label is not None else (np.zeros_like(values), [None])
    cells = values.astype(np.int64) * len(labels) + answers
    pairs = pc.value_counts(
        pa.Array.from_buffers(pa.int64(), len(cells), [None, pa.py_buffer(cells)])
    )
    counts = np.zeros(len(names) * len(labels), np.int64)
    for pair in pairs.to_pylist():
        counts[pair["values"]] = pair["counts"]
    rows_of = counts.reshape(len(names), len(labels))
    order = sorted(range(len(names)), key=lambda at: -int(rows_of[at].sum()))
    return {
        MISSING if (name := names[at]) is None else name: Group(
            int(rows_of[at].sum()),
            {
                answer: int(rows)
                for answer, rows in zip(labels, rows_of[at], strict=True)
                if answer is not None and rows
            },
        )
        for at in order
    }
