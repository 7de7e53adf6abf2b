"""A workspace: a folder that holds `runs/`, and what the window remembers of it.

Beside the runs it keeps `.pellucid/`: drafts of recipes (autosaved), what was looked at of tables,
and where the person was. All of it may be deleted; nothing else depends on it.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from PySide6.QtCore import QObject, QSettings, QStandardPaths, Signal

from ...core import jobs, queue
from ...core.files import read_json
from .child import complaint

MOST_RECENT = 12
INPUT_ERROR = 2
"""Exit code of a command whose recipe or data is at fault."""


def settings() -> QSettings:
    """Return what is remembered across workspaces: geometry, theme, recents."""
    return QSettings("Pellucid", "Pellucid")


def usual() -> Path:
    """Return the workspace of someone who never chose one: Pellucid in the documents folder."""
    place = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(place) or Path.home()) / "Pellucid"


class Workspace(QObject):
    """The folder that is open; `opened` tells that it changed."""

    opened = Signal()

    def __init__(self, parent: QObject, path: Path) -> None:
        super().__init__(parent)
        self.path = path.resolve()
        self._children: list[tuple[subprocess.Popen[bytes], Path]] = []

    @property
    def runs(self) -> Path:
        """Folder that holds the runs."""
        return self.path / "runs"

    @property
    def memory(self) -> Path:
        """Folder of what the window remembers of this workspace."""
        return self.path / ".pellucid"

    def open(self, path: Path) -> None:
        """Open another folder, made where it isn't there; where it can't be made, all stays."""
        before, self.path = self.path, path.resolve()
        try:
            self.begin()
        except OSError:
            self.path = before
            raise
        self.opened.emit()

    def begin(self) -> None:
        """Make the folders and put the workspace first among the recent ones."""
        self.runs.mkdir(parents=True, exist_ok=True)
        self.memory.mkdir(exist_ok=True)
        kept = [str(self.path), *(str(one) for one in recents() if one != self.path)]
        settings().setValue("recent", kept[:MOST_RECENT])

    def start(self, command: Sequence[str]) -> None:
        """Start ``pellucid`` with these words as a process that outlives the window."""
        told = self.memory / f"told-{uuid4().hex[:8]}.txt"
        self._children.append((jobs.start(command, self.path, told), told))

    def enqueue(self, recipe: str) -> bool:
        """Put a recipe into the queue and see to a runner; say whether one was there already.

        Raises
        ------
        OSError, PellucidError
            If the queue can't be written to or read.
        """
        queue.add(self.runs, recipe)
        alive = queue.runner_alive(self.runs)
        if not alive:
            self.start(queue.runner_words(self.runs))
        return alive

    def reap(self) -> list[str]:
        """Take note of processes that ended; return what those said whose input was at fault.

        A job that fails says so in its events. One whose input can't be used never becomes a job,
        so its words would be lost.
        """
        ended = [one for one in self._children if one[0].poll() is not None]
        self._children = [one for one in self._children if one[0].poll() is None]
        said = []
        for child, told in ended:
            with contextlib.suppress(OSError):
                if child.returncode == INPUT_ERROR:
                    said.append(complaint(told.read_text(encoding="utf-8", errors="replace")))
                told.unlink()
        return [text for text in said if text]

    def recall(self, name: str, usual: Any = None) -> Any:
        """Return something that was remembered of this workspace."""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            return read_json(self.memory / "session.json").get(name, usual)
        return usual

    def remember(self, name: str, value: Any) -> None:
        """Remember something of this workspace; it must fit into JSON."""
        known: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError):
            known = dict(read_json(self.memory / "session.json"))
        if known.get(name) == value:
            return
        known[name] = value
        # Whole or not at all, but without waiting for the disk: every page change writes this.
        partial = self.memory / "session.json.new"
        with contextlib.suppress(OSError):
            partial.write_text(json.dumps(known), encoding="utf-8")
            partial.replace(self.memory / "session.json")


def recents() -> list[Path]:
    """Return the workspaces that were open lately and are still there, the last one first."""
    kept = settings().value("recent", [])
    names = [kept] if isinstance(kept, str) else kept if isinstance(kept, list) else []
    return [Path(name) for name in names if Path(name).is_dir()]
