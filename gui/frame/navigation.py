"""The places at the left: one button for each page, with what waits there."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QToolButton, QVBoxLayout

from .icons import icon
from .style import SPACE, set_look
from .texts import tr

WIDTH = 188


class Navigation(QFrame):
    """Buttons for the pages; `chosen` carries a page's name."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        set_look(self, "navigation")
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(tr("Pages"))
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._buttons: dict[str, QToolButton] = {}
        self._titles: dict[str, str] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE, 2 * SPACE, SPACE, SPACE)
        self._column.setSpacing(2)
        name = QLabel("Pellucid")
        set_look(name, "heading")
        name.setContentsMargins(12, 0, 0, SPACE)
        self._column.addWidget(name)
        self._column.addStretch(1)

    def add(self, page: str, title: str, icon_name: str, tip: str) -> None:
        """Add the button of a page below the others."""
        button = QToolButton()
        button.setText(title)
        button.setIcon(icon(icon_name))
        button.setIconSize(QSize(20, 20))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setToolTip(tip)
        button.setAccessibleName(title)
        button.setAccessibleDescription(tip)
        button.setFixedWidth(WIDTH - 2 * SPACE)
        set_look(button, "place")
        button.clicked.connect(lambda *_: self.chosen.emit(page))
        self._group.addButton(button)
        self._buttons[page], self._titles[page] = button, title
        self._column.insertWidget(self._column.count() - 1, button)

    def show_chosen(self, page: str) -> None:
        """Mark the page in front; the keyboard's focus goes along where it was here."""
        self._buttons[page].setChecked(True)
        if any(button.hasFocus() for button in self._buttons.values()):
            self._buttons[page].setFocus()

    def show_count(self, page: str, count: int) -> None:
        """Show how many things wait on a page, such as running jobs."""
        text = f"{self._titles[page]}  · {count}" if count else self._titles[page]
        if self._buttons[page].text() != text:
            self._buttons[page].setText(text)
            self._buttons[page].setAccessibleName(text)
