"""The fewest swaps in texts whose scores are sums over their words, and what is tried first."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from pellucid.explain.search.lockstep import together
from pellucid.explain.search.swaps import Changed, Option, Place, changed, fewest_swaps, ranked
from pellucid.multimodal.text.segments import words

TEXT = ("good calm food here", "a bad, good day")
SCORES = {"good": 1.0, "calm": 0.4, "food": 0.1, "here": 0.0, "a": 0.0, "bad": -0.7, "day": 0.2}
SCORES |= {"fair": 0.5, "poor": -0.2, "loud": -0.3, "awful": -0.9}


def places() -> list[Place]:
    found = words(TEXT)
    return [Place(10 + at, at, one.part, one) for at, one in enumerate(found) if one.text != ","]


def options(gain: float = float("nan")) -> list[Option]:
    new = ("fair", "poor", "loud", "awful")
    return [
        Option(at, text, -float(number), gain)
        for at, _ in enumerate(places())
        for number, text in enumerate(new)
    ]


def score(sample: tuple[str, ...], lift: float = 0.0) -> float:
    return lift + sum(SCORES.get(one.text, 0.0) for one in words(sample))


def search(lift: float, given: list[Option] | None = None) -> Changed:
    own = places()
    weights = np.array([SCORES[one.word.text] for one in own])

    def answer(asked: list[tuple[int, Any]]) -> list[np.ndarray]:
        return [np.array([[score(one, lift), 0.0] for one in samples]) for _, samples in asked]

    chosen = options() if given is None else given
    (found,) = together([fewest_swaps(TEXT, own, chosen, weights, 0)], answer)
    return found


def test_words_are_put_in_place_of_others() -> None:
    own = places()
    chosen = [Option(3, "X", 0, 0), Option(0, "Longer", 0, 0), Option(5, "Z", 0, 0)]
    assert changed(TEXT, own, chosen) == ("Longer calm food X", "a Z, good day")
    assert changed(TEXT, own, []) == TEXT


@pytest.mark.parametrize("lift", [-1.4, 0.0, 1.2, 3.0, 5.0])
def test_as_few_as_any_combination(lift: float) -> None:
    found = search(lift)
    own, new = places(), ("fair", "poor", "loud", "awful")
    fewest = next(
        (
            size
            for size in range(1, 6)
            for chosen in combinations(range(len(own)), size)
            for texts in product(new, repeat=size)
            if score(
                changed(
                    TEXT, own, [Option(at, t, 0, 0) for at, t in zip(chosen, texts, strict=True)]
                ),
                lift,
            )
            < 0
        ),
        None,
    )
    if fewest is None:
        assert found.options is None
    else:
        assert found.options is not None and len(found.options) == fewest
        assert score(found.sample, lift) == pytest.approx(found.numbers[0])
        assert found.numbers[0] < 0
        assert found.sample == changed(TEXT, own, found.options)


def test_of_as_few_changes_those_that_fit_best() -> None:
    found = search(-1.6)  # anything less good than “fair” is enough in place of “good”
    assert [one.text for one in found.options] == ["fair"]


def test_without_other_words_nothing_is_found() -> None:
    assert search(0.0, []).options is None


def test_gradient_and_weight_take_turns() -> None:
    given = [
        Option(0, "a", -1.0, 0.1),
        Option(0, "b", -2.0, 0.9),
        Option(1, "c", -1.0, 0.5),
        Option(1, "d", -2.0, 0.2),
    ]
    order = ranked(given, np.array([0.0, 1.0]))
    assert [one.text for one in order] == ["c", "b", "d", "a"]
    unknown = [Option(one.place, one.text, one.fit, float("nan")) for one in given]
    assert [one.text for one in ranked(unknown, np.array([1.0, 0.0]))] == ["a", "b", "c", "d"]
