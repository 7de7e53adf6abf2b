"""The table of runs: rows filtered and sorted by plain lists, which hundreds of runs allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ....core.follow import Following
from ...frame.icons import icon
from ...frame.texts import duration, tr
from ...widgets.numbers import measured
from ...widgets.standing import metric_name, moment, standing
from .rows import Row

Index = QModelIndex | QPersistentModelIndex
FIRST = ("name", "status")
LAST = ("model", "data", "rows", "created", "seconds", "tags")
USUAL_METRICS = ("accuracy", "f1_macro")
FOREMOST = "foremost"
"""Column of each run's most telling figure, with its name: tasks have no metric in common."""


@dataclass(frozen=True)
class Filter:
    """Which rows are shown: all words must occur; no status and no tag stand for any."""

    words: str = ""
    statuses: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()

    def keeps(self, row: Row, status: str) -> bool:
        """Whether a row passes."""
        return (
            all(word in row.words for word in self.words.casefold().split())
            and (not self.statuses or status in self.statuses)
            and self.tags <= set(row.tags)
        )


class RunsModel(QAbstractTableModel):
    """Rows in the order shown.

    Parameters
    ----------
    parent
        Owner.
    jobs
        Gives what is followed, for status and duration.
    """

    def __init__(self, parent: QObject, jobs: Callable[[], Mapping[Path, Following]]) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._all: list[Row] = []
        self._shown: list[Row] = []
        self._cells: list[tuple[str, ...]] = []
        self.filter = Filter()
        self.metrics: tuple[str, ...] = USUAL_METRICS
        self._mixed = False
        self.sorted_by = ("created", False)

    # What is shown

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns in code; metrics by their own."""
        foremost = (FOREMOST,) if self._mixed else ()
        return (*FIRST, *foremost, *self.metrics, *LAST)

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows in the order shown."""
        return tuple(self._shown)

    @property
    def every(self) -> tuple[Row, ...]:
        """All rows, shown or not."""
        return tuple(self._all)

    @property
    def known_metrics(self) -> list[str]:
        """Every metric that some run has, those of the table first."""
        return list(
            dict.fromkeys([*self.metrics, *(name for row in self._all for name in row.metrics)])
        )

    def row_at(self, row: int) -> Row:
        """Return what stands in a row."""
        return self._shown[row]

    def place(self, path: Path) -> int | None:
        """Return where a run is shown."""
        return next((at for at, row in enumerate(self._shown) if row.path == path), None)

    def status(self, row: Row) -> str:
        """Return how a run's job stands."""
        if not row.whole:
            return "only begun"
        job = self._jobs().get(row.path)
        return job.status if job is not None else "interrupted"

    def seconds(self, row: Row) -> float | None:
        """Return how long a run took, or has been at work so far."""
        job = self._jobs().get(row.path)
        if job is None or job.began is None or job.ended is None:
            return None
        return job.ended - job.began

    # What changes

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Take these rows; the order and what is selected stay."""
        self._all = list(rows)
        self._fit_columns()
        self._arrange()

    def use_filter(self, wanted: Filter) -> None:
        """Show what passes a filter."""
        self.filter = wanted
        self._arrange()

    def use_metrics(self, names: Sequence[str]) -> None:
        """Show these metrics."""
        self.beginResetModel()
        self.metrics = tuple(names)
        self._mixed = self._is_mixed()
        if self.sorted_by[0] not in self.columns:
            self.sorted_by = ("created", False)
        self._order()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; what has no value there stands last either way."""
        self.sorted_by = (self.columns[column], order == Qt.SortOrder.AscendingOrder)
        self._arrange()

    # What Qt asks

    def rowCount(self, parent: Index | None = None) -> int:
        """Return the rows shown."""
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return the columns."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return a column's name."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        name = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return _titles().get(name) or metric_name(name)
        if role == Qt.ItemDataRole.ToolTipRole and name == FOREMOST:
            return tr("What tells most of each run, on the test rows, with its 95% interval")
        if role == Qt.ItemDataRole.ToolTipRole and name in self.metrics:
            return tr("{name} on the test rows, with its 95% interval").format(
                name=metric_name(name)
            )
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(name) | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return a cell's text, icon or side."""
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        row, name = self._shown[index.row()], self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            text = self.text(row, name)
            if role == Qt.ItemDataRole.ToolTipRole and name == "name":
                return f"{row.path}\n{row.note}".strip()
            return text
        if role == Qt.ItemDataRole.DecorationRole and name == "status":
            return icon(standing(self.status(row)).icon)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_side(name) | Qt.AlignmentFlag.AlignVCenter)
        return None

    def text(self, row: Row, name: str) -> str:
        """Write a cell for people."""
        if name in self.metrics:
            return measured(row.metrics[name]) if name in row.metrics else "–"
        if name == FOREMOST:
            known = row.foremost
            return f"{metric_name(known)} {measured(row.metrics[known])}" if known else "–"
        seconds = self.seconds(row)
        cells = {
            "name": row.name,
            "status": standing(self.status(row)).word,
            "model": row.model or "–",
            "data": row.data or "–",
            "rows": f"{row.rows:,}".replace(",", "\u202f") if row.rows is not None else "–",
            "created": moment(row.created) or "–",
            "seconds": duration(seconds) if seconds is not None else "–",
            "tags": ", ".join(row.tags),
        }
        return cells[name]

    # Own work

    def _is_mixed(self) -> bool:
        """Whether some run was measured by none of the metrics shown."""
        shown = set(self.metrics)
        return bool(shown) and any(
            row.metrics and not shown & set(row.metrics) for row in self._all
        )

    def _fit_columns(self) -> None:
        """Add the column of each run's own figure where it is needed, or take it away."""
        mixed, at = self._is_mixed(), len(FIRST)
        if mixed == self._mixed:
            return
        if mixed:
            self.beginInsertColumns(QModelIndex(), at, at)
        else:
            self.beginRemoveColumns(QModelIndex(), at, at)
        self._mixed = mixed
        if self.sorted_by[0] not in self.columns:
            self.sorted_by = ("created", False)
        self._cells = self._texts(self._shown)
        if mixed:
            self.endInsertColumns()
        else:
            self.endRemoveColumns()

    def _arrange(self) -> None:
        before, cells = self._shown, self._cells
        wanted = self._wanted()
        if [row.path for row in wanted] == [row.path for row in before]:
            self._shown = wanted
            self._cells = self._texts(wanted)
            for at, (was, now) in enumerate(zip(cells, self._cells, strict=True)):
                if was != now:
                    self.dataChanged.emit(self.index(at, 0), self.index(at, self.columnCount() - 1))
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        paths = [before[one.row()].path if one.row() < len(before) else None for one in held]
        self._shown, self._cells = wanted, self._texts(wanted)
        places = {row.path: at for at, row in enumerate(wanted)}
        moved = [
            self.index(places[path], one.column()) if path in places else QModelIndex()
            for one, path in zip(held, paths, strict=True)
        ]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def _order(self) -> None:
        self._shown = self._wanted()
        self._cells = self._texts(self._shown)

    def _texts(self, rows: Sequence[Row]) -> list[tuple[str, ...]]:
        return [tuple(self.text(row, name) for name in self.columns) for row in rows]

    def _wanted(self) -> list[Row]:
        kept = [row for row in self._all if self.filter.keeps(row, self.status(row))]
        name, ascending = self.sorted_by
        kept.sort(key=lambda row: row.name)
        known = [row for row in kept if self._key(row, name) is not None]
        known.sort(key=lambda row: self._key(row, name), reverse=not ascending)  # type: ignore[arg-type,return-value]
        return known + [row for row in kept if self._key(row, name) is None]

    def _key(self, row: Row, name: str) -> str | float | tuple[str, float] | None:
        if name in self.metrics:
            figure = row.metrics.get(name)
            return figure.value if figure is not None and math.isfinite(figure.value) else None
        if name == FOREMOST:
            known = row.foremost
            return (metric_name(known), row.metrics[known].value) if known else None
        if name == "seconds":
            return self.seconds(row)
        if name in ("rows", "created"):
            number: float | None = getattr(row, name)
            return number
        return self.text(row, name).casefold() or None


def _titles() -> dict[str, str]:
    return {
        "name": tr("Run"),
        "status": tr("Status"),
        FOREMOST: tr("Main figure"),
        "model": tr("Model"),
        "data": tr("Data"),
        "rows": tr("Rows"),
        "created": tr("Created"),
        "seconds": tr("Took"),
        "tags": tr("Tags"),
    }


def _side(name: str) -> Qt.AlignmentFlag:
    numbers = name in ("rows", "seconds")
    return Qt.AlignmentFlag.AlignRight if numbers else Qt.AlignmentFlag.AlignLeft
