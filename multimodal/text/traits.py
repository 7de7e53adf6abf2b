"""What is known of texts: how long they are, and how they are written."""

from __future__ import annotations

from ..traits import Trait, Value
from .segments import words

TRAITS = {
    one.name: one
    for one in (
        Trait("length", "words", "number of words, marks of punctuation not counted"),
        Trait("characters", "", "number of characters"),
        Trait("capitals", "", "share of the letters that are capitals"),
        Trait("word_length", "", "mean number of characters of a word"),
    )
}
"""What is measured, by its name."""


def measure(part: str) -> dict[str, Value]:
    """Return every trait of a text; of one without letters shares and means are 0."""
    own = [one.text for one in words((part,)) if any(char.isalnum() for char in one.text)]
    letters = [char for char in part if char.isalpha()]
    return {
        "length": float(len(own)),
        "characters": float(len(part)),
        "capitals": sum(char.isupper() for char in letters) / len(letters) if letters else 0.0,
        "word_length": sum(map(len, own)) / len(own) if own else 0.0,
    }
