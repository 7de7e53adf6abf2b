"""A sample as people see and hear it: its pictures large, its sounds to be played, its texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QRect, QSize, Qt, QThreadPool
from PySide6.QtGui import QHideEvent, QImage, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ...multimodal.draw import HEARD, LARGE, PICTURED, facts_of, picture_of
from ...multimodal.escape import visible
from ...multimodal.media import Unreadable
from ...multimodal.palette import Palette
from ..frame.icons import icon
from ..frame.style import SPACE
from ..frame.texts import tr
from ..frame.theme import Theme
from .background import Later
from .basics import label
from .player import Player

LEAST, STEP = 96, 24
"""Points of the least side of a picture, and how much more room it takes to draw it anew."""

MOST_TEXT = 20_000


@dataclass(frozen=True)
class Part:
    """One part of a sample.

    Attributes
    ----------
    name
        Its column.
    modality
        Its modality.
    text
        The cell: a text, or the file as the table names it.
    path
        Where the file lies; empty for texts, and where that isn't known.
    """

    name: str
    modality: str
    text: str
    path: str = ""

    @property
    def pictured(self) -> bool:
        """Whether it is shown as a picture."""
        return self.modality in PICTURED


class Picture(QWidget):
    """A picture as large as there is room, never larger than it is."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_picture(self, pixmap: QPixmap, words: str) -> None:
        """Show a picture."""
        self._pixmap = pixmap
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    @property
    def shown(self) -> QPixmap:
        """The picture that is shown; null where there is none."""
        return self._pixmap

    def hasHeightForWidth(self) -> bool:
        """Let the height follow from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the picture has at a width."""
        own = self._own()
        return own.scaled(width, own.height(), Qt.AspectRatioMode.KeepAspectRatio).height()

    def sizeHint(self) -> QSize:
        """Return the picture's own size."""
        return self._own()

    def minimumSizeHint(self) -> QSize:
        """Let it become small."""
        return self._own().boundedTo(QSize(LEAST, LEAST))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it at the left, as high as there is room."""
        if self._pixmap.isNull():
            return
        size = self._own()
        if size.width() > self.width() or size.height() > self.height():
            size = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(QRect(0, 0, size.width(), size.height()), self._pixmap)
        painter.end()

    def _own(self) -> QSize:
        return self._pixmap.deviceIndependentSize().toSize()


class FileView(QWidget):
    """A file as a picture, with what is known of it, and a button to play it where it is heard.

    Parameters
    ----------
    theme, pool, player
        Colours, threads that read files, and what plays sounds.
    low
        Whether there is little height: words stand beside the picture then, not below it.
    """

    def __init__(
        self, theme: Theme, pool: QThreadPool, player: Player, *, low: bool = False
    ) -> None:
        super().__init__()
        self._low = low
        self.part = Part("", "", "")
        self._size: tuple[int, int | None] = (0, None)
        self._theme, self._player = theme, player
        self.picture = Picture()
        self.said = label("", "muted", wrap=True)
        self.play = QPushButton()
        self.play.clicked.connect(lambda *_: self.turn())
        words = QVBoxLayout() if low else QHBoxLayout()
        words.setSpacing(SPACE)
        words.addWidget(self.play, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(self.said, 0 if low else 1)
        if low:
            words.addStretch(1)
        whole = QHBoxLayout(self) if low else QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(2 * SPACE if low else SPACE // 2)
        whole.addWidget(self.picture, 0 if low else 1)
        whole.addLayout(words, 1 if low else 0)
        self._later = Later(self, pool)
        self._later.arrived.connect(self._arrived)
        self._later.failed.connect(self._failed)
        player.changed.connect(self._say)
        theme.changed.connect(self._load)

    def show_part(self, part: Part) -> None:
        """Show a part that is a file."""
        if part == self.part and not self.picture.shown.isNull():
            return
        self.part = part
        self.said.setText(visible(part.text, 200))
        self.said.setToolTip(visible(part.path))
        self.play.setVisible(part.modality in HEARD and bool(part.path))
        self._say()
        self._load()

    def turn(self) -> None:
        """Play the sound, or stop it."""
        if self.part.modality in HEARD and self.part.path:
            self._player.turn(self.part.path)

    def _load(self) -> None:
        if self.part.path:
            self._size = self._room()
            size, height = self._size
            self._later.run(partial(_drawn, self.part, size, height, self._theme.palette))
        else:
            self.picture.show_picture(QPixmap(), "")

    def _room(self) -> tuple[int, int | None]:
        """Return how large the picture may be: letters in it are sharp at this size alone."""
        most = LARGE[self.part.modality]
        width = min(most, max(self.width() // STEP * STEP, 2 * LEAST))
        return width, max(self.height() // STEP * STEP, LEAST) if self._low else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw the picture anew where there is more or less room."""
        super().resizeEvent(event)
        if self.part.path and self._room() != self._size:
            self._load()

    def _arrived(self, found: tuple[Part, QImage, str] | None) -> None:
        if found is None or found[0] != self.part:
            return
        part, image, facts = found
        name = visible(part.text, 200)
        self.picture.show_picture(QPixmap.fromImage(image), f"{name}, {facts}")
        self.said.setText(f"{name}\n{facts}")

    def _failed(self, error: Exception) -> None:
        self.picture.show_picture(QPixmap(), "")
        why = visible(str(error), 300)
        self.said.setText(tr("{file} can’t be shown: {why}").format(file=self.part.text, why=why))

    def _say(self) -> None:
        """Name the button by what it does now."""
        on = bool(self.part.path) and self._player.path == self.part.path
        self.play.setText(tr("Stop") if on else tr("Play"))
        self.play.setIcon(icon("stop" if on else "play"))
        self.play.setAccessibleName(
            (tr("Stop {file}") if on else tr("Play {file}")).format(
                file=visible(self.part.text, 100)
            )
        )
        self.play.setToolTip(tr("Space does the same in the table"))


class Parts(QWidget):
    """Every part of a sample, one below the other.

    Parameters
    ----------
    theme, pool
        Colours, and the threads that read files.
    low
        Whether there is little height.
    """

    def __init__(self, theme: Theme, pool: QThreadPool, *, low: bool = False) -> None:
        super().__init__()
        self._theme, self._pool, self._low = theme, pool, low
        self.player = Player(self, pool)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self.files: list[FileView] = []
        self.texts: list[tuple[QLabel, QLabel]] = []

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show a sample; texts of several parts carry their columns' names."""
        files = [part for part in parts if part.pictured]
        texts = [part for part in parts if not part.pictured]
        if self.player.path not in [part.path for part in files]:
            self.player.stop()
        while len(self.files) < len(files):
            view = FileView(self._theme, self._pool, self.player, low=self._low)
            self.files.append(view)
            self._column.addWidget(view, 1)
        while len(self.texts) < len(texts):
            name, text = label("", "muted"), label("", wrap=True)
            text.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            at = 2 * len(self.texts)
            self.texts.append((name, text))
            self._column.insertWidget(at, name)  # a question stands above its picture
            self._column.insertWidget(at + 1, text)
        for view in self.files[len(files) :]:
            view.hide()
        for view, part in zip(self.files, files, strict=False):
            view.show_part(part)
            view.show()
        for at, (name, text) in enumerate(self.texts):
            for one in (name, text):
                one.setVisible(at < len(texts))
        for (name, text), part in zip(self.texts, texts, strict=False):
            name.setText(visible(part.name, 60))
            text.setText(visible(part.text, MOST_TEXT, lines=True))
            text.setAccessibleName(visible(f"{part.name}: {part.text}", 400))

    def turn(self) -> bool:
        """Play the first sound, or stop it; False where there is none."""
        heard = [view for view in self.files if not view.isHidden() and view.part.modality in HEARD]
        if heard:
            heard[0].turn()
        return bool(heard)

    def end(self) -> None:
        """Be silent."""
        self.player.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        """Be silent when another page is shown."""
        super().hideEvent(event)
        self.player.stop()


def _drawn(part: Part, size: int, height: int | None, palette: Palette) -> tuple[Part, QImage, str]:
    """Draw a part beside the main thread."""
    if not Path(part.path).is_file():
        raise Unreadable("there is no such file")
    raw = picture_of(part.modality, part.path, size, palette, height)
    image = QImage.fromData(raw)
    longest = max(image.width(), image.height())
    image.setDevicePixelRatio(max(longest / size, 1.0))
    return part, image, facts_of(part.modality, part.path)
