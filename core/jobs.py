"""Jobs: processes that a person can watch, stop and cancel from anywhere.

A job is whatever process holds the lock of a run's folder. Its folder tells all there is to know:
`job.json` (pid, start, command), `control.json` (a request to stop or cancel), `events.jsonl`.
There is no registry; jobs are found by looking at ``runs/*/job.json``.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import psutil
from filelock import FileLock, Timeout

from ..errors import Cancelled, RunError, paragraph
from . import events, processes
from .files import read_json, write_json

Request = Literal["stop", "cancel"]
Status = Literal["running", "finished", "stopped", "cancelled", "failed", "interrupted", "new"]
LOOK = 0.2
"""Seconds to wait for a run's lock: someone who only looks whether it is held holds it shortly."""
ECHO = 0.5
"""Seconds within which two interrupts are one where a launcher started this process.

The terminal sends Ctrl+C to all processes, and the launcher passes on the one that it got.
"""


class CancelToken:
    """Carries a request to stop or to cancel into the work.

    Stop: finish the step, write a checkpoint, end well. Cancel: end now. The work asks
    `stop_requested` between steps and calls `check` wherever it may be broken off.
    """

    def __init__(self) -> None:
        self._control: Path | None = None
        self._request: Request | None = None
        self._looked = 0.0

    def watch(self, control: Path) -> None:
        """Also heed requests that other processes write to a run's control.json."""
        self._control = control

    def stop(self) -> None:
        """Ask the work to finish its step, save and end."""
        if self._request is None:
            self._request = "stop"

    def cancel(self) -> None:
        """Ask the work to end now."""
        self._request = "cancel"

    @property
    def request(self) -> Request | None:
        """What was asked, by a signal, a call or control.json (looked at twice a second)."""
        now = time.monotonic()
        if self._control is not None and now - self._looked > 0.5:
            self._looked = now
            asked = _requested(self._control)
            if asked == "cancel" or (asked == "stop" and self._request is None):
                self._request = asked
        return self._request

    def look(self) -> Request | None:
        """Look at control.json now, and return what was asked."""
        self._looked = float("-inf")
        return self.request

    @property
    def stop_requested(self) -> bool:
        """Whether the work should end after this step."""
        return self.request is not None

    def check(self) -> None:
        """Raise `Cancelled` where cancelling was asked."""
        if self.request == "cancel":
            raise Cancelled("The job was cancelled.")


@contextmanager
def working(
    folder: Path, token: CancelToken, command: Sequence[str] | None = None
) -> Iterator[None]:
    """Hold a run's folder as its job: lock, job.json, and signals that reach the token.

    Signals are heard as `signals_heard` hears them.

    Raises
    ------
    RunError
        If another process works on this run.
    """
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=LOOK)
    except Timeout:
        raise RunError(
            paragraph(
                str(folder),
                "another process is working on this run",
                "Wait for it, or end it with `pellucid stop` and try again",
            )
        ) from None
    (folder / "control.json").unlink(missing_ok=True)
    me = psutil.Process()
    write_json(
        folder / "job.json",
        {
            "pid": me.pid,
            "started": me.create_time(),
            "command": list(command if command is not None else sys.argv),
        },
    )
    with signals_heard(token):
        try:
            yield
        finally:
            lock.release()


def status(folder: Path) -> Status:
    """Say how a job stands, from its folder alone."""
    if _alive(folder):
        return "running"
    ends: Status = "new"
    for event in events.read(folder / "events.jsonl"):
        match event:
            case events.Finished():
                ends = "finished"
            case events.Stopped(reason=reason):
                ends = "cancelled" if reason == "cancel" else "stopped"
            case events.Failed():
                ends = "failed"
            case _:
                ends = "interrupted"
    return ends


def ask(folder: Path, request: Request, patience: float = 10.0) -> None:
    """Ask the process that works on a run to stop, or make it end.

    Parameters
    ----------
    folder
        The run's folder.
    request
        ``stop`` leaves a note that the process reads between two steps. ``cancel`` also
        terminates the process and its children, and kills what is left after `patience`.
    patience
        Seconds to wait before killing.

    Raises
    ------
    RunError
        If no process works on this run.
    """
    process = _alive(folder)
    if process is None:
        raise RunError(
            paragraph(str(folder), "no process is working on this run", "There is nothing to end")
        )
    write_json(folder / "control.json", {"request": request})
    if request == "cancel":
        _end_tree(process, patience)


def start(
    command: Sequence[str], workspace: Path, told: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start ``python -m pellucid …`` as a process of its own that outlives this one.

    Parameters
    ----------
    command
        The words after ``pellucid``.
    workspace
        The folder to work in.
    told
        File that takes what the process writes to standard error; nothing keeps it if left out.
    """
    package = __package__.rpartition(".")[0] if __package__ else "pellucid"
    detached: dict[str, Any] = (
        {"creationflags": 0x00000208}  # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
        if os.name == "nt"
        else {"start_new_session": True}
    )
    with contextlib.ExitStack() as stack:
        return subprocess.Popen(
            [sys.executable, "-m", package, *command],
            cwd=workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if told is None else stack.enter_context(told.open("wb")),
            **detached,
        )


@dataclass(frozen=True)
class Job:
    """One run's folder, seen as a job."""

    folder: Path
    status: Status
    pid: int | None
    command: tuple[str, ...]


def find(runs: Path) -> list[Job]:
    """Find every job of a workspace, oldest first; names with a dot in front are no runs."""
    found = []
    for file in sorted(runs.glob("[!.]*/job.json"), key=lambda path: path.stat().st_mtime):
        with contextlib.suppress(OSError, ValueError, KeyError):
            raw = read_json(file)
            found.append(Job(file.parent, status(file.parent), raw["pid"], tuple(raw["command"])))
    return found


def _alive(folder: Path) -> psutil.Process | None:
    try:
        raw = read_json(folder / "job.json")
        process = psutil.Process(int(raw["pid"]))
        # A pid is used again after a while; the start time tells the two processes apart. It is
        # reckoned from the system's start, which is told in whole seconds and moves with the clock.
        same = abs(process.create_time() - float(raw["started"])) < 2.0
        running = same and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    if not running:
        return None
    # A process may outlive its job: a notebook, a program that executes several recipes.
    with contextlib.suppress(OSError):  # someone else's folder, where nothing can be locked
        return process if locked(folder) else None
    return process


def locked(folder: Path) -> bool:
    """Whether some job holds the folder; its process may be alive without."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _end_tree(process: psutil.Process, patience: float) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        tree = [process, *process.children(recursive=True)]
        for one in tree:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.terminate()
        _, left = psutil.wait_procs(tree, timeout=patience)
        for one in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        psutil.wait_procs(left, timeout=patience)


def _requested(control: Path) -> Request | None:
    try:
        asked = read_json(control).get("request")
    except (OSError, ValueError, AttributeError):
        return None
    return asked if asked in ("stop", "cancel") else None


@contextmanager
def signals_heard(token: CancelToken) -> Iterator[None]:
    """Let signals reach a token.

    SIGTERM, and SIGHUP unless it is ignored (nohup), ask to stop however often they come, for
    whoever ends a machine's processes repeats them. The first Ctrl+C asks to stop, the second one
    cancels. Who cancels from elsewhere writes control.json before the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    interrupted: list[float] = []

    def receive(number: int, frame: FrameType | None) -> None:
        asked = token.look()  # now: a look that is half a second old may miss a request
        now = time.monotonic()
        if number == signal.SIGINT:
            echo = ECHO if processes.world() > 1 else 0.0
            again = bool(interrupted) and now - interrupted[-1] > echo
            interrupted.append(now)
        else:
            again = False
        if number == getattr(signal, "SIGHUP", None):
            _leave_terminal()
        if asked == "cancel" or again:
            token.cancel()
        else:
            token.stop()

    before = {number: signal.signal(number, receive) for number in _heard()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _heard() -> list[signal.Signals]:
    heard = [signal.SIGINT, signal.SIGTERM]
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        heard.append(hangup)
    return heard


def _leave_terminal() -> None:
    """Write to nowhere from here on: every write to a terminal that was closed is an error."""
    with open(os.devnull, "w") as nowhere:
        for stream in (1, 2):
            with contextlib.suppress(OSError):
                # Not isatty, which says no of a terminal that has gone.
                if stat.S_ISCHR(os.fstat(stream).st_mode):
                    os.dup2(nowhere.fileno(), stream)
