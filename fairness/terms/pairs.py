"""Lists of word pairs, as WinoBias' generalized swaps have them: ``actor<TAB>actress``."""

from __future__ import annotations

from collections.abc import Mapping

from ...errors import DataError, paragraph
from .lists import Slot, TermList, Word, builtin

PRONOUNS = frozenset({"he", "she", "him", "her", "his", "hers", "himself", "herself"})


def pair_list(category: str, text: str, where: str) -> TermList:
    """Read word pairs; each word is swapped for the one beside it.

    Which words belong together follows from the pairs: those on either side of them are of two
    groups, ``male`` and ``female`` where the words are known to be, else ``first`` and ``second``.
    Of pronouns the grammar is known, so the pairs of the list ``gender`` stand in their place.

    Raises
    ------
    DataError
        If a line has not two words.
    """
    pairs: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        cells = [one.strip() for one in line.split("\t") if one.strip()]
        if not cells:
            continue
        if len(cells) != 2:
            raise DataError(
                paragraph(
                    f"{where}, line {number}",
                    f"it has {len(cells)} words, expected two with a tab between them",
                    "Write the word, a tab, and what it is swapped for",
                )
            )
        pairs.setdefault(cells[0], cells[1])
    gender = builtin("gender")
    sides = _sides(pairs, _known(gender))
    named = any(side in gender.groups for side in sides.values())
    groups = gender.groups if named else ("first", "second")
    pronouns = PRONOUNS & set(pairs)
    slots = [one for one in gender.slots if one.kind == "pronoun"] if pronouns and named else []
    for word, other in pairs.items():
        if not (slots and word.lower() in PRONOUNS):
            mine = sides[word]
            theirs = groups[1 - groups.index(mine)]
            slots.append(Slot("word", {mine: (Word(word),), theirs: (Word(other, sought=False),)}))
    return TermList(category, groups, tuple(slots), gender.frozen if named else (), origin=where)


def _known(gender: TermList) -> dict[str, str]:
    return {
        text.lower(): group
        for slot in gender.slots
        for group, words in slot.words.items()
        for word in words
        for text in (word.text, word.plural)
        if text
    }


def _sides(pairs: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Give every word its side, so that pairs lie across, as far as this can be."""
    beside: dict[str, list[str]] = {}
    for word, other in pairs.items():
        beside.setdefault(word, []).append(other)
        beside.setdefault(other, []).append(word)
    named = any(word.lower() in known for word in beside)
    first, second = ("male", "female") if named else ("first", "second")
    out: dict[str, str] = {}
    # Words whose side is known come first, and lead to those of the words beside them.
    for start in sorted(beside, key=lambda word: word.lower() not in known):
        waiting = [(start, known.get(start.lower(), first))]
        while waiting:
            word, side = waiting.pop()
            if word in out:
                continue
            out[word] = known.get(word.lower(), side)
            other = second if out[word] == first else first
            waiting += [(one, other) for one in beside[word]]
    return out
