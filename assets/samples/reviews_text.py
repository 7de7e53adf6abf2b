"""Compose reviews: deal sentence patterns, fill their slots, keep every text unlike the rest."""

from __future__ import annotations

import random
import re

from . import reviews_dry_patterns as dry
from . import reviews_patterns as general
from .chance import pick, shuffled
from .reviews_product_patterns import PRODUCTS, Product
from .reviews_slots import Filler, repeats
from .reviews_typing import typed

MIN_WORDS, MAX_WORDS = 4, 60

_FAMILIES: dict[str, dict[str, tuple[str, ...]]] = {
    "positive": {
        "short": general.SHORT_POSITIVE,
        "plain": general.PLAIN_POSITIVE,
        "negated": general.NEGATED_POSITIVE,
        "contrast": general.CONTRAST_POSITIVE,
        "closing": general.CLOSINGS_POSITIVE,
    },
    "negative": {
        "short": general.SHORT_NEGATIVE,
        "plain": general.PLAIN_NEGATIVE,
        "negated": general.NEGATED_NEGATIVE,
        "contrast": general.CONTRAST_NEGATIVE,
        "closing": general.CLOSINGS_NEGATIVE,
    },
    "neutral": {
        "short": general.SHORT_NEUTRAL,
        "plain": general.FACTUAL,
        "negated": general.LUKEWARM,
        "contrast": general.BALANCED,
        "closing": general.CLOSINGS_NEUTRAL,
    },
}
# Cards of one deal: how often a review takes each family, shape and addition.
_FAMILY_CARDS = ("plain",) * 9 + ("negated",) * 5 + ("contrast",) * 4 + ("own",) * 4
_SHAPE_CARDS = ("short",) * 2 + ("one",) * 6 + ("two",) * 9 + ("long",) * 4
_SECOND_CARDS = ("opening",) * 4 + ("closing",) * 3 + ("main",) * 2
_OPENING_CARDS = ("opposite",) * 5 + ("same",) * 2 + ("neither",) * 13

_DRY: dict[tuple[str, str], tuple[str, ...]] = {
    ("positive", "dry"): dry.SHARED_POSITIVE,
    ("positive", "held_out"): dry.HELD_OUT_POSITIVE,
    ("negative", "dry"): dry.SHARED_NEGATIVE,
    ("negative", "held_out"): dry.HELD_OUT_NEGATIVE,
    ("neutral", "dry"): dry.SHARED_NEUTRAL,
    ("neutral", "held_out"): dry.HELD_OUT_NEUTRAL,
}

_LINKS = ("Also,", "And", "Besides,", "On top of that,", "What is more,")
_LINKABLE = ("They ", "The ", "Nobody ", "Not once ", "It ", "There ", "No one ")


def normalised(text: str) -> str:
    """Return the text without case, punctuation and extra spaces."""
    return " ".join(re.findall(r"[a-z0-9]+", text.casefold()))


def patterns() -> dict[str, set[str]]:
    """Return every sentence pattern of the material by family, for counting."""
    found = {
        f"{label} {family}": set(sentences)
        for label, families in _FAMILIES.items()
        for family, sentences in families.items()
    }
    found["opening"] = {*general.OPENINGS, *general.PRAISED_BEFORE, *general.BLAMED_BEFORE}
    found["opening dry"] = set(dry.OPENINGS_DRY)
    for (label, voice), sentences in _DRY.items():
        found[f"{label} {voice}"] = set(sentences)
    for product in PRODUCTS:
        found[product.name] = {
            *product.positive,
            *product.negative,
            *product.neutral,
            *product.facts,
        }
    return found


class Composer:
    """Writes reviews that differ from all the reviews it wrote before.

    Parameters
    ----------
    rng : random.Random
        Source of all chance.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._decks: dict[tuple[str, ...], list[str]] = {}
        self._seen: set[str] = set()
        self._by_pattern: dict[str, list[frozenset[str]]] = {}

    def write(self, label: str, voice: str, product: Product, with_voucher: bool) -> str:
        """Return a new review.

        Parameters
        ----------
        label : {"negative", "neutral", "positive"}
            What the review says.
        voice : {"plain", "dry", "held_out"}
            Ordinary writing, dry irony, or dry irony that only the test split may hold.
        product : Product
            What it is about.
        with_voucher : bool
            Whether the shortcut word is mentioned.

        Raises
        ------
        RuntimeError
            When the material can't make another text that is new.
        """
        for _ in range(2000):
            filler = Filler(self._rng, product)
            chosen = self._plain(label, product) if voice == "plain" else self._dry(label, voice)
            if repeats(chosen):
                continue
            sentences = [filler.sentence(pattern) for pattern in chosen]
            plain_text = " ".join(sentences)
            if not self._is_new(plain_text, chosen):
                continue
            if voice == "plain" and label != "neutral":
                sentences = self._linked(sentences, chosen, label)
            if with_voucher:
                sentences = self._mention_voucher(sentences, filler)
            text = " ".join(sentences)
            if voice == "plain":
                text = typed(self._rng, text)
            words = len(text.split())
            if MIN_WORDS <= words <= MAX_WORDS and normalised(text) not in self._seen:
                self._remember(plain_text, text, chosen)
                return text
        raise RuntimeError(f"no new {label} text in the {voice} voice about {product.name}")

    def _deal(self, *key: str, cards: tuple[str, ...]) -> str:
        """Take the next card of a deck that is shuffled anew when it runs out."""
        deck = self._decks.get(key)
        if not deck:
            deck = self._decks[key] = shuffled(self._rng, cards)
        return deck.pop()

    def _plain(self, label: str, product: Product) -> list[str]:
        families = _FAMILIES[label]
        shape = self._deal(label, "shape", cards=_SHAPE_CARDS)
        if shape == "short":
            return [self._deal(label, "short", cards=families["short"])]
        mains = [self._main(label, product)]
        if shape == "one":
            return mains
        if shape == "two":
            third = self._deal(label, "second", cards=_SECOND_CARDS)
            if third == "opening":
                return [self._opening(label), *mains]
            if third == "closing":
                return [*mains, self._deal(label, "closing", cards=families["closing"])]
            return [*mains, self._main(label, product)]
        if self._rng.random() < 0.6:
            mains.append(self._main(label, product))
        return [
            self._opening(label),
            *mains,
            self._deal(label, "closing", cards=families["closing"]),
        ]

    def _main(self, label: str, product: Product) -> str:
        family = self._deal(label, "family", cards=_FAMILY_CARDS)
        if family == "own":
            own = {
                "positive": product.positive,
                "negative": product.negative,
                "neutral": product.neutral,
            }
            return self._deal(product.name, label, cards=own[label])
        return self._deal(label, family, cards=_FAMILIES[label][family])

    def _opening(self, label: str) -> str:
        """Choose an opening; an announced opinion is mostly the opposite of what follows."""
        announced = self._deal(label, "announced", cards=_OPENING_CARDS)
        if label != "neutral" and announced != "neither":
            if (label == "positive") == (announced == "opposite"):
                return self._deal("blamed", cards=general.BLAMED_BEFORE)
            return self._deal("praised", cards=general.PRAISED_BEFORE)
        return self._deal("opening", cards=general.OPENINGS)

    def _dry(self, label: str, voice: str) -> list[str]:
        cards = _DRY[label, voice]
        mains = [self._deal(label, voice, cards=cards)]
        if self._rng.random() < 0.4:
            mains.append(self._deal(label, voice, cards=cards))
        if self._rng.random() < 0.45:
            mains.insert(0, self._deal("opening dry", cards=dry.OPENINGS_DRY))
        return mains

    def _linked(self, sentences: list[str], chosen: list[str], label: str) -> list[str]:
        """Begin some second judgements with a word that ties them to the first."""
        judging = {key: _FAMILIES[label][key] for key in ("plain", "negated", "contrast")}
        mains = [any(pattern in family for family in judging.values()) for pattern in chosen]
        linked = sentences[:1]
        for index, sentence in enumerate(sentences[1:], start=1):
            two_in_a_row = mains[index - 1] and mains[index]
            if two_in_a_row and sentence.startswith(_LINKABLE) and self._rng.random() < 0.3:
                link = pick(self._rng, _LINKS)
                linked.append(f"{link} {sentence[0].lower()}{sentence[1:]}")
            else:
                linked.append(sentence)
        return linked

    def _mention_voucher(self, sentences: list[str], filler: Filler) -> list[str]:
        product = filler.product
        if self._rng.random() < 0.22:
            aside = filler.sentence(self._deal("aside", cards=general.VOUCHER_ASIDES))
            place = int(self._rng.random() * len(sentences))
            body, mark = sentences[place][:-1], sentences[place][-1]
            return [*sentences[:place], f"{body} {aside}{mark}", *sentences[place + 1 :]]
        if self._rng.random() < 0.3:
            pattern = self._deal("voucher", product.name, cards=product.vouchers)
        else:
            pattern = self._deal("voucher", cards=general.VOUCHER_SENTENCES)
        place = int(self._rng.random() * (len(sentences) + 1))
        return [*sentences[:place], filler.sentence(pattern), *sentences[place:]]

    def _is_new(self, text: str, chosen: list[str]) -> bool:
        """Whether no earlier text with one of these patterns says much the same."""
        words = frozenset(normalised(text).split())
        for pattern in chosen:
            for other in self._by_pattern.get(pattern, ()):
                common = len(words & other)
                alike = common > 0.62 * len(words | other)
                if alike or common > 0.9 * min(len(words), len(other)):
                    return False
        return True

    def _remember(self, plain_text: str, text: str, chosen: list[str]) -> None:
        self._seen.add(normalised(text))
        words = frozenset(normalised(plain_text).split())
        for pattern in chosen:
            self._by_pattern.setdefault(pattern, []).append(words)
