"""The rows of all runs, read bit by bit so that hundreds of them never hold up the window."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from .rows import Row, folders, read, stamp

BUDGET = 0.012
"""Seconds of reading at a time."""
EVERY = 2000
"""Milliseconds between two looks for what other programs changed."""


class Shelf(QObject):
    """Keeps a row for every run; `changed` tells that some came, went or are different."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: dict[Path, Row] = {}
        self._runs: Path | None = None
        self._stamps: dict[Path, tuple[int, ...]] = {}
        self._ahead: deque[Path] = deque()
        self._reading = QTimer(self)
        self._reading.setInterval(0)
        self._reading.timeout.connect(self._read_some)
        self._looking = QTimer(self)
        self._looking.setInterval(EVERY)
        self._looking.timeout.connect(self.look)

    @property
    def busy(self) -> bool:
        """Whether rows are still to be read."""
        return bool(self._ahead)

    def follow(self, runs: Path) -> None:
        """Keep the rows of this folder from now on."""
        self._runs = runs
        self.rows, self._stamps = {}, {}
        self._ahead.clear()
        self.look()
        self.changed.emit()
        self._looking.start()

    def stop(self) -> None:
        """Look and read no more."""
        self._looking.stop()
        self._reading.stop()

    def look(self) -> None:
        """Find runs that came, went or changed; they are read in the turns that follow."""
        if self._runs is None:
            return
        found = set(folders(self._runs))
        gone = [path for path in self.rows if path not in found]
        for path in gone:
            del self.rows[path]
            self._stamps.pop(path, None)
        waiting = set(self._ahead)
        for path in sorted(found - waiting):
            if self._stamps.get(path) != stamp(path):
                self._ahead.append(path)
        if gone:
            self.changed.emit()
        if self._ahead:
            self._reading.start()

    def read_now(self, path: Path) -> None:
        """Read one run's row at once: it was just changed here."""
        if path.is_dir():
            self._read(path)
            self.changed.emit()

    def _read_some(self) -> None:
        end = time.perf_counter() + BUDGET
        while self._ahead and time.perf_counter() < end:
            path = self._ahead.popleft()
            if path.is_dir():
                self._read(path)
        if not self._ahead:
            self._reading.stop()
        # A table that grows by each row would be arranged hundreds of times.
        if not self._ahead or len(self.rows) % 25 == 0:
            self.changed.emit()

    def _read(self, path: Path) -> None:
        self._stamps[path] = stamp(path)
        self.rows[path] = read(path)
