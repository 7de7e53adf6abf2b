"""Forms of words: plurals, capitals, and the article in front."""

from __future__ import annotations

import re

_IRREGULAR = {
    "man": "men",
    "person": "people",
    "child": "children",
    "wife": "wives",
    "foot": "feet",
    "mouse": "mice",
}
_A = re.compile(
    r"(?:eu|ewe|one\b|once\b|uni[cfloqstv]|us(?:e|ag|u)|ut(?:il|op|en)|uk|ura|ubiq|ufo|u\b)",
    re.IGNORECASE,
)
_AN = re.compile(r"(?:hour|honest|honou?r|heir|herb|[fhlmnrsx]\b)", re.IGNORECASE)
_WORDS = ("NATO", "NASA", "UNICEF", "UFO", "UNESCO")
"""Abbreviations that are read as words."""
_LETTERS = frozenset("AEFHILMNORSX")
"""Letters whose names begin with a vowel."""


def plural(noun: str) -> str:
    """Return the plural of a noun, of a phrase that of its last word."""
    head, space, last = noun.rpartition(" ")
    low = last.lower()
    for single, several in _IRREGULAR.items():
        if low == single or (single == "man" and low.endswith("man") and low != "german"):
            return head + space + last[: len(last) - len(single)] + several
    if re.search(r"(?:s|x|z|ch|sh)$", low):
        return noun + "es"
    if re.search(r"[^aeiou]y$", low):
        return noun[:-1] + "ies"
    return noun + "s"


def article(word: str) -> str:
    """Return ``a`` or ``an``, as it stands in front of a word."""
    first = re.match(r"[\w'’-]+", word)
    if first is None:
        return "a"
    text = first.group()
    letters = re.match(r"[A-Z]{2,}s?\b|[A-Z]\b(?!['’])", text)
    if letters and not text.startswith(_WORDS):
        return "an" if text[0] in _LETTERS else "a"
    if _AN.match(text):
        return "an"
    if _A.match(text):
        return "a"
    return "an" if text[0].lower() in "aeiouáàâäåéèêëíìîïóòôöúùûü" else "a"


def cased(
    written: str, usual: str, new: str, *, begins: bool, headline: bool, plain: bool = False
) -> str:
    """Write a word with the capitals of the one that it stands for.

    Parameters
    ----------
    written, usual
        The old word as it stands in the text, and as it is written in the middle of a sentence.
    new
        The new one, as in the middle of a sentence.
    begins
        Whether it begins a sentence.
    headline
        Whether the words around it begin with capitals too.
    plain
        Whether a capital in the middle of a sentence is the old word's own affair, as in “a Black
        man”.
    """
    letters = [one for one in written if one.isalpha()]
    if len(letters) > 1 and all(one.isupper() for one in letters) and not usual.isupper():
        return new.upper()
    if not letters:
        return new
    if letters[0].islower():
        # Who writes “muslim” would write “jewish”.
        return new.lower() if usual[:1].isupper() and usual != usual.upper() else new
    if (usual[:1].isupper() or plain) and not begins and not headline:
        return new
    if headline and " " in new:
        small = ("of", "with", "a", "without")
        return " ".join(
            one if one in small and at else one[:1].upper() + one[1:]
            for at, one in enumerate(new.split(" "))
        )
    return new[:1].upper() + new[1:]
