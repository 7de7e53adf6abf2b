"""Drafts: texts that were edited and not yet saved, kept so that a crash loses a second's work.

One JSON file each. It says which file the text belongs to and what that file held when editing
began, so that a change made elsewhere meanwhile is noticed.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from .files import read_json, write_json

FORMAT = 1
KEPT = 20
"""Drafts that are kept in a folder; the oldest give way."""


@dataclass(frozen=True)
class Draft:
    """One text that was not saved.

    Attributes
    ----------
    id
        Name of the draft's own file, without ``.json``.
    text
        The text as it was edited.
    file
        The file it belongs to; None for a text that was never saved.
    before
        SHA-256 of that file when editing began; None where there was none.
    """

    id: str
    text: str
    file: Path | None = None
    before: str | None = None

    @property
    def differs(self) -> bool:
        """Whether the text is not what its file holds now."""
        return self.file is None or digest(self.file) != _digest(self.text.encode())

    @property
    def overtaken(self) -> bool:
        """Whether the file was changed elsewhere since editing began."""
        return self.file is not None and digest(self.file) != self.before


def begin(file: Path | None) -> Draft:
    """Return an empty draft for a file as it stands now, or for a text without one."""
    return Draft(uuid4().hex[:12], "", file, digest(file) if file is not None else None)


def write(folder: Path, draft: Draft) -> None:
    """Keep a draft, in place of an earlier state of it; written whole or not at all."""
    write_json(
        folder / f"{draft.id}.json",
        {
            "format": FORMAT,
            "file": None if draft.file is None else str(draft.file),
            "before": draft.before,
            "text": draft.text,
        },
    )
    for old in _newest_first(folder)[KEPT:]:
        old.unlink(missing_ok=True)


def remove(folder: Path, draft: Draft) -> None:
    """Forget a draft: its text was saved or given up."""
    (folder / f"{draft.id}.json").unlink(missing_ok=True)


def left(folder: Path) -> list[Draft]:
    """Return the drafts that differ from their files, the newest first.

    One whose text stands in its file by now is removed; one that can't be read is passed over.
    """
    found = []
    for path in _newest_first(folder):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            draft = _read(path.stem, read_json(path))
            if draft.differs:
                found.append(draft)
            else:
                remove(folder, draft)
    return found


def digest(file: Path) -> str | None:
    """Return the SHA-256 of a file; None if it can't be read."""
    try:
        return _digest(file.read_bytes())
    except OSError:
        return None


def _read(name: str, raw: Any) -> Draft:
    if raw["format"] != FORMAT or not isinstance(raw["text"], str):
        raise ValueError(f"expected a draft of the format {FORMAT}")
    file = raw["file"]
    return Draft(name, raw["text"], None if file is None else Path(file), raw["before"])


def _newest_first(folder: Path) -> list[Path]:
    stamped = []
    for path in folder.glob("[!.]*.json"):
        with contextlib.suppress(OSError):
            stamped.append((path.stat().st_mtime_ns, path))
    return [path for _, path in sorted(stamped, reverse=True)]


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
