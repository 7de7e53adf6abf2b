"""Working through a queue of recipes: one after another, each in a process of its own.

The runner trains nothing. For each entry it starts ``pellucid queue carry-out ENTRY``, so that a
crash, or `pellucid cancel`, which ends the process tree of a run, ends that run and not the queue.
The other way round a run outlives a runner that was killed; the next runner waits for it.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .core import jobs, queue
from .core.events import Emit
from .core.jobs import CancelToken
from .core.queue import Entry
from .core.runs import Run
from .errors import PellucidError, RunError, paragraph
from .pipeline import execute
from .recipe import Recipe

PATIENCE = 1.0
"""Seconds to wait for the runner's lock: a look at it, or a runner that is ending, is short."""


@dataclass(frozen=True)
class Worked:
    """What a runner came to: entries that it took, and those of them that failed."""

    taken: int = 0
    failed: int = 0


def work(runs: Path, cancel: CancelToken | None = None, *, quiet: bool = False) -> Worked:
    """Carry out the entries of a queue in their order until none waits.

    A request to stop (Ctrl+C, SIGTERM, `pellucid queue stop`) lets the run at work come to its
    end and takes no further entry. A failed entry is passed over.

    Parameters
    ----------
    runs
        Folder that holds the runs and the queue.
    cancel
        Token by which another thread can stop it.
    quiet
        Show no progress of the runs.

    Raises
    ------
    RunError
        If another runner works through this queue.
    """
    token = cancel or CancelToken()
    token.watch(queue.runner_folder(runs) / "control.json")
    worked = Worked()
    first = True
    # Who adds an entry looks for a runner. One that saw this runner's lock counts on it, so the
    # queue is looked at once more after the lock was let go.
    while first or (not token.stop_requested and _next(runs) is not None):
        try:
            with _alone(runs, token):
                worked = _through(runs, token, worked, quiet)
        except RunError:
            if first:
                raise
            break  # another runner came in between
        first = False
    return worked


def carry_out(entry: Path, emit: Emit | None = None) -> Run | None:
    """Carry out one entry in this process; it is taken off when its run's folder is there.

    Parameters
    ----------
    entry
        The entry's file.
    emit
        Called with every event of the run.

    Returns
    -------
    Run
        None if there was nothing left to do: the entry was taken off by another process.

    Raises
    ------
    PellucidError
        If the run failed. If it could not begin, the entry stays and tells why.
    """
    with queue.carrying_out(entry) as found:
        if found is None:
            return None
        if found.error:
            raise RunError(found.error)
        runs = entry.parent.parent
        try:
            recipe = Recipe.parse(found.recipe, where=f"recipe “{found.name}”", folder=runs)
            return execute(
                recipe, runs, emit=emit, resume=found.resume, only=found.steps, queued=entry
            )
        except Exception as error:
            # An entry that is still there has not begun.
            queue.fail(entry, _told(found, error))
            raise


def _through(runs: Path, token: CancelToken, worked: Worked, quiet: bool) -> Worked:
    while not token.stop_requested and (entry := _next(runs)) is not None:
        if queue.busy(runs):  # a run that a killed runner left behind
            time.sleep(0.2)
            continue
        code = _child(entry, quiet)
        failed = code not in (0, 130)
        if not _began(runs, entry):
            _note(entry, code, token)
        worked = Worked(worked.taken + 1, worked.failed + failed)
    return worked


def _next(runs: Path) -> Entry | None:
    return next((one for one in queue.entries(runs) if one.status == "waiting"), None)


def _child(entry: Entry, quiet: bool) -> int:
    """Carry out an entry in a process of its own and wait for its end."""
    package = __package__ or "pellucid"
    command = [sys.executable, "-m", package, "queue", "carry-out", str(entry.path)]
    return subprocess.run(
        [*command, *(["--quiet"] if quiet else [])], stdin=subprocess.DEVNULL, check=False
    ).returncode


def _began(runs: Path, entry: Entry) -> bool:
    return not entry.path.exists() or queue.begun(runs, entry.path.stem)


def _note(entry: Entry, code: int, token: CancelToken) -> None:
    """Mark an entry whose process ended without a word, or it would be tried for ever."""
    left = queue.read(entry.path)
    if left is None or left.error or token.stop_requested:
        return
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    queue.fail(
        entry.path,
        paragraph(
            f"“{entry.name}”",
            f"its process ended by {how} before the run had a folder",
            "If memory was short, close other programs; then let it try again with "
            "`pellucid queue retry`",
        ),
    )


def _told(entry: Entry, error: Exception) -> str:
    if isinstance(error, PellucidError):
        return str(error)
    return paragraph(
        f"“{entry.name}”",
        f"it could not begin, by a fault of the program ({type(error).__name__}: {error})",
        "Run the recipe by `pellucid run` to see the whole message",
    )


@contextmanager
def _alone(runs: Path, token: CancelToken) -> Iterator[None]:
    """Be the runner of a queue, as a job that can be seen and stopped."""
    folder = queue.runner_folder(runs).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + PATIENCE
    with ExitStack() as stack:
        while True:
            try:
                stack.enter_context(jobs.working(folder, token))
                break
            except RunError:
                if time.monotonic() > end:
                    raise RunError(
                        paragraph(
                            str(runs),
                            "another runner works through this queue",
                            "It takes what is added too; `pellucid queue stop` ends it",
                        )
                    ) from None
            time.sleep(0.05)
        yield
