"""The report's numbers for programs: the whole tree as JSON, its tables and figures as CSV.

JSON holds every number as it was measured, with its interval and the rows it rests on
(`Measured.as_json`). CSV files are opened by spreadsheets, which run what begins with ``=``; text
from data that could be taken for a formula gets an apostrophe in front (OWASP, *CSV injection*).
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
from markupsafe import Markup

from ..._version import __version__
from ..files import folder_whole, write_bytes, write_text
from ..measured import Measured
from .tree import (
    BarFigure,
    BeeswarmFigure,
    Drawing,
    Figure,
    HeatmapFigure,
    IntervalFigure,
    LineFigure,
    MatrixFigure,
    Report,
    Section,
    Table,
    WaterfallFigure,
)

FORMAT = 1
"""Version of the JSON's shape; it grows when a key changes its meaning."""

INDEX = "index.csv"
"""Says which CSV file holds what."""

Grid = list[list[Any]]

_FORMULA = tuple("=+-@\t\r")
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?%?")
_LONGEST = 48


@dataclass(frozen=True, eq=False)
class Named:
    """A table or figure as a CSV file: the file's name, where it stands, its cells."""

    name: str
    kind: str
    section: str
    title: str
    cells: Grid


def as_json(report: Report) -> dict[str, Any]:
    """Return the tree as plain mappings and lists.

    Parameters
    ----------
    report
        The whole tree.

    Returns
    -------
    dict
        `title`, `subtitle`, `summary`, `facts`, `sections`; each block says its `kind`: `text`,
        `table`, `line_figure`, … A measured cell is a mapping with `value`, `low`, `high`, `n` and
        `method`; what is no finite number is null. Of drawings their words are kept.
    """
    return {
        "format": FORMAT,
        "pellucid": __version__,
        **_fields(report),
        "facts": [{"name": _plain(name), "value": _plain(value)} for name, value in report.facts],
    }


def render(report: Report) -> str:
    """Return the tree as JSON that people can read; the same for the same report."""
    return json.dumps(as_json(report), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write(report: Report, path: Path) -> None:
    """Write the tree as JSON, whole or not at all."""
    write_text(path, render(report))


def write_tables(report: Report, folder: Path) -> None:
    """Write every table and figure as a CSV file into a folder, which is replaced whole.

    Parameters
    ----------
    report
        The whole tree.
    folder
        Takes ``NN-title.csv`` for each of them in the report's order, and ``index.csv``.
    """
    with folder_whole(folder) as partial:
        for name, content in _files(report):
            (partial / name).write_bytes(content)


def zip_tables(report: Report, path: Path) -> None:
    """Write the same files into one ZIP file, whole or not at all."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _files(report):
            # A fixed time, so that the same report gives the same bytes.
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    write_bytes(path, out.getvalue())


def tables(sections: Sequence[Section]) -> list[Named]:
    """Return every table and figure of sections as cells, in the order of the report."""
    out: list[Named] = []
    found = list(_walk(sections))
    digits = max(len(str(len(found))), 2)
    for number, (section, block) in enumerate(found, 1):
        name = f"{number:0{digits}d}-{_slug(block.title)}.csv"
        kind = "table" if isinstance(block, Table) else "figure"
        out.append(Named(name, kind, section.title, block.title, grid(block)))
    return out


def csv_text(cells: Grid) -> str:
    """Return cells as CSV: numbers in full, nothing that a spreadsheet would run.

    Parameters
    ----------
    cells
        Rows, the first one with the names of the columns; what is not a number is left empty.
    """
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    for row in cells:
        lines.writerow([_cell(one) for one in row])
    return text.getvalue()


def grid(block: Figure | Table) -> Grid:
    """Return what a figure or table says as rows of cells, the first one with the names.

    A measured figure takes columns of its own for the ends of its interval and its rows, where
    there are any.
    """
    match block:
        case Table():
            width = len(block.columns)
            rows = [[*row[:width], *[None] * (width - len(row))] for row in block.rows]
            out = _measured_apart(list(block.columns), rows)
        case LineFigure():
            rows = [
                [line.name, x, y, *ends]
                for line in block.lines
                for x, y, *ends in zip(line.x.tolist(), line.y.tolist(), *_ends(line), strict=True)
            ]
            out = [["curve", block.x_label, block.y_label, "low", "high"], *rows]
        case IntervalFigure():
            rows = [list(row) for row in zip(block.names, block.values, strict=True)]
            out = _measured_apart(["name", block.x_label], rows)
        case BarFigure() | WaterfallFigure():
            rows = [list(row) for row in zip(block.names, block.values, strict=True)]
            out = [["name", block.x_label], *rows]
        case BeeswarmFigure():
            pairs = zip(block.names, block.values, strict=True)
            each = [[name, value] for name, values in pairs for value in values.tolist()]
            out = [["name", block.x_label], *each]
        case HeatmapFigure():
            numbers = block.values.tolist()
            rows = [[name, *row] for name, row in zip(block.rows, numbers, strict=True)]
            out = [[f"{block.row_label} / {block.column_label}", *block.columns], *rows]
        case MatrixFigure():
            counts = block.counts.tolist()
            rows = [[name, *row] for name, row in zip(block.labels, counts, strict=True)]
            out = [[f"{block.row_label} / {block.column_label}", *block.labels], *rows]
    return out


def blank(cell: Any) -> bool:
    """Whether a cell holds nothing: None, or what is not a number."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _files(report: Report) -> Iterator[tuple[str, bytes]]:
    found = tables(report.sections)
    index: Grid = [[one.name, one.kind, one.section, one.title] for one in found]
    every = [(INDEX, [["file", "kind", "section", "title"], *index])]
    for name, cells in [*every, *((one.name, one.cells) for one in found)]:
        yield name, csv_text(cells).encode("utf-8", errors="replace")


def _cell(cell: Any) -> Any:
    if blank(cell):
        return ""
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return cell if _PLAIN_NUMBER.fullmatch(cell) else f"'{cell}"
    return cell


def _measured_apart(names: list[str], rows: Grid) -> Grid:
    """Spread measured cells over columns: value, low, high, rows."""
    out: Grid = [[], *([] for _ in rows)]
    for at, name in enumerate(names):
        cells = [row[at] for row in rows]
        known = [cell for cell in cells if isinstance(cell, Measured)]
        out[0].append(name)
        for row, cell in zip(out[1:], cells, strict=True):
            row.append(cell.value if isinstance(cell, Measured) else cell)
        for part, title in (("low", "low"), ("high", "high"), ("n", "rows")):
            if any(getattr(cell, part) is not None for cell in known):
                out[0].append(f"{name}: {title}")
                for row, cell in zip(out[1:], cells, strict=True):
                    row.append(getattr(cell, part, None))
    return out


def _ends(line: Any) -> tuple[list[float | None], list[float | None]]:
    nothing: list[float | None] = [None] * len(line.x)
    low, high = (nothing if end is None else end.tolist() for end in (line.low, line.high))
    return low, high


def _plain(value: Any) -> Any:
    """Return any part of the tree as what JSON holds."""
    out = value
    match value:
        case Measured():
            out = value.as_json()
        case Drawing():
            out = {"kind": "drawing", **_fields(replace(value, html=Markup()))}
            del out["html"]  # pictures and sounds; what they show is in the words beside them
        case _ if hasattr(value, "__dataclass_fields__"):
            name = type(value).__name__
            kind = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
            out = {} if kind == "line" else {"kind": kind}
            out |= _fields(value)
        case np.ndarray() | np.generic():
            out = _plain(value.tolist())
        case frozenset():
            out = sorted(value)
        case tuple() | list():
            out = [_plain(one) for one in value]
        case float():
            out = value if math.isfinite(value) else None
        case str():
            # Half of a surrogate pair can't be stored as UTF-8.
            out = str(value).encode("utf-8", errors="replace").decode("utf-8")
    return out


def _fields(value: Any) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}


def _walk(sections: Sequence[Section]) -> Iterator[tuple[Section, Figure | Table]]:
    kinds = (Table, *get_args(Figure))
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Section):
                yield from _walk([block])
            elif isinstance(block, kinds):
                yield section, block


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_LONGEST].strip("-") or "block"
