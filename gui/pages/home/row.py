"""A row that is a button: an icon, two lines of text, and something at the right."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ...frame.icons import pixmap
from ...frame.style import SPACE, set_look
from ...frame.theme import Theme

MARK = 20
"""Pixels of the icon."""


class Elided(QLabel):
    """A line that gets an ellipsis where there is no room for it; the tooltip has all of it."""

    def __init__(
        self, text: str, look: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__(text)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        if look:
            set_look(self, look)

    def minimumSizeHint(self) -> QSize:
        """Return a width into which a few letters fit."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 4, metrics.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        shown = self.fontMetrics().elidedText(self.text(), self._mode, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, shown)


class Mark(QLabel):
    """An icon in a colour of the theme, which follows it."""

    def __init__(self, theme: Theme, icon: str, role: str, side: int = MARK) -> None:
        super().__init__()
        self._theme, self._icon, self._role, self._side = theme, icon, role, side
        self.setFixedSize(side, side)
        theme.changed.connect(self._draw)
        self._draw()

    def set_icon(self, icon: str, role: str) -> None:
        """Show another icon."""
        if (icon, role) != (self._icon, self._role):
            self._icon, self._role = icon, role
            self._draw()

    def _draw(self) -> None:
        colour = getattr(self._theme.palette, self._role)
        self.setPixmap(pixmap(self._icon, self._side, colour, self.devicePixelRatioF()))


class RowButton(QPushButton):
    """A row of a list on Home.

    Parameters
    ----------
    theme
        Colours.
    icon, role
        The icon at the left and its colour's role.
    title, detail
        The two lines.
    right
        What stands at the right, short.
    middle
        Whether the second line loses its middle instead of its end, as paths should.
    """

    def __init__(
        self,
        theme: Theme,
        icon: str,
        role: str,
        title: str,
        detail: str,
        right: str = "",
        *,
        middle: bool = False,
    ) -> None:
        super().__init__()
        set_look(self, "quiet")
        self.setAccessibleName(", ".join(part for part in (title, detail, right) if part))
        self.setToolTip(f"{title}\n{detail}" if detail else title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        mode = Qt.TextElideMode.ElideMiddle if middle else Qt.TextElideMode.ElideRight
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(Elided(title))
        if detail:
            texts.addWidget(Elided(detail, "muted", mode))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(SPACE, SPACE // 2, SPACE, SPACE // 2)
        self._row.setSpacing(SPACE + 4)
        self._row.addWidget(Mark(theme, icon, role))
        self._row.addLayout(texts, 1)
        if right:
            self._row.addWidget(QLabel(right))
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Return the size that the texts need."""
        return self._row.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Return the size of shortened texts."""
        return self._row.minimumSize()
