"""Fill the slots of sentence patterns with the people, places and events of one product."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from .chance import pick
from .reviews_patterns import SLOTS
from .reviews_product_patterns import Action, Aspect, Product

T = TypeVar("T")

_SLOT = re.compile(r"\{([A-Za-z]+)(\d?)(?:\.(\w+))?\}")
_KEPT = frozenset({"place", "staff", "matter", "thing", "mate", "time", "years", "score"})
_ONCE = _KEPT - {"staff"}
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeio]|un(?!i))")
_NOT = {"was": "wasn't", "were": "weren't"}


def repeats(chosen: Sequence[str]) -> bool:
    """Whether two of the patterns name the same place, matter or time."""
    named = [
        slot
        for pattern in chosen
        for slot in {match[1].lower() for match in _SLOT.finditer(pattern)} & _ONCE
    ]
    return len(named) != len(set(named))


@dataclass
class Filler:
    """Fills the slots of one review; names stay, events and adjectives do not repeat."""

    rng: random.Random
    product: Product
    kept: dict[str, str] = field(default_factory=dict)
    spent: dict[str, set[int]] = field(default_factory=dict)

    def _fresh(self, key: str, values: Sequence[T]) -> T:
        spent = self.spent.setdefault(key, set())
        if len(spent) == len(values):
            spent.clear()
        free = [index for index in range(len(values)) if index not in spent]
        index = pick(self.rng, free)
        spent.add(index)
        return values[index]

    def _word(self, key: str) -> str:
        product = self.product
        own = {
            "place": product.places,
            "staff": product.staff,
            "matter": product.matters,
            "thing": product.things,
            "fact": product.facts,
            "kind": (product.kind,),
        }
        values = own.get(key) or SLOTS[key]
        if key in _KEPT:
            if key in self.kept:
                return _briefly(self.kept[key])
            self.kept[key] = pick(self.rng, values)
            return self.kept[key]
        return pick(self.rng, values) if key == "kind" else self._fresh(key, values)

    def sentence(self, pattern: str) -> str:
        """Return the pattern with its slots filled."""
        drawn: dict[str, str | Action | Aspect] = {}

        def replace(match: re.Match[str]) -> str:
            name, digit, part = match.groups()
            key = name.lower()
            if key + digit not in drawn:
                drawn[key + digit] = self._draw(key)
            value = drawn[key + digit]
            if isinstance(value, Aspect):
                text = _NOT[value.was] if part == "wasnt" else str(getattr(value, part))
            elif isinstance(value, Action):
                text = str(getattr(value, part))
            else:
                text = value
            return text[0].upper() + text[1:] if name[0].isupper() else text

        return _ARTICLE.sub(r"\1n ", _SLOT.sub(replace, pattern))

    def _draw(self, key: str) -> str | Action | Aspect:
        events = {"good": self.product.good, "bad": self.product.bad}
        if key in events:
            return self._fresh(key, events[key])
        if key == "asp":
            return self._fresh(key, self.product.aspects)
        return self._word(key)


def _briefly(name: str) -> str:
    """Return a name as one says it the second time: "the agent", not "the agent in the chat"."""
    short = re.split(r" (?:at|on|in|I|with) ", name)[0]
    return "the person there" if short == "the person" else short
