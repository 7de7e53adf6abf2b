"""Rows whose inputs are files: pictures and sounds are found, looked into once, and refused early.

A training that ends in its third hour because of one cut-off file is what this prevents: every
file is read before anything else happens, and all that can't be used are named at once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, paragraph
from ..multimodal.escape import visible
from ..multimodal.media import ENDINGS, File, Unreadable, inspector, resolve
from . import roles
from .events import Clock, Emit, Progress, Started, silent
from .folders import few, home, strays
from .inspected import Inspected
from .lineage import Step
from .spec import DataSpec

if TYPE_CHECKING:
    import pandas as pd

LISTED = 200
"""Files that an error lists at most; the number of all is told beside them."""

SHOWN = 120
"""Characters of a cell that an error shows at most."""

STEP = "files"
"""What the look into files is called in events."""

REASON = "pictures or sounds that can't be used"
REMEDY = (
    "Correct the files or their paths, or leave such rows out with `on_bad_sample: skip` in the "
    "recipe's data section"
)


@dataclass(frozen=True)
class Bad:
    """A row whose picture or sound can't be used: where it stands, its cell, and why."""

    source: str
    row: int
    column: str
    cell: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for environment.json."""
        return asdict(self)


class Finder:
    """Finds the files that the cells of image and audio columns name.

    What is known of files (`core.inspected`) is held while it is entered.

    Parameters
    ----------
    spec
        Says which columns hold pictures and sounds, and where their files have to lie.
    emit
        Listener, who is told how far it is where that takes longer than a moment.
    """

    def __init__(self, spec: DataSpec, emit: Emit = silent) -> None:
        self._spec = spec
        self._emit = emit
        self._stack = ExitStack()
        self._known: dict[tuple[Path, str], Inspected] = {}

    def __enter__(self) -> Finder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns whose cells name files."""
        return tuple(name for name, kind in self._spec.inputs.items() if kind in ENDINGS)

    def __call__(
        self, table: pd.DataFrame, spec: DataSpec | None = None, *, blank: bool = False
    ) -> list[Bad]:
        """Turn cells into `multimodal.media.File`, in place.

        Parameters
        ----------
        table
            Rows with their places (`core.roles`).
        spec
            The columns' roles where they are other ones than those said before.
        blank
            Whether a blank cell is bad too; it stays as it is otherwise.

        Returns
        -------
        Rows whose file can't be used, column by column.
        """
        import pandas as pd

        bad: list[Bad] = []
        inputs = (spec or self._spec).inputs
        columns = [name for name, kind in inputs.items() if kind in ENDINGS]
        told = _Told(self._emit, len(table) * len(columns))
        for name in columns:
            places = zip(table[roles.WHERE], table[roles.ROW], table[name], strict=True)
            rows = [(str(where), int(row), cell) for where, row, cell in places]
            known: dict[tuple[str, str], File | str] = {}
            often = Counter((where, cell) for where, _, cell in rows)
            for source in dict.fromkeys(where for where, *_ in rows):
                cells = [cell for where, cell in often if where == source and _says(cell)]
                for cell, file in self._files(source, cells, inputs[name]):
                    known[source, cell] = file
                    told.did(often[source, cell])
            files = [known.get((where, cell), cell) for where, _, cell in rows]
            for (where, row, cell), file in zip(rows, files, strict=True):
                if _says(cell) and not isinstance(file, File):
                    bad.append(Bad(where, row, name, cell, str(file)))
                elif blank and not _says(cell):
                    bad.append(Bad(where, row, name, cell or "", "the cell is empty"))
            # pandas would turn an array of files into plain texts.
            table[name] = pd.Series(files, index=table.index, dtype=object)
        return bad

    def _files(
        self, source: str, cells: Sequence[str], kind: str
    ) -> Iterator[tuple[str, File | str]]:
        """Give each cell's file, or why it can't be used."""
        folder, inspect = folder_of(source, self._spec), inspector(kind)
        if (folder, kind) not in self._known:
            self._known[folder, kind] = self._stack.enter_context(Inspected(folder, kind))
        seen = self._known[folder, kind]

        def one(cell: str) -> File | str:
            try:
                return seen.file(resolve(cell, folder), cell, inspect)
            except Unreadable as error:
                return str(error)

        with ThreadPoolExecutor(os.cpu_count(), "looking") as pool:
            yield from zip(cells, pool.map(one, cells), strict=True)


class _Told:
    """Tells how far the look into files is, where it takes longer than a moment."""

    def __init__(self, emit: Emit, rows: int) -> None:
        self._emit = emit
        self._rows, self._done = rows, 0
        self._clock, self._begun = Clock(rows), False
        self._clock.due()  # nothing is told at once

    def did(self, rows: int) -> None:
        """Count rows whose file was looked into."""
        self._done += rows
        if not self._clock.due():
            return
        if not self._begun:
            self._begun = True
            self._emit(Started(step=STEP))
        left = self._clock.remaining(self._done)
        self._emit(Progress(step=STEP, done=self._done, total=self._rows, remaining=left))


def found(
    table: pd.DataFrame, spec: DataSpec, emit: Emit = silent
) -> tuple[pd.DataFrame, list[Step], tuple[Bad, ...]]:
    """Turn the cells of image and audio columns into the files that they name.

    Parameters
    ----------
    table
        Rows with their places (`core.roles`); changed in place.
    spec
        Says which columns hold pictures and sounds, where their files lie, and what is done with
        rows whose file can't be used.
    emit
        Listener.

    Returns
    -------
    table, lineage, bad
        The rows that are left, their cells `multimodal.media.File`; what was left out.

    Raises
    ------
    DataError
        Naming every row whose file can't be used, where the recipe says nothing else.
    """
    lineage = _passed_over(table, spec)
    with Finder(spec, emit) as find:
        bad = find(table)
    if not bad:
        return table, lineage, ()
    if spec.on_bad_sample == "error":
        raise DataError(refusal(bad))
    before = len(table)
    table = without(table, bad)
    if not len(table):
        raise DataError(refusal(bad))
    lineage.append(Step("skip_bad_samples", REASON, before, len(table)))
    return table, lineage, tuple(bad)


def without(table: pd.DataFrame, bad: Sequence[Bad]) -> pd.DataFrame:
    """Return the rows whose files can be used, their index as it was."""
    places = {(one.source, one.row) for one in bad}
    rows = zip(table[roles.WHERE], table[roles.ROW], strict=True)
    return table[np.array([place not in places for place in rows], bool)]


def refusal(bad: Sequence[Bad], remedy: str = REMEDY) -> str:
    """Return the error's paragraph for files that can't be used."""
    number = "a file" if len(bad) == 1 else f"{len(bad):,} files"
    return paragraph(where_of(bad), f"{number} can't be used: {listed(bad, LISTED)}", remedy)


def where_of(bad: Sequence[Bad]) -> str:
    """Return the table and the column of bad rows, as far as they are the same for all."""
    sources = dict.fromkeys(one.source for one in bad)
    columns = dict.fromkeys(one.column for one in bad)
    named = " and ".join(f"“{name}”" for name in columns)
    return f"{', '.join(sources)}, column{'s' if len(columns) > 1 else ''} {named}"


def listed(bad: Sequence[Bad], most: int) -> str:
    """Return rows with their cells and what is wrong with each, in one clause."""
    several = len({one.source for one in bad}) > 1
    named = [
        (f"{one.source}, " if several else "")
        + f"row {one.row:,} (“{visible(one.cell, SHOWN)}”): {visible(one.reason, 4 * SHOWN)}"
        for one in bad[:most]
    ]
    if len(bad) > most:
        named.append(f"and {len(bad) - most:,} more")
    return "; ".join(named)


def folder_of(source: str, spec: DataSpec) -> Path:
    """Return the folder in which a source's pictures and sounds have to lie.

    A source that is a folder is its own, whatever `data.folder` says.
    """
    path = Path(source)
    return home(path) if spec.folder is None or path.is_dir() else Path(spec.folder)


def _passed_over(table: pd.DataFrame, spec: DataSpec) -> list[Step]:
    """Say which files of folders no row is about."""
    steps = []
    for source in dict.fromkeys(one.path for one in spec.source):
        named = [name for name, kind in spec.inputs.items() if kind in ENDINGS]
        if not named or not Path(source).is_dir():
            continue
        cells = table.loc[table[roles.WHERE] == source, named].to_numpy(object).ravel()
        if passed := strays(Path(source), cells.tolist()):
            said = f"files of {source} that no row is about: {few(passed)}"
            steps.append(Step("pass_over", said, len(table), len(table)))
    return steps


def _says(cell: str | None) -> bool:
    return cell is not None and bool(cell.strip())
