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
MOST_VALUES = 50


@dataclass(frozen=True, eq=False)
class Seen:
    """A table's rows, memory-mapped, and what was seen of them."""

    look: Look
    table: Any


@dataclass(frozen=True)
class Counted:
    """The values of a group column, and the label that was counted within them."""

    group: str
    label: str | None
    groups: dict[str, Group]


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


def count_group(table: Any, group: str, label: str | None) -> Counted:
    """Count the rows of each value of a column, and how many of them have each label.

    Values are those of a `Look`: spaces around them aside, ``(missing)`` for none, the most
    frequent first, at most 50.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    def coded(column: str) -> tuple[Any, Any]:
        found = trimmed(table[column]).combine_chunks().dictionary_encode("encode")
        return np.frombuffer(found.indices.buffers()[1], np.int32), found.dictionary

    values, names = coded(group)
    answers, labels = coded(label) if label is not None else (np.zeros_like(values), pa.nulls(1))
    cells = values.astype(np.int64) * len(labels) + answers
    found = pc.value_counts(
        pa.Array.from_buffers(pa.int64(), len(cells), [None, pa.py_buffer(cells)])
    )
    pairs, rows = (
        np.frombuffer(found.field(name).buffers()[1], np.int64, len(found))
        for name in ("values", "counts")
    )
    total = np.bincount(pairs // len(labels), weights=rows, minlength=len(names))
    first = np.argsort(-total, kind="stable")[:MOST_VALUES]
    kept = np.isin(pairs // len(labels), first)
    by_label: dict[int, list[tuple[int, str]]] = {int(at): [] for at in first}
    for pair, number in zip(pairs[kept].tolist(), rows[kept].tolist(), strict=True):
        answer = labels[pair % len(labels)].as_py()
        if answer is not None:
            by_label[pair // len(labels)].append((number, answer))
    groups = {}
    for at, found_labels in by_label.items():
        ranked = sorted(found_labels, key=lambda one: -one[0])
        value = names[at].as_py()
        groups[MISSING if value is None else value] = Group(
            int(total[at]), {answer: number for number, answer in ranked}
        )
    return Counted(group, label, groups)
