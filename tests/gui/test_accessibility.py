"""Every control has a name and can be reached by Tab; text stands out from what is under it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QScrollBar,
    QTabBar,
    QWidget,
)

from pellucid.gui.frame.style import sheet
from pellucid.gui.window import MainWindow, places
from pellucid.multimodal.palette import THEMES, contrast

CONTROLS = (
    QAbstractButton,
    QLineEdit,
    QComboBox,
    QAbstractSpinBox,
    QAbstractItemView,
    QPlainTextEdit,
    QAbstractSlider,
    QTabBar,
)
PARTS_OF = (QLineEdit, QComboBox, QAbstractSpinBox, QAbstractItemView, QTabBar)
"""Controls whose own parts (a field, a header, arrows, a cross) are reached through them."""
NAMES = [place.name for place in places()]


@pytest.fixture(params=[False, True], ids=["empty", "filled"])
def visited(
    request: pytest.FixtureRequest, window: MainWindow, open_page: Callable[..., None]
) -> Callable[[str], MainWindow]:
    """Give a function that opens a page; the workspace is empty, or there are a run and a table."""

    def visit(name: str) -> MainWindow:
        window.activateWindow()
        open_page(window, name, filled=request.param)
        return window

    return visit


@pytest.mark.parametrize("name", NAMES)
def test_every_control_has_a_name(visited: Callable[[str], MainWindow], name: str) -> None:
    window = visited(name)
    nameless = [path(one) for one in controls(window) if not spoken(one)]
    assert nameless == []
    assert any(True for _ in controls(window.stack.currentWidget())), "the page has no control"


@pytest.mark.parametrize("name", NAMES)
def test_every_control_is_reached_by_tab(visited: Callable[[str], MainWindow], name: str) -> None:
    window = visited(name)
    page = window.stack.currentWidget()
    reached = tabbed_through(window)
    missing = [
        path(one)
        for one in controls(page)
        if one.isEnabled() and not is_reached(one, reached) and not isinstance(one, QScrollBar)
    ]
    assert missing == []


def test_a_nameless_or_unreachable_control_is_found(window: MainWindow) -> None:
    page = window.stack.currentWidget()
    field = QLineEdit(page)
    field.show()
    assert [one for one in controls(page) if not spoken(one)] == [field]
    field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    assert not is_reached(field, tabbed_through(window))
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    field.setAccessibleName("Search")
    assert spoken(field) == "Search"
    assert is_reached(field, tabbed_through(window))


def controls(widget: QWidget) -> Iterator[QWidget]:
    """Give the controls that a person sees and can use, without the parts of other controls."""
    for one in widget.findChildren(QWidget):
        if isinstance(one, CONTROLS) and one.isVisible() and not isinstance(one, QHeaderView):
            inner = one.parentWidget()
            while inner is not None and inner is not widget and not isinstance(inner, PARTS_OF):
                inner = inner.parentWidget()
            part = isinstance(inner, PARTS_OF)
            scroll = isinstance(one, QScrollBar)
            if not part and not scroll:
                yield one


def spoken(widget: QWidget) -> str:
    """Return what a screen reader calls a widget."""
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name).strip() if found is not None else ""


def tabbed_through(window: MainWindow) -> set[QWidget]:
    """Press Tab until the focus comes back to where it began; return what had it."""
    first = next(one for one in controls(window.navigation) if one.isChecked())
    first.setFocus()
    reached: set[QWidget] = set()
    now = first
    while now not in reached:
        reached.add(now)
        QTest.keyClick(now, Qt.Key.Key_Tab)
        before, now = now, QApplication.focusWidget()
        assert now is not None, f"the focus is lost behind {path(before)}"
    assert now is first, f"Tab doesn't lead out of {path(now)}"
    return reached


def is_reached(widget: QWidget, reached: set[QWidget]) -> bool:
    """Whether a control, a part of it, or another button of its group had the focus.

    Within an exclusive group Tab leads to the chosen button and the arrow keys to the others.
    """
    if widget in reached or any(widget.isAncestorOf(one) for one in reached):
        return True
    if isinstance(widget, QAbstractButton):
        group = widget.group()
        if group is not None and group.exclusive():
            return any(one in reached for one in group.buttons())
    return False


def path(widget: QWidget) -> str:
    """Say where a widget stands."""
    parts = []
    inner: QWidget | None = widget
    while inner is not None:
        parts.append(f"{type(inner).__name__}({inner.objectName()})")
        inner = inner.parentWidget()
    text = getattr(widget, "text", lambda: "")()
    return " in ".join(parts) + (f" “{text}”" if isinstance(text, str) and text else "")


# Contrast


def rules(style: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Give each rule of a style sheet: its selectors and its declarations."""
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", style):
        parts = (one.partition(":") for one in body.split(";") if ":" in one)
        yield " ".join(selectors.split()), {key.strip(): value.strip() for key, _, value in parts}


def pairs(theme: str) -> Iterator[tuple[str, str, str]]:
    """Give every pair of text and ground that the window's style sheet makes: where, both colours.

    A rule that says only one of them is combined with what it may inherit: text and grounds of the
    page and of cards.
    """
    colours = THEMES[theme]
    textless = (
        "::indicator",
        "::chunk",
        "::handle",
        "::groove",
        "::separator",
        "::corner",
        "line",
        "QProgressBar",
    )
    filled = {
        selectors: body["background"]
        for selectors, body in rules(sheet(colours))
        if body.get("background", "").startswith("#")
    }
    for selectors, body in rules(sheet(colours)):
        if any(one in selectors for one in textless):
            continue
        selected = body.get("selection-color"), body.get("selection-background-color")
        if None not in selected:
            yield selectors, *selected
        ground, text = body.get("background", ""), body.get("color")
        base = re.sub(r":(hover|focus|pressed|checked|disabled)", "", selectors)
        grounds = [ground] if ground.startswith("#") else []
        grounds = grounds or ([filled[base]] if base in filled else [])
        if text is None and not ground.startswith("#"):
            continue
        if text is None and base != selectors:
            text = next(
                (b["color"] for s, b in rules(sheet(colours)) if s == base and "color" in b), None
            )
        for under in grounds or [colours.background, colours.surface]:
            yield selectors, text or colours.text, under


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_stands_out_from_its_ground(theme: str) -> None:
    found = list(pairs(theme))
    assert len(found) > 40
    weak = [(where, text, under) for where, text, under in found if contrast(text, under) < 4.5]
    assert weak == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_stands_out(theme: str) -> None:
    """WCAG 2.2, 1.4.11: what shows the state of a control stands out by 3:1."""
    colours = THEMES[theme]
    focus = [
        body["border"]
        for where, body in rules(sheet(colours))
        if ":focus" in where and "border" in body
    ]
    marks = {re.search(r"#\w{6}", border).group() for border in focus}
    assert marks
    for mark in marks:
        assert contrast(mark, colours.surface) >= 3
        assert contrast(mark, colours.background) >= 3
