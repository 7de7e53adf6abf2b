"""Words that could stand in place of a word: by a masked language model, or as other texts have it.

A masked language model is shown the text without the word and says which words fit. Without one a
model of word pairs, counted in texts at hand, says which of their words fit between the neighbours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError, paragraph
from ..models import load, load_tokenizer, locate
from ..spec import ModelSpec
from .encode import longest
from .language_models import new_head
from .segments import WORD, Segment, words

BUDGET = 512
"""Tokens of a batch, padding counted; each of them gets scores for the whole vocabulary."""

SMOOTHING = 1.0
"""Pairs that count as seen of every word, shared out by how frequent words are."""

Place = tuple[str, Segment]
"""A text, and one of its words."""


@dataclass(frozen=True)
class Candidate:
    """A word that could stand in place of another.

    Attributes
    ----------
    text
        As it would be written there.
    fit
        Logarithm of how probable it is there; at most 0.
    """

    text: str
    fit: float


class Substitutes(Protocol):
    """Says which words could stand in some places."""

    def __call__(
        self, places: Sequence[Place], *, check: Callable[[], None] = ...
    ) -> list[list[Candidate]]:
        """Return candidates for each place, the most probable first; never the word itself."""


def swappable(word: str) -> bool:
    """Say whether a word is one that others could stand for: letters, no signs and numbers."""
    return any(char.isalpha() for char in word)


def cased(like: str, word: str) -> str:
    """Write a word with a capital, or in capitals, where another one is."""
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word


@dataclass(eq=False)
class MaskedWords:
    """Candidates of a masked language model (`Substitutes`).

    Attributes
    ----------
    model, tokenizer
        In evaluation mode, on its device; a fast tokenizer with a mask token.
    whole
        Numbers of the tokens that are whole words; shape (words,).
    written
        These words.
    most
        Candidates of a place, at most.
    max_length
        Longest text in tokens; a place that lies behind has no candidates.
    """

    model: Any
    tokenizer: Any
    whole: NDArray[np.int64]
    written: tuple[str, ...]
    most: int = 24
    max_length: int = 256

    @classmethod
    def load(cls, name: str, device: str = "cpu", most: int = 24) -> MaskedWords:
        """Load a masked language model.

        Parameters
        ----------
        name
            A folder, or a Hugging Face hub id.
        device
            Where to compute.
        most
            Candidates of a place, at most.

        Raises
        ------
        ModelError
            If it can't be loaded, or was never taught to guess words.
        """
        spec = ModelSpec(name=name)
        source = locate(name)
        tokenizer = load_tokenizer(source, spec)
        model = load("AutoModelForMaskedLM", source, spec, seed=0)
        if new_head(model) or tokenizer.mask_token_id is None:
            raise ModelError(
                paragraph(
                    f"masked language model: {name}",
                    "it was not taught to guess hidden words: its head or its mask token is "
                    "missing",
                    "Name a masked language model, or none: then words of the training rows are "
                    "tried",
                )
            )
        return cls(model.to(device).eval(), tokenizer, *_whole_words(tokenizer), most=most)

    def __call__(
        self, places: Sequence[Place], *, check: Callable[[], None] = lambda: None
    ) -> list[list[Candidate]]:
        """Hide each word, and return those that the model would write there."""
        import torch

        hidden = [
            f"{text[: one.start]}{self.tokenizer.mask_token}{text[one.end :]}"
            for text, one in places
        ]
        limit = longest(self.tokenizer, self.max_length)
        out: list[list[Candidate]] = [[] for _ in places]
        if not places:
            return out
        encoded = self.tokenizer(hidden, truncation=True, max_length=limit)
        lengths = np.array([len(one) for one in encoded["input_ids"]])
        for rows in _batches(lengths):
            check()
            batch = self.tokenizer.pad(
                {name: [encoded[name][row] for row in rows] for name in encoded},
                return_tensors="pt",
            ).to(self.model.device)
            with torch.inference_mode():
                scores = self.model(**batch).logits.float().log_softmax(-1).cpu().numpy()
            at = (batch["input_ids"] == self.tokenizer.mask_token_id).cpu().numpy()
            for row, own, mask in zip(rows, scores, at, strict=True):
                if mask.any():
                    out[row] = self._best(own[int(mask.argmax())], places[row][1].text)
        return out

    def _best(self, scores: NDArray[np.float32], word: str) -> list[Candidate]:
        own = scores[self.whole]
        found: dict[str, Candidate] = {}
        for at in np.argsort(-own, kind="stable")[: 2 * self.most]:
            text = cased(word, self.written[at])
            if text.casefold() != word.casefold():
                found.setdefault(text.casefold(), Candidate(text, float(own[at])))
        return list(found.values())[: self.most]


class SeenWords:
    """Candidates among the words of some texts, by their neighbours there (`Substitutes`).

    A model of word pairs: a word fits as well as it follows on the word in front, and as the word
    behind follows on it, each with additive smoothing by how frequent words are (Jurafsky & Martin,
    *Speech and Language Processing*, chapter on n-gram language models).

    Parameters
    ----------
    samples
        Each one's texts.
    most
        Candidates of a place, at most.
    """

    def __init__(self, samples: Sequence[tuple[str, ...]], most: int = 24) -> None:
        self._most = most
        self._seen: Counter[str] = Counter()
        self._after: dict[str, Counter[str]] = defaultdict(Counter)
        self._before: dict[str, Counter[str]] = defaultdict(Counter)
        for sample in samples:
            own = ["", *(one.text.casefold() for one in words(sample)), ""]
            self._seen.update(own[1:-1])
            for left, right in pairwise(own):
                self._after[left][right] += 1
                self._before[right][left] += 1
        self._total = max(sum(self._seen.values()), 1)

    def __call__(
        self, places: Sequence[Place], *, check: Callable[[], None] = lambda: None
    ) -> list[list[Candidate]]:
        """Return words that stood beside the same neighbours in the texts."""
        out = []
        for text, one in places:
            check()
            left = _last(text[: one.start])
            right = _first(text[one.end :])
            near = {*self._after.get(left, ()), *self._before.get(right, ())}
            own = one.text.casefold()
            fits = [
                (-self._fit(left, word, right), word)
                for word in near
                if word != own and swappable(word)
            ]
            best = sorted(fits)[: self._most]
            out.append([Candidate(cased(one.text, word), -fit) for fit, word in best])
        return out

    def _fit(self, left: str, word: str, right: str) -> float:
        return float(np.log(self._follows(left, word)) + np.log(self._follows(word, right)))

    def _follows(self, left: str, right: str) -> float:
        after = self._after.get(left, Counter())
        share = (self._seen[right] + 1) / (self._total + len(self._seen) + 1)
        return (after[right] + SMOOTHING * share) / (sum(after.values()) + SMOOTHING)


def _batches(lengths: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Put texts of similar length together, within the budget."""
    order, out, first = np.argsort(-lengths, kind="stable"), [], 0
    while first < len(order):
        size = max(BUDGET // int(lengths[order[first]]), 1)
        out.append(order[first : first + size])
        first += size
    return out


def _whole_words(tokenizer: Any) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return the tokens that are whole words, as a text between others holds them."""
    special = set(tokenizer.all_special_ids)
    numbers = [one for one in range(len(tokenizer)) if one not in special]
    written = [tokenizer.decode([one]).strip() for one in numbers]
    pairs = [
        (number, word)
        for number, word in zip(numbers, written, strict=True)
        if swappable(word) and WORD.fullmatch(word)
    ]
    if not pairs:
        return np.empty(0, np.int64), ()
    again = tokenizer([f" {word}" for _, word in pairs], add_special_tokens=False)["input_ids"]
    kept = [pair for pair, tokens in zip(pairs, again, strict=True) if tokens == [pair[0]]]
    return np.array([number for number, _ in kept], np.int64), tuple(word for _, word in kept)


def _last(text: str) -> str:
    found = WORD.findall(text[-200:])
    return found[-1].casefold() if found else ""


def _first(text: str) -> str:
    found = WORD.search(text[:200])
    return found.group().casefold() if found else ""
