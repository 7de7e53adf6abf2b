"""The pictures of a conversation that is looked at: small, each with its file and its tokens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ....multimodal.draw import BOX
from ....multimodal.escape import visible
from ....multimodal.media import Unreadable, resolve
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Flow, label
from ...widgets.thumbnails import Thumbnails

KIND = "image"


class LookPictures(QWidget):
    """Small pictures in rows.

    Parameters
    ----------
    thumbnails
        What makes them.
    folder
        Where their files lie.
    names, tokens
        The file of each as the table has it, and how many tokens the model makes of it, None where
        it can't be read.
    """

    def __init__(
        self,
        thumbnails: Thumbnails,
        folder: Path,
        names: Sequence[str],
        tokens: Sequence[int | None],
    ) -> None:
        super().__init__()
        self._thumbnails = thumbnails
        self.pictures: list[tuple[QLabel, str]] = []
        inside = QWidget()
        flow = Flow(inside, 2 * SPACE)
        for name, count in zip(names, tokens, strict=True):
            flow.addWidget(self._one(name, _found(name, folder), count))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(inside)
        thumbnails.came.connect(self._draw)
        self._draw()

    def _one(self, name: str, path: str, count: int | None) -> QWidget:
        said = visible(Path(name).name, 40)
        if count is None:
            told = tr("can’t be read")
        else:
            told = tr("1 token") if count == 1 else tr("{n} tokens").format(n=f"{count:,}")
        picture = QLabel()
        picture.setAccessibleName(f"{said}, {told}")
        picture.setToolTip(visible(name, 400))
        self.pictures.append((picture, path))
        words = label(f"{said}\n{told}", "muted")
        out = QWidget()
        line = QHBoxLayout(out)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE)
        line.addWidget(picture)
        line.addWidget(words)
        return out

    def _draw(self) -> None:
        for picture, path in self.pictures:
            picture.setVisible(bool(path))
            if path:
                icon = self._thumbnails.of(KIND, path)
                ratio = picture.devicePixelRatio()
                picture.setPixmap(icon.pixmap(QSize(*BOX[KIND]), ratio))


def _found(name: str, folder: Path) -> str:
    """Return where a file lies; empty where it isn't in the folder."""
    try:
        return str(resolve(name, folder))
    except Unreadable:
        return ""
