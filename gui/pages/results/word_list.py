"""Many maps below one another: only those in sight are drawn, and laid out in small parts.

Words are drawn here; pictures and sounds with scores over them come from other threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QThreadPool,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
)

from ....multimodal.escape import visible
from ...frame.texts import tr
from ...frame.theme import FAMILY, Theme
from ...widgets.drawn_maps import Drawing, DrawnMaps
from ...widgets.word_map import LaidOut, Words, lay_out, paint

PAD, TITLE, NOTE, GAP = 14, 24, 22, 8
BATCH = 24

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """A map with what stands around it."""

    id: str
    title: str
    note: str
    words: Words
    wrong: bool
    rough: bool
    drawings: tuple[Drawing, ...] = ()


class _Entries(QAbstractListModel):
    def __init__(self, parent: QListView) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()

    def show_entries(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = tuple(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            one = self.entries[index.row()]
            said = [*(drawing.said for drawing in one.drawings), " ".join(one.words.words[:60])]
            return f"{one.title}. {'. '.join(filter(None, said))}"
        return None


class _Cards(QStyledItemDelegate):
    def __init__(self, view: WordList, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        one = self._view.entry(index.row())
        colours = self._theme.palette
        box = QRectF(option.rect).adjusted(1, 1, -1, -GAP)
        current = index.row() == self._view.currentIndex().row()
        focus = current and self._view.hasFocus()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(
            QPen(QColor(colours.accent if current else colours.border), 2 if focus else 1)
        )
        painter.setBrush(QColor(colours.surface))
        painter.drawRoundedRect(box, 8, 8)
        inside = box.adjusted(PAD, 8, -PAD, -8)
        painter.setFont(QFont(FAMILY, 10, QFont.Weight.DemiBold))
        painter.setPen(QColor(colours.warning if one.wrong else colours.text))
        title = painter.fontMetrics().elidedText(
            one.title, Qt.TextElideMode.ElideRight, int(inside.width())
        )
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(inside.x(), inside.y(), inside.width(), TITLE), middle, title)
        y = inside.y() + TITLE + 2
        for drawing in one.drawings:
            height = drawing.height
            self._paint_drawing(painter, drawing, QRectF(inside.x(), y, inside.width(), height))
            y += height
        origin = QPointF(inside.x(), y)
        laid = self._view.laid(index.row())
        paint(painter, laid, colours, origin, self._view.word if current else None)
        painter.setFont(QFont(FAMILY, 9))
        painter.setPen(QColor(colours.warning if one.rough else colours.muted))
        low = QRectF(inside.x(), inside.bottom() - NOTE, inside.width(), NOTE)
        note = painter.fontMetrics().elidedText(
            one.note, Qt.TextElideMode.ElideRight, int(low.width())
        )
        painter.drawText(low, Qt.AlignmentFlag.AlignBottom, note)
        painter.restore()

    def _paint_drawing(self, painter: QPainter, drawing: Drawing, box: QRectF) -> None:
        found = self._view.maps.of(drawing)
        if isinstance(found, QPixmap):
            size = found.deviceIndependentSize()
            if size.width() > box.width() or size.height() > box.height():
                size = size.scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(QRectF(box.topLeft(), size), found, QRectF(found.rect()))
            return
        painter.setFont(QFont(FAMILY, 9))
        painter.setPen(QColor(self._theme.palette.muted))
        said = tr("Drawing …") if found is None else visible(found, 300)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, said)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        drawings = self._view.entry(index.row()).drawings
        height = self._view.laid(index.row()).height + sum(drawing.height for drawing in drawings)
        return QSize(200, round(height) + TITLE + NOTE + 26 + GAP)


class WordList(QListView):
    """The list of maps; left and right walk through the words of the current one.

    `told` says what a word did, `map_chosen` carries the id of the row that became the current one.
    """

    told = Signal(str)
    map_chosen = Signal(str)

    def __init__(self, theme: Theme, pool: QThreadPool) -> None:
        super().__init__()
        self.maps = DrawnMaps(self, pool, theme)
        self.maps.came.connect(self.viewport().update)
        self.word: int | None = None
        self._laid: dict[int, LaidOut] = {}
        self._width = 0
        self._model = _Entries(self)
        self.setModel(self._model)
        self.setItemDelegate(_Cards(self, theme))
        self.setAccessibleName(tr("Word maps"))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(BATCH)
        self.setMouseTracking(True)
        self.setStyleSheet("QListView { background: transparent; border: none; }")
        theme.changed.connect(self.viewport().update)

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show maps instead of those before."""
        self._laid.clear()
        self.word = None
        self._model.show_entries(entries)
        if entries:
            self.setCurrentIndex(self._model.index(0))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The maps that are shown."""
        return self._model.entries

    @property
    def chosen(self) -> str:
        """Id of the current map's row; empty where there is none."""
        row = self.currentIndex().row()
        return self.entry(row).id if row >= 0 else ""

    def choose(self, id_: str) -> None:
        """Make the map of a row the current one, where it is shown."""
        at = next((at for at, one in enumerate(self.entries) if one.id == id_), -1)
        if at >= 0:
            self.setCurrentIndex(self._model.index(at))

    def entry(self, row: int) -> Entry:
        """Return a map by its place."""
        return self._model.entries[row]

    def laid(self, row: int) -> LaidOut:
        """Return a map laid out for the width of now."""
        width = self.viewport().width()
        if width != self._width:
            self._laid.clear()
            self._width = width
        if row not in self._laid:
            self._laid[row] = lay_out(self.entry(row).words, max(width - 2 * PAD - 4, 120))
        return self._laid[row]

    def choose_word(self, at: int) -> None:
        """Choose a word of the current map."""
        row = self.currentIndex().row()
        if row < 0:
            return
        words = self.entry(row).words
        if not words.words:
            return
        self.word = max(0, min(at, len(words.words) - 1))
        self.told.emit(words.said(self.word))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the maps out for another width."""
        super().resizeEvent(event)
        if self.viewport().width() != self._width:
            self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through words with left and right, through maps with up and down."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in steps:
            self.choose_word(0 if self.word is None else self.word + steps[key])
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the map and the word under the mouse."""
        super().mousePressEvent(event)
        found = self._under(event.position())
        if found is not None:
            self.choose_word(found[1])

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell which map is the current one."""
        super().currentChanged(current, previous)
        self.word = None
        if current.isValid():
            self.map_chosen.emit(self.entry(current.row()).id)

    def viewportEvent(self, event: QEvent) -> bool:
        """Say in a tooltip what a word did."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._under(QPointF(event.pos()))
            if found is not None:
                row, word = found
                QToolTip.showText(event.globalPos(), self.entry(row).words.said(word), self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def _under(self, place: QPointF) -> tuple[int, int] | None:
        index = self.indexAt(place.toPoint())
        if not index.isValid():
            return None
        box: QRect = self.visualRect(index)
        above = sum(one.height for one in self.entry(index.row()).drawings)
        origin = QPointF(box.x() + 1 + PAD, box.y() + 1 + 8 + TITLE + 2 + above)
        word = self.laid(index.row()).under(place - origin)
        return None if word is None else (index.row(), word)
