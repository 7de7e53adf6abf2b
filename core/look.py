"""What is seen of a table before anything is trained on it: the record, and its JSON.

`look` makes it; `core.looking` does the work. The record itself needs no heavy package, so that the
window can read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import DataError, paragraph

if TYPE_CHECKING:
    from .guess import Role

FORMAT = 1
TABLE, RECORD = "table.arrow", "look.json"
"""What `look` writes into a folder: the rows, and what was seen of them."""


@dataclass(frozen=True)
class Source:
    """The file that was looked at.

    Attributes
    ----------
    path
        Absolute.
    size, modified
        Bytes, and seconds since 1970 of the last change, by which a change is noticed cheaply.
    sha256
        Of the whole file.
    encoding
        As it was stated.
    """

    path: str
    size: int
    modified: float
    sha256: str
    encoding: str


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name
        As in the table.
    role, reason
        What it is for, and why that is believed.
    modality
        ``text`` for an input, else None.
    missing
        Rows whose cell is missing or holds white space only.
    distinct
        Different values, those cells aside; None where cells are no single values.
    numeric
        Whether every cell is a number.
    mean_length, longest
        Characters of a cell that is not missing; None where there is no such text.
    values
        The most frequent values with their rows, at most 20, where there are at most 50.
    """

    name: str
    role: Role
    reason: str
    modality: str | None
    missing: int
    distinct: int | None
    numeric: bool
    mean_length: float | None
    longest: int | None
    values: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Balance:
    """How many rows each label has.

    Attributes
    ----------
    rows
        Label to rows, the most frequent first, at most 500 labels.
    splits
        The same for each split; empty where no column names the split.
    others
        Labels that are not listed.
    """

    rows: dict[str, int]
    splits: dict[str, dict[str, int]]
    others: int = 0


@dataclass(frozen=True)
class Group:
    """The rows of one group, and how many of them have each label."""

    rows: int
    labels: dict[str, int]


@dataclass(frozen=True)
class Duplicates:
    """Rows whose inputs stand in the table already; rows with an empty input are left out.

    Attributes
    ----------
    exact
        Rows with the very inputs of an earlier row.
    near
        The same, and those that differ from an earlier row in case, punctuation and spaces only.
    across_splits
        Validation and test rows whose inputs stand in a training row, exactly or nearly; None where
        no column names the split.
    """

    exact: int
    near: int
    across_splits: int | None


@dataclass(frozen=True)
class Lengths:
    """How long the inputs are in tokens of a model, special tokens included.

    Attributes
    ----------
    model
        Whose tokens are counted.
    max_length, limit
        The longest sample that was asked for, and the smaller of it and what the model reads.
    measured_rows
        Rows that were measured, spread evenly over those whose inputs are not empty.
    median, p90, p99, longest
        Tokens that half, 90 %, 99 % and all of these rows don't exceed.
    cut
        Measured rows that are longer than `limit`.
    edges, counts
        A histogram: `counts[i]` rows have at least `edges[i]` and fewer than `edges[i + 1]` tokens.
        Bins are equally wide, but for a last one that holds the few rows far behind the others.
    """

    model: str
    max_length: int
    limit: int
    measured_rows: int
    median: int
    p90: int
    p99: int
    longest: int
    cut: int
    edges: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Finding:
    """Something worth knowing before training, as a plain sentence or two."""

    text: str
    tone: Literal["note", "warning"]


@dataclass(frozen=True)
class Look:
    """What was seen of a table.

    Attributes
    ----------
    source, rows, columns
        The file, how many rows it has, and its columns in their order.
    balance
        Rows for each label; None where no column is the label.
    groups
        Group column to value to rows; a missing value is ``(missing)``.
    duplicates
        None where no column is an input.
    lengths, lengths_reason
        Lengths in tokens; None with the reason in words where they could not be measured.
    findings
        What is worth knowing before training.
    problem
        Why roles could not be guessed, None where they could.
    task, task_reason
        What can be learnt of the table, as `multimodal.spec.Task` names it, and why that is
        believed.
    separator
        What stands between several labels in a cell of the label; empty where cells hold one.
    """

    source: Source
    rows: int
    columns: tuple[Column, ...]
    balance: Balance | None
    groups: dict[str, dict[str, Group]]
    duplicates: Duplicates | None
    lengths: Lengths | None
    lengths_reason: str | None
    findings: tuple[Finding, ...]
    problem: str | None
    task: str = "classification"
    task_reason: str = ""
    separator: str = ""

    def named(self, role: Role) -> tuple[str, ...]:
        """Return the columns that have a role."""
        return tuple(one.name for one in self.columns if one.role == role)

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for look.json and for programs."""
        return {"format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, raw: Any) -> Look:
        """Read what `as_json` wrote.

        Raises
        ------
        DataError
            If it is no such record, or one of a newer version.
        """
        known = raw.get("format") if isinstance(raw, dict) else None
        if known != FORMAT:
            raise _unreadable(f"found format {known!r}, expected {FORMAT}")
        try:
            return _record(raw)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _unreadable(f"{type(error).__name__}: {error}") from None


def look(
    table: str | Path,
    *,
    label: str | None = None,
    inputs: Sequence[str] = (),
    encoding: str = "utf-8",
    model: str = "bundled/minilm",
    max_length: int = 256,
    out: str | Path | None = None,
) -> Look:
    """Look at a table: roles of its columns, balance, groups, duplicates, lengths in tokens.

    Parameters
    ----------
    table
        CSV, TSV, JSON, JSONL or Parquet file.
    label, inputs
        Columns whose role is known; they win over guesses.
    encoding
        Character encoding of a CSV, TSV, JSON or JSONL file.
    model, max_length
        Whose tokens are counted, and the longest sample in tokens.
    out
        Folder to write into: ``table.arrow``, the rows as an uncompressed Arrow IPC file that can
        be memory-mapped, and ``look.json``. Cells of text files are texts there, null where empty;
        Parquet keeps its types.

    Raises
    ------
    DataError
        If the table can't be read, a named column is not there, or the folder can't be written.
    """
    from .looking import see

    return see(
        Path(table),
        label=label,
        inputs=tuple(inputs),
        encoding=encoding,
        model=model,
        max_length=max_length,
        out=None if out is None else Path(out),
    )


def _record(raw: dict[str, Any]) -> Look:
    balance, duplicates, lengths = raw["balance"], raw["duplicates"], raw["lengths"]
    if lengths is not None:
        tuples = {name: tuple(lengths[name]) for name in ("edges", "counts")}
        lengths = Lengths(**{**lengths, **tuples})
    return Look(
        source=Source(**raw["source"]),
        rows=raw["rows"],
        columns=tuple(
            Column(**{**one, "values": tuple((value, rows) for value, rows in one["values"])})
            for one in raw["columns"]
        ),
        balance=None if balance is None else Balance(**balance),
        groups={
            column: {value: Group(**group) for value, group in found.items()}
            for column, found in raw["groups"].items()
        },
        duplicates=None if duplicates is None else Duplicates(**duplicates),
        lengths=lengths,
        lengths_reason=raw["lengths_reason"],
        findings=tuple(Finding(**one) for one in raw["findings"]),
        problem=raw["problem"],
        task=str(raw.get("task", "classification")),
        task_reason=str(raw.get("task_reason", "")),
        separator=str(raw.get("separator", "")),
    )


def _unreadable(why: str) -> DataError:
    return DataError(
        paragraph(
            RECORD,
            f"this is no record of a table that was looked at ({why})",
            "Look at the table again: `pellucid data look TABLE --out DIR`",
        )
    )
