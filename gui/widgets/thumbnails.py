"""Small pictures for tables: made beside the main thread when they are asked for, and kept."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QThreadPool, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPainter, QPixmap

from ...multimodal.draw import BOX, thumbnail_of
from ..frame.icons import icon
from .background import Several

KEPT = 600
"""Pictures that are kept: many screens full of rows."""

WAIT = 40
"""Milliseconds over which pictures that came are shown together."""

MARK = 18

Key = tuple[str, str]


class Thumbnails(QObject):
    """Pictures of files by modality and path.

    `came` is emitted when some that were asked for are there.
    """

    came = Signal()

    def __init__(self, parent: QObject, pool: QThreadPool) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[Key, QIcon] = OrderedDict()
        self._empty: dict[str, QIcon] = {}
        self._work = Several(self, pool)
        self._work.arrived.connect(self._arrived)
        self._work.failed.connect(self._failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT)
        self._soon.timeout.connect(self.came)

    def of(self, modality: str, path: str) -> QIcon:
        """Return a file's picture, or an empty one of the same size until it is there."""
        key = (modality, path)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        ratio = _ratio()
        self._work.run(key, partial(_made, modality, path, ratio))
        if modality not in self._empty:
            self._empty[modality] = _as_icon(_blank(modality, ratio))
        return self._empty[modality]

    @property
    def working(self) -> bool:
        """Whether pictures are being made."""
        return self._work.running

    def end(self) -> None:
        """Make no more of those that wait."""
        self._work.forget()
        self._soon.stop()

    def _arrived(self, key: Key, picture: QImage) -> None:
        self._keep(key, QPixmap.fromImage(picture))

    def _failed(self, key: Key, _: Exception) -> None:
        """Show a sign in place of what can't be read; the row's detail says why."""
        box = _blank(key[0], _ratio())
        size = QSize(*BOX[key[0]])
        painter = QPainter(box)
        place = QRectF(0, 0, MARK, MARK)
        place.moveCenter(QPointF(size.width() / 2, size.height() / 2))
        icon("warning").paint(painter, place.toRect())
        painter.end()
        self._keep(key, box)

    def _keep(self, key: Key, picture: QPixmap) -> None:
        self._kept[key] = _as_icon(picture)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if not self._soon.isActive():
            self._soon.start()


def _made(modality: str, path: str, ratio: float) -> QImage:
    """Draw a file at the left of its box, in the middle of its height."""
    width, height = BOX[modality]
    raw = thumbnail_of(modality, path, round(max(width, height) * ratio))
    found = QImage.fromData(raw)
    box = QSize(round(width * ratio), round(height * ratio))
    fitted = found.scaled(
        box, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    out = QImage(box, QImage.Format.Format_ARGB32_Premultiplied)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    painter.drawImage(0, (box.height() - fitted.height()) // 2, fitted)
    painter.end()
    out.setDevicePixelRatio(ratio)
    return out


def _blank(modality: str, ratio: float) -> QPixmap:
    width, height = BOX[modality]
    out = QPixmap(round(width * ratio), round(height * ratio))
    out.setDevicePixelRatio(ratio)
    out.fill(Qt.GlobalColor.transparent)
    return out


def _as_icon(picture: QPixmap) -> QIcon:
    """Return an icon that looks the same in rows that are selected."""
    out = QIcon(picture)
    out.addPixmap(picture, QIcon.Mode.Selected)
    return out


def _ratio() -> float:
    return QGuiApplication.primaryScreen().devicePixelRatio()
