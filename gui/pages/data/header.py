"""The table's header on this page: a column's name, and below it the chip of its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QWidget

from ...frame.icons import icon
from ...frame.texts import tr
from ...frame.theme import Theme
from ...widgets.table import ColumnsModel, TableHeader
from .role_words import RoleWords, role_words

if TYPE_CHECKING:
    from ....core.guess import Role

NAME, CHIP = 30, 22
SIDE = 8


class RoleHeader(TableHeader):
    """Names with chips; a click on a chip emits `role_asked`, one on a name sorts."""

    role_asked = Signal(int, QPoint)

    def __init__(self, parent: QWidget, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._roles: list[Role] = []
        self._words: list[RoleWords] = []
        self.setFixedHeight(NAME + CHIP + 8)
        self.setAccessibleName(tr("Columns with their roles"))
        theme.changed.connect(self.viewport().update)

    def show_roles(self, roles: Mapping[str, Role], modalities: Sequence[str | None] = ()) -> None:
        """Show the roles of the columns, in their order, and of inputs what they hold."""
        self._roles = list(roles.values())
        known = [*modalities, *[None] * len(self._roles)]
        self._words = [
            role_words(modality)[role] for role, modality in zip(self._roles, known, strict=False)
        ]
        self.viewport().update()

    def chip(self, section: int) -> QRect:
        """Return where a column's chip is, in the header's coordinates."""
        words = self._words[section]
        width = self._small().horizontalAdvance(words.name) + 34
        left, room = self.sectionViewportPosition(section) + SIDE, self.sectionSize(section)
        width = min(width, room - 2 * SIDE)
        model = self.model()
        if isinstance(model, ColumnsModel) and model.is_numeric(section):
            left += room - 2 * SIDE - width
        return QRect(left, NAME, width, CHIP)

    def sectionSizeFromContents(self, section: int) -> QSize:
        """Return the room that name and chip want."""
        size = super().sectionSizeFromContents(section)
        if section < len(self._roles):
            words = self._words[section]
            size.setWidth(
                max(size.width(), self._small().horizontalAdvance(words.name) + 34 + 2 * SIDE)
            )
        return size

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        """Draw a name and the chip below it."""
        palette = self.palette()
        painter.fillRect(rect, palette.color(QPalette.ColorRole.Base))
        painter.setPen(palette.color(QPalette.ColorRole.Mid))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        self.paint_name(
            painter, QRect(rect.left(), rect.top() + 2, rect.width(), NAME - 4), section
        )
        if section >= len(self._roles):
            return
        words, colour = self._words[section], self._theme.colour
        used = self._roles[section] != "none"
        chip = self.chip(section)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour("finding" if used else "border"))
        painter.setBrush(colour("finding_soft" if used else "surface"))
        painter.drawRoundedRect(QRectF(chip).adjusted(0.5, 0.5, -0.5, -0.5), CHIP / 2, CHIP / 2)
        ink = self._theme.palette.finding if used else self._theme.palette.muted
        icon(words.icon, ink).paint(painter, QRect(chip.left() + 8, chip.top() + 4, 14, 14))
        font = QFont(self.font())
        font.setPointSizeF(9)
        painter.setFont(font)
        painter.setPen(colour("finding" if used else "muted"))
        text = chip.adjusted(26, 0, -6, 0)
        name = self._small().elidedText(words.name, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Ask for the role's menu where a chip was pressed."""
        section = self._chip_at(event.position().toPoint())
        if section >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self.role_asked.emit(section, self.menu_place(section))
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave a chip's press alone, so that it doesn't sort."""
        if self._chip_at(event.position().toPoint()) < 0:
            super().mouseReleaseEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show by the pointer what can be clicked."""
        super().mouseMoveEvent(event)
        if self._chip_at(event.position().toPoint()) >= 0:
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)

    def menu_place(self, section: int) -> QPoint:
        """Return where a column's menu opens, on the screen."""
        return self.viewport().mapToGlobal(self.chip(section).bottomLeft())

    def _chip_at(self, at: QPoint) -> int:
        section = self.logicalIndexAt(at)
        known = 0 <= section < len(self._roles)
        return section if known and self.chip(section).contains(at) else -1

    def _small(self) -> QFontMetrics:
        font = QFont(self.font())
        font.setPointSizeF(9)
        return QFontMetrics(font)
