"""The table on the screen: a header that sorts, cells cut to their column, rows to copy."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import cast

from PySide6.QtCore import (
    QItemSelectionRange,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ..frame.icons import icon
from ..frame.texts import tr
from .background import Later
from .table_model import ColumnsModel, Index

ROW, PAD = 30, 8
PICTURE_ROW, PICTURE = 48, QSize(80, 40)
"""Height of rows with small pictures, and the room that a picture gets at most."""
NARROW, WIDE, NAMED = 72, 340, 230
"""Least and most pixels of a column at first, and those of one with small pictures before its
files' names; more where there is room."""
SAMPLE = 150
"""Rows by which a column's width is chosen."""
MOST_COPIED, MOST_AT_ONCE = 20_000, 1_000
"""Rows that are copied, and how many of them without leaving the main thread."""

Item = tuple[str | None, Callable[[], object] | None]
MoreItems = Callable[[int, int], Sequence[Item]]


class TableView(QTableView):
    """A table to read, sort and copy from.

    Signals carry a row's number in the table, whatever the order shown: `row_chosen` when the
    current row changed, `row_opened` on Enter or a double click. `cut_short` tells how many rows
    were copied where more were selected.

    Parameters
    ----------
    name
        What the table is, for those who don't see it.
    """

    row_chosen = Signal(int)
    row_opened = Signal(int)
    cut_short = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.more_items: MoreItems | None = None
        """Gives further items of the menu for a row of the table and a column."""
        self.space: Callable[[], bool] | None = None
        """What the space bar does for the current row; False where that is nothing."""
        self._by_hand = False
        self._current, self._column = -1, 0
        self._copying: Later | None = None
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setWordWrap(False)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setCornerButtonEnabled(False)
        self.setTabKeyNavigation(False)
        self.setItemDelegate(_Cells(self))
        self.setIconSize(PICTURE)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW)
        rows.setHighlightSections(False)
        rows.setAccessibleName(tr("Row numbers"))
        rows.setStyleSheet("QHeaderView::section { border: none; font-weight: 400; }")
        self.setStyleSheet("QAbstractScrollArea::corner { background: transparent; border: none; }")
        self.use_header(TableHeader(self))
        self.doubleClicked.connect(lambda index: self.row_opened.emit(self._source(index)))

    def use_header(self, header: TableHeader) -> None:
        """Use another header, which has this view for its parent."""
        self.setHorizontalHeader(header)
        header.sectionClicked.connect(self._sort)
        header.sectionHandleDoubleClicked.connect(self.fit_column)
        header.sectionResized.connect(self._resized)

    def show_model(self, model: ColumnsModel) -> None:
        """Show a table instead of the one before, from its first row."""
        before = self.selectionModel()
        old = self.model()
        self._current = -1
        self.setModel(model)
        for gone in (before, old if old is not None and old.parent() is self else None):
            if gone is not None:
                gone.deleteLater()
        model.arranged.connect(self._arranged)
        self._by_hand = False
        self.fit_rows()
        self.fit_columns()

    def fit_rows(self) -> None:
        """Make rows as high as what is shown in them."""
        pictures = self.columns is not None and bool(self.columns.pictures)
        self.verticalHeader().setDefaultSectionSize(PICTURE_ROW if pictures else ROW)

    @property
    def columns(self) -> ColumnsModel | None:
        """The model that is shown."""
        model = self.model()
        return model if isinstance(model, ColumnsModel) else None

    def current_source(self) -> int | None:
        """Return the current row's number in the table."""
        return self._current if self._current >= 0 else None

    def go_to(self, source: int, column: int = 0) -> bool:
        """Make a row of the table the current one, if it is shown."""
        model = self.columns
        row = None if model is None else model.shown_row(source)
        if model is None or row is None:
            return False
        self.setCurrentIndex(model.index(row, column))
        return True

    def selected_sources(self) -> list[int]:
        """Return the selected rows' numbers in the table, in the order shown, at most 20,000."""
        out: list[int] = []
        if self.columns is not None:
            for top, bottom in self._ranges():
                out += self.columns.source_rows(top, min(bottom, top + MOST_COPIED))
        return out[:MOST_COPIED]

    def selected_count(self) -> int:
        """Return how many rows are selected."""
        return sum(bottom - top + 1 for top, bottom in self._ranges())

    def copy_rows(self, *, names: bool = False) -> int:
        """Put the selected rows on the clipboard, tabs between cells; return how many."""
        model, rows = self.columns, self.selected_sources()
        if model is None or not rows:
            return 0
        shown = [at for at in range(len(model.names)) if not self.isColumnHidden(at)]
        work = partial(_separated, model, rows, shown, names)
        if len(rows) <= MOST_AT_ONCE:
            QGuiApplication.clipboard().setText(work())
        else:
            if self._copying is None:
                self._copying = Later(self, model.pool)
                self._copying.arrived.connect(self._copied)
            self._copying.run(work)
        if self.selected_count() > len(rows):
            self.cut_short.emit(MOST_COPIED)
        return len(rows)

    def _copied(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)

    def copy_cell(self) -> None:
        """Put the current cell on the clipboard, whole and as it stands in the file."""
        model, index = self.columns, self.currentIndex()
        if model is not None and index.isValid():
            text = model.text(self._source(index), index.column())
            QGuiApplication.clipboard().setText(text or "")

    def fit_column(self, column: int) -> None:
        """Make a column as wide as the cells in sight, up to the view's own width."""
        wished = self._wish(column)
        self.setColumnWidth(column, min(wished, self.viewport().width() - 2 * PAD))

    def menu(self, row: int, column: int) -> QMenu:
        """Return the menu of a cell: copying, sorting, and what the page adds."""
        menu = QMenu(self)
        menu.setAccessibleName(tr("Rows"))
        model = self.columns
        if model is None:
            return menu
        copy = menu.addAction(icon("copy"), tr("Copy the selected rows"))
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.triggered.connect(lambda *_: self.copy_rows())
        menu.addAction(tr("Copy with column names")).triggered.connect(
            lambda *_: self.copy_rows(names=True)
        )
        menu.addAction(tr("Copy this cell")).triggered.connect(lambda *_: self.copy_cell())
        menu.addSeparator()
        sorts: tuple[tuple[str, str, int | None, bool], ...] = (
            ("up", tr("Sort from small to large"), column, True),
            ("down", tr("Sort from large to small"), column, False),
            ("undo", tr("As in the file"), None, True),
        )
        for sign, text, by, ascending in sorts:
            action = menu.addAction(icon(sign), text)
            action.setEnabled(by is None or model.can_sort(by))
            action.triggered.connect(
                lambda *_, by=by, ascending=ascending: model.sort_by(by, ascending)
            )
        if self.more_items is not None:
            menu.addSeparator()
            for said, does in self.more_items(model.source_row(row), column):
                if said is None:
                    menu.addSeparator()
                    continue
                action = menu.addAction(said)
                action.setEnabled(does is not None)
                if does is not None:
                    action.triggered.connect(lambda *_, does=does: does())
        return menu

    # What Qt calls

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy, open, and move as tables do."""
        index = self.currentIndex()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.row_opened.emit(self._source(index))
        elif event.key() == Qt.Key.Key_Space and self.space is not None and self.space():
            event.accept()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where the mouse is, or at the current cell by the keyboard."""
        index, at = self.indexAt(event.pos()), event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            at = self.viewport().mapToGlobal(self.visualRect(index).center())
        if index.isValid():
            self.setCurrentIndex(index) if not self.selectionModel().isSelected(index) else None
            self._open(self.menu(index.row(), index.column()), at)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which row is the current one."""
        super().currentChanged(current, previous)
        if current.isValid():
            self._current, self._column = self._source(current), current.column()
            self.row_chosen.emit(self._current)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Use the room that came."""
        super().resizeEvent(event)
        self.fit_columns()

    # Own work

    def _open(self, menu: QMenu, at: QPoint) -> None:
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def _source(self, index: Index) -> int:
        return self.columns.source_row(index.row()) if self.columns is not None else -1

    def _ranges(self) -> list[tuple[int, int]]:
        """Return the selected rows as ranges: asking for each of a million takes seconds."""
        if self.columns is None:
            return []
        found = cast("Iterable[QItemSelectionRange]", self.selectionModel().selection())
        return sorted({(one.top(), one.bottom()) for one in found})

    def _sort(self, column: int) -> None:
        if self.columns is not None:
            self.columns.turn_sort(column)

    def _arranged(self) -> None:
        """Go on with the row that was the current one, if it is still shown."""
        self.scrollToTop()
        if self._current >= 0 and not self.go_to(self._current, self._column):
            self._current = -1

    def _resized(self, *_: object) -> None:
        if QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton:
            self._by_hand = True

    def _wish(self, column: int) -> int:
        """Return the pixels that the first rows' cells would like."""
        model = self.columns
        if model is None or not model.rowCount():
            return NARROW
        metrics = self.fontMetrics()
        rows = range(min(model.rowCount(), SAMPLE))
        cells = (str(model.index(row, column).data() or "") for row in rows)
        widest = max(metrics.horizontalAdvance(text[:200]) for text in cells)
        picture = PICTURE.width() if column in model.pictures else 0
        return widest + picture + 2 * PAD + 4

    def _least(self, column: int) -> int:
        return min(self.horizontalHeader().sectionSizeHint(column), WIDE)

    def fit_columns(self) -> None:
        """Choose every column's width, and share out the room that is left to those cut short."""
        model = self.columns
        if model is None or self._by_hand:
            return
        header = self.horizontalHeader()
        shown = [at for at in range(model.columnCount()) if not self.isColumnHidden(at)]
        wishes = {at: max(self._wish(at), header.sectionSizeHint(at), NARROW) for at in shown}
        widths = {
            at: max(min(wish, NAMED if at in model.pictures else WIDE), self._least(at))
            for at, wish in wishes.items()
        }
        room = self.viewport().width() - sum(widths.values())
        cut = [at for at in shown if wishes[at] > widths[at]]
        if room > 0:
            for number, at in enumerate(cut or shown[-1:]):
                more = room // (len(cut or shown[-1:]) - number)
                widths[at] += more
                room -= more
        for at, width in widths.items():
            self.setColumnWidth(at, width)


def _separated(
    model: ColumnsModel, rows: Sequence[int], columns: Sequence[int], names: bool
) -> str:
    """Write rows as lines with tabs between cells."""
    out = io.StringIO()
    lines = csv.writer(out, delimiter="\t", lineterminator="\n")
    if names:
        lines.writerow([model.names[at] for at in columns])
    lines.writerows(zip(*(model.texts(rows, at) for at in columns), strict=True))
    return out.getvalue()


class TableHeader(QHeaderView):
    """Names of the columns; a click sorts, a second one turns it round, a third ends it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setSectionsMovable(False)
        self.setMinimumSectionSize(48)
        self.setAccessibleName(tr("Columns"))
        self.setMouseTracking(True)
        self.setFixedHeight(34)

    def sectionSizeFromContents(self, section: int) -> QSize:
        """Return the room that a name wants, with the arrow beside it."""
        name = str(self.model().headerData(section, Qt.Orientation.Horizontal) or "")
        width = self._bold().horizontalAdvance(name) + 2 * PAD + 18
        return QSize(width, self.height())

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw a name, and an arrow where rows are sorted by it."""
        palette = self.palette()
        painter.fillRect(rect, palette.color(QPalette.ColorRole.Base))
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        self.paint_name(painter, rect, section)

    def paint_name(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw a column's name with its arrow into a line."""
        model = self.model()
        if not isinstance(model, ColumnsModel):
            return
        inside = rect.adjusted(PAD, 0, -PAD, 0)
        sort = model.sort_now
        if sort is not None and sort.column == section:
            arrow = QRect(0, 0, 12, 12)
            arrow.moveCenter(QPoint(inside.right() - 6, inside.center().y()))
            icon("up" if sort.ascending else "down").paint(painter, arrow)
            inside.setRight(arrow.left() - 4)
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        name = str(model.headerData(section, Qt.Orientation.Horizontal))
        side = (
            Qt.AlignmentFlag.AlignRight if model.is_numeric(section) else Qt.AlignmentFlag.AlignLeft
        )
        text = self._bold().elidedText(name, Qt.TextElideMode.ElideRight, inside.width())
        painter.drawText(inside, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _bold(self) -> QFontMetrics:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return QFontMetrics(font)


class _Cells(QStyledItemDelegate):
    """Cells with room at their sides, and no frame around the one with the focus but its row."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.state &= ~QStyle.StateFlag.State_HasFocus
        model = index.model()
        if isinstance(model, ColumnsModel) and index.column() in model.pictures:
            option.textElideMode = Qt.TextElideMode.ElideLeft  # the end of a path is its name
        option.rect = option.rect.adjusted(PAD - 4, 0, -(PAD - 4), 0)
