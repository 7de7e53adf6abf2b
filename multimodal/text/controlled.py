"""Texts changed by a known amount: misspelt words, and letters in the wrong case."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..controlled import Kind
from .segments import Segment, words

_RATE = (0.05, 0.1, 0.2, 0.4)

KINDS = {
    one.name: one
    for one in (
        Kind(
            "text", "typos", "swapped letters", "%",
            "share of the words in which two neighbouring letters change places",
            _RATE, 0.0, 1.0, 0.0,
        ),
        Kind(
            "text", "dropped_letters", "dropped letters", "%",
            "share of the words that lose a letter", _RATE, 0.0, 1.0, 0.0,
        ),
        Kind(
            "text", "case", "wrong case", "%",
            "share of the words written in capitals, or small where they are capitals",
            (0.1, 0.3, 1.0), 0.0, 1.0, 0.0,
        ),
    )
}  # fmt: skip
"""What can be changed, by its name."""

LEAST = 4
"""Letters of a word from which on it is misspelt: its first and last letter stay in their place."""


def load(part: str) -> str:
    """Return the text."""
    return part


def store(text: str, path: Path) -> Path:
    """Write a text as UTF-8; return the file."""
    file = path.with_name(f"{path.name}.txt")
    file.write_text(text, encoding="utf-8")
    return file


def change(text: str, name: str, strength: float, seed: int) -> str:
    """Change a text's words (Belinkov and Bisk 2018 misspell likewise).

    Parameters
    ----------
    text
        Any text; what stands between words stays.
    name, strength
        One of `KINDS`. So large a share of the words that can be changed so is changed, of
        misspellings words of at least `LEAST` letters. Part of a word is one word by chance, so
        that over many texts the share is as asked.
    seed
        Decides which words, and which letters of them. A larger share holds the smaller one.
    """
    own = [one for one in words((text,)) if _possible(one.text, name)]
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(own))
    place = rng.random(len(own))  # of the letter, as a share of those that may be taken
    out, end = [], 0
    taken = set(order[: int(strength * len(own) + rng.random())].tolist())
    for number, one in enumerate(own):
        out += [text[end : one.start], _changed(one, name, place[number], number in taken)]
        end = one.end
    return "".join([*out, text[end:]])


def _possible(word: str, name: str) -> bool:
    if name == "case":
        return word.swapcase() != word
    return len(word) >= LEAST and word.isalpha() and (name != "typos" or bool(_pairs(word)))


def _pairs(word: str) -> list[int]:
    """Return where two different letters within a word can change places."""
    return [at for at in range(1, len(word) - 2) if word[at] != word[at + 1]]


def _changed(word: Segment, name: str, place: float, taken: bool) -> str:
    text = word.text
    if not taken:
        return text
    if name == "case":
        return text.lower() if text.isupper() else text.upper()
    if name == "typos":
        pairs = _pairs(text)
        at = pairs[int(place * len(pairs))]
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    at = 1 + int(place * (len(text) - 2))
    return text[:at] + text[at + 1 :]
