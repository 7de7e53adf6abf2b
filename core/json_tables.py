"""Reading JSON and JSON Lines, with errors that name the line or the row; nested cells as text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DataError, paragraph
from ..multimodal.text.squad import flatten, is_squad

if TYPE_CHECKING:
    import pandas as pd

HALVED = "a text holds half of a character (a lone surrogate), which no file can store"
WHOLE = "Write the whole character, or \\ufffd in its place"


class Nested(str):
    """Text that stood in its table as a list or a mapping, and is JSON now.

    Tasks that read one text for each cell know by it that they were given something else.
    """

    __slots__ = ()


def read_jsonl(path: Path, content: bytes) -> pd.DataFrame:
    """Read a table with one JSON object on each line; lines without content are passed over.

    Parameters
    ----------
    path
        The file's name, for errors.
    content
        What it holds, as UTF-8.

    Raises
    ------
    DataError
        If a line is no JSON object; the message names it.
    """
    import pandas as pd

    rows = []
    # Not splitlines, which also cuts at separators that JSON allows inside a text (U+2028).
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        problem, remedy = "", "Write one JSON object on each line"
        row: Any = None
        try:
            row = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            problem = f"this is not JSON ({error})"
        if not problem and not isinstance(row, dict):
            problem = f"found {type(row).__name__}, expected an object with the columns as keys"
        elif not problem and b"\\u" in line and halved(row):
            problem, remedy = HALVED, WHOLE
        if problem:
            raise DataError(paragraph(f"{path}, line {number}", problem, remedy))
        rows.append(row)
    return pd.DataFrame(rows, dtype=object)


def read_json(path: Path, content: bytes) -> pd.DataFrame:
    """Read a list of records, or questions in SQuAD's form, one row for each question.

    A file whose name ends in .json but which holds JSON Lines is read as such.

    Parameters
    ----------
    path
        The file's name, for errors.
    content
        What it holds, as UTF-8.

    Raises
    ------
    DataError
        If it is no JSON, or neither of these forms; the message names the line or the row.
    """
    import pandas as pd

    if not content.strip():
        return pd.DataFrame()
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if _lines(content):
            return read_jsonl(path, content)
        line = getattr(error, "lineno", None)
        where = str(path) if line is None else f"{path}, line {line}"
        raise DataError(
            paragraph(where, f"this is not JSON ({error})", "Write a list of records")
        ) from None
    escaped = b"\\u" in content
    del content
    rows = flatten(found, str(path)) if is_squad(found) else found
    if isinstance(rows, dict) and len(_lists(rows)) == 0:
        rows = [rows]  # one line of JSON Lines
    if not isinstance(rows, list):
        raise DataError(
            paragraph(
                str(path),
                "found an object that is neither a record nor in SQuAD's form"
                if isinstance(rows, dict)
                else f"found {type(rows).__name__}, expected a list",
                "Write a list of records, [{“text”: …, “label”: …}, …], or for extractive_qa "
                "{“data”: [{“paragraphs”: …}]}",
            )
        )
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problem = f"found {type(row).__name__}, expected an object with the columns as keys"
            remedy = "Write one object for each row"
        elif escaped and halved(row):
            problem, remedy = HALVED, WHOLE
        else:
            continue
        raise DataError(paragraph(f"{path}, row {number}", problem, remedy))
    return pd.DataFrame(rows, dtype=object)


def as_json(cell: Any) -> Nested:
    """Write a list or a mapping as compact JSON; what is no number in it becomes null.

    Parameters
    ----------
    cell
        As JSON or Parquet had it: numpy arrays and numbers count as lists and numbers, dates are
        written as text.

    Raises
    ------
    TypeError
        If something in it can't be written as JSON, such as bytes.
    """
    try:
        return Nested(_dumps(cell))
    except ValueError:
        return Nested(_dumps(_finite(cell)))


def halved(cell: Any) -> bool:
    """Say whether a text anywhere in a cell holds a lone surrogate."""
    if isinstance(cell, str):
        try:
            cell.encode("utf-8")
        except UnicodeEncodeError:
            return True
        return False
    if isinstance(cell, dict):
        return any(halved(one) for pair in cell.items() for one in pair)
    return isinstance(cell, list) and any(map(halved, cell))


def _dumps(cell: Any) -> str:
    return json.dumps(
        cell, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_plain
    )


def _plain(value: Any) -> Any:
    """Turn what Parquet's cells hold into what JSON knows."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"a value of type {type(value).__name__}")


def _finite(value: Any) -> Any:
    """Copy nested lists and mappings with None in place of NaN and infinity."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def _lines(content: bytes) -> bool:
    """Say whether the first line with content is a JSON object by itself, and others follow."""
    first, _, rest = content.lstrip().partition(b"\n")
    if not first.startswith(b"{") or not rest.strip():
        return False
    try:
        return isinstance(json.loads(first.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        return False


def _lists(found: dict[str, Any]) -> list[str]:
    """Name the keys of an object that hold lists of objects: tables that were put into it."""
    return [
        name
        for name, value in found.items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    ]
