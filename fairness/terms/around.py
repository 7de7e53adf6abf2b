"""What stands around a word of a text, told by word lists: enough grammar to swap it rightly."""

from __future__ import annotations

import re

from .vocabulary import (
    BARE,
    BEING,
    BETWEEN,
    CALLING,
    CAUSING,
    COLLECTIVE,
    COUNTING,
    DEGREES,
    DETERMINERS,
    EXCLAIMED_AT,
    FUNCTION,
    GIFTS,
    GIVING,
    INTERJECTIONS,
    KEPT,
    MODIFYING,
    MOVING,
    NOT_ADVERBS,
    NOT_DOING,
    PAST,
    PEOPLE,
    PERCEIVED,
    POSITIONED,
    SOMEONE,
    SPEAKING,
    STATES,
    VERBS,
)

_WORD = r"[^\W_](?:\w|['’\-‐‑](?=\w))*"
_NEXT = re.compile(rf"\s+(?:[“‘\"'(*](?=\w))?({_WORD})")
_BEFORE = re.compile(rf"({_WORD})[\"'“‘(*]?\s+[\"'“‘(*]?$")
_REACH = 60
"""Characters in front of a word in which the words before it are looked for."""


def following(text: str, end: int, most: int = 4) -> list[str]:
    """Return the words behind a place, in lower case, up to the next punctuation."""
    out: list[str] = []
    while len(out) < most and (found := _NEXT.match(text, end)):
        out.append(found.group(1).lower().replace("’", "'"))
        end = found.end()
    return out


def preceding(text: str, start: int, most: int = 3) -> list[str]:
    """Return the words in front of a place, the nearest first, back to the last punctuation."""
    out: list[str] = []
    while len(out) < most:
        found = _BEFORE.search(text, max(0, start - _REACH), start)
        if found is None:
            break
        out.append(found.group(1).lower().replace("’", "'"))
        start = found.start()
    return out


def possessive(text: str, start: int, end: int) -> bool:
    """Say whether “her” or “his” belongs to a noun behind it, and doesn't stand alone."""
    her = text[start:end].lower() == "her"
    after, before = following(text, end), preceding(text, start)
    if (shared := _shared(text, end, her)) is not None:
        return shared
    if not after:
        return text[end : end + 1] == "-" and not her
    word, verb = after[0], before[0] if before else ""
    content = len(after) > 1 and after[1] not in FUNCTION
    known: bool | None = None
    if her:
        known = _object(word, verb, after, content)
    elif verb == "of" and word in PAST:  # a friend of his came
        known = True
    if known is not None:
        return not known
    if word in MODIFYING:
        return _modified(word, verb, after, content, her)
    return word not in FUNCTION


def _shared(text: str, end: int, her: bool) -> bool | None:
    """Say the same of “his” in “his or her work”; None where it isn't joined like this."""
    other = "his" if her else "her"
    joined = re.match(
        rf"(?:\s*/\s*|\s+or\s+)(?:{other}|their|my|your|our)\b|\s+and\s+{other}\b", text[end:], re.I
    )
    if joined is None:
        return None
    after = following(text, end + joined.end())
    return bool(after) and not (after[0] in FUNCTION and after[0] not in MODIFYING)


def _modified(word: str, verb: str, after: list[str], content: bool, her: bool) -> bool:
    """Say the same where a word follows that may belong to a noun behind it, or stand alone."""
    if word in ("very", "so", "too"):
        return content and after[1] not in ("much", "well", "often", "hard", "badly")
    if word == "all":
        return not her or (not content and verb in GIVING)
    if word in ("own", "other", "same", "only", "few", "many", "little") or verb in POSITIONED:
        return True
    placed = word in ("home", "back", "right", "left", "best", "last")
    return content or (placed and verb not in MOVING)


def _object(word: str, verb: str, after: list[str], content: bool) -> bool | None:
    """Say whether “her” is an object; None where its neighbours don't tell."""
    if word.endswith("ly") and word not in NOT_ADVERBS:
        described = len(after) > 2 and re.search(r"(?:ed|ing|en|wn)$", after[1])
        return not (described and after[2] not in FUNCTION)
    if verb in CAUSING and word in BARE:
        return True
    if verb in CALLING and word in STATES:
        return not content
    if verb in PERCEIVED and word.endswith("ing") and word not in NOT_DOING:
        return True
    plural = word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in KEPT
    if verb in GIVING and (plural or word in GIFTS):
        return "to" not in after[1:3]
    return None


def alone(text: str, start: int, end: int, *, between: int = 2) -> bool:
    """Say whether a word like “Christian” is a noun here, and no adjective of a noun behind it.

    “A devout Christian” has a determiner, “he is Christian” has none. At most `between` words may
    stand behind the determiner.
    """
    if attributive(text, end):
        return False
    if text[end : end + 2] in ("'s", "’s"):
        return True
    for word in preceding(text, start, between + 1):
        if word in DETERMINERS:
            return True
        if word in FUNCTION or word in BEING or word in VERBS:
            return False
    return False


def attributive(text: str, end: int) -> bool:
    """Say whether a word stands in front of a noun that it describes."""
    after = following(text, end)
    return text[end : end + 1] == "-" or (bool(after) and not _ends_noun(after))


def nominalised(text: str, start: int, end: int) -> bool:
    """Say whether an adjective stands for several people: the French, two Chinese, the blind."""
    before, after = preceding(text, start, 1), following(text, end)
    if not before or before[0] not in COUNTING or text[end : end + 1] in ("-", "'", "’"):
        return False
    return not after or _ends_noun(after)


def _ends_noun(after: list[str]) -> bool:
    """Say whether what follows can't be the noun of an adjective."""
    word = after[0]
    if word in FUNCTION or word in VERBS:
        return True
    content = len(after) > 1 and after[1] not in FUNCTION
    return word.endswith("ed") and not content


def people(text: str, start: int, end: int) -> bool:
    """Say whether a word like “black” or “old” is about people here."""
    written = text[start:end].lower()
    after = following(text, end)
    joined = re.match(r"[-/,]\s*(?=\w)", text[end:])
    if joined and not after:
        after = following(" " + text[end + joined.end() :], 0)
    for word in after:
        if word in PEOPLE or word.removesuffix("'s") in PEOPLE:
            return True
        if word not in BETWEEN:
            break
    if written in COLLECTIVE and nominalised(text, start, end):
        return True
    if after and not _ends_noun(after):
        return False
    return _said_of_someone(preceding(text, start, 5))


def _said_of_someone(before: list[str]) -> bool:
    seen = False
    for word in before:
        if word in BEING:
            if "'" in word or word in ("im", "youre", "theyre", "hes", "shes", "am"):
                return True
            seen = True
        elif seen:
            return word in SOMEONE
        elif word not in DEGREES and word not in BETWEEN:
            return False
    return False


def language(text: str, start: int, end: int) -> bool:
    """Say whether a word like “French” is a language here."""
    before = preceding(text, start, 1)
    if not before or before[0] not in SPEAKING:
        return False
    after = following(text, end)
    return text[end : end + 1] != "-" and (not after or _ends_noun(after))


def interjection(text: str, start: int, end: int) -> bool:
    """Say whether “man” or “boy” is an exclamation here, or “man” a verb."""
    before, after = preceding(text, start, 3), following(text, end, 1)
    behind = text[end : end + 1]
    opens = not before and not re.search(r"\w[-/,]?\s*$", text[max(0, start - 4) : start])
    if before and before[0] in INTERJECTIONS:
        return True
    if opens and (behind == "," or (after and after[0] in EXCLAIMED_AT)):
        return True
    ends = not behind or behind in ".!?,"
    if text[start:end].lower() == "man" and ends and before:
        # “They are clowns man”: without a determiner it is no one of whom is spoken.
        return not any(word in DETERMINERS for word in before)
    comma = re.search(r",\s*$", text[max(0, start - 3) : start])
    return bool(comma) and ends


def begins(text: str, start: int) -> bool:
    """Say whether a place is the beginning of a sentence."""
    head = text[:start].rstrip(" \t\"'“‘«(*[")
    return not head or head[-1] in ".!?:\n…—" or text[:start].endswith("\n")


def headline(text: str, start: int, end: int) -> bool:
    """Say whether the words on both sides of a place begin with capitals, as titles do."""
    before = re.search(rf"({_WORD})\W*$", text[max(0, start - _REACH) : start])
    after = re.match(rf"\W*({_WORD})", text[end:])
    sides = [one.group(1) for one in (before, after) if one is not None]
    return len(sides) == 2 and all(len(one) > 1 and one[0].isupper() for one in sides)
