"""Guessing the role of a table's columns, with a reason for each guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from ..errors import DataError, nearest, paragraph
from ..multimodal.text.segments import WORD
from .shapes import Shape, shape_of
from .splits import SYNONYMS

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["input", "label", "labels", "group", "id", "split", "weight", "none"]
"""`labels` is one of several columns of 0 and 1, a column for each label."""

LABEL_NAMES = (
    "label",
    "labels",
    "target",
    "class",
    "category",
    "sentiment",
    "y",
    "outcome",
    "toxicity",
    "toxic",
    "polarity",
    "emotion",
    "intent",
    "topic",
    "stance",
    "rating",
)
GROUP_NAMES = (
    "gender",
    "sex",
    "race",
    "ethnicity",
    "age",
    "age_band",
    "age_group",
    "age_cat",
    "religion",
    "nationality",
    "disability",
    "region",
    "accent",
    "dialect",
    "marital_status",
)
ID_NAMES = ("id", "row_id", "uid", "uuid", "index")
WEIGHT_NAMES = ("weight", "sample_weight", "row_weight")
MEASURES = (
    "score",
    "rating",
    "stars",
    "value",
    "price",
    "similarity",
    "label",
    "target",
    "y",
    "grade",
    "points",
)
"""Names of numbers that can be learnt."""
SEPARATORS = ("|", ";")
MOST_GROUPS = 20
MOST_CLASSES = 50
LONGEST_NAME = 40
"""Characters of a label's name in a cell that holds several."""
FEW_MEASURES = 10
"""Numbers with a fraction are a measure, not classes, where more of them differ."""
LEAST_FLAGS = 2
"""More columns of 0 and 1 than these are labels, where no column is named as the label."""
SAMPLE = 2000
"""Cells from which a column's kind is judged."""


@dataclass(frozen=True)
class Guess:
    """What a column seems to be for, and why."""

    column: str
    role: Role
    reason: str


@dataclass(frozen=True)
class Look:
    """What was seen of a column.

    Attributes
    ----------
    name
        The column.
    empty
        Missing or blank cells.
    distinct
        Different values, blank cells aside.
    length, words
        Mean number of characters and of words in a cell.
    letters
        Share of the characters that are letters or spaces.
    numeric
        Whether every cell is a number.
    whole
        Whether every cell is a whole number.
    separator
        What stands between several labels in a cell; empty where cells hold one.
    values
        The values where there are few, else empty.
    """

    name: str
    empty: int
    distinct: int
    length: float
    words: float
    letters: float
    numeric: bool
    whole: bool
    separator: str
    values: tuple[str, ...]

    @property
    def plain_name(self) -> str:
        """The name in lower case with underscores, by which roles are known."""
        return re.sub(r"\W+", "_", self.name.strip().lower())

    def named(self, names: Sequence[str]) -> bool:
        """Whether the name is one of these, or ends in one (``author_gender``)."""
        own = self.plain_name
        return own in names or any(own.endswith(f"_{name}") for name in names if len(name) > 2)


Take = Callable[[Look, Role, str], None]


def guess(
    table: pd.DataFrame,
    where: str,
    *,
    label: str | None = None,
    inputs: Sequence[str] = (),
    shape: Shape | None = None,
) -> list[Guess]:
    """Guess the role of every column.

    Parameters
    ----------
    table
        The rows.
    where
        The file's name, for errors.
    label, inputs
        Columns whose role is known.
    shape
        What the table is, where that was recognised already.

    Raises
    ------
    DataError
        If no column reads like text, or none could be the label.
    """
    if label is None and not inputs:
        shape = shape or shape_of(table)
    known = {*inputs, label}
    looks = [_look(table[name], where, str(name) in known) for name in table.columns]
    rest = list(looks)
    out: dict[str, Guess] = {}

    def take(look: Look, role: Role, reason: str) -> None:
        out[look.name] = Guess(look.name, role, reason)
        rest.remove(look)

    for look in list(rest):
        role = None if shape is None else shape.role(look.name)
        if look.name == label:
            take(look, "label", f"named by you; it has {look.distinct:,} values")
        elif look.name in inputs:
            take(look, "input", "named by you")
        elif shape is not None and role is not None:
            take(look, cast(Role, role), shape.reason)
        else:
            _take_known(look, len(table), take)
    if not inputs and shape is None:
        _take_text(rest, where, len(table), take)
    if label is None and shape is None:
        _take_label(rest, where, len(table), take)
    for look in list(rest):
        if look.named(GROUP_NAMES) and 2 <= look.distinct <= MOST_GROUPS:
            take(look, "group", f"people's groups by its name, with {look.distinct} values")
    for look in list(rest):
        take(look, "none", "nothing points to a role")
    ids = [one for one in out.values() if one.role == "id"]
    for one in ids[1:]:
        out[one.column] = Guess(one.column, "none", f"{ids[0].column} names the rows already")
    return [out[str(name)] for name in table.columns]


def task_of(
    table: pd.DataFrame, where: str, guesses: Sequence[Guess], shape: Shape | None = None
) -> tuple[str, str]:
    """Tell what can be learnt of a table by its columns' roles.

    Parameters
    ----------
    table, where
        The rows, and the file's name for errors.
    guesses
        The role of each of its columns.
    shape
        What the table is, where that was recognised already.

    Returns
    -------
    The task, as `multimodal.spec.Task` names it, and why.
    """
    shape = shape or shape_of(table)
    roles = {one.column: one.role for one in guesses}
    if shape is not None and all(roles.get(name) == "input" for name in shape.inputs):
        return shape.task, shape.reason
    if "labels" in roles.values():
        return "multilabel", "several columns of 0 and 1"
    label = next((name for name, role in roles.items() if role == "label"), None)
    if label is None or label not in table:
        return "classification", "what is usual"
    look = _look(table[label], where, True)
    if look.separator:
        return "multilabel", f"cells of {label} hold several labels with “{look.separator}” between"
    if _is_measure(look):
        return "regression", f"{label} holds numbers, {look.distinct:,} different ones"
    return "classification", f"{label} holds {look.distinct:,} values that repeat"


def separator_of(table: pd.DataFrame, where: str, label: str) -> str:
    """Return what stands between several labels in a cell; empty where cells hold one."""
    return _look(table[label], where, True).separator


def check_named(
    columns: Iterable[str], where: str, label: str | None, inputs: Sequence[str]
) -> None:
    """Refuse columns named by a person that are not there, or that are named for both roles.

    Raises
    ------
    DataError
        Which names the column.
    """
    known = [str(name) for name in columns]
    for name in [*inputs, *([] if label is None else [label])]:
        if name not in known:
            raise DataError(
                paragraph(
                    f"{where}, column “{name}”",
                    f"there is no such column ({nearest(name, known)})",
                    "Correct the name",
                )
            )
    if label in inputs:
        raise DataError(
            paragraph(
                f"{where}, column “{label}”",
                "it is named both as input and as label",
                "Name two columns",
            )
        )


def _take_known(look: Look, rows: int, take: Take) -> None:
    """Take a column for the role that its name and its cells leave no doubt of."""
    if _is_split(look):
        take(look, "split", "its values are names of splits")
    elif _is_id(look, rows):
        take(look, "id", "by its name, and no value stands there twice")
    elif look.plain_name in WEIGHT_NAMES and look.numeric and not look.empty:
        take(look, "weight", "by its name")


def _is_split(look: Look) -> bool:
    named = {SYNONYMS.get(value.strip().lower()) for value in look.values}
    return not look.empty and None not in named and {"train", "test"} <= named


def _is_id(look: Look, rows: int) -> bool:
    named = look.plain_name in ID_NAMES or look.plain_name.endswith("_id")
    return named and not look.empty and look.distinct == rows


def _is_text(look: Look, rows: int) -> bool:
    # Names of offences or places are words too, but there are few of them; times and numbers
    # are many, but hold few letters.
    varied = (
        look.distinct > max(MOST_CLASSES, rows // 10) or look.distinct > (rows - look.empty) / 2
    )
    return look.words >= 2 and look.letters > 0.6 and varied


def _take_text(rest: Sequence[Look], where: str, rows: int, take: Take) -> None:
    texts = [look for look in rest if _is_text(look, rows)]
    if not texts:
        raise DataError(
            paragraph(
                where,
                "no column reads like text (two words or more in most cells, different from row "
                "to row)",
                "Name it if there is one: `pellucid recipe new TABLE --input COLUMN`",
            )
        )
    # Of several texts the most varied one, of equally varied ones the longest.
    text = max(
        texts, key=lambda look: (round(look.distinct / rows, 1), look.letters > 0.8, look.length)
    )
    take(text, "input", f"reads like text: {text.length:.0f} characters a cell on average")


def _take_label(rest: Sequence[Look], where: str, rows: int, take: Take) -> None:
    flags = [look for look in rest if look.values and set(look.values) == {"0", "1"}]
    flags = [look for look in flags if not look.named(GROUP_NAMES)]
    others = [look for look in rest if look not in flags and look.named(LABEL_NAMES)]
    if len(flags) > LEAST_FLAGS and not others:
        for look in flags:
            take(look, "labels", "a label of its own: 0 and 1 only")
        return
    fit = [
        look
        for look in rest
        if 2 <= look.distinct <= min(MOST_CLASSES, max(2, rows // 2))
        and not look.named(GROUP_NAMES)
    ]
    named = [look for look in fit if look.named(LABEL_NAMES)]
    several = [look for look in rest if look.separator and look.named(LABEL_NAMES)]
    if several:
        said = f"by its name, and cells hold several labels with “{several[0].separator}” between"
        take(several[0], "label", said)
        return
    measures = [look for look in rest if _is_measure(look) and look.named(MEASURES)]
    if measures and not named:
        look = measures[0]
        take(look, "label", f"by its name, and it has {look.distinct:,} different numbers")
        return
    if not fit:
        raise DataError(
            paragraph(
                where,
                f"no column could be the label (2 to {MOST_CLASSES} values that repeat)",
                "Name it: `pellucid recipe new TABLE --label COLUMN`",
            )
        )
    # Several numbers are rather counts or ratings than classes.
    label = min(named or fit, key=lambda look: (look.numeric and look.distinct > 2, look.distinct))
    why = "by its name, and it has" if named else "it has"
    take(label, "label", f"{why} {label.distinct} values that repeat")


def _look(column: pd.Series, where: str, known: bool) -> Look:
    from .tables import as_text, blank

    if column.dtype == object and not known:
        # Lists and the like have no role; where a person gives them one, reading says so.
        column = column.map(lambda cell: None if isinstance(cell, list | dict) else cell)
    text = as_text(column, where)
    empty = blank(text)
    cells = text[~empty]
    distinct = int(cells.nunique())
    sample = cells.head(SAMPLE).tolist()
    whole = "".join(sample)
    letters = sum(char.isalpha() or char.isspace() for char in whole)
    numeric = bool(sample) and all(map(_is_number, sample))
    return Look(
        name=str(column.name),
        empty=int(empty.sum()),
        distinct=distinct,
        length=len(whole) / max(len(sample), 1),
        words=sum(map(_words, sample)) / max(len(sample), 1),
        letters=letters / max(len(whole), 1),
        numeric=numeric,
        whole=numeric and all(float(cell).is_integer() for cell in sample),
        separator="" if numeric else _separator(sample),
        values=tuple(cells.unique()) if distinct <= MOST_CLASSES else (),
    )


def _words(cell: str) -> int:
    """Count what stands between spaces, and two characters of a script without spaces for one."""
    return sum(
        1 if part.isascii() else max(1, len(WORD.findall(part)) // 2) for part in cell.split()
    )


def _is_measure(look: Look) -> bool:
    """Whether a column holds measures rather than classes: many numbers, or broken ones."""
    least = MOST_CLASSES if look.whole else FEW_MEASURES
    return look.numeric and look.distinct > least


def _separator(cells: Sequence[str]) -> str:
    """Return what parts cells into few names that repeat; empty where nothing does."""
    for one in SEPARATORS:
        if not any(one in cell for cell in cells):
            continue
        parts = [part.strip() for cell in cells for part in cell.split(one)]
        names = set(parts)
        short = max(map(len, names)) <= LONGEST_NAME
        if short and len(names) <= MOST_CLASSES and 2 * len(names) <= len(parts):
            return one
    return ""


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
