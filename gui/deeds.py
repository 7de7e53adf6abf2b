"""What can be done wherever one is: opening, undoing, themes, log, palette, help."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .frame.actions import Deed
from .frame.texts import tr
from .frame.theme import MODES

if TYPE_CHECKING:
    from .window import MainWindow


def deeds(window: MainWindow) -> list[Deed]:
    """Return the window's own actions."""
    themes = {
        "system": (tr("Theme: as the system"), "system"),
        "light": (tr("Theme: light"), "sun"),
        "dark": (tr("Theme: dark"), "moon"),
    }
    return [
        Deed(
            "file.open",
            tr("Open a table, recipe or run …"),
            window.ask_file,
            menu="file",
            shortcut="Ctrl+O",
            icon="open",
        ),
        Deed(
            "file.workspace",
            tr("Open a workspace …"),
            window.ask_workspace,
            menu="file",
            shortcut="Ctrl+Shift+O",
            icon="open",
            tip=tr("A workspace is a folder that holds your runs"),
        ),
        Deed(
            "file.folder",
            tr("Show the workspace in the file manager"),
            lambda: window.show_outside(window.workspace.path),
            menu="file",
            icon="external",
        ),
        Deed("file.quit", tr("Quit"), window.close, menu="file", shortcut="Ctrl+Q"),
        Deed(
            "edit.undo",
            tr("Undo"),
            window.undo.stack.undo,
            menu="edit",
            shortcut="Ctrl+Z",
            icon="undo",
        ),
        Deed(
            "edit.redo",
            tr("Redo"),
            window.undo.stack.redo,
            menu="edit",
            shortcut="Ctrl+Shift+Z",
            icon="redo",
        ),
        *(
            Deed(
                f"theme.{mode}",
                themes[mode][0],
                partial(window.use_theme, mode),
                menu="view",
                icon=themes[mode][1],
                checkable=True,
            )
            for mode in MODES
        ),
        Deed(
            "view.log",
            tr("Log"),
            lambda: window.log.setVisible(not window.log.isVisible()),
            menu="view",
            shortcut="Ctrl+L",
            icon="log",
            checkable=True,
        ),
        Deed(
            "view.palette",
            tr("Command palette"),
            lambda: window.palette_.open_over(window),
            menu="view",
            shortcut="Ctrl+Shift+P",
            icon="command",
            tip=tr("Find anything that can be done here by typing"),
        ),
        Deed(
            "help.guide",
            tr("Guide"),
            lambda: window.show_outside(Path(__file__).parents[1] / "docs" / "guide.md"),
            menu="help",
            shortcut="F1",
            icon="help",
        ),
        Deed(
            "help.tour",
            tr("Show the tour"),
            lambda: window.go("home", tour=True),
            menu="help",
            icon="home",
        ),
    ]
