"""Playing a sound by what the system has for it: one at a time, and it can be stopped.

Qt's own player is no part of PySide6-Essentials, and brings a whole media library along. Every
system has a small program that plays WAV, so that is what a sound becomes first.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
import wave
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QThreadPool, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from ...multimodal.draw import sound_of
from .background import Later

PROGRAMS: tuple[tuple[str, ...], ...] = (
    ("afplay",),
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet"),
    ("play", "-q"),
)
"""Programs that play a WAV file, on macOS and by the sound systems of Linux, in this order."""

PATIENCE = 1000
"""Milliseconds that a program gets to end when it is stopped."""


class Player(QObject):
    """Plays one sound at a time; `changed` tells that one began or ended.

    Where no program of the system plays it, the file is opened as a double click would.

    Parameters
    ----------
    parent, pool
        Owner, and the threads in which sounds are read.
    find
        Finds a program, as `shutil.which` does.
    open_file
        Opens a file by the system's application; whether that went well.
    """

    changed = Signal()
    failed = Signal(str)

    def __init__(
        self,
        parent: QObject,
        pool: QThreadPool,
        find: Callable[[str], str | None] = shutil.which,
        open_file: Callable[[str], bool] | None = None,
    ) -> None:
        super().__init__(parent)
        self.path = ""
        """The file that is played; empty while none is."""
        self._find = find
        self._open = open_file or _open_file
        self._wav = ""
        self._left: list[Sequence[str]] = []
        self._process: QProcess | None = None
        self._later = Later(self, pool)
        self._later.arrived.connect(self._read)
        self._later.failed.connect(self._unreadable)
        self._until = QTimer(self)
        self._until.setSingleShot(True)
        self._until.timeout.connect(self.stop)

    def turn(self, path: str) -> None:
        """Play a file, or stop if it is played now."""
        if self.path == path:
            self.stop()
        else:
            self.play(path)

    def play(self, path: str) -> None:
        """Play a file from its beginning, instead of what is played now."""
        self.stop()
        self.path = path
        self._left = [one for one in PROGRAMS if self._find(one[0])]
        if not self._left and sys.platform != "win32":
            self._hand_over()
            return
        self._later.run(partial(_as_wav, path))
        self.changed.emit()

    def stop(self) -> None:
        """Be silent."""
        self._later.forget()
        self._until.stop()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.kill()  # a player has nothing to save
            process.waitForFinished(PATIENCE)
            process.deleteLater()
        if sys.platform == "win32" and self._wav:
            import winsound

            winsound.PlaySound(None, winsound.SND_PURGE)
        self._ended()

    def _ended(self) -> None:
        """Take away what was written, and tell."""
        if self._wav:
            Path(self._wav).unlink(missing_ok=True)
            self._wav = ""
        if self.path:
            self.path = ""
            self.changed.emit()

    def _read(self, found: tuple[bytes, float]) -> None:
        """Write what was read to a file of its own, and have it played."""
        raw, seconds = found
        handle, self._wav = tempfile.mkstemp(".wav", "pellucid-")
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
        if sys.platform == "win32":
            import winsound

            winsound.PlaySound(self._wav, winsound.SND_FILENAME | winsound.SND_ASYNC)
            self._until.start(round(1000 * seconds))
            return
        self._try_next()

    def _try_next(self) -> None:
        """Play by the next program; a sound system that isn't there ends one at once."""
        if not self._left:
            self._hand_over()
            return
        program, *words = self._left.pop(0)
        process = QProcess(self)
        self._process = process
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        process.start(program, [*words, self._wav])

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        if code == 0 and status == QProcess.ExitStatus.NormalExit:
            self._ended()
        else:
            self._try_next()

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._process.deleteLater()
            self._process = None
            self._try_next()

    def _hand_over(self) -> None:
        path = self.path
        self._ended()
        if not self._open(path):
            self.failed.emit(path)

    def _unreadable(self, error: Exception) -> None:
        path = self.path
        self._ended()
        self.failed.emit(f"{path}: {error}")


def _as_wav(path: str) -> tuple[bytes, float]:
    """Return a sound's beginning as WAV, and how many seconds it has."""
    raw = sound_of(path)
    with wave.open(io.BytesIO(raw)) as sound:
        return raw, sound.getnframes() / sound.getframerate()


def _open_file(path: str) -> bool:
    return QDesktopServices.openUrl(QUrl.fromLocalFile(path))
