"""Lists of terms: which words speak of which group, and which of them are counterparts.

The lists that come along lie in ``lists/`` as CSV files. Each row is a *slot*: words of the same
kind that can stand in each other's place, one column for each group. Its kind is ``adjective``,
``noun``, ``word`` (one form only), ``name`` (as it is written), ``title`` or ``pronoun``; rows of
the kind ``frozen`` hold phrases in which no term is meant, those of the kind ``unless`` words of
texts that are never swapped. A cell holds words with ``;`` between them, the first of which others
are swapped for; ``woman/women`` gives a plural. In front of a word ``=`` says that capitals count,
``?`` that it means people only where the words around it say so, ``#`` that it is a plural, and
``~`` that it is swapped for but not looked for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...errors import DataError, nearest, paragraph
from .forms import plural

KINDS = ("adjective", "noun", "word", "name", "title", "pronoun")
RESERVED = ("none", "several")
REMEDY = (
    "Write it as category: {group: [words]} in YAML or JSON, or as a CSV table with the columns "
    "category, group and word"
)


@dataclass(frozen=True)
class Word:
    """A word or phrase of a list.

    Attributes
    ----------
    text
        As it is written in the middle of a sentence: ``Muslim``, ``woman``.
    plural
        Its plural; empty where it has none.
    exact
        Whether its capitals count.
    ambiguous
        Whether it means people only where the words around it say so.
    sought
        Whether it is looked for; else others are swapped for it only.
    """

    text: str
    plural: str = ""
    exact: bool = False
    ambiguous: bool = False
    sought: bool = True


@dataclass(frozen=True)
class Slot:
    """Words of one kind that can stand in each other's place.

    Attributes
    ----------
    kind
        One of `KINDS`.
    words
        The words of each group that has some; others are swapped for the first.
    """

    kind: str
    words: Mapping[str, tuple[Word, ...]]


@dataclass(frozen=True, eq=False)
class TermList:
    """The terms of one category.

    Attributes
    ----------
    category
        Its name: ``religion``.
    groups
        Names of its groups.
    slots
        Its words.
    frozen
        Phrases in which no term is meant.
    unless
        Words of texts that are never swapped.
    """

    category: str
    groups: tuple[str, ...]
    slots: tuple[Slot, ...]
    frozen: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    origin: str = field(default="", repr=False)


def known() -> tuple[str, ...]:
    """Return the categories for which lists come along."""
    found = files(__package__).joinpath("lists").iterdir()
    return tuple(sorted(one.name[:-4] for one in found if one.name.endswith(".csv")))


@cache
def builtin(category: str) -> TermList:
    """Return the list of a category that comes along.

    Raises
    ------
    DataError
        If there is none.
    """
    if category not in known():
        raise DataError(
            paragraph(
                f"terms “{category}”",
                f"there is no such list ({nearest(category, known())})",
                f"Name some of {', '.join(known())}, or bring a list of your own",
            )
        )
    text = files(__package__).joinpath("lists", f"{category}.csv").read_text(encoding="utf-8")
    return _slots(category, list(csv.reader(io.StringIO(text))), f"{category}.csv")


def term_lists(
    categories: Sequence[str] = (), own: str | Path | Mapping[str, Any] | None = None
) -> tuple[TermList, ...]:
    """Return lists by their names, those of a person behind those that come along.

    Parameters
    ----------
    categories
        Names of categories. Of one that `own` has too, the own list is taken.
    own
        A file, or its content as a mapping (`read_lists`); all its categories are taken.

    Raises
    ------
    DataError
        If a list is not there, can't be read, or none is named.
    """
    brought = {} if own is None else {one.category: one for one in read_lists(own)}
    names = [name for name in dict.fromkeys(categories) if name not in brought]
    found = (*(builtin(name) for name in names), *brought.values())
    if not found:
        raise DataError(
            paragraph(
                "terms",
                "no list is named",
                f"Name some of {', '.join(known())}, or bring a list of your own",
            )
        )
    return found


def read_lists(source: str | Path | Mapping[str, Any]) -> tuple[TermList, ...]:
    """Read lists that a person wrote.

    Parameters
    ----------
    source
        A file in one of these forms, or a mapping as the first one holds it.

        - YAML or JSON, category to group to words. Words at the same place of several groups are
          counterparts.
        - CSV with the columns ``category``, ``group`` and ``word``, in the same order.
        - CSV as the lists that come along have it, with a column ``kind`` and one for each group;
          the category is the file's name.
        - Two words with a tab between them on each line, the second to be swapped for the first, as
          WinoBias has them.

    Raises
    ------
    DataError
        If the file is not there or has another form; the message says where.
    """
    if isinstance(source, Mapping):
        return _plain(source, "terms")
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            paragraph(str(path), f"it can't be read ({reason})", "Name a file of terms")
        ) from None
    if path.suffix.lower() in (".yaml", ".yml", ".json"):
        return _plain(_parsed(path, text), str(path))
    if path.suffix.lower() == ".txt" or "\t" in text.split("\n", 1)[0]:
        from .pairs import pair_list

        return (pair_list(path.stem, text, str(path)),)
    rows = [row for row in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in row)]
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    if {"category", "group", "word"} <= set(head):
        return _long(rows, head, str(path))
    if head[:1] == ["kind"]:
        return (_slots(path.stem, rows, str(path)),)
    raise DataError(paragraph(str(path), f"its columns are {', '.join(head) or 'missing'}", REMEDY))


def _parsed(path: Path, text: str) -> Mapping[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(text)  # JSON is YAML
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        raise DataError(paragraph(str(path), f"it can't be read ({said})", REMEDY)) from None
    if not isinstance(found, Mapping):
        raise DataError(paragraph(str(path), "it holds no categories", REMEDY))
    return found


def _plain(raw: Mapping[str, Any], where: str) -> tuple[TermList, ...]:
    out = []
    for category, groups in raw.items():
        at = f"{where}, “{category}”"
        if not isinstance(groups, Mapping) or not groups:
            raise DataError(paragraph(at, "it holds no groups with their words", REMEDY))
        columns: dict[str, list[tuple[Word, ...]]] = {}
        for group, words in groups.items():
            if not isinstance(words, list) or not words:
                raise DataError(paragraph(f"{at}, “{group}”", "it holds no list of words", REMEDY))
            for number, word in enumerate(words, start=1):
                if not isinstance(word, str) or not word.strip():
                    raise DataError(
                        paragraph(
                            f"{at}, “{group}”, word {number}",
                            f"found {word!r}, expected a word",
                            "Write it in quotes",
                        )
                    )
            columns[str(group)] = [cell("noun", word) for word in words]
        longest = max(map(len, columns.values()))
        slots = tuple(
            Slot("noun", {name: each[row] for name, each in columns.items() if row < len(each)})
            for row in range(longest)
        )
        out.append(_checked(TermList(str(category), tuple(columns), slots, origin=where)))
    return tuple(out)


def _long(rows: list[list[str]], head: list[str], where: str) -> tuple[TermList, ...]:
    found: dict[str, dict[str, list[str]]] = {}
    places = [head.index(name) for name in ("category", "group", "word")]
    for number, row in enumerate(rows[1:], start=2):
        cells = [row[place].strip() if place < len(row) else "" for place in places]
        if not all(cells):
            missing = ("category", "group", "word")[cells.index("")]
            raise DataError(
                paragraph(f"{where}, row {number}", f"its {missing} is empty", "Fill it in")
            )
        found.setdefault(cells[0], {}).setdefault(cells[1], []).append(cells[2])
    return _plain(found, where)


def _slots(category: str, rows: list[list[str]], where: str) -> TermList:
    groups = tuple(name.strip() for name in rows[0][1:])
    slots: list[Slot] = []
    frozen: list[str] = []
    unless: list[str] = []
    for number, row in enumerate(rows[1:], start=2):
        kind, cells = row[0].strip(), [one.strip() for one in row[1:]]
        if len(cells) != len(groups):
            raise DataError(
                paragraph(
                    f"{where}, row {number}",
                    f"it has {len(cells)} cells for {len(groups)} groups",
                    "Leave cells empty where a group has no such word",
                )
            )
        if kind in ("frozen", "unless"):
            phrases = [one.strip() for text in cells for one in text.split(";") if one.strip()]
            (frozen if kind == "frozen" else unless).extend(phrases)
            continue
        if kind not in KINDS:
            raise DataError(
                paragraph(
                    f"{where}, row {number}",
                    f"found the kind “{kind}” ({nearest(kind, KINDS)})",
                    f"Write {', '.join(KINDS)}, frozen or unless",
                )
            )
        filled = zip(groups, cells, strict=True)
        slots.append(Slot(kind, {name: cell(kind, text) for name, text in filled if text}))
    return _checked(
        TermList(category, groups, tuple(slots), tuple(frozen), tuple(unless), origin=where)
    )


def cell(kind: str, text: str) -> tuple[Word, ...]:
    """Read a cell: words of a kind with ``;`` between them."""
    return tuple(_word(kind, one.strip()) for one in text.split(";") if one.strip())


def _word(kind: str, text: str) -> Word:
    flags = set()
    while text[:1] and text[0] in "=?#~":
        flags.add(text[0])
        text = text[1:]
    if "#" in flags:
        return Word("", text, "=" in flags, "?" in flags, "~" not in flags)
    single, _, several = text.partition("/")
    if kind == "noun" and not several:
        several = plural(single)
    exact = "=" in flags or kind in ("name", "title")
    return Word(single, several, exact, "?" in flags, "~" not in flags)


def _checked(found: TermList) -> TermList:
    for name in found.groups:
        if name.lower() in RESERVED:
            raise DataError(
                paragraph(
                    f"{found.origin}, “{found.category}”",
                    f"a group is called “{name}”, which stands for texts that mention "
                    f"{'no' if name.lower() == 'none' else 'more than one'} group",
                    "Rename the group",
                )
            )
    return found
