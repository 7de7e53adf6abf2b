"""The files of a test: found, fingerprinted and read as plain rows."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import DataError, paragraph

T = TypeVar("T")


def find(path: str | Path, patterns: Sequence[str], test: str) -> list[Path]:
    """Return the files of a test: the one that is named, or those of a folder.

    Parameters
    ----------
    path
        A file, or a folder.
    patterns
        What the files are called in a folder; the first pattern that any file fits counts.
    test
        Name of the test, for errors.

    Raises
    ------
    DataError
        If there is nothing of that name, or the folder holds no such file.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise DataError(
            paragraph(
                str(path),
                f"there is no such file or folder; expected the files of {test}",
                "Correct the path; docs/stereotypes.md says where they are given out",
            )
        )
    for pattern in patterns:
        if found := sorted(place.glob(pattern)):
            return found
    raise DataError(
        paragraph(
            str(path),
            f"the folder holds no file of {test}; expected {' or '.join(patterns)}",
            "Name the file itself, or the folder that holds it",
        )
    )


def fingerprints(files: Iterable[Path]) -> dict[str, str]:
    """Return name and SHA-256 of files."""
    return {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def read_text(path: Path) -> str:
    """Read a file as UTF-8, with or without a byte order mark.

    Raises
    ------
    DataError
        If it is no such text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            paragraph(
                str(path),
                f"it can't be read as text in UTF-8 ({reason})",
                "Name the file as its authors give it out",
            )
        ) from None


def read_table(path: Path, columns: Sequence[str], *, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a table with a header.

    Parameters
    ----------
    path
        The file.
    columns
        Those that have to be there.
    delimiter
        What stands between cells.

    Raises
    ------
    DataError
        If a column is missing, or a row has other cells than the header.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter=delimiter)
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise DataError(
            paragraph(
                str(path),
                f"the columns {', '.join(missing)} are missing; its header is "
                f"{', '.join(reader.fieldnames or ())[:200] or 'empty'}",
                "Name the file as its authors give it out",
            )
        )
    rows = []
    for number, row in enumerate(reader, 1):
        if any(row[name] is None for name in columns):
            raise DataError(
                paragraph(
                    f"{path}, row {number}",
                    "the row has fewer cells than the header",
                    "Copy the file again",
                )
            )
        rows.append(row)
    return rows


def read_json_file(path: Path) -> Any:
    """Read a file that holds one JSON value.

    Raises
    ------
    DataError
        If it doesn't.
    """
    try:
        return json.loads(read_text(path))
    except ValueError as error:
        raise _no_json(path, error) from None


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of which each line holds one JSON object.

    Raises
    ------
    DataError
        Naming the first line that doesn't.
    """
    rows = []
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(dict(json.loads(line)))
        except (ValueError, TypeError) as error:
            raise _no_json(f"{path}, line {number}", error) from None
    return rows


def broken(path: Path, row: object, problem: str) -> DataError:
    """Return the error of a row that is not as the test's authors write it."""
    return DataError(paragraph(f"{path}, row {row}", problem, "Copy the file again"))


def drawn(rows: Sequence[T], most: int | None, seed: int) -> list[T]:
    """Return at most so many rows, drawn by a seed, in the order in which they stand."""
    if most is None or most >= len(rows):
        return list(rows)
    chosen: NDArray[np.int64] = np.random.default_rng(seed).permutation(len(rows))[:most]
    return [rows[place] for place in np.sort(chosen)]


def _no_json(where: object, error: Exception) -> DataError:
    return DataError(
        paragraph(
            str(where), f"it is no JSON ({error})", "Name the file as its authors give it out"
        )
    )
