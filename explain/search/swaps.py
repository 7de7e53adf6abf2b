"""The fewest words in place of which others lead to another answer.

Which changes are tried first follows from the gradient through the model's embeddings, as in
HotFlip (Ebrahimi, Rao, Lowd & Dou, *HotFlip: White-Box Adversarial Examples for Text
Classification*, ACL 2018), and from what the answer loses without a word. What counts is what the
model answers to the changed text, which it reads from its first letter.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from ...multimodal.text.segments import Segment
from .answers import Numbers, lead

Sample = tuple[str, ...]
Search = Generator[list[Sample], Numbers, "Changed"]


@dataclass(frozen=True)
class SwapLimits:
    """How long to search.

    Attributes
    ----------
    first, tried
        Single changes that are tried at first, and if none of them does it.
    beam, branch
        Changed samples that are gone on with, and single changes that each is tried with.
    changes
        Words that are changed, at most.
    """

    first: int = 24
    tried: int = 96
    beam: int = 4
    branch: int = 16
    changes: int = 5


@dataclass(frozen=True)
class Place:
    """A word of a sample.

    Attributes
    ----------
    segment, number
        Its number among all segments of the sample, and among its words.
    part
        Number of the sample's part that it stands in.
    word
        Where it stands there.
    """

    segment: int
    number: int
    part: int
    word: Segment


@dataclass(frozen=True)
class Option:
    """One change of one word.

    Attributes
    ----------
    place
        Number of the word among the sample's places.
    text
        What stands there instead.
    fit
        Logarithm of how probable it is there.
    gain
        By how much it should bring another answer nearer, in logits; NaN where that is not known.
    """

    place: int
    text: str
    fit: float
    gain: float


@dataclass(frozen=True, eq=False)
class Changed:
    """What a search found.

    Attributes
    ----------
    options
        The changes, in the sample's order; None where none that were tried do it.
    sample
        The changed sample.
    numbers
        What the model answers to it; shape (classes,).
    """

    options: tuple[Option, ...] | None
    sample: Sample
    numbers: NDArray[np.float64]


def changed(sample: Sample, places: Sequence[Place], options: Sequence[Option]) -> Sample:
    """Put words in place of others; no two of one place."""
    parts = list(sample)
    for one in sorted(options, key=lambda one: places[one.place].word.start, reverse=True):
        at = places[one.place]
        text = parts[at.part]
        parts[at.part] = f"{text[: at.word.start]}{one.text}{text[at.word.end :]}"
    return tuple(parts)


def fewest_swaps(
    sample: Sample,
    places: Sequence[Place],
    options: Sequence[Option],
    weights: NDArray[np.float64],
    target: int,
    limits: SwapLimits | None = None,
) -> Search:
    """Search for the fewest changes after which a class is not answered any more.

    A generator that yields changed samples and is sent their logits, shape (samples, classes); see
    `lockstep.together`. Of as few changes those are taken that fit the text best.

    Parameters
    ----------
    sample
        All parts of the sample.
    places
        Its words that may be changed.
    options
        Single changes.
    weights
        By how much the answer's lead shrinks without each of the places; shape (places,).
    target
        The class that is answered to the sample as it is.
    limits
        How long to search.
    """
    limits = limits or SwapLimits()
    tried = ranked(options, weights)[: limits.tried]
    nothing = Changed(None, sample, np.empty(0))
    if not tried:
        return nothing
    numbers = yield [changed(sample, places, [one]) for one in tried[: limits.first]]
    if len(tried) > limits.first and (numbers.argmax(axis=1) == target).all():
        more = yield [changed(sample, places, [one]) for one in tried[limits.first :]]
        numbers = np.concatenate([numbers, more])
    states: list[tuple[Option, ...]] = [(one,) for one in tried[: len(numbers)]]
    left = lead(numbers, target)
    # What changes did by themselves says more than the gradient did.
    best = [tried[at] for at in np.argsort(left, kind="stable")]
    for size in range(1, limits.changes + 1):
        found = _fittest(states, numbers, target)
        if found is not None:
            kept, last = yield from _pruned(sample, places, states[found], numbers[found], target)
            ordered = sorted(kept, key=lambda one: places[one.place].segment)
            return Changed(tuple(ordered), changed(sample, places, ordered), last)
        if size == limits.changes:
            break
        order = np.argsort(left, kind="stable")[: limits.beam]
        following: dict[frozenset[Option], tuple[Option, ...]] = {}
        for state in (states[at] for at in order):
            taken = {one.place for one in state}
            free = [one for one in best if one.place not in taken][: limits.branch]
            for one in free:
                following.setdefault(frozenset((*state, one)), (*state, one))
        if not following:
            break
        states = list(following.values())
        numbers = yield [changed(sample, places, state) for state in states]
        left = lead(numbers, target)
    return nothing


def ranked(options: Sequence[Option], weights: NDArray[np.float64]) -> list[Option]:
    """Put single changes in the order in which they are tried.

    By turns the one that should gain most by the gradient, and one of the words that matter most
    when they are left out. Where a model is very sure its gradient vanishes, and only the latter
    says which words to change; where two words say the same, only the gradient does.

    Parameters
    ----------
    options
        Single changes.
    weights
        By how much the answer's lead shrinks without each of the sample's places.
    """
    known = [one for one in options if np.isfinite(one.gain)]
    by_gain = sorted(known, key=lambda one: (-one.gain, -one.fit))
    rank = {int(place): at for at, place in enumerate(np.argsort(-weights, kind="stable"))}
    seen: dict[int, int] = {}
    turns = []
    for one in sorted(options, key=lambda one: -one.fit):
        number = seen.get(one.place, 0)
        seen[one.place] = number + 1
        # Two candidates of a word before the first one of the next word.
        turns.append((number + 2 * rank[one.place], -one.fit, one))
    by_weight = [one for *_, one in sorted(turns, key=lambda turn: turn[:2])]
    pairs = zip_longest(by_weight, by_gain)
    return list(dict.fromkeys(one for pair in pairs for one in pair if one is not None))


def _fittest(states: Sequence[tuple[Option, ...]], numbers: Numbers, target: int) -> int | None:
    """Return the changes that lead to another answer and fit the text best."""
    done = np.flatnonzero(numbers.argmax(axis=1) != target).tolist()
    if not done:
        return None
    return int(max(done, key=lambda at: sum(one.fit for one in states[at])))


def _pruned(
    sample: Sample,
    places: Sequence[Place],
    options: tuple[Option, ...],
    numbers: NDArray[np.float64],
    target: int,
) -> Generator[list[Sample], Numbers, tuple[tuple[Option, ...], NDArray[np.float64]]]:
    """Take changes back that aren't needed, until each of the rest is."""
    while len(options) > 1:
        fewer = [options[:at] + options[at + 1 :] for at in range(len(options))]
        found = yield [changed(sample, places, one) for one in fewer]
        done = np.flatnonzero(found.argmax(axis=1) != target)
        if not len(done):
            break
        at = int(done[np.argmin(lead(found, target)[done])])
        options, numbers = fewer[at], found[at]
    return options, numbers
