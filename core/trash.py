"""Runs that were thrown away and can be had back, in ``runs/.trash/``.

A run's folder is moved there as it is, by one rename, and ``NAME.trashed.json`` beside it keeps
the name that it had and the time. Names with a dot in front are no runs, so nothing that looks for
runs or jobs finds what lies there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ..errors import RunError, paragraph
from .files import PARTIAL, read_json, write_json

FOLDER = ".trash"
RECORD = ".trashed.json"


@dataclass(frozen=True)
class Trashed:
    """A run in the trash.

    Attributes
    ----------
    path
        Its folder there.
    name
        Name of the folder among the runs, before.
    when
        When it was thrown away; ISO 8601 in UTC.
    """

    path: Path
    name: str
    when: str

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {"path": str(self.path), "name": self.name, "when": self.when}


def discard(folder: Path) -> Path:
    """Move a run's folder to the trash beside it.

    Parameters
    ----------
    folder
        A run's folder, also one that was only begun.

    Returns
    -------
    Path
        Where it lies now; `restore` takes it.

    Raises
    ------
    RunError
        If it is no run's folder, or a process works on it.
    """
    folder = Path(os.path.abspath(folder))
    if folder.parent.name == FOLDER or not _a_run(folder):
        raise RunError(
            paragraph(
                str(folder),
                "there is no run here to throw away",
                "Name a run's folder; `pellucid runs` lists them",
            )
        )
    with _idle(folder):
        place = _claim(folder.parent / FOLDER, folder.name)
        when = datetime.now(UTC).isoformat(timespec="seconds")
        write_json(_record(place), {"format": 1, "name": folder.name, "when": when})
        _move(folder, place)
    return place


def restore(trashed: Path) -> Path:
    """Move a run back from the trash; a name that is taken meanwhile gets ``-2`` and so on.

    Parameters
    ----------
    trashed
        What `discard` returned, or the path of a record of `trashed`.

    Raises
    ------
    RunError
        If it is not in a trash.
    """
    trashed = Path(os.path.abspath(trashed))
    if trashed.parent.name != FOLDER or not trashed.is_dir():
        raise RunError(
            paragraph(
                str(trashed),
                "there is no such run in the trash",
                "`pellucid runs --trash` lists what lies there",
            )
        )
    place = _claim(trashed.parent.parent, _look(trashed).name)
    _move(trashed, place)
    _record(trashed).unlink(missing_ok=True)
    return place


def trashed(runs: Path) -> list[Trashed]:
    """List the runs in the trash of a workspace, the last thrown away first."""
    folders = [path for path in (runs / FOLDER).glob("*") if path.is_dir() and any(path.iterdir())]
    found = [_look(path) for path in folders]
    return sorted(found, key=lambda one: (one.when, one.path.name), reverse=True)


def empty(runs: Path) -> int:
    """Delete what lies in the trash for good; return how many runs that were.

    Raises
    ------
    RunError
        If something can't be deleted; what was deleted before stays deleted.
    """
    found = trashed(runs)
    try:
        for one in found:
            shutil.rmtree(one.path)
            _record(one.path).unlink(missing_ok=True)
    except OSError as error:
        raise RunError(
            paragraph(
                str(error.filename or runs / FOLDER),
                f"it can't be deleted ({error.strerror})",
                "Check who may write there, and empty the trash again",
            )
        ) from None
    shutil.rmtree(runs / FOLDER, ignore_errors=True)
    return len(found)


def _a_run(folder: Path) -> bool:
    begun = any((folder / name).exists() for name in ("recipe.yaml", "environment.json"))
    return folder.is_dir() and (begun or any(folder.glob(f"{PARTIAL}*")))


def _look(path: Path) -> Trashed:
    """Read a record; without one, the folder itself says what it can."""
    name = path.name
    when = datetime.fromtimestamp(path.stat().st_ctime, UTC).isoformat(timespec="seconds")
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        raw = read_json(_record(path))
        plain = Path(str(raw["name"])).name  # never a path that leads elsewhere
        name, when = plain or name, str(raw["when"])
    return Trashed(path, name, when)


def _record(place: Path) -> Path:
    return place.with_name(place.name + RECORD)


def _claim(parent: Path, name: str) -> Path:
    """Make an empty folder under a free name, so that nobody else takes the name."""
    parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        place = parent / (name if number == 1 else f"{name}-{number}")
        try:
            place.mkdir()
        except FileExistsError:
            number += 1
        else:
            return place


def _move(folder: Path, claimed: Path) -> None:
    if os.name == "nt":
        claimed.rmdir()  # Windows doesn't rename over a folder, not even an empty one
    try:
        os.replace(folder, claimed)
    except OSError as error:
        with contextlib.suppress(OSError):
            claimed.rmdir()
            _record(claimed).unlink(missing_ok=True)
        raise RunError(
            paragraph(
                str(folder),
                f"it can't be moved to {claimed.parent} ({error.strerror})",
                "Check who may write there",
            )
        ) from None


@contextmanager
def _idle(folder: Path) -> Iterator[None]:
    """Hold a run's lock, so that no job begins on it meanwhile."""
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunError(
            paragraph(
                str(folder),
                "a process is working on this run",
                "End it with `pellucid stop` or `pellucid cancel`, then throw it away",
            )
        ) from None
    if os.name == "nt":
        lock.release()  # Windows doesn't move a folder that holds an open file
    try:
        yield
    finally:
        lock.release()
