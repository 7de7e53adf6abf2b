"""One registry of all that can be done; it feeds menus, shortcuts, tooltips and the palette."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from .icons import icon


@dataclass(frozen=True)
class Deed:
    """One thing that can be done.

    Attributes
    ----------
    id
        Name in code, ``page.verb`` (``runs.compare``).
    text
        What menus and the palette call it, already translated.
    run
        What it does.
    menu
        Menu that holds it: ``file``, ``edit``, ``view``, ``run``, ``help``; empty for none.
    shortcut
        Keys as Qt writes them (``Ctrl+Shift+P``), or empty.
    icon
        Name of an icon, or empty.
    tip
        What tooltips say besides; the text alone if left out.
    page
        Page on which it can be done; None for everywhere.
    checkable
        Whether it is a switch.
    """

    id: str
    text: str
    run: Callable[[], object]
    menu: str = ""
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    page: str | None = None
    checkable: bool = False


class Actions(QObject):
    """The registry; `added` tells when an action came.

    Each action belongs to the window, so its shortcut works wherever the focus is. Actions of a
    page can be done while that page is in front and `enable` allows it.
    """

    added = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._deeds: dict[str, Deed] = {}
        self._actions: dict[str, QAction] = {}
        self._allowed: dict[str, bool] = {}
        self._page = ""

    def add(self, deed: Deed) -> QAction:
        """Register an action and return it as Qt's, to put on buttons and into menus.

        Raises
        ------
        ValueError
            If the id or the shortcut is taken on the same page.
        """
        if deed.id in self._deeds:
            raise ValueError(f"the action {deed.id} is registered already")
        for other in self._deeds.values():
            same_place = None in (deed.page, other.page) or deed.page == other.page
            if deed.shortcut and deed.shortcut == other.shortcut and same_place:
                raise ValueError(f"{deed.id} and {other.id} share the keys {deed.shortcut}")
        action = QAction(deed.text, self._window)
        if deed.icon:
            action.setIcon(icon(deed.icon))
        if deed.shortcut:
            action.setShortcut(QKeySequence(deed.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        tip = deed.tip or deed.text
        action.setToolTip(f"{tip} ({shown})" if shown else tip)
        action.setStatusTip(tip)
        action.setObjectName(deed.id)
        action.setCheckable(deed.checkable)
        action.triggered.connect(lambda *_: deed.run())
        self._window.addAction(action)
        self._deeds[deed.id], self._actions[deed.id] = deed, action
        self._allowed[deed.id] = True
        self._refresh(deed.id)
        self.added.emit(deed.id)
        return action

    def __getitem__(self, name: str) -> QAction:
        """Return an action by its id."""
        return self._actions[name]

    def __contains__(self, name: str) -> bool:
        """Whether there is such an action."""
        return name in self._actions

    def deeds(self) -> Iterator[Deed]:
        """Return everything that is registered, in that order."""
        yield from self._deeds.values()

    def enable(self, name: str, allowed: bool) -> None:
        """Allow an action, or not, while its page is in front."""
        self._allowed[name] = allowed
        self._refresh(name)

    def page_changed(self, page: str) -> None:
        """Take note of the page in front."""
        self._page = page
        for name in self._deeds:
            self._refresh(name)

    def _refresh(self, name: str) -> None:
        here = self._deeds[name].page in (None, self._page)
        self._actions[name].setEnabled(here and self._allowed[name])
