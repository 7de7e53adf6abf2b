"""Our own icons: SVG lines in assets/icons, drawn in the colours of the theme in use.

The colour is chosen while painting, so an icon that stands on a button follows the theme without
being set again.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from PySide6.QtCore import QByteArray, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication


def icon(name: str, role: QPalette.ColorRole | str = QPalette.ColorRole.WindowText) -> QIcon:
    """Return an icon by its file's name.

    Parameters
    ----------
    name
        Name in assets/icons, without ``.svg``.
    role
        Colour: a role of the application's palette, or ``#rrggbb``.

    Raises
    ------
    FileNotFoundError
        If there is no such icon.
    """
    return QIcon(_Lines(_source(name), role))


def pixmap(name: str, side: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """Draw an icon once in a given colour, `side` pixels wide."""
    out = QPixmap(round(side * ratio), round(side * ratio))
    out.setDevicePixelRatio(ratio)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    _draw(painter, QRectF(0, 0, side, side), _source(name), colour)
    painter.end()
    return out


class _Lines(QIconEngine):
    def __init__(self, source: bytes, role: QPalette.ColorRole | str) -> None:
        super().__init__()
        self._source = source
        self._role = role

    def clone(self) -> QIconEngine:
        return _Lines(self._source, self._role)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        _draw(painter, QRectF(rect), self._source, self._colour(mode).name())

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        out = QPixmap(size)
        out.fill(Qt.GlobalColor.transparent)
        painter = QPainter(out)
        self.paint(painter, QRect(0, 0, size.width(), size.height()), mode, state)
        painter.end()
        return out

    def _colour(self, mode: QIcon.Mode) -> QColor:
        palette = QApplication.palette()
        if mode == QIcon.Mode.Disabled:
            return palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.WindowText)
        if mode == QIcon.Mode.Selected:
            return palette.color(QPalette.ColorRole.HighlightedText)
        if isinstance(self._role, str):
            return QColor(self._role)
        return palette.color(self._role)


@cache
def _source(name: str) -> bytes:
    return files("pellucid.assets").joinpath("icons", f"{name}.svg").read_bytes()


@cache
def _renderer(source: bytes, colour: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(source.replace(b"currentColor", colour.encode())))


def _draw(painter: QPainter, rect: QRectF, source: bytes, colour: str) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    side = min(rect.width(), rect.height())
    square = QRectF(0, 0, side, side)
    square.moveCenter(rect.center())
    _renderer(source, colour).render(painter, square)
