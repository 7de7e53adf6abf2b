"""A table that is written part by part beside its place, and put there when it is whole.

Each part is a Parquet file that is written whole or not at all, so whatever ends the process, what
was finished is there and the work can go on behind it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from filelock import FileLock, Timeout
from pyarrow import parquet as pa_parquet

from ..errors import DataError, RunError, paragraph
from .files import read_json, sweep, write_json, write_with
from .jobs import LOOK

SAID = "of.json"
"""File that says what the parts were made of."""


@dataclass(frozen=True)
class Parts:
    """The finished parts of a table.

    Attributes
    ----------
    out
        Where the whole table shall stand; its ending decides the form.
    folder
        Where the parts are meanwhile.
    """

    out: Path
    folder: Path

    @property
    def files(self) -> list[Path]:
        """The finished parts, in order."""
        return sorted(self.folder.glob("part-*.parquet"))

    @property
    def rows(self) -> list[int]:
        """Rows of each finished part."""
        return [pa_parquet.read_metadata(file).num_rows for file in self.files]

    def add(self, frame: pd.DataFrame) -> None:
        """Write the next part; its columns get the types of the first one's.

        Raises
        ------
        DiskFullError
            If there is no space left; the parts before are intact.
        """
        files = self.files
        table = pa.Table.from_pandas(frame, preserve_index=False)
        if files:
            schema = pa_parquet.read_schema(files[0])
            table = table.select(schema.names).cast(schema)
        else:
            table = table.cast(
                pa.schema(
                    # Of cells that are all missing nobody knows the type; others may be texts.
                    field.with_type(pa.string()) if pa.types.is_null(field.type) else field
                    for field in table.schema
                )
            )
        path = self.folder / f"part-{len(files):07d}.parquet"
        write_with(path, lambda partial: pa_parquet.write_table(table, partial))

    def join(self) -> int:
        """Put the whole table in its place, a part at a time, and return its rows."""
        writer = WRITERS[self.out.suffix.lower()]
        files = self.files
        write_with(self.out, lambda partial: writer(files, partial))
        return sum(self.rows)


@contextmanager
def parts(out: Path, made_of: Mapping[str, Any], *, resume: bool = False) -> Iterator[Parts]:
    """Begin the parts of a table, or go on with them; they are removed when the block ends well.

    Parameters
    ----------
    out
        Where the whole table shall stand.
    made_of
        What the parts follow from, as JSON holds it: parts of other things are not gone on with.
    resume
        Whether to go on with finished parts; they are thrown away otherwise.

    Raises
    ------
    DataError
        If `out` ends in no known form.
    RunError
        If another process writes this table, or the finished parts were made of something else.
    """
    check_form(out)
    folder = out.with_name(f".{out.name}.parts")
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=LOOK)
    except Timeout:
        raise RunError(
            paragraph(
                str(out), "another process is writing this table", "Wait for it, or name another"
            )
        ) from None
    found = Parts(out, folder)
    try:
        sweep(folder)
        if resume:
            _check(found, made_of)
        else:
            for file in found.files:
                file.unlink()
        write_json(folder / SAID, dict(made_of))
        yield found
        shutil.rmtree(folder)
    finally:
        if not found.files:
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def check_form(out: Path) -> None:
    """Refuse a file whose ending stands for no known form."""
    if out.suffix.lower() not in WRITERS:
        raise DataError(
            paragraph(
                f"--out {out}",
                f"“{out.suffix}” is no known form; expected one of {', '.join(WRITERS)}",
                "Choose another ending",
            )
        )


def _check(found: Parts, made_of: Mapping[str, Any]) -> None:
    if not found.files:
        return
    try:
        said = dict(read_json(found.folder / SAID))
    except (OSError, ValueError, TypeError):
        said = {}
    changed = [name for name, value in made_of.items() if said.get(name) != value]
    if changed:
        raise RunError(
            paragraph(
                str(found.out),
                f"it was begun with another {' and another '.join(changed)}, so its finished rows "
                "don't belong to what is asked now",
                "Leave out --resume to begin anew",
            )
        )


def _frames(files: list[Path]) -> Iterator[pd.DataFrame]:
    for file in files:
        yield pa_parquet.read_table(file).to_pandas()


def _write_parquet(files: list[Path], path: Path) -> None:
    with pa_parquet.ParquetWriter(path, pa_parquet.read_schema(files[0])) as writer:
        for file in files:
            writer.write_table(pa_parquet.read_table(file))


def _write_delimited(files: list[Path], path: Path, delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, frame in enumerate(_frames(files)):
            frame.to_csv(file, index=False, header=number == 0, sep=delimiter, lineterminator="\n")


def _write_jsonl(files: list[Path], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for frame in _frames(files):
            frame.to_json(file, orient="records", lines=True, force_ascii=False)


WRITERS: dict[str, Callable[[list[Path], Path], None]] = {
    ".parquet": _write_parquet,
    ".csv": lambda files, path: _write_delimited(files, path, ","),
    ".tsv": lambda files, path: _write_delimited(files, path, "\t"),
    ".jsonl": _write_jsonl,
}
