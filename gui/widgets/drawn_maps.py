"""Pictures and sounds with scores over them: drawn beside the main thread, and kept."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ...multimodal.escape import visible
from ...multimodal.legend import DENSITY
from ...multimodal.media import Unreadable
from ..frame.texts import tr
from ..frame.theme import Theme
from .background import Several

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...multimodal.modality import Outline
    from ...multimodal.palette import Palette

KEPT = 120
"""Maps that are kept: several screens full."""

WAIT = 40
"""Milliseconds over which maps that came are shown together."""

LARGE = {"image": 210, "audio": 480}
"""Points of a picture's longest side, or of a sound's width, in a list of maps."""

SMALL = {"image": 140, "audio": 300}
"""The same beside a table."""

AROUND = {"image": 72, "audio": 68}
"""Points of height around them, with the scale."""


@dataclass(frozen=True)
class Drawing:
    """One map.

    Attributes
    ----------
    name
        What tells it from all others: run, method, row, target and modality.
    modality
        What kind of thing is drawn.
    said
        What it shows, for those who can't see it.
    outline, scores, scale, size
        As `multimodal.modality.Outline` takes them.
    """

    name: tuple[str, ...]
    modality: str
    said: str
    outline: Outline = field(compare=False, repr=False)
    scores: NDArray[Any] = field(compare=False, repr=False)
    scale: float
    size: int

    @property
    def height(self) -> int:
        """Points of height that it takes at most: nothing moves when it comes."""
        sound = self.modality == "audio"
        return AROUND[self.modality] + (self.size // 2 if sound else self.size)


class DrawnMaps(QObject):
    """Maps by what they show.

    `came` is emitted when some that were asked for are there.
    """

    came = Signal()

    def __init__(self, parent: QObject, pool: QThreadPool, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kept: OrderedDict[Any, QPixmap | str] = OrderedDict()
        self._work = Several(self, pool)
        self._work.arrived.connect(self._arrived)
        self._work.failed.connect(self._failed)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(WAIT)
        self._soon.timeout.connect(self.came)

    def of(self, drawing: Drawing) -> QPixmap | str | None:
        """Return a map; why it can't be drawn; None until it is there."""
        palette = self._theme.palette
        key = (drawing, palette.name)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found
        self._work.run(key, partial(_drawn, drawing, palette))
        return None

    @property
    def working(self) -> bool:
        """Whether maps are being drawn."""
        return self._work.running

    def end(self) -> None:
        """Draw no more of those that wait."""
        self._work.forget()
        self._soon.stop()

    def _arrived(self, key: Any, picture: QImage) -> None:
        self._keep(key, QPixmap.fromImage(picture))

    def _failed(self, key: Any, error: Exception) -> None:
        self._keep(key, str(error))

    def _keep(self, key: Any, found: QPixmap | str) -> None:
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        if not self._soon.isActive():
            self._soon.start()


def _drawn(drawing: Drawing, palette: Palette) -> QImage:
    file = getattr(drawing.outline, "file", "")
    if not Path(file).is_file():
        raise Unreadable(f"its file is not there: {file}" if file else "its file is not known yet")
    raw = drawing.outline.png(drawing.scores, drawing.scale, palette, drawing.size)
    image = QImage.fromData(raw)
    image.setDevicePixelRatio(DENSITY)
    return image


class MapPictures(QWidget):
    """Maps below one another.

    Parameters
    ----------
    theme, pool
        Colours, and the threads that draw.
    """

    def __init__(self, theme: Theme, pool: QThreadPool) -> None:
        super().__init__()
        self.maps = DrawnMaps(self, pool, theme)
        self.maps.came.connect(self._show)
        theme.changed.connect(self._show)
        self.drawings: tuple[Drawing, ...] = ()
        self.labels: list[QLabel] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def show_drawings(self, drawings: tuple[Drawing, ...]) -> None:
        """Show maps instead of those before."""
        self.drawings = drawings
        while len(self.labels) < len(drawings):
            one = QLabel()
            one.setWordWrap(True)
            self.labels.append(one)
            self._column.addWidget(one)
        for at, one in enumerate(self.labels):
            one.setVisible(at < len(drawings))
        self._show()

    def _show(self) -> None:
        for one, drawing in zip(self.labels, self.drawings, strict=False):
            one.setAccessibleName(drawing.said)
            one.setMinimumHeight(drawing.height)
            found = self.maps.of(drawing)
            if isinstance(found, QPixmap):
                one.setPixmap(found)
            else:
                one.setText(tr("Drawing …") if found is None else visible(found, 300))
