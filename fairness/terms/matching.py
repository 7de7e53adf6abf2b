"""Finding the terms of a list in texts: whole words in any case, the longest phrase first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .around import interjection, language, people
from .lists import TermList, Word

if TYPE_CHECKING:
    import pyarrow as pa

_GAP = r"[\s\-‐‑]+"
_GAPS = re.compile(_GAP)
_APOSTROPHES = "'’"
_EXCLAIMED = ("man", "boy", "girl", "guys")
_NOBLE = ("sir", "king", "queen", "prince", "princess", "duke", "duchess", "lady")
"""Titles that are swapped only where no name follows that would have to be another one."""


@dataclass(frozen=True)
class Form:
    """One form of a word: which slot and group it is of, and whether it is a plural."""

    slot: int
    group: str
    word: Word
    several: bool

    @property
    def text(self) -> str:
        """The form as it is written in the middle of a sentence."""
        return self.word.plural if self.several else self.word.text

    @property
    def term(self) -> str:
        """What all forms of the word are called."""
        return (self.word.text or self.word.plural).lower()


@dataclass(frozen=True)
class Found:
    """A term in a text, from `start` to `end`, and what it may be a form of."""

    start: int
    end: int
    forms: tuple[Form, ...]

    @property
    def group(self) -> str:
        """The group that it speaks of."""
        return self.forms[0].group


class Matcher:
    """The terms of one list, ready to be looked for."""

    def __init__(self, terms: TermList) -> None:
        self.terms = terms
        self._forms: dict[str, list[Form]] = {}
        for number, slot in enumerate(terms.slots):
            for group, words in slot.words.items():
                for word in words:
                    if not word.sought:
                        continue
                    for text, several in ((word.text, False), (word.plural, True)):
                        if text:
                            form = Form(number, group, word, several)
                            self._forms.setdefault(key(text), []).append(form)
        self._frozen = frozenset(key(one) for one in terms.frozen) - set(self._forms)
        body = _pattern({*self._forms, *self._frozen})
        self._exact = re.compile(rf"(?<![\w@])(?:{body})(?!\w)", re.IGNORECASE)
        self._maybe = rf"(?:^|[^0-9a-z@])(?:{body})(?:$|[^0-9a-z])"

    @cached_property
    def never(self) -> re.Pattern[str] | None:
        """What texts hold that are never swapped."""
        words = {key(one) for one in self.terms.unless}
        return re.compile(rf"\b(?:{_pattern(words)})\b", re.IGNORECASE) if words else None

    def find(self, text: str, *, every_sense: bool = False) -> list[Found]:
        """Return the terms of a text, in their order.

        Parameters
        ----------
        text
            Any text.
        every_sense
            Whether words count also where the words around them don't say that people are meant.
        """
        out = []
        for match in self._exact.finditer(text):
            start, end = match.span()
            forms = self._forms.get(key(match.group()))
            if forms is None:
                continue
            kept = tuple(
                one for one in forms if _fits(one, self.terms, text, start, end, every_sense)
            )
            if kept:
                out.append(Found(start, end, kept))
        return out

    def find_all(
        self, texts: Sequence[str] | NDArray[np.object_] | pa.Array, *, every_sense: bool = False
    ) -> Iterator[tuple[int, list[Found]]]:
        """Yield those of many texts that hold terms, by their number, with the terms.

        Texts that can't hold any are passed over by Arrow, whose expressions need no backtracking.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        column = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.string())
        likely: Any = pc.match_substring_regex(column, self._maybe, ignore_case=True)
        rows = np.flatnonzero(likely.fill_null(False).to_numpy(zero_copy_only=False))
        for row, text in zip(rows.tolist(), column.take(pa.array(rows)).to_pylist(), strict=True):
            found = self.find(text, every_sense=every_sense)
            if found:
                yield row, found


@lru_cache(32)
def matcher(terms: TermList) -> Matcher:
    """Return the matcher of a list; lists are compiled once."""
    return Matcher(terms)


def key(text: str) -> str:
    """Return a phrase as it is looked up: in lower case, with single spaces for gaps."""
    return _GAPS.sub(" ", text.lower().replace("’", "'"))


def _fits(form: Form, terms: TermList, text: str, start: int, end: int, every_sense: bool) -> bool:
    """Say whether a form is meant where its letters stand."""
    written = text[start:end]
    word, kind = form.word, terms.slots[form.slot].kind
    if word.exact and written not in (form.text, form.text.upper()):
        return False
    return every_sense or _meant(form, kind, text, start, end)


def _meant(form: Form, kind: str, text: str, start: int, end: int) -> bool:
    """Say whether the words around a form say that people are meant."""
    written, word = text[start:end], form.word
    named = _name_follows(text, end)
    if (written == "Miss" and not named) or (
        named and written[0].isupper() and written.lower() in _NOBLE
    ):
        return False
    if kind == "noun" and form.text in _EXCLAIMED:
        return not interjection(text, start, end) and text[end : end + 1] != "-"
    if kind in ("adjective", "noun") and word.text[:1].isupper() and language(text, start, end):
        return False
    return not word.ambiguous or form.several or people(text, start, end)


def _name_follows(text: str, end: int) -> bool:
    return re.match(r"\s+[A-Z][a-z]", text[end:]) is not None


def _pattern(phrases: Iterable[str]) -> str:
    """Return an expression for any of some phrases that tries longer ones first.

    Common beginnings are shared, so that it reads each character of a text about once.
    """
    tree: dict[str, Any] = {}
    for phrase in phrases:
        node = tree
        for char in phrase:
            node = node.setdefault(char, {})
        node[""] = {}
    return _branch(tree)


def _branch(node: dict[str, Any]) -> str:
    ways = [_escaped(char) + _branch(inner) for char, inner in sorted(node.items()) if char]
    if not ways:
        return ""
    body = ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"
    # A phrase that ends here is the shorter way, so it is tried last.
    return f"(?:{body})?" if "" in node else body


def _escaped(char: str) -> str:
    if char == " ":
        return _GAP
    return f"[{_APOSTROPHES}]" if char == "'" else re.escape(char)
