"""Small bars in the theme's colours: how many rows a value has, and how long texts are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ..frame.icons import icon
from ..frame.texts import tr
from ..frame.theme import Theme
from .table_model import tip

LINE, NOTE, GAP = 26, 16, 2


@dataclass(frozen=True)
class Bar:
    """One value with its rows.

    Attributes
    ----------
    name
        What it is called, already visible.
    rows
        How many rows have it.
    note
        A further line under it, or empty.
    """

    name: str
    rows: int
    note: str = ""


class Bars(QWidget):
    """Values with the rows that have them; `chosen` carries the place of one that was clicked.

    Up, Down and Return do the same by the keyboard.
    """

    chosen = Signal(int)

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._bars: tuple[Bar, ...] = ()
        self._total, self._at, self._marked = 1, 0, -1
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setMinimumWidth(200)
        theme.changed.connect(self.update)

    def show_bars(self, bars: Sequence[Bar], total: int, marked: int = -1) -> None:
        """Show values.

        Parameters
        ----------
        bars
            In the order to show.
        total
            Rows of which the shares are told.
        marked
            The place of one that is chosen now; -1 for none.
        """
        self._bars, self._total, self._marked = tuple(bars), max(total, 1), marked
        self._at = min(self._at, max(len(bars) - 1, 0))
        self.setAccessibleDescription("; ".join(self.said(at) for at in range(len(bars))))
        self.updateGeometry()
        self.update()

    def said(self, at: int) -> str:
        """Say one value in words."""
        bar = self._bars[at]
        text = f"{bar.name}: {self._figures(bar)}"
        return f"{text} ({bar.note})" if bar.note else text

    def sizeHint(self) -> QSize:
        """Return the room that the values need."""
        return QSize(260, sum(map(self._height, self._bars)))

    def minimumSizeHint(self) -> QSize:
        """Return the least room; the height is the same."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw every value: its name, its bar, its rows and their share."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        longest = max((bar.rows for bar in self._bars), default=1) or 1
        metrics = self.fontMetrics()
        figures = max(
            (metrics.horizontalAdvance(self._figures(bar)) for bar in self._bars), default=0
        )
        names = max((metrics.horizontalAdvance(bar.name) for bar in self._bars), default=0)
        name_width = min(names + 22, round(self.width() * 0.4))
        top = 0
        for at, bar in enumerate(self._bars):
            height = self._height(bar)
            rect = QRect(0, top, self.width(), height - GAP)
            self._draw(painter, rect, at, name_width, figures, bar.rows / longest)
            top += height
        painter.end()

    def _draw(
        self, painter: QPainter, rect: QRect, at: int, names: int, figures: int, share: float
    ) -> None:
        colour, bar = self._theme.colour, self._bars[at]
        if self.hasFocus() and at == self._at:
            painter.setPen(QPen(colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 5, 5)
        line = QRect(rect.left() + 6, rect.top(), rect.width() - 12, LINE - GAP)
        side = Qt.AlignmentFlag.AlignVCenter
        font = QFont(self.font())
        left = line.left()
        if at == self._marked:
            icon("check").paint(painter, QRect(left, line.center().y() - 6, 14, 14))
            font.setWeight(QFont.Weight.DemiBold)
            left += 18
        painter.setFont(font)
        painter.setPen(colour("text"))
        room = line.left() + names - 8 - left
        name = painter.fontMetrics().elidedText(bar.name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRect(left, line.top(), room, line.height()), side, name)
        painter.setPen(colour("muted"))
        painter.setFont(self.font())
        painter.drawText(line, side | Qt.AlignmentFlag.AlignRight, self._figures(bar))
        ground = QRectF(line.left() + names, line.center().y() - 4, 0, 9)
        ground.setRight(max(line.right() - figures - 10, ground.left() + 12))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("grid"))
        painter.drawRoundedRect(ground, 3, 3)
        if bar.rows:
            ground.setWidth(max(ground.width() * share, 3))
            painter.setBrush(colour("accent"))
            painter.drawRoundedRect(ground, 3, 3)
        if bar.note:
            below = QRect(line.left(), line.bottom() - 2, line.width(), NOTE)
            small = QFont(self.font())
            small.setPointSizeF(self.font().pointSizeF() - 1)
            painter.setFont(small)
            painter.setPen(colour("muted"))
            text = painter.fontMetrics().elidedText(
                bar.note, Qt.TextElideMode.ElideRight, below.width()
            )
            painter.drawText(below, side, text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the value under the mouse."""
        at = self._under(event.position().toPoint())
        if at >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._at = at
            self.chosen.emit(at)
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move to another value and choose it."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()), 0)
        if step and 0 <= self._at + step < len(self._bars):
            self._at += step
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._bars:
            self.chosen.emit(self._at)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say a value in full where the mouse rests."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            at = self._under(event.pos())
            said = tip(self.said(at)) if at >= 0 else ""
            QToolTip.showText(event.globalPos(), said, self)
            return True
        return super().event(event)

    def _height(self, bar: Bar) -> int:
        return LINE + (NOTE if bar.note else 0)

    def _figures(self, bar: Bar) -> str:
        return f"{bar.rows:,} · {share(bar.rows, self._total)}"

    def _under(self, at: QPoint) -> int:
        top = 0
        for number, bar in enumerate(self._bars):
            top += self._height(bar)
            if at.y() < top:
                return number
        return -1


class Histogram(QWidget):
    """Counts of rows over lengths, with a limit; what is beyond it is hatched."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._edges: tuple[int, ...] = ()
        self._counts: tuple[int, ...] = ()
        self._limit = 0
        self.setAccessibleName(name)
        self.setFixedHeight(118)
        self.setMinimumWidth(200)
        self.setMouseTracking(True)
        theme.changed.connect(self.update)

    def show_counts(
        self, edges: Sequence[int], counts: Sequence[int], limit: int, description: str
    ) -> None:
        """Show `counts[i]` rows from `edges[i]` up to below `edges[i + 1]`."""
        self._edges, self._counts, self._limit = tuple(edges), tuple(counts), limit
        self.setAccessibleDescription(description)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw bars, the limit, and the numbers at the ends."""
        if not self._counts:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, area = self._theme.colour, self._area()
        painter.setPen(colour("grid"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        width, highest = area.width() / len(self._counts), max(self._counts)
        for at, count in enumerate(self._counts):
            if not count:
                continue
            height = max(count / highest * area.height(), 1.5)
            bar = QRectF(area.left() + at * width, area.bottom() - height, width - 1, height)
            beyond = self._edges[at] > self._limit
            painter.setPen(colour("warning") if beyond else Qt.PenStyle.NoPen)
            painter.setBrush(
                QBrush(colour("warning"), Qt.BrushStyle.BDiagPattern)
                if beyond
                else colour("accent")
            )
            painter.drawRect(bar)
        metrics = painter.fontMetrics()
        low = QRectF(0, area.bottom() + 3, self.width(), metrics.height())
        painter.setPen(colour("muted"))
        painter.drawText(low, Qt.AlignmentFlag.AlignLeft, f"{self._edges[0]:,}")
        painter.drawText(low, Qt.AlignmentFlag.AlignRight, f"{self._edges[-1] - 1:,}")
        place = self._place(self._limit)
        said = tr("limit {n}").format(n=f"{self._limit:,}")
        if place is None:
            said = tr("limit {n}, farther right").format(n=f"{self._limit:,}")
            painter.drawText(
                QRectF(0, 0, self.width(), metrics.height()), Qt.AlignmentFlag.AlignRight, said
            )
        else:
            painter.setPen(QPen(colour("text"), 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(
                QPoint(round(place), metrics.height()), QPoint(round(place), area.bottom())
            )
            wide = metrics.horizontalAdvance(said)
            left = min(max(place - wide / 2, 0), self.width() - wide)
            painter.drawText(QRectF(left, 0, wide + 2, metrics.height()), 0, said)
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say how many rows a bar stands for."""
        area = self._area()
        if not self._counts or not area.width():
            return
        place = (event.position().x() - area.left()) / area.width() * len(self._counts)
        at = min(max(int(place), 0), len(self._counts) - 1)
        QToolTip.showText(
            event.globalPosition().toPoint(),
            tr("{low} to {high} tokens: {n} rows").format(
                low=f"{self._edges[at]:,}",
                high=f"{self._edges[at + 1] - 1:,}",
                n=f"{self._counts[at]:,}",
            ),
            self,
        )

    def _area(self) -> QRect:
        line = self.fontMetrics().height()
        return QRect(0, line + 4, self.width() - 1, self.height() - 2 * line - 8)

    def _place(self, length: int) -> float | None:
        """Return where a length's end is, in pixels; None beyond the longest."""
        # The last bin may be far wider than the others, so lengths are placed within their bin.
        area = self._area()
        width = area.width() / len(self._counts)
        for at, (low, high) in enumerate(zip(self._edges, self._edges[1:], strict=False)):
            if length + 1 <= high:
                within = max(length + 1 - low, 0) / (high - low)
                return area.left() + (at + within) * width
        return None


def share(rows: int, total: int) -> str:
    """Say a share as a percentage, few rows of many as what they are."""
    if not rows or not total:
        return "0%"
    percent = 100 * rows / total
    if percent < 0.1:
        return "< 0.1%"
    if 99.9 < percent < 100:
        return "> 99.9%"
    return f"{percent:.1f}%" if percent < 10 else f"{percent:.0f}%"
