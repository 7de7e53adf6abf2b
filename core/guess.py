"""Guessing the role of a table's columns, with a reason for each guess."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..errors import DataError, paragraph
from .splits import SYNONYMS

if TYPE_CHECKING:
    import pandas as pd

Role = Literal["input", "label", "group", "id", "split", "weight", "none"]

LABEL_NAMES = ("label", "labels", "target", "class", "category", "sentiment", "y", "outcome")
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
WEIGHT_NAMES = ("weight", "sample_weight")
MOST_GROUPS = 20
MOST_CLASSES = 50


@dataclass(frozen=True)
class Guess:
    """What a column seems to be for, and why."""

    column: str
    role: Role
    reason: str


@dataclass(frozen=True)
class Look:
    """What was seen of a column: cells, distinct values, mean length in characters."""

    name: str
    cells: int
    distinct: int
    length: float
    spaces: float
    values: tuple[str, ...]


Take = Callable[[Look, Role, str], None]


def guess(
    table: pd.DataFrame, where: str, *, label: str | None = None, inputs: Sequence[str] = ()
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

    Raises
    ------
    DataError
        If no column reads like text, or none could be the label.
    """
    looks = [_look(table[name], str(name)) for name in table.columns]
    rest = list(looks)
    out: dict[str, Guess] = {}

    def take(look: Look, role: Role, reason: str) -> None:
        out[look.name] = Guess(look.name, role, reason)
        rest.remove(look)

    for look in list(rest):
        low = look.name.lower()
        if look.name == label:
            take(look, "label", "named by you")
        elif look.name in inputs:
            take(look, "input", "named by you")
        elif look.values and {value.lower() for value in look.values} <= set(SYNONYMS):
            take(look, "split", "its values are names of splits")
        elif (low in ID_NAMES or low.endswith("_id")) and look.distinct == len(table):
            take(look, "id", "by its name, and no value stands there twice")
        elif low in WEIGHT_NAMES:
            take(look, "weight", "by its name")
    if not inputs:
        _take_text(rest, where, take)
    if label is None:
        _take_label(rest, where, len(table), take)
    for look in list(rest):
        if look.name.lower() in GROUP_NAMES and 2 <= look.distinct <= MOST_GROUPS:
            take(look, "group", f"people's groups by its name, with {look.distinct} values")
    for look in list(rest):
        take(look, "none", "nothing points to a role")
    return [out[str(name)] for name in table.columns]


def _take_text(rest: Sequence[Look], where: str, take: Take) -> None:
    texts = sorted(rest, key=lambda look: -look.length * min(look.spaces, 3))
    text = next((look for look in texts if look.spaces >= 1 or look.length > 20), None)
    if text is None:
        raise DataError(
            paragraph(
                where,
                "no column reads like text (several words in most cells)",
                "Write the recipe by hand, or name the columns: "
                "`pellucid recipe new TABLE --input COLUMN --label COLUMN`",
            )
        )
    take(text, "input", f"reads like text: {text.length:.0f} characters a cell on average")


def _take_label(rest: Sequence[Look], where: str, rows: int, take: Take) -> None:
    label = _label(rest, rows)
    if label is None:
        raise DataError(
            paragraph(
                where,
                f"no column could be the label (2 to {MOST_CLASSES} values that repeat)",
                "Name it: `pellucid recipe new TABLE --label COLUMN`",
            )
        )
    named = "by its name, and it has" if label.name.lower() in LABEL_NAMES else "it has"
    take(label, "label", f"{named} {label.distinct} values that repeat")


def _label(looks: Sequence[Look], rows: int) -> Look | None:
    fit = [
        look
        for look in looks
        if 2 <= look.distinct <= min(MOST_CLASSES, max(2, rows // 2))
        and look.name.lower() not in GROUP_NAMES
    ]
    named = [look for look in fit if look.name.lower() in LABEL_NAMES]
    return min(named or fit, key=lambda look: look.distinct, default=None)


def _look(column: pd.Series, name: str) -> Look:
    cells = column.dropna().map(str)
    sample = cells.head(2000)
    distinct = int(cells.nunique())
    return Look(
        name=name,
        cells=len(cells),
        distinct=distinct,
        length=float(sample.map(len).mean()) if len(sample) else 0.0,
        spaces=float(sample.map(lambda cell: len(cell.split()) - 1).mean()) if len(sample) else 0.0,
        values=tuple(cells.unique()) if distinct <= MOST_CLASSES else (),
    )
