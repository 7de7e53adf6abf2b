"""Opening the window."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer

from ..errors import RunError, paragraph
from .frame.theme import MODES, Theme
from .frame.workspace import recents, settings, usual
from .window import MainWindow, application


def main_window(workspace: str | Path | None = None) -> MainWindow:
    """Make the window; it is not yet shown.

    Parameters
    ----------
    workspace
        Folder to open; the last one if left out.

    Raises
    ------
    RunError
        If the folder can't be made or written to.
    """
    app = application()
    theme = app.findChild(Theme)
    if not isinstance(theme, Theme):
        kept = str(settings().value("theme", "system"))
        theme = Theme(app, kept if kept in MODES else "system")
    if workspace is None:
        known = recents()
        workspace = known[0] if known else usual()
    try:
        return MainWindow(Path(workspace), theme)
    except OSError as error:
        raise RunError(
            paragraph(
                str(error.filename or workspace),
                f"the workspace can’t be opened ({error.strerror})",
                "Name a folder that you may write to",
            )
        ) from None


def main(workspace: str | Path | None = None, paths: tuple[Path, ...] = ()) -> int:
    """Open the window and return when it is closed.

    Parameters
    ----------
    workspace
        Folder to open; the last one if left out.
    paths
        Tables, recipes or runs to open at once; the last one is in front.

    Raises
    ------
    RunError
        If there is no screen, or the workspace can't be opened.
    """
    _needs_a_screen()
    app = application()
    window = main_window(workspace)
    window.show()
    window.status.ask_machine()
    for path in paths:
        QTimer.singleShot(0, partial(window.take, [path.resolve()]))
    # Python sees Ctrl+C only while it runs, so it is woken up now and then.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    awake = QTimer()
    awake.timeout.connect(lambda: None)
    awake.start(300)
    return app.exec()


def _needs_a_screen() -> None:
    """Say so where there is no screen: Qt itself would end the process with a core dump."""
    known = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in known):
        raise RunError(
            paragraph(
                "pellucid gui",
                "there is no screen to open a window on (DISPLAY is not set)",
                "Run it on a desktop, or use the other commands, which do all that the window does",
            )
        )


if __name__ == "__main__":
    sys.exit(main())
