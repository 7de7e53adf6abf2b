"""Personal data that stands in a table: which kinds, in which columns, in how many rows.

Whole columns are searched for hints first, by Arrow in C++, and only cells with a hint are read
closely, so that a million rows take seconds. See `kinds` for what is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import regex

from .kinds import DATE, KINDS, Kind
from .masking import masked

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 3
"""Examples that are kept of each kind in each column."""

PIECE = 20_000
"""Cells with a hint that are read closely between two looks at whether the job was cancelled."""

NAMED: tuple[tuple[str, str], ...] = (
    ("e-mail addresses", r"e ?mail|mail"),
    ("telephone numbers", r"phone|telephone|tel|mobile|cell ?phone|fax|handy"),
    (
        "names",
        r"(?:first|last|full|middle|user|family|given|maiden) ?name|surname|vorname|nachname",
    ),
    ("postal addresses", r"address|street|zip|zip ?code|postal ?code|post ?code|adresse|strasse"),
    ("dates of birth", r"birth|birthday|birth ?date|date of birth|dob|birth ?year|geburtsdatum"),
    ("numbers of social security or identity", r"ssn|social security|passport|national id|tax id"),
    ("account or card numbers", r"iban|account ?number|card ?number|credit ?card|bic"),
    ("addresses of devices", r"ip|ip ?addr(?:ess)?|mac ?addr(?:ess)?|device ?id|imei"),
    ("places", r"lat|latitude|lon|lng|longitude|gps|geo ?location|coordinates"),
    ("names of accounts", r"user|user ?id|login|screen ?name|handle|author|customer ?id"),
    ("health", r"diagnosis|disease|medication|patient|icd(?: ?\d+)?"),
)
"""What a column's name suggests that it holds, by its words."""

BIRTH = "dates of birth"


@dataclass(frozen=True)
class Found:
    """Personal data of one kind in one column.

    Attributes
    ----------
    kind
        As `kinds.KINDS` names it.
    title
        As people read it.
    column
        Where it stands.
    rows
        Rows that hold at least one.
    count
        How many there are in all.
    examples
        Number of a row, counted from 1 below the header, and what stands there, masked.
    """

    kind: str
    title: str
    column: str
    rows: int
    count: int
    examples: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Suggested:
    """A column whose name suggests personal data, whether any was found in it or not."""

    column: str
    title: str


@dataclass(frozen=True)
class Personal:
    """Personal data in a table.

    Attributes
    ----------
    rows
        Rows that were looked at.
    columns
        Columns that were looked at.
    found
        What was found, by kind and column.
    suggested
        Columns whose names suggest more.
    kinds
        Titles of the kinds that were looked for.
    touched
        Rows that hold at least one piece of any kind.
    """

    rows: int
    columns: tuple[str, ...]
    found: tuple[Found, ...]
    suggested: tuple[Suggested, ...]
    kinds: tuple[str, ...]
    touched: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "rows": self.rows,
            "columns": list(self.columns),
            "found": [
                {**vars(one), "examples": [list(example) for example in one.examples]}
                for one in self.found
            ],
            "suggested": [vars(one) for one in self.suggested],
            "kinds": list(self.kinds),
            "touched": self.touched,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Personal:
        """Read what `as_json` wrote."""
        return cls(
            raw["rows"],
            tuple(raw["columns"]),
            tuple(
                Found(**{**one, "examples": tuple((row, text) for row, text in one["examples"])})
                for one in raw["found"]
            ),
            tuple(Suggested(**one) for one in raw["suggested"]),
            tuple(raw["kinds"]),
            raw["touched"],
        )


def find_personal(
    table: pd.DataFrame | Mapping[str, Sequence[str | None]],
    *,
    names: Sequence[str] = (),
    check: Callable[[], None] = lambda: None,
) -> Personal:
    """Look for personal data in every column of a table.

    Parameters
    ----------
    table
        Columns of text or anything else, which is read as text; missing cells are passed over.
    names
        Names of people to look for, as whole words with a capital where the list has one.
    check
        Raises where the job was cancelled.
    """
    kinds = (*KINDS, _named(names)) if any(name.strip() for name in names) else KINDS
    columns = [str(name) for name in table if not str(name).startswith("\0")]
    rows = len(table[columns[0]]) if columns else 0
    suggested = [one for name in columns for one in suggests(name)]
    found: list[Found] = []
    touched: set[int] = set()
    for name in columns:
        cells = _texts(table[name])
        birth = any(one.column == name and one.title == BIRTH for one in suggested)
        for kind in _wanted(kinds, birth):
            one, held = _search(cells, name, kind, check)
            if one is not None:
                found.append(one)
                touched |= held
    return Personal(
        rows,
        tuple(columns),
        tuple(found),
        tuple(suggested),
        tuple(kind.title for kind in kinds),
        len(touched),
    )


def suggests(column: str) -> Iterator[Suggested]:
    """Say what personal data the words of a column's name suggest."""
    spaced = regex.sub(r"(?<=\p{Ll})(?=\p{Lu})", " ", column)
    words = regex.sub(r"[\W_]+", " ", spaced).strip().lower()
    for title, pattern in NAMED:
        if regex.search(rf"\b(?:{pattern})\b", words):
            yield Suggested(column, title)


def _wanted(kinds: Sequence[Kind], birth: bool) -> Iterator[Kind]:
    """Give the kinds to look for; in a column of births every date is one."""
    for kind in kinds:
        if kind.name == "birth" and birth:
            yield replace(kind, hint=r"\d", pattern=regex.compile(rf"(?i)(?<!\w){DATE}(?!\w)"))
        else:
            yield kind


def _named(names: Sequence[str]) -> Kind:
    listed = "|".join(
        regex.escape(one) for one in sorted({name.strip() for name in names} - {""}, key=len)[::-1]
    )
    # RE2 reads the same escapes, but has no look-around: it only hints.
    hint = "|".join(_quoted(one.strip()) for one in names if one.strip())
    return Kind("name", "names from the list", hint, regex.compile(rf"(?<!\w)(?:{listed})(?!\w)"))


def _quoted(text: str) -> str:
    return rf"\Q{text}\E"


def _texts(column: Any) -> pa.Array:
    """Return a column as Arrow's text; what is no text is written as one."""
    import pandas as pd

    cells = column if isinstance(column, pd.Series) else pd.Series(column, dtype=object)
    if pd.api.types.is_string_dtype(cells.dtype) and cells.dtype != object:
        return pa.array(cells, type=pa.large_string(), from_pandas=True)
    missing = cells.isna().to_numpy(bool)
    texts = [
        None if gone else one if isinstance(one, str) else str(one)
        for one, gone in zip(cells.tolist(), missing, strict=True)
    ]
    clean = (
        None if one is None else one.encode("utf-8", "replace").decode("utf-8") for one in texts
    )
    try:
        return pa.array(texts, type=pa.large_string())
    except UnicodeEncodeError:  # half of a surrogate pair, which Arrow can't hold
        return pa.array(list(clean), type=pa.large_string())


def _search(
    cells: pa.Array, column: str, kind: Kind, check: Callable[[], None]
) -> tuple[Found | None, set[int]]:
    """Look for one kind in one column; return it, and the rows that hold it."""
    hinted = pc.fill_null(pc.match_substring_regex(cells, kind.hint), False)
    places = pc.indices_nonzero(hinted).to_numpy()
    check()
    count, held = 0, set[int]()
    examples: list[tuple[int, str]] = []
    for first in range(0, len(places), PIECE):
        piece = places[first : first + PIECE]
        for row, cell in zip(piece.tolist(), cells.take(piece).to_pylist(), strict=True):
            passed = [one[0] for one in kind.pattern.finditer(cell) if kind.valid(one[0])]
            if passed:
                count += len(passed)
                held.add(row)
                if len(examples) < EXAMPLES:
                    examples.append((row + 1, masked(passed[0])))
        check()
    if not held:
        return None, held
    return Found(kind.name, kind.title, column, len(held), count, tuple(examples)), held
