"""Commands of which the window waits for the answer: `pellucid … --json` in a process of its own.

Long work is a job (`Workspace.start`) and outlives the window; this is for looks and estimates,
which end with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, Signal


class Child(QObject):
    """One command at a time; a new one ends the one before.

    `answered` carries the parsed JSON, `failed` the paragraph that the command printed.
    """

    answered = Signal(object)
    failed = Signal(str)
    busy = Signal(bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None

    @property
    def running(self) -> bool:
        """Whether a command is at work."""
        return self._process is not None

    def run(self, command: Sequence[str], folder: str = "") -> None:
        """Start ``python -m pellucid`` with these words; the last word asks for JSON by itself."""
        self.end()
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONUNBUFFERED", "1")
        process.setProcessEnvironment(environment)
        if folder:
            process.setWorkingDirectory(folder)
        process.finished.connect(lambda code, _: self._finished(process, code))
        process.errorOccurred.connect(lambda error: self._broken(process, error))
        self._process = process
        self.busy.emit(True)
        process.start(sys.executable, ["-m", "pellucid", *command])

    def end(self) -> None:
        """End the command at work; nothing is emitted for it."""
        process, self._process = self._process, None
        if process is None:
            return
        process.blockSignals(True)
        process.kill()
        process.waitForFinished(3000)
        process.deleteLater()
        self.busy.emit(False)

    def _finished(self, process: QProcess, code: int) -> None:
        if process is not self._process:
            return
        self._process = None
        said = bytes(process.readAllStandardOutput().data()).decode("utf-8", errors="replace")
        told = bytes(process.readAllStandardError().data()).decode("utf-8", errors="replace")
        process.deleteLater()
        self.busy.emit(False)
        if code != 0:
            self.failed.emit(complaint(told) or f"The command ended with code {code}.")
            return
        try:
            answer: Any = json.loads(said)
        except ValueError:
            self.failed.emit(complaint(told) or "The command gave no answer that can be read.")
            return
        self.answered.emit(answer)

    def _broken(self, process: QProcess, error: QProcess.ProcessError) -> None:
        if process is self._process and error == QProcess.ProcessError.FailedToStart:
            self._process = None
            self.busy.emit(False)
            self.failed.emit(f"{sys.executable} could not be started. Check the installation.")


def complaint(told: str) -> str:
    """Return the paragraph of an error from what a command wrote to standard error."""
    lines = told.strip().splitlines()
    for at, line in enumerate(lines):
        if line.startswith("Error: "):
            return " ".join([line.removeprefix("Error: "), *lines[at + 1 :]]).strip()
    return lines[-1].strip() if lines else ""
