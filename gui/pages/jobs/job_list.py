"""The list of jobs: two lines each, with an icon, a word and a bar; keyboard and reader alike."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from ...frame.icons import pixmap
from ...frame.style import SPACE
from ...frame.texts import tr
from ...frame.theme import Theme
from .board import Item

Index = QModelIndex | QPersistentModelIndex
DATA = Qt.ItemDataRole.UserRole
ROW, HEADING, ICON = 58, 34, 18


class JobList(QListWidget):
    """Shows a board; `chosen` carries the key of the item that a person came to."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(tr("Jobs"))
        self.setItemDelegate(_Lines(theme, self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setUniformItemSizes(False)
        self.setMouseTracking(True)
        self._items: list[Item] = []
        self.currentItemChanged.connect(self._came)
        theme.changed.connect(self._recolour)

    def show_items(self, items: Sequence[Item]) -> None:
        """Show these lines; the chosen one and the scrolled place stay."""
        before, self._items = self._items, list(items)
        if [(one.kind, one.key, one.title) for one in before] == [
            (one.kind, one.key, one.title) for one in items
        ]:
            for at, (was, now) in enumerate(zip(before, items, strict=True)):
                if was != now:
                    self._fill(self.item(at), now)
            return
        kept, place = self.key, self.verticalScrollBar().value()
        self.blockSignals(True)
        self.clear()
        for one in items:
            row = QListWidgetItem()
            self._fill(row, one)
            self.addItem(row)
        self.blockSignals(False)
        self.verticalScrollBar().setValue(place)
        self.choose(kept)

    @property
    def key(self) -> str:
        """Key of the chosen item; empty if there is none."""
        row = self.currentItem()
        return str(row.data(DATA).key) if row is not None else ""

    @property
    def keys(self) -> list[str]:
        """Keys of all items, top to bottom."""
        return [one.key for one in self._items if one.key]

    def choose(self, key: str) -> bool:
        """Choose an item without telling; say whether it is there."""
        for at, one in enumerate(self._items):
            if key and one.key == key:
                self.blockSignals(True)
                self.setCurrentRow(at)
                self.blockSignals(False)
                if at == 1:  # the heading above the first one is seen whole
                    self.scrollToTop()
                return True
        return False

    def _recolour(self) -> None:
        self.viewport().update()

    def _fill(self, row: QListWidgetItem, one: Item) -> None:
        row.setData(DATA, one)
        row.setText(f"{one.title}, {one.line}" if one.line else one.title)
        row.setToolTip(row.text() if one.key else "")
        row.setSizeHint(QSize(0, ROW if one.key else HEADING))
        if not one.key:
            row.setFlags(Qt.ItemFlag.NoItemFlags)

    def _came(self, now: QListWidgetItem | None, _: QListWidgetItem | None) -> None:
        if now is not None and now.data(DATA).key:
            self.chosen.emit(now.data(DATA).key)


class _Lines(QStyledItemDelegate):
    def __init__(self, theme: Theme, parent: JobList) -> None:
        super().__init__(parent)
        self._theme = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        one: Item = index.data(DATA)
        colours = self._theme.palette
        rect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if one.kind == "heading":
            font = QFont(option.font)
            font.setPointSize(9)
            font.setWeight(QFont.Weight.DemiBold)
            painter.setFont(font)
            painter.setPen(QColor(colours.muted))
            inside = rect.adjusted(SPACE + 4, 6, -SPACE, 0)
            painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter, one.title)
            painter.restore()
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        ground = rect.adjusted(4, 1, -4, -1)
        if selected:
            painter.setBrush(QColor(colours.finding_soft))
            focus = bool(option.state & QStyle.StateFlag.State_HasFocus)
            painter.setPen(QPen(QColor(colours.accent), 2) if focus else Qt.PenStyle.NoPen)
            painter.drawRoundedRect(ground.adjusted(1, 1, -1, -1), 6, 6)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(colours.note_soft))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(ground, 6, 6)
        self._words(painter, option, ground.adjusted(SPACE, 7, -SPACE, -7), one)
        painter.restore()

    def _words(
        self, painter: QPainter, option: QStyleOptionViewItem, room: QRect, one: Item
    ) -> None:
        colours = self._theme.palette
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(
            room.left(), room.top() + 1, pixmap(one.icon, ICON, getattr(colours, one.role), ratio)
        )
        text = room.adjusted(ICON + SPACE, 0, 0, 0)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(colours.text))
        line = QRect(text.left(), text.top(), text.width(), 20)
        title = painter.fontMetrics().elidedText(
            one.title, Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, title)
        font.setWeight(QFont.Weight.Normal)
        font.setPointSize(9)
        painter.setFont(font)
        painter.setPen(QColor(colours.muted))
        line.translate(0, 19)
        words = painter.fontMetrics().elidedText(
            one.line, Qt.TextElideMode.ElideRight, line.width()
        )
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, words)
        if one.share is not None:
            bar = QRect(text.left(), room.bottom() - 1, text.width(), 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.grid))
            painter.drawRoundedRect(bar, 2, 2)
            done = QRect(bar)
            done.setWidth(round(bar.width() * min(max(one.share, 0.0), 1.0)))
            painter.setBrush(QColor(colours.accent))
            painter.drawRoundedRect(done, 2, 2)
