"""Pages look as they did: small grey pictures of them differ little from those that are kept.

`PELLUCID_SNAPSHOTS=write pytest tests/gui/test_snapshots.py` writes them anew, after a page was
changed on purpose; look at `make screenshots` then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from pellucid.gui.window import MainWindow, places

FOLDER = Path(__file__).with_name("snapshots")
NAMES = [place.name for place in places()]
WIDTH, HEIGHT = 160, 100
MOST = 1.0
"""Mean difference in levels of grey (of 255) that other paths, times and machines may make."""


def small(window: MainWindow) -> QImage:
    """Return a picture of the window, grey and an eighth as wide."""
    picture = window.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    return picture.scaled(
        WIDTH,
        HEIGHT,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    ).convertToFormat(QImage.Format.Format_Grayscale8)


def levels(picture: QImage) -> np.ndarray:
    """Return a grey picture's levels, shape (height, width)."""
    rows = np.frombuffer(picture.constBits(), np.uint8)
    return rows.reshape(picture.height(), picture.bytesPerLine())[:, : picture.width()].astype(int)


def difference(one: QImage, other: QImage) -> float:
    """Return how much two pictures differ on average, in levels of grey."""
    return float(np.abs(levels(one) - levels(other)).mean())


def kept(name: str) -> QImage:
    """Return a picture that is kept."""
    picture = QImage(str(FOLDER / f"{name}.png"))
    assert not picture.isNull(), f"there is no {name}.png; write it as the head of this file says"
    return picture.convertToFormat(QImage.Format.Format_Grayscale8)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_looks_as_it_did(
    name: str,
    theme: str,
    make_window: Callable[..., MainWindow],
    open_page: Callable[..., None],
    tmp_path: Path,
) -> None:
    window = make_window(tmp_path / "ws", theme)
    window.resize(1280, 800)
    open_page(window, name, filled=True)
    window.setFocus()
    QApplication.processEvents()
    picture = small(window)
    if os.environ.get("PELLUCID_SNAPSHOTS") == "write":
        FOLDER.mkdir(exist_ok=True)
        assert picture.save(str(FOLDER / f"{name}-{theme}.png"))
        pytest.skip("skipped: the picture was written")
    found = difference(picture, kept(f"{name}-{theme}"))
    if found > MOST:
        window.grab().save(str(tmp_path / "seen.png"))
    assert found <= MOST, f"{tmp_path / 'seen.png'} differs by {found:.2f} levels"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_measure_tells_pages_and_themes_apart(theme: str) -> None:
    other = {"light": "dark", "dark": "light"}[theme]
    for name in NAMES:
        assert difference(kept(f"{name}-{theme}"), kept(f"{name}-{other}")) > 20 * MOST
        for second in NAMES:
            if second != name:
                assert difference(kept(f"{name}-{theme}"), kept(f"{second}-{theme}")) > MOST
