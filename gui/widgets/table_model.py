"""An Arrow table as Qt sees it: cells made when they are shown, rows in an order of our own.

Sorting and filtering make an array of row numbers beside the main thread, which is swapped in at
once; Qt's own proxy model would ask Python for every cell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from html import escape
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QThreadPool,
    Signal,
)
from PySide6.QtGui import QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from ...multimodal.escape import visible
from ..frame.texts import tr
from .background import Later
from .table_rows import Arranged, Rows, Sort, arrange, can_sort, is_number

DISPLAY = int(Qt.ItemDataRole.DisplayRole)
TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
ALIGNMENT = int(Qt.ItemDataRole.TextAlignmentRole)
COLOUR = int(Qt.ItemDataRole.ForegroundRole)
PICTURE = int(Qt.ItemDataRole.DecorationRole)
FONT = int(Qt.ItemDataRole.FontRole)
NAME = int(Qt.ItemDataRole.AccessibleTextRole)
LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

CELL = 400
"""Characters of a cell that are drawn; no column is wider."""
TIP = 2000
REMEMBERED = 6000
"""Drawn cells that are kept, so that scrolling to and fro makes them once."""

Index = QModelIndex | QPersistentModelIndex


class ColumnsModel(QAbstractTableModel):
    """The rows of a `pyarrow.Table`, also of a memory-mapped one.

    `arranged` is emitted when other rows are shown or in another order, `busy` while they are
    being worked out, and `failed` with a sentence where a column can't be sorted or filtered.

    Parameters
    ----------
    table
        A `pyarrow.Table`.
    pool
        Threads that sort and filter.
    parent
        Owner.
    numeric
        Columns of texts that are numbers: they stand at the right and sort as numbers.
    texts
        How to write the cells of a column, where it isn't obvious.
    """

    arranged = Signal()
    busy = Signal(bool)
    failed = Signal(str)

    def __init__(
        self,
        table: Any,
        pool: QThreadPool,
        parent: QObject | None = None,
        *,
        numeric: Collection[str] = (),
        texts: Mapping[str, Callable[[Any], str]] | None = None,
    ) -> None:
        super().__init__(parent)
        self.table = table
        self.names: tuple[str, ...] = tuple(table.column_names)
        self._columns = table.columns
        self._numeric = frozenset(numeric)
        self._right = [
            name in self._numeric or is_number(cells.type)
            for name, cells in zip(self.names, self._columns, strict=True)
        ]
        self._texts = [(texts or {}).get(name) for name in self.names]
        self.notes: dict[int, str] = {}
        """Further words about a column, which its tooltip and its accessible name say."""
        self.pictures: dict[int, Callable[[int], QIcon | None]] = {}
        """What draws a small picture before the text of a column, by a row's number in the table;
        given before the model is shown."""
        self._now = Arranged()
        self._sort: Sort | None = None
        self._rows: Rows | None = None
        self._drawn: dict[tuple[int, int], str | None] = {}
        self._italic = QFont()
        self._italic.setItalic(True)
        self.pool = pool
        self._later = Later(self, pool)
        self._later.arrived.connect(self._swap)
        self._later.failed.connect(self._say)
        self._later.busy.connect(self.busy)

    # What is shown

    @property
    def total(self) -> int:
        """Rows of the table, shown or not."""
        return int(self.table.num_rows)

    @property
    def sort_now(self) -> Sort | None:
        """The column sorted by, also while that is being worked out; None for the file's order."""
        return self._sort

    @property
    def working(self) -> bool:
        """Whether an order is being worked out."""
        return self._later.running

    def source_row(self, row: int) -> int:
        """Return a shown row's number in the table."""
        return row if self._now.order is None else int(self._now.order[row])

    def source_rows(self, first: int, last: int) -> list[int]:
        """Return the numbers in the table of shown rows, both ends included."""
        if self._now.order is None:
            return list(range(first, last + 1))
        return [int(row) for row in self._now.order[first : last + 1]]

    def shown_row(self, source: int) -> int | None:
        """Return where a row of the table is shown; None where it isn't."""
        if self._now.order is None:
            return source if 0 <= source < self.total else None
        import numpy as np

        found = np.flatnonzero(self._now.order == source)
        return int(found[0]) if len(found) else None

    def value(self, source: int, column: int) -> Any:
        """Return a cell of the table as it is; None where missing."""
        return self._columns[column][source].as_py()

    def text(self, source: int, column: int) -> str | None:
        """Return a cell of the table as text; None where missing."""
        value = self.value(source, column)
        if value is None:
            return None
        write = self._texts[column]
        return write(value) if write else written(value)

    def texts(self, sources: Sequence[int], column: int) -> list[str]:
        """Return cells of many rows as texts to copy: empty where missing, numbers in full."""
        import numpy as np
        import pyarrow as pa

        numbers = pa.py_buffer(np.array(sources, np.int64))
        rows = pa.Array.from_buffers(pa.int64(), len(sources), [None, numbers])
        write = exactly if self._right[column] else self._texts[column] or written
        values = self._columns[column].take(rows).to_pylist()
        return ["" if value is None else write(value) for value in values]

    def is_numeric(self, column: int) -> bool:
        """Whether a column holds numbers."""
        return self._right[column]

    def can_sort(self, column: int) -> bool:
        """Whether rows can be put into a column's order."""
        return can_sort(self._columns[column].type)

    # What may be asked for

    def sort_by(self, column: int | None, ascending: bool = True) -> None:
        """Show the rows in a column's order, missing cells last; None: in the file's order."""
        sort = None if column is None else Sort(column, ascending)
        if sort != self._sort and (column is None or self.can_sort(column)):
            self._sort = sort
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.names) - 1)
            self._arrange()

    def turn_sort(self, column: int) -> None:
        """Sort by a column; if that is so, the other way round; if that too, as in the file."""
        if self._sort is None or self._sort.column != column:
            self.sort_by(column)
        elif self._sort.ascending:
            self.sort_by(column, False)
        else:
            self.sort_by(None)

    def keep(self, rows: Rows | Any | None) -> None:
        """Show only some rows.

        Parameters
        ----------
        rows
            A condition (`table_rows.contains` …), a boolean array of shape (rows,), or None for
            all rows.
        """
        if rows is None or callable(rows):
            self._rows = rows
        else:
            self._rows = lambda table: rows
        self._arrange()

    def _arrange(self) -> None:
        numeric = self._sort is not None and self.names[self._sort.column] in self._numeric
        self._later.run(partial(arrange, self.table, self._sort, self._rows, numeric, self._now))

    def _swap(self, arranged: Arranged) -> None:
        self.beginResetModel()
        self._now = arranged
        self.endResetModel()
        self.arranged.emit()

    def _say(self, error: Exception) -> None:
        self._sort, self._rows = self._now.sort, self._now.rows
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.names) - 1)
        self.failed.emit(
            tr("These rows can’t be sorted or filtered so ({why}). They stand as before.").format(
                why=visible(str(error), 200)
            )
        )

    # What Qt asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many rows are shown."""
        if parent.isValid():
            return 0
        return self.total if self._now.order is None else len(self._now.order)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: Index, role: int = DISPLAY) -> Any:
        """Return what Qt draws of a cell."""
        out: Any = None
        if role == DISPLAY:
            shown = self._shown(index)
            out = tr("missing") if shown is None else shown
        elif role == ALIGNMENT:
            out = RIGHT if self._right[index.column()] else LEFT
        elif role in (COLOUR, FONT):
            if self._shown(index) is None:
                muted = QPalette.ColorRole.PlaceholderText
                out = self._italic if role == FONT else QApplication.palette().color(muted)
        elif role == TOOLTIP:
            out = self._tip(index)
        elif role == PICTURE and index.column() in self.pictures:
            out = self.pictures[index.column()](self.source_row(index.row()))
        return out

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DISPLAY) -> Any:
        """Return a column's name, or a row's number in the file counted from 1."""
        if orientation == Qt.Orientation.Vertical:
            number = f"{self.source_row(section) + 1:,}" if role == DISPLAY else None
            return RIGHT if role == ALIGNMENT else number
        name = visible(self.names[section], 200)
        if role == ALIGNMENT:
            return RIGHT if self._right[section] else LEFT
        if role == TOOLTIP:
            return tip(name, self.notes.get(section, ""))
        return self._said(section, name) if role == NAME else name if role == DISPLAY else None

    def _said(self, section: int, name: str) -> str:
        """Say a column's name and state for those who don't see them."""
        if self._sort is not None and self._sort.column == section:
            way = tr("ascending") if self._sort.ascending else tr("descending")
            name = tr("{name}, sorted {way}").format(name=name, way=way)
        note = self.notes.get(section, "")
        return f"{name}: {note}" if note else name

    def _shown(self, index: Index) -> str | None:
        source, column = self.source_row(index.row()), index.column()
        key = (source, column)
        if key not in self._drawn:
            if len(self._drawn) >= REMEMBERED:
                self._drawn.clear()
            text = self.text(source, column)
            if text is not None:
                more = "…" if len(text) > CELL else ""
                text = visible(text[:CELL]) + more
            self._drawn[key] = text
        return self._drawn[key]

    def _tip(self, index: Index) -> str | None:
        text = self.text(self.source_row(index.row()), index.column())
        if text is None:
            return tr("This cell is empty in the file")
        if len(text) < 20:
            return None
        return tip(visible(text, TIP, lines=True))


def tip(*parts: str) -> str:
    """Make a tooltip of plain texts: Qt takes what looks like HTML for HTML."""
    lines = "\n".join(part for part in parts if part)
    return f"<qt>{escape(lines).replace(chr(10), '<br>')}</qt>"


def exactly(value: Any) -> str:
    """Write a number as programs read it."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def written(value: Any) -> str:
    """Write a cell's value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return tr("{n} bytes").format(n=f"{len(value):,}")
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:,.0f}"
    return str(value)
