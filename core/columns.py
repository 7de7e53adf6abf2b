"""What is seen of one column of a table: by it roles and tasks are guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..multimodal.media import Unreadable, kind_of, resolve
from ..multimodal.text.segments import WORD

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = ("|", ";")
FEW = 50
"""Values that are classes, labels or groups rather than anything else, however few the rows."""
OFTEN = 20
"""More values than `FEW` are classes too where each has so many rows on average."""
FEW_MEASURES = 10
"""Numbers with a fraction are a measure, not classes, where more of them differ."""
LONGEST_NAME = 40
"""Characters of a label's name in a cell that holds several."""
SAMPLE = 2000
"""Cells from which a column's kind is judged."""
FILES = 50
"""Cells whose files are looked for."""


@dataclass(frozen=True)
class Seen:
    """What was seen of a column.

    Attributes
    ----------
    name
        The column.
    empty, filled
        Missing or blank cells, and the others.
    distinct
        Different values, blank cells aside.
    length, words
        Mean number of characters and of words in a cell.
    letters
        Share of the characters that are letters or spaces.
    numeric
        Whether every cell that is not empty is a number.
    whole
        Whether every such cell is a whole number.
    separator
        What stands between several labels in a cell; empty where cells hold one.
    values
        The values where there are few, else empty.
    media
        ``image`` or ``audio`` where cells name files of that kind by their endings, else None.
    there
        Whether there are such files, half of those that were looked for at least; not where it is
        not known in which folder they lie.
    """

    name: str
    empty: int
    filled: int
    distinct: int
    length: float
    words: float
    letters: float
    numeric: bool
    whole: bool
    separator: str
    values: tuple[str, ...]
    media: str | None = None
    there: bool = True

    @property
    def plain_name(self) -> str:
        """The name in lower case with underscores, by which roles are known."""
        return re.sub(r"\W+", "_", self.name.strip().lower())

    def named(self, names: Sequence[str]) -> bool:
        """Whether the name is one of these, or ends in one (``author_gender``)."""
        own = self.plain_name
        return own in names or any(own.endswith(f"_{name}") for name in names if len(name) > 2)

    @property
    def most_classes(self) -> int:
        """How many different values may be classes: few, or as many as repeat often."""
        return max(FEW, self.filled // OFTEN)

    @property
    def is_measure(self) -> bool:
        """Whether it holds measures rather than classes: many numbers, or broken ones."""
        return self.numeric and self.distinct > (self.most_classes if self.whole else FEW_MEASURES)


def see(column: pd.Series, where: str, *, known: bool = True, folder: Path | None = None) -> Seen:
    """Look at a column; lists and the like count as empty unless its role is known.

    Parameters
    ----------
    column
        Cells as they were read, or as text.
    where
        The file's name, for errors.
    known
        Whether a person gave it its role.
    folder
        Where the files lie that cells may name; they are not looked for if left out.

    Raises
    ------
    DataError
        If a cell holds bytes or the like.
    """
    from .tables import as_text, blank

    if column.dtype == object and not known:
        # Lists and the like have no role; where a person gives them one, reading says so.
        column = column.map(lambda cell: None if isinstance(cell, list | dict) else cell)
    text = as_text(column, where)
    empty = blank(text)
    cells = text[~empty]
    values = cells.unique().tolist()
    sample = cells.head(SAMPLE).tolist()
    joined = "".join(sample)
    letters = sum(char.isalpha() or char.isspace() for char in joined)
    numeric = bool(values) and all(map(_is_number, values))
    media = kind_of(sample)
    return Seen(
        name=str(column.name),
        empty=int(empty.sum()),
        filled=len(cells),
        distinct=len(values),
        length=len(joined) / max(len(sample), 1),
        words=sum(map(_words, sample)) / max(len(sample), 1),
        letters=letters / max(len(joined), 1),
        numeric=numeric,
        whole=numeric and all(float(cell).is_integer() for cell in values),
        separator="" if numeric else next((one for one in SEPARATORS if parted(sample, one)), ""),
        values=tuple(values) if len(values) <= FEW else (),
        media=media,
        there=media is None or folder is None or _there(values, folder),
    )


def parted(cells: Sequence[str], separator: str) -> bool:
    """Whether a separator parts cells into few names that repeat."""
    if not any(separator in cell for cell in cells):
        return False
    parts = [part.strip() for cell in cells for part in cell.split(separator)]
    names = set(parts)
    short = max(map(len, names)) <= LONGEST_NAME
    return short and len(names) <= FEW and 2 * len(names) <= len(parts)


def _there(cells: Sequence[str], folder: Path) -> bool:
    looked = cells[:: max(1, len(cells) // FILES)]
    return 2 * sum(map(partial(names_file, folder=folder), looked)) >= len(looked)


def names_file(cell: str, folder: Path) -> bool:
    """Whether a cell names a file in a folder."""
    try:
        resolve(cell, folder)
    except Unreadable:
        return False
    return True


def _words(cell: str) -> int:
    """Count what stands between spaces, and two characters of a script without spaces for one."""
    return sum(
        1 if part.isascii() else max(1, len(WORD.findall(part)) // 2) for part in cell.split()
    )


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False
