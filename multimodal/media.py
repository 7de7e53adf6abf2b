"""Files that parts of samples stand in: pictures and sounds, named by the cells of a table.

A cell names a file inside the dataset's folder, and nothing outside of it: whoever sends a table
must not be able to have other files of this machine read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from ..errors import DataError, paragraph
from .modality import of

Part = TypeVar("Part")

ENDINGS = {
    "image": (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    "audio": (".wav", ".flac", ".ogg", ".mp3"),
}
"""Endings of the files that are read, by modality."""

WORDS = {"text": "texts", "image": "pictures", "audio": "sounds"}
"""What the parts of each modality are called."""

BLOCK = 1 << 20


class Unreadable(Exception):
    """Why a file can't be used as a sample's part, in words that end a sentence."""


class File(str):
    """The absolute path of a part's file, with what the table says of it and what it holds.

    It is the text that a cell of an image or audio column becomes, so that rows are split, picked
    and counted like any others.

    Attributes
    ----------
    cell
        The path as the table has it, for people.
    content
        SHA-256 of what the file holds, by which two runs' rows are matched, wherever files lie.
    """

    cell: str
    content: str

    @classmethod
    def at(cls, path: Path, cell: str) -> File:
        """Name a file that is there; what it holds is read once, for its checksum.

        Raises
        ------
        Unreadable
            If it can't be read.
        """
        found = cls(path)
        found.cell, found.content = cell, _checksum(path)
        return found


def resolve(cell: str, folder: Path) -> Path:
    """Return the absolute path of a cell's file.

    Parameters
    ----------
    cell
        Path of a file, relative to the folder or absolute.
    folder
        The dataset's folder, in which the file has to lie, links followed.

    Raises
    ------
    Unreadable
        If there is no such file, or it lies elsewhere.
    """
    home = folder.resolve()
    try:
        path = (home / cell).resolve()
        if not path.is_relative_to(home):
            raise Unreadable(f"it leads out of the dataset's folder {folder}, to {path}")
        if not path.is_file():
            raise Unreadable("there is a folder" if path.is_dir() else "there is no such file")
    except OSError as error:  # too long, links in a circle, a folder without rights
        raise Unreadable(f"it can't be reached ({error.strerror or error})") from None
    except (ValueError, RuntimeError) as error:  # a NUL, half of a character
        raise Unreadable(f"it is no path of a file ({error})") from None
    return path


def inspector(kind: str) -> Callable[[Path], None]:
    """Return what reads a file of a modality and raises `Unreadable` where it can't be used."""
    found: Callable[[Path], None] = of(kind).read.inspect
    return found


def once_more(read: Callable[..., Part], cell: str, *given: Any) -> Part:
    """Read a file that could be read when it was looked into.

    Parameters
    ----------
    read
        ``read(cell, *given)``, which raises `Unreadable`.
    cell
        The file.

    Raises
    ------
    DataError
        Naming the file, where it has changed since.
    """
    try:
        return read(cell, *given)
    except Unreadable as error:
        raise DataError(
            paragraph(
                shown(cell),
                f"{error}; it could be read before",
                "Restore the file, and go on with --resume where a run was at work",
            )
        ) from None


def content(part: str) -> str:
    """Return what a part is known by: a file's checksum, and any other text itself."""
    return part.content if isinstance(part, File) else part


def shown(part: str) -> str:
    """Return a part as the table has it, for people."""
    return part.cell if isinstance(part, File) else part


def modality_of(name: str) -> str | None:
    """Return the modality of a file by its ending, None where it is neither image nor audio."""
    ending = Path(name).suffix.lower()
    return next((kind for kind, known in ENDINGS.items() if ending in known), None)


def kind_of(cells: Iterable[str]) -> str | None:
    """Return the modality of which all of these cells name files, by their endings.

    None where there are no cells, one of them ends otherwise, or they are of both modalities.
    """
    kinds = {modality_of(cell.strip()) for cell in cells}
    return kinds.pop() if len(kinds) == 1 else None


def _checksum(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except OSError as error:
        raise Unreadable(f"it can't be read ({error.strerror or error})") from None
    return digest.hexdigest()
