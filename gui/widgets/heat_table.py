"""Why an answer was written, as a table: rows of the prompt's words, columns of the answer's.

Cells are coloured as words are: orange speaks for the answer's word, blue against it. The strongest
carry their score and a line, solid and dotted, so that the table can be read without colour. The
arrow keys go from cell to cell.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from ...multimodal.escape import visible
from ...multimodal.palette import LEVELS, level
from ..frame.texts import tr
from ..frame.theme import FAMILY, Theme
from .cell_view import fixed_cells, plain_view
from .word_map import STRONG, signed

if TYPE_CHECKING:
    from ...explain.generation.draw import Heat

ROW, HEADER, PAD = 28, 34, 12
LEAST, WIDEST = 52, 132
"""Pixels of a column."""
NAMES = 180
"""Most pixels of the prompt's words."""
MOST_SHOWN = 20
"""Rows that are seen at a time; longer tables scroll."""

Index = QModelIndex | QPersistentModelIndex


class _Model(QAbstractTableModel):
    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self.heat: Heat | None = None

    def show_heat(self, heat: Heat | None) -> None:
        self.beginResetModel()
        self.heat = heat
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.heat is None else len(self.heat.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self.heat is None else len(self.heat.columns)

    def score(self, index: Index) -> float:
        return (
            math.nan if self.heat is None else float(self.heat.scores[index.row()][index.column()])
        )

    def said(self, index: Index) -> str:
        if self.heat is None:
            return ""
        word, token = self.heat.rows[index.row()], self.heat.columns[index.column()]
        score = self.score(index)
        said = tr("“{word}” stands behind “{token}”: no score")
        if math.isfinite(score):
            said = tr("“{word}” {score} nats: spoke for “{token}”")
            if not level(score, self.heat.scale):
                said = tr("“{word}” {score} nats: hardly mattered for “{token}”")
            elif score < 0:
                said = tr("“{word}” {score} nats: spoke against “{token}”")
        return said.format(word=_name(word), token=_name(token), score=signed(score))

    def row_name(self, row: int) -> str:
        """Name a row; words of the answer itself have an arrow in front."""
        if self.heat is None:
            return ""
        arrow = "→ " if self.heat.own[row] else ""
        return f"{arrow}{_name(self.heat.rows[row])}"

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if self.heat is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            score = self.score(index)
            strong = math.isfinite(score) and abs(level(score, self.heat.scale)) >= STRONG
            return signed(score) if strong else ""
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self.said(index)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        if self.heat is None:
            return None
        across = orientation == Qt.Orientation.Horizontal
        name = (self.heat.columns if across else self.heat.rows)[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return _name(name) if across else self.row_name(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            own = not across and self.heat.own[section]
            return tr("“{word}”, of the answer itself").format(word=_name(name)) if own else name
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignHCenter if across else Qt.AlignmentFlag.AlignRight
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None


class _Cells(QStyledItemDelegate):
    def __init__(self, view: HeatTable, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        heat = self._view.heat
        if heat is None:
            return
        colours = self._theme.palette
        box = QRectF(option.rect).adjusted(1, 1, -1, -1)
        score = self._view.score(index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if math.isfinite(score):
            step = level(score, heat.scale)
            painter.setBrush(QColor(colours.diverging[LEVELS + step] if step else colours.grid))
            painter.drawRoundedRect(box, 4, 4)
            if abs(step) >= STRONG:
                self._mark(painter, box, score)
        if index == self._view.currentIndex():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            wide = 3 if self._view.hasFocus() else 1.5
            painter.setPen(QPen(QColor(colours.text), wide))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        painter.restore()

    def _mark(self, painter: QPainter, box: QRectF, score: float) -> None:
        """Write a strong score, over a line that says its sign."""
        colours = self._theme.palette
        painter.setFont(QFont(FAMILY, 9))
        painter.setPen(QColor(colours.text))
        painter.drawText(box.adjusted(0, 0, 0, -2), Qt.AlignmentFlag.AlignCenter, signed(score))
        wide = painter.fontMetrics().horizontalAdvance(signed(score)) / 2
        style = Qt.PenStyle.SolidLine if score > 0 else Qt.PenStyle.DotLine
        painter.setPen(QPen(QColor(colours.text), 1.5, style))
        middle, low = box.center().x(), box.bottom() - 4
        painter.drawLine(QPointF(middle - wide, low), QPointF(middle + wide, low))


class HeatTable(QTableView):
    """The table; `told` says what the chosen cell is, `column_chosen` carries its column."""

    told = Signal(str)
    column_chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(_Cells(self, theme))
        self.setAccessibleName(tr("The answer word by word"))
        plain_view(self, theme)
        fixed_cells(self, ROW, HEADER)
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.setAccessibleName(tr("Words of the answer"))
        down.setAccessibleName(tr("Words of the prompt"))
        across.setHighlightSections(True)
        down.setHighlightSections(True)

    @property
    def heat(self) -> Heat | None:
        """What is shown."""
        return self._model.heat

    def score(self, index: Index) -> float:
        """Return the score of a cell; not a number where it has none."""
        return self._model.score(index)

    def show_heat(self, heat: Heat | None) -> None:
        """Show another answer; nothing is chosen then."""
        self._model.show_heat(heat)
        if heat is None:
            return
        metrics = self.fontMetrics()
        for at, name in enumerate(heat.columns):
            wide = metrics.horizontalAdvance(_name(name)) + 2 * PAD
            self.setColumnWidth(at, max(LEAST, min(wide, WIDEST)))
        rows = [self._model.row_name(at) for at in range(len(heat.rows))]
        names = max((metrics.horizontalAdvance(one) for one in rows), default=0)
        self.verticalHeader().setFixedWidth(min(names + 2 * PAD, NAMES))
        count = max(min(len(heat.rows), MOST_SHOWN), 1)
        self.setFixedHeight(HEADER + count * ROW + 24)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which cell is the current one."""
        super().currentChanged(current, previous)
        self.viewport().update()
        if current.isValid():
            self.told.emit(self._model.said(current))
            if not previous.isValid() or current.column() != previous.column():
                self.column_chosen.emit(current.column())


def _name(text: str) -> str:
    return visible(text.strip() or text, 40)
