"""Recipes that wait for their turn: one JSON file each in ``runs/.queue/``.

What is in the folder is the queue, for the window, the terminal and the runner alike. Files are
written whole or not at all, and changed under a short lock. An entry is taken off when its run's
folder is there, and that folder's environment.json keeps the entry's id: so an entry whose process
was killed between the two is neither lost nor carried out twice.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import yaml
from filelock import FileLock

from ..errors import Cancelled, RunError, paragraph
from . import jobs
from .files import read_json, write_json
from .runs import find, folder_name

FOLDER = ".queue"
RUNNER = "runner"
FORMAT = 1
BUSY = ".working"
"""Lock of the one process that carries out an entry."""


@dataclass(frozen=True)
class Entry:
    """One recipe in the queue.

    Attributes
    ----------
    path
        Its file, which stays the same wherever the entry is moved; the stem is its id.
    name
        The recipe's name.
    recipe
        The recipe as YAML, with absolute paths.
    steps
        Names of the steps to carry out; None: all.
    resume
        Whether to go on with the newest unfinished run of that name.
    added
        When it was added; ISO 8601 in UTC.
    place
        Entries are taken in ascending order of this number.
    error
        Why it could not begin, one paragraph; empty while it waits.
    """

    path: Path
    name: str
    recipe: str
    steps: tuple[str, ...] | None = None
    resume: bool = False
    added: str = ""
    place: float = 0.0
    error: str = ""

    @property
    def status(self) -> Literal["waiting", "failed"]:
        """Whether the entry waits for its turn, or could not begin and is passed over."""
        return "failed" if self.error else "waiting"

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {**asdict(self), "path": str(self.path), "status": self.status}


def entries(runs: Path) -> list[Entry]:
    """List the queue in its order; a damaged file shows as an entry that failed."""
    found = (read(path) for path in (runs / FOLDER).glob("[!.]*.json"))
    return sorted(filter(None, found), key=lambda entry: (entry.place, entry.added, entry.path))


def at(runs: Path, number: int) -> Entry:
    """Return the entry with this number in the list, from 1.

    Raises
    ------
    RunError
        If there is none.
    """
    found = entries(runs)
    if not 1 <= number <= len(found):
        there = f"there are entries 1 to {len(found)}" if found else "it is empty"
        raise RunError(
            paragraph(
                f"queue of {runs}",
                f"there is no entry {number}, {there}",
                "`pellucid queue list` shows them",
            )
        )
    return found[number - 1]


def read(path: Path) -> Entry | None:
    """Read an entry's file; None if it was taken off."""
    try:
        return _checked(path, read_json(path))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = paragraph(
            str(path),
            f"this entry of the queue can't be read ({type(error).__name__}: {error})",
            "Remove it from the queue, and add its recipe again",
        )
        return Entry(path, path.stem, "", error=reason)


def add(
    runs: Path, recipe: str, *, steps: Sequence[str] | None = None, resume: bool = False
) -> Entry:
    """Put a recipe at the end of the queue.

    Parameters
    ----------
    runs
        Folder that holds the runs.
    recipe
        The recipe as YAML with absolute paths, as `Recipe.dump` writes it.
    steps
        Names of the steps to carry out; all if left out.
    resume
        Go on with the newest unfinished run of that name, or start one.
    """
    name = str(yaml.safe_load(recipe)["name"])
    entry = Entry(
        path=runs / FOLDER / f"{folder_name(name)[:80]}-{uuid4().hex[:12]}.json",
        name=name,
        recipe=recipe,
        steps=tuple(steps) if steps else None,
        resume=resume,
        added=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
    with _changing(runs / FOLDER):
        last = max((one.place for one in entries(runs)), default=0.0)
        entry = replace(entry, place=float(int(last) + 1))
        _write(entry)
    return entry


def put_back(entry: Entry) -> None:
    """Put an entry that was removed back where it was."""
    with _changing(entry.path.parent):
        _write(entry)


def remove(entry: Entry) -> None:
    """Take an entry out of the queue.

    Raises
    ------
    RunError
        If it is there no more: its run has begun, or another process removed it.
    """
    with _changing(entry.path.parent):
        try:
            entry.path.unlink()
        except FileNotFoundError:
            raise _gone(entry) from None


def move(entry: Entry, to_place: int) -> None:
    """Give an entry another place in the order.

    Parameters
    ----------
    entry
        The entry.
    to_place
        Its place afterwards, from 1; a number behind the last one moves it to the end.

    Raises
    ------
    RunError
        If it is there no more.
    """
    with _changing(entry.path.parent):
        now = _still(entry)
        others = [one for one in entries(entry.path.parent.parent) if one.path != entry.path]
        at = min(max(to_place - 1, 0), len(others))
        place = _between(others, at)
        if place is None:  # halving came to its end: number all of them anew
            for number, one in enumerate(others):
                if one.recipe:
                    _write(replace(one, place=float(number + 1 + (number >= at))))
            place = float(at + 1)
        _write(replace(now, place=place))


def retry(entry: Entry) -> None:
    """Let an entry that failed wait for its turn again, at its place.

    Raises
    ------
    RunError
        If it is there no more, or its file is damaged.
    """
    with _changing(entry.path.parent):
        _write(replace(_still(entry), error=""))


def fail(path: Path, error: str) -> None:
    """Note in an entry why it could not begin; nothing happens if it was taken off meanwhile."""
    with _changing(path.parent):
        entry = read(path)
        if entry is not None and entry.recipe:
            _write(replace(entry, error=error))


@contextmanager
def taking(entry: Path | None) -> Iterator[None]:
    """Take an entry off as soon as the block has made its run's folder.

    Nobody can remove or move the entry meanwhile. None stands for a run that nobody queued.

    Raises
    ------
    Cancelled
        If a person removed the entry before the block began.
    """
    if entry is None:
        yield
        return
    with _changing(entry.parent):
        if not entry.exists():
            raise Cancelled(f"“{entry.stem}” was removed from the queue before its run began.")
        yield
        entry.unlink()


@contextmanager
def carrying_out(entry: Path) -> Iterator[Entry | None]:
    """Wait until no other entry of this queue is being carried out, then give the entry.

    Gives None where there is nothing left to do: the entry was taken off, or its run's folder is
    there already.

    Raises
    ------
    RunError
        If it is no entry of a queue.
    """
    if entry.parent.name != FOLDER or not entry.parent.is_dir():
        raise RunError(
            paragraph(
                str(entry),
                "it is no entry of a queue",
                "`pellucid queue run` carries out what `pellucid queue list` shows",
            )
        )
    with FileLock(entry.parent / BUSY):
        found = read(entry)
        if found is not None and begun(entry.parent.parent, entry.stem):
            with contextlib.suppress(RunError):
                remove(found)
            found = None
        yield found


def begun(runs: Path, entry: str) -> bool:
    """Whether the run of an entry, named by its id, has a folder already."""
    for run in find(runs):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if read_json(run.path / "environment.json").get("queued") == entry:
                return True
    return False


def busy(runs: Path) -> bool:
    """Whether some process carries out an entry, be it one that a killed runner left behind."""
    return (runs / FOLDER / BUSY).exists() and not _free(runs / FOLDER / BUSY)


def runner_folder(runs: Path) -> Path:
    """Return the folder of the runner's own job: its lock, job.json and control.json."""
    return runs / FOLDER / RUNNER


def runner_alive(runs: Path) -> bool:
    """Whether a runner works through this queue; it will take what is added now, too."""
    folder = runner_folder(runs)
    # The process lives a little longer than its work: the lock says what holds.
    return jobs.status(folder) == "running" and jobs.locked(folder)


def runner_words(runs: Path) -> list[str]:
    """Return the words behind ``pellucid`` that start a runner; a second one ends by itself."""
    return ["queue", "run", "--runs", str(runs.resolve()), "--quiet"]


def _checked(path: Path, raw: Any) -> Entry:
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(f"expected a mapping of the format {FORMAT}")
    steps = raw["steps"]
    texts = [raw["name"], raw["recipe"], raw["added"], raw["error"], *(steps or ())]
    if not all(isinstance(text, str) for text in texts) or not raw["recipe"]:
        raise ValueError("name, recipe, steps, added and error: expected texts")
    return Entry(
        path=path,
        name=raw["name"],
        recipe=raw["recipe"],
        steps=None if steps is None else tuple(steps),
        resume=bool(raw["resume"]),
        added=raw["added"],
        place=float(raw["place"]),
        error=raw["error"],
    )


def _write(entry: Entry) -> None:
    fields = asdict(entry)
    del fields["path"]
    write_json(entry.path, {"format": FORMAT, **fields})


def _still(entry: Entry) -> Entry:
    """Read an entry anew before it is changed."""
    now = read(entry.path)
    if now is None:
        raise _gone(entry)
    if not now.recipe:
        raise RunError(now.error)
    return now


def _gone(entry: Entry) -> RunError:
    return RunError(
        paragraph(
            f"“{entry.name}”",
            "it is in the queue no more: its run has begun, or it was removed",
            "`pellucid runs` and `pellucid queue list` show what there is",
        )
    )


def _between(others: Sequence[Entry], at: int) -> float | None:
    """Return a number that puts an entry before the others from `at` on; None if none is left."""
    if not others:
        return 1.0
    if at == len(others):
        return others[-1].place + 1
    if at == 0:
        return others[0].place - 1
    low, high = others[at - 1].place, others[at].place
    middle = (low + high) / 2
    return middle if low < middle < high else None


@contextmanager
def _changing(folder: Path) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        yield


def _free(lock: Path) -> bool:
    held = FileLock(lock)
    with contextlib.suppress(TimeoutError):
        held.acquire(timeout=0)
        held.release()
        return True
    return False
