"""Every text of the window goes through Qt's translation."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator
from PySide6.QtWidgets import QAbstractButton, QGroupBox, QLabel, QLineEdit, QTabBar, QWidget

from pellucid.gui.window import MainWindow, places

NAMES = [place.name for place in places()]


class Brackets(QTranslator):
    """Translates by putting brackets around every text."""

    def translate(
        self, context: str, source: str, disambiguation: str | None = None, n: int = -1
    ) -> str:
        return f"⟦{source}⟧"

    def isEmpty(self) -> bool:
        return False


@pytest.fixture
def brackets(qapp: object) -> Iterator[None]:
    translator = Brackets()
    QCoreApplication.installTranslator(translator)
    yield
    QCoreApplication.removeTranslator(translator)


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_translated(
    name: str,
    filled: bool,
    brackets: None,
    make_window: Callable[..., MainWindow],
    open_page: Callable[..., None],
    table: Path,
    tmp_path: Path,
) -> None:
    window = make_window(tmp_path / "ws")
    open_page(window, name, filled=filled)
    run = window.workspace.runs / "tiny"
    data = {"Pellucid", "ws", run.name}
    plain = {text for text in texts(window) if is_words(text) and "⟦" not in text} - data
    written = report(run) if filled else ""
    values = set(re.findall(r"\w+", table.read_text()))
    assert sorted(text for text in plain if not is_data(text, values, written)) == []


def texts(window: QWidget) -> Iterator[str]:
    """Give every text that the widgets and actions of a window show or speak."""
    for widget in window.findChildren(QWidget):
        if isinstance(widget, QLabel | QAbstractButton):
            yield widget.text()
        if isinstance(widget, QTabBar):
            yield from (widget.tabText(at) for at in range(widget.count()))
        if isinstance(widget, QGroupBox):
            yield widget.title()
        if isinstance(widget, QLineEdit):
            yield widget.placeholderText()
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        for action in widget.actions():
            yield from (action.text(), action.toolTip(), action.statusTip())


def is_words(text: str) -> bool:
    """Whether there are letters in it."""
    return bool(re.search(r"[^\W\d_]", text))


def report(run: Path) -> str:
    """Return what stands in a run's report, which is shown as it was written."""
    return " ".join(html.unescape((run / "report.html").read_text()).split())


def is_data(text: str, values: set[str], written: str) -> bool:
    """Whether a text is a path, a size, made of a table's values, or stands in the run's report."""
    if Path(text).is_absolute() or re.fullmatch(r"[\d.,]+ ?(B|kB|MB|GB|TB)", text):
        return True
    if set(re.findall(r"[^\W\d_]+", text)) <= values:
        return True
    bare = text.lstrip("▲●■ ")
    return bool(bare) and bare in written
