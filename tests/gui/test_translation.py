"""Every text of the window goes through Qt's translation."""

from __future__ import annotations

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
    finished_run: Callable[..., Path],
    table: Path,
    tmp_path: Path,
    wait_until: Callable[..., None],
) -> None:
    window = make_window(tmp_path / "ws")
    what: dict[str, dict[str, object]] = {}
    data = {"Pellucid", "ws", str(tmp_path)}
    if filled:
        run = finished_run(window)
        what = {
            "data": {"table": table},
            "recipe": {"path": run / "recipe.yaml"},
            "jobs": {"run": run},
            "results": {"run": run},
        }
        data |= {"tiny"}
    window.go(name, **what.get(name, {}))
    calm = [0]

    def quiet() -> bool:
        calm[0] = calm[0] + 1 if window.pool.activeThreadCount() == 0 else 0
        return calm[0] > 40

    wait_until(quiet, 30)
    plain = sorted({text for text in texts(window) if is_words(text) and "⟦" not in text} - data)
    print('PLAIN', name, filled, plain)
    assert [text for text in plain if not is_data(text)] == []


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


def is_data(text: str) -> bool:
    """Whether a text comes from a file or names something that no language changes."""
    return False
