"""The log: what all jobs of the workspace tell, line by line."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QPlainTextEdit, QWidget

from .texts import tr
from .theme import monospace
from .watch import Watch, describe

LINES = 5000
"""Lines that are kept; the oldest are dropped."""


class LogPane(QDockWidget):
    """A pane at the window's foot."""

    def __init__(self, window: QWidget, watch: Watch) -> None:
        super().__init__(tr("Log"), window)
        self.setObjectName("log")
        self.setAccessibleName(tr("Log"))
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea)
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(LINES)
        self.text.setFont(monospace(9))
        self.text.setAccessibleName(tr("What jobs tell"))
        self.text.setPlaceholderText(tr("What jobs tell appears here."))
        self.setWidget(self.text)
        watch.heard.connect(self._hear)

    def add(self, line: str) -> None:
        """Add a line with the time in front."""
        self.text.appendPlainText(f"{time.strftime('%H:%M:%S')}  {line}")

    def _hear(self, told: Any) -> None:
        path, event = told
        line = describe(event)
        if line:
            self.text.appendPlainText(
                f"{time.strftime('%H:%M:%S', time.localtime(event.time))}  "
                f"{Path(path).name}: {line}"
            )
