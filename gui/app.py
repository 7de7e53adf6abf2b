"""Opening the window."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from PySide6.QtCore import QTimer

from .frame.theme import MODES, Theme
from .frame.workspace import recents, settings, usual
from .window import MainWindow, application


def main_window(workspace: str | Path | None = None) -> MainWindow:
    """Make the window; it is not yet shown.

    Parameters
    ----------
    workspace
        Folder to open; the last one if left out.
    """
    app = application()
    theme = app.findChild(Theme)
    if not isinstance(theme, Theme):
        kept = str(settings().value("theme", "system"))
        theme = Theme(app, kept if kept in MODES else "system")
    if workspace is None:
        known = recents()
        workspace = known[0] if known else usual()
    return MainWindow(Path(workspace), theme)


def main(workspace: str | Path | None = None, paths: tuple[Path, ...] = ()) -> int:
    """Open the window and return when it is closed.

    Parameters
    ----------
    workspace
        Folder to open; the last one if left out.
    paths
        Tables, recipes or runs to open at once.
    """
    app = application()
    window = main_window(workspace)
    window.show()
    window.status.ask_machine()
    if paths:
        QTimer.singleShot(0, lambda: window.take([path.resolve() for path in paths]))
    # Python sees Ctrl+C only while it runs, so it is woken up now and then.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    awake = QTimer()
    awake.timeout.connect(lambda: None)
    awake.start(300)
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
