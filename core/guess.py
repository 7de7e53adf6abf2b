"""Guessing the role of a table's columns, with a reason for each guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ..errors import DataError, nearest, paragraph
from ..multimodal.classifiers import HEADS
from ..multimodal.media import WORDS
from ..multimodal.spec import Modality
from .columns import FEW, Seen, see
from .shapes import Shape, shape_of
from .spec import DataSpec, SourceSpec
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
    "answer",
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
ASKING_NAMES = ("question", "prompt", "query", "instruction")
"""Texts that stand beside pictures, however often they repeat."""
SAYING_NAMES = ("caption", "captions", "description", "alt", "alt_text")
"""Texts that say what stands beside them shows; nothing else is learnt where no label is named."""
ANSWERING_NAMES = ("answer", "answers")
"""What is learnt where a text asks, whatever else could be."""
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
MOST_GROUPS = 20
LEAST_FLAGS = 2
"""More columns of 0 and 1 than these are labels, where no column is named as the label."""


@dataclass(frozen=True)
class Guess:
    """What a column seems to be for, and why; of an input also its modality."""

    column: str
    role: Role
    reason: str
    modality: str = "text"


Take = Callable[[Seen, Role, str], None]


def guess(
    table: pd.DataFrame,
    where: str,
    *,
    label: str | None = None,
    inputs: Sequence[str] = (),
    shape: Shape | None = None,
    folder: Path | None = None,
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
    folder
        Where the files lie that cells may name; they are not looked for if left out.

    Raises
    ------
    DataError
        If no column reads like text or names pictures or sounds, or none could be the label.
    """
    if label is None and not inputs:
        shape = shape or shape_of(table)
    known = {*inputs, label}
    looks = [
        see(table[name], where, known=str(name) in known, folder=folder) for name in table.columns
    ]
    rest = list(looks)
    out: dict[str, Guess] = {}

    def take(look: Seen, role: Role, reason: str) -> None:
        told = None if shape is None else shape.holds(look.name)
        out[look.name] = Guess(look.name, role, reason, told or look.media or "text")
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
        _take_inputs(rest, where, len(table), take)
    if label is None and shape is None:
        _take_learnt(rest, list(out.values()), where, len(table), take)
    for look in list(rest):
        if look.named(GROUP_NAMES) and 2 <= look.distinct <= MOST_GROUPS:
            take(look, "group", f"people's groups by its name, with {look.distinct} values")
    for look in list(rest):
        take(look, "none", "nothing points to a role")
    ids = [one for one in out.values() if one.role == "id"]
    for one in ids[1:]:
        out[one.column] = replace(
            one, role="none", reason=f"{ids[0].column} names the rows already"
        )
    return [out[str(name)] for name in table.columns]


def as_spec(table: pd.DataFrame, where: str, guesses: Sequence[Guess]) -> DataSpec:
    """Return the data section of a recipe that gives columns these roles.

    Parameters
    ----------
    table, where
        The rows, and the file's name.
    guesses
        The role of each of its columns.
    """
    named: dict[str, list[str]] = {}
    for one in guesses:
        named.setdefault(one.role, []).append(one.column)
    modality = {one.column: cast(Modality, one.modality) for one in guesses}
    label = next(iter(named.get("label", ())), None)
    found = see(table[label], where).separator if label in table else ""
    return DataSpec(
        source=[SourceSpec(path=where)],
        inputs={name: modality[name] for name in named.get("input", ())},
        label=label,
        labels=named.get("labels", []),
        **({"separator": found} if found else {}),
    )


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


def _take_known(look: Seen, rows: int, take: Take) -> None:
    """Take a column for the role that its name and its cells leave no doubt of."""
    if _is_split(look):
        take(look, "split", "its values are names of splits")
    elif _is_id(look, rows):
        take(look, "id", "by its name, and no value stands there twice")
    elif look.plain_name in WEIGHT_NAMES and look.numeric and not look.empty:
        take(look, "weight", "by its name")


def _is_split(look: Seen) -> bool:
    named = {SYNONYMS.get(value.strip().lower()) for value in look.values}
    return not look.empty and None not in named and {"train", "test"} <= named


def _is_id(look: Seen, rows: int) -> bool:
    named = look.plain_name in ID_NAMES or look.plain_name.endswith("_id")
    return named and not look.empty and look.distinct == rows


def _is_text(look: Seen, rows: int) -> bool:
    if look.media is not None:
        return False
    # Names of offences or places are words too, but there are few of them; times and numbers
    # are many, but hold few letters.
    varied = look.distinct > max(FEW, rows // 10) or look.distinct > (rows - look.empty) / 2
    return look.words >= 2 and look.letters > 0.6 and varied


def _take_inputs(rest: Sequence[Seen], where: str, rows: int, take: Take) -> None:
    media = _take_media(rest, take)
    if media is None:
        _take_text(rest, where, rows, take)
    elif frozenset({media, "text"}) in HEADS:
        _take_asking(rest, rows, take)


def _take_media(rest: Sequence[Seen], take: Take) -> str | None:
    """Take the first column that names pictures or sounds which are there; its modality."""
    found = [look for look in rest if look.media is not None and look.there]
    if not found:
        return None
    first, *others = found
    for look in others:
        take(look, "none", f"{first.name} is an input already")
    assert first.media is not None
    take(first, "input", f"its cells name {WORDS[first.media]}")
    return first.media


def _take_asking(rest: Sequence[Seen], rows: int, take: Take) -> None:
    """Take the texts that are read together with pictures."""
    asking, saying = (
        [look for look in rest if look.named(names) and not look.numeric]
        for names in (ASKING_NAMES, SAYING_NAMES)
    )
    if named := asking or saying:
        take(named[0], "input", "read with the pictures, by its name")
    elif texts := [look for look in rest if _is_text(look, rows)]:
        text = max(texts, key=lambda look: look.length)
        take(text, "input", "reads like text, and is read with the pictures")


def _take_text(rest: Sequence[Seen], where: str, rows: int, take: Take) -> None:
    texts = [look for look in rest if _is_text(look, rows)]
    lost = [look for look in rest if look.media is not None]
    if not texts and lost:
        raise DataError(
            paragraph(
                f"{where}, column “{lost[0].name}”",
                f"its cells name {WORDS[cast(str, lost[0].media)]}, and there are no such files",
                "Correct the paths: they are seen from the table's folder. Where files lie "
                "elsewhere, name the column with --input and the folder as data.folder",
            )
        )
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


def _take_learnt(
    rest: Sequence[Seen], known: Sequence[Guess], where: str, rows: int, take: Take
) -> None:
    """Take what is learnt: the answer to an input that asks, else what is most like a label."""
    answers = [look for look in rest if look.named(ANSWERING_NAMES)]
    inputs = [one for one in known if one.role == "input"]
    asking = [one for one in inputs if one.column.lower() in ASKING_NAMES]
    said = {one.modality for one in inputs} == {"image", "text"} and any(
        one.column.lower() in SAYING_NAMES for one in inputs
    )
    if asking and answers:
        take(answers[0], "label", f"answers {asking[0].column}, by its name")
    elif not said or any(look.named(LABEL_NAMES) for look in rest):
        _take_label(rest, where, rows, take)


def _take_label(rest: Sequence[Seen], where: str, rows: int, take: Take) -> None:
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
        if 2 <= look.distinct <= min(_most_classes(look), max(2, rows // 2))
        and not look.named(GROUP_NAMES)
    ]
    named = [look for look in fit if look.named(LABEL_NAMES)]
    several = [look for look in rest if look.separator and look.named(LABEL_NAMES)]
    if several:
        said = f"by its name, and cells hold several labels with “{several[0].separator}” between"
        take(several[0], "label", said)
        return
    measures = [look for look in rest if look.is_measure and look.named(MEASURES)]
    if measures and not named:
        look = measures[0]
        take(look, "label", f"by its name, and it has {look.distinct:,} different numbers")
        return
    if not fit:
        raise DataError(
            paragraph(
                where,
                f"no column could be the label (2 to {FEW} values that repeat)",
                "Name it: `pellucid recipe new TABLE --label COLUMN`",
            )
        )
    # Several numbers are rather counts or ratings than classes.
    label = min(named or fit, key=lambda look: (look.numeric and look.distinct > 2, look.distinct))
    why = "by its name, and it has" if named else "it has"
    take(label, "label", f"{why} {label.distinct} values that repeat")


def _most_classes(look: Seen) -> int:
    # Of columns with many values only the name tells a label from, say, a place.
    return look.most_classes if look.named(LABEL_NAMES) else FEW
