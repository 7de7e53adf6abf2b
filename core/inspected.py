"""What is known of pictures and sounds that were looked into before: a file is read once.

A run reads its table again for each step, and so does whoever resumes it. A good file whose size
and times of change are what they were is not read again; a bad one is, as it may have been mended.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from platformdirs import user_cache_path

from ..errors import JobError
from ..multimodal.media import File, Unreadable
from .files import read_json, write_json

FORMAT = 1
"""Counted up where files that were good may be bad now."""

Stamp = tuple[int, int, int]
"""Size, and when content and rights were changed last."""


class Inspected:
    """The files of a folder that were looked into and are good, kept in the user's cache.

    Parameters
    ----------
    folder
        The dataset's folder.
    kind
        The modality that they were taken for.
    """

    def __init__(self, folder: Path, kind: str) -> None:
        name = hashlib.sha256(f"{FORMAT}:{kind}:{folder.resolve()}".encode()).hexdigest()[:32]
        self._path = user_cache_path("pellucid") / "inspected" / f"{name}.json"
        self._known: dict[str, tuple[Stamp, str]] = {}
        self._changed = False

    def __enter__(self) -> Inspected:
        # What can't be read there is looked into again.
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            self._known = {
                str(path): ((int(size), int(changed), int(rights)), str(content))
                for path, (size, changed, rights, content) in read_json(self._path).items()
            }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._changed:
            found = {path: [*stamp, content] for path, (stamp, content) in self._known.items()}
            # A cache that can't be written costs time, nothing else.
            with contextlib.suppress(OSError, JobError):
                write_json(self._path, found)

    def file(self, path: Path, cell: str, inspect: Callable[[Path], object]) -> File:
        """Return a file that can be used.

        Parameters
        ----------
        path, cell
            Where it lies, and how the table names it.
        inspect
            Reads it, and raises where it can't be used.

        Raises
        ------
        Unreadable
            Why it can't.
        """
        stamp = _stamp(path)
        known = self._known.get(str(path))
        if known is not None and known[0] == stamp:
            file = File(path)
            file.cell, file.content = cell, known[1]
            return file
        file = File.at(path, cell)
        inspect(path)
        self._known[str(path)] = (stamp, file.content)
        self._changed = True
        return file


def _stamp(path: Path) -> Stamp:
    try:
        about = path.stat()
    except OSError as error:
        raise Unreadable(f"it can't be reached ({error.strerror or error})") from None
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns
