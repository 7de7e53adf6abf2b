"""What a page is given: everything of the frame that it may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from PySide6.QtCore import QThreadPool

    from .actions import Actions
    from .notices import Notices
    from .theme import Theme
    from .undo import Undo
    from .watch import Watch
    from .workspace import Workspace


class Go(Protocol):
    """Open a page; what it shall show is passed on to its `show_what`."""

    def __call__(self, page: str, **what: Any) -> None:
        """Open it."""


@dataclass(frozen=True)
class Context:
    """The frame as pages see it.

    Attributes
    ----------
    workspace
        The folder that is open; starts jobs, remembers things.
    actions
        The registry of actions.
    theme
        Colours in use.
    notices
        Messages that come and go.
    watch
        What jobs tell.
    undo
        What was done and can be undone.
    pool
        The one pool of threads, for reading files.
    go
        Opens a page.
    copy
        Puts text on the clipboard and says so.
    """

    workspace: Workspace
    actions: Actions
    theme: Theme
    notices: Notices
    watch: Watch
    undo: Undo
    pool: QThreadPool
    go: Go
    copy: Callable[[str, str], None]


class Page(Protocol):
    """What the window asks of a page, which is a QWidget made with a `Context`.

    A page is made when it is first opened. Its actions are registered then, by ``page=`` its name.
    """

    def show_what(self, **what: Any) -> None:
        """Show something: a table, a recipe, a run. Called without arguments when just opened."""

    def workspace_opened(self) -> None:
        """Begin anew in another workspace."""

    def take_files(self, paths: Sequence[Path]) -> bool:
        """Take files that were dropped on the window; say whether they were of use here."""

    def leave(self) -> None:
        """Save what is at stake and end threads and processes: the window closes."""
