"""What people write down about a run: tags and a note, in the run's notes.json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import RunError, paragraph
from .files import read_json, write_json

FILE = "notes.json"
FORMAT = 1


@dataclass(frozen=True)
class Notes:
    """Tags and a note of one run.

    Attributes
    ----------
    tags
        Trimmed, each one once, in alphabetical order.
    note
        Free text, as it was written.
    """

    tags: tuple[str, ...] = ()
    note: str = ""

    def changed(
        self, add: Iterable[str] = (), remove: Iterable[str] = (), note: str | None = None
    ) -> Notes:
        """Return other notes: tags added, then tags removed, and a new note if one is given."""
        left = set(tidy([*self.tags, *add])) - set(tidy(remove))
        return Notes(tidy(left), self.note if note is None else note)

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for programs."""
        return {"tags": list(self.tags), "note": self.note}


def tidy(tags: Iterable[str]) -> tuple[str, ...]:
    """Trim tags, drop empty and repeated ones, and sort them; capitals don't count in the order."""
    trimmed = {" ".join(tag.split()) for tag in tags}
    return tuple(sorted(trimmed - {""}, key=lambda tag: (tag.casefold(), tag)))


def read(folder: Path) -> Notes:
    """Read the notes of a run's folder; without a file they are empty.

    Raises
    ------
    RunError
        If the file is damaged, or a newer version wrote it.
    """
    path = folder / FILE
    try:
        return _checked(read_json(path))
    except FileNotFoundError:
        return Notes()
    except (OSError, ValueError) as error:
        raise RunError(
            paragraph(
                str(path),
                f"the notes can't be read ({str(error).splitlines()[0]})",
                "Restore the file, or delete it to begin anew; the run itself is not touched by it",
            )
        ) from None


def write(folder: Path, notes: Notes) -> None:
    """Write the notes of a run's folder, whole or not at all."""
    tidied = Notes(tidy(notes.tags), notes.note)
    write_json(folder / FILE, {"format": FORMAT, **tidied.as_json()})


def _checked(raw: Any) -> Notes:
    if not isinstance(raw, dict):
        raise ValueError("expected a mapping")
    known = raw.get("format", FORMAT)
    if type(known) is not int or known != FORMAT:
        raise ValueError(f"the format is {known!r}, known here: {FORMAT}")
    tags, note = raw.get("tags", []), raw.get("note", "")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ValueError("tags: expected a list of texts")
    if not isinstance(note, str):
        raise ValueError("note: expected a text")
    return Notes(tidy(tags), note)
