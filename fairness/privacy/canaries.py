"""Canaries: made-up secrets that are planted into a table before a model learns from it.

After Carlini et al., *The Secret Sharer: Evaluating and Testing Unintended Memorization in Neural
Networks* (USENIX Security 2019). A *form* such as ``my number is {6 digits}`` has places for
secrets; each canary fills them by chance and is planted some number of times, also none at all, as
a control. `exposure` measures afterwards how far the model prefers the planted ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import regex

from ...core.files import read_json
from ...errors import DataError, paragraph

if TYPE_CHECKING:
    from ...core.dataset import Dataset

FORMAT = 1
ALPHABETS = {
    "digit": "0123456789",
    "letter": "abcdefghijklmnopqrstuvwxyz",
    "capital": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}
"""What a secret's places are filled from, by the word that a form uses."""

_PLACE = regex.compile(r"\{(\d+) (digit|letter|capital)s?\}")


@dataclass(frozen=True)
class Form:
    """What canaries look like.

    Attributes
    ----------
    text
        A text with places such as ``{6 digits}``, ``{4 letters}`` or ``{2 capitals}`` in it.
    """

    text: str

    def __post_init__(self) -> None:
        if not _PLACE.search(self.text):
            raise DataError(
                paragraph(
                    f"form “{self.text}”",
                    "it has no place for a secret, expected {6 digits}, {4 letters} or the like",
                    "Write one such as “my number is {6 digits}”",
                )
            )

    @property
    def alphabets(self) -> tuple[str, ...]:
        """The characters that each place of a secret may hold, in order."""
        return tuple(
            ALPHABETS[kind] for count, kind in _PLACE.findall(self.text) for _ in range(int(count))
        )

    @property
    def size(self) -> int:
        """How many different secrets there are."""
        out = 1
        for alphabet in self.alphabets:
            out *= len(alphabet)
        return out

    def fill(self, secret: str) -> str:
        """Return the text with a secret's characters in its places."""
        left = list(secret)

        def put(found: regex.Match[str]) -> str:
            taken = [left.pop(0) for _ in range(int(found[1]))]
            return "".join(taken)

        return str(_PLACE.sub(put, self.text))

    def secret(self, number: int) -> str:
        """Return one of the secrets, numbered from 0 to `size` - 1."""
        out = []
        for alphabet in reversed(self.alphabets):
            number, place = divmod(number, len(alphabet))
            out.append(alphabet[place])
        return "".join(reversed(out))

    def draw(self, count: int, generator: np.random.Generator) -> list[str]:
        """Draw secrets, none of them twice; all of them, in order, where there are no more."""
        if count >= self.size:
            return [self.secret(number) for number in range(self.size)]
        found: dict[str, None] = {}
        while len(found) < count:
            digits = [generator.integers(len(one), size=count) for one in self.alphabets]
            for places in zip(*digits, strict=True):
                letters = (one[at] for one, at in zip(self.alphabets, places, strict=True))
                found["".join(letters)] = None
        return list(found)[:count]


@dataclass(frozen=True)
class Canary:
    """One secret, and how often it was planted; 0 times is a control."""

    secret: str
    repeats: int


@dataclass(frozen=True)
class Canaries:
    """What was planted into a table.

    Attributes
    ----------
    form
        What the canaries look like.
    canaries
        Each with how often it was planted.
    column
        Column that was filled with them.
    ask
        What is asked in front of it, in conversations and prompts with answers.
    seed
        Seed of the secrets and of the rows that were copied.
    """

    form: Form
    canaries: tuple[Canary, ...]
    column: str
    ask: str | None
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "format": FORMAT,
            "form": self.form.text,
            "column": self.column,
            "ask": self.ask,
            "seed": self.seed,
            "canaries": [
                {**vars(one), "text": self.form.fill(one.secret)} for one in self.canaries
            ],
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Canaries:
        """Read what `as_json` wrote."""
        return cls(
            Form(raw["form"]),
            tuple(Canary(one["secret"], one["repeats"]) for one in raw["canaries"]),
            raw["column"],
            raw["ask"],
            raw["seed"],
        )


def read_canaries(path: Path) -> Canaries:
    """Read a file of secrets.

    Raises
    ------
    DataError
        If it is missing or was not written by `plant`.
    """
    try:
        return Canaries.from_json(read_json(path))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise DataError(
            paragraph(
                str(path),
                f"the file of canaries can't be read ({str(reason).splitlines()[0]})",
                "Name the file that `pellucid canaries plant` wrote beside the table",
            )
        ) from None


def holding(dataset: Dataset, texts: list[str]) -> list[list[int]]:
    """Return the rows that hold each text, in one of their inputs or their label."""
    cells = [*dataset.inputs.values(), dataset.label]
    whole = ["\0".join(str(cell) for cell in row if cell) for row in zip(*cells, strict=True)]
    out = []
    for text in texts:
        forms = {text, in_json(text)}
        out.append([row for row, one in enumerate(whole) if any(form in one for form in forms)])
    return out


def in_json(text: str) -> str:
    """Return a text as it stands within JSON, where conversations are kept."""
    return json.dumps(text, ensure_ascii=False)[1:-1]
