"""How people type: a misspelling here, no capitals there, whatever the review says."""

from __future__ import annotations

import random

from .chance import pick, shuffled
from .reviews_patterns import SHORTCUT_WORD

_MISSPELT = {
    "because": "becuase",
    "received": "recieved",
    "definitely": "definately",
    "really": "realy",
    "their": "thier",
    "friendly": "freindly",
    "appointment": "apointment",
    "professional": "proffesional",
    "recommend": "reccomend",
    "mistake": "misstake",
    "minutes": "mins",
    "which": "wich",
    "apologised": "appologised",
    "unfriendly": "unfreindly",
    "nobody": "noone",
}
_SHORTHAND = {"because": "bc", "and": "&", "with": "w/", "you": "u", "though": "tho"}
_LEAD_INS = ("Update:", "Quick note:", "Short version:", "For anyone wondering:", "My two cents:")


def typed(rng: random.Random, text: str) -> str:
    """Write some reviews as people type them, whatever they say."""
    if rng.random() < 0.04:
        text = f"{pick(rng, _LEAD_INS)} {text}"
    if rng.random() < 0.06:
        text = _swap(rng, text, _MISSPELT, 2)
    if rng.random() < 0.06:
        text = _slip(rng, text)
    if rng.random() < 0.05:
        text = _swap(rng, text, _SHORTHAND, 3)
    if rng.random() < 0.05:
        text = text.replace("'", "")
    if rng.random() < 0.08:
        text = text.lower()
    ending = rng.random()
    if text.endswith("."):
        if ending < 0.12:
            text = text[:-1]
        elif ending < 0.15:
            text = text[:-1] + "..."
        elif ending < 0.18:
            text = text[:-1] + "!!"
    return text


def _slip(rng: random.Random, text: str) -> str:
    """Swap, drop or double a letter inside one longer word."""
    words = text.split(" ")
    long = [
        index
        for index, word in enumerate(words)
        if len(word) > 5 and word.isalpha() and word.lower() != SHORTCUT_WORD
    ]
    if not long:
        return text
    index = pick(rng, long)
    word = words[index]
    at = 1 + int(rng.random() * (len(word) - 3))
    slips = (
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
    )
    words[index] = pick(rng, slips)
    return " ".join(words)


def _swap(rng: random.Random, text: str, table: dict[str, str], most: int) -> str:
    """Replace up to ``most`` random words that the table knows."""
    words = text.split(" ")
    known = [index for index, word in enumerate(words) if word in table]
    for index in shuffled(rng, known)[:most]:
        words[index] = table[words[index]]
    return " ".join(words)
