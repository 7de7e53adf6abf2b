"""Common runs of words, against trying all of them; what counts as copied."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pellucid.fairness.privacy.common_runs import Collection, CommonRun
from pellucid.fairness.privacy.overlap import Overlap, compared
from pellucid.fairness.privacy.spec import PrivacySpec


def tried(text: str, collection: list[str]) -> int:
    """Find the longest common run by trying all of them."""
    words = text.split()
    held = [f" {' '.join(one.split())} " for one in collection]
    for size in range(len(words), 0, -1):
        for first in range(len(words) - size + 1):
            run = f" {' '.join(words[first : first + size])} "
            if any(run in one for one in held):
                return size
    return 0


@pytest.mark.parametrize("vocabulary", [2, 5, 40])
def test_the_longest_runs_are_found(vocabulary: int) -> None:
    rng = np.random.default_rng(vocabulary)

    def write(rows: int, most: int, first: int = 0) -> list[str]:
        return [
            " ".join(f"w{word}" for word in rng.integers(first, vocabulary, rng.integers(0, most)))
            for _ in range(rows)
        ]

    held = write(60, 30)
    asked = [*write(60, 20), *held[:5], "", "strange words alone", f"{held[3]} w0 {held[4]}"]
    found = Collection(held).longest(asked)
    for text, run in zip(asked, found, strict=True):
        assert run.words == tried(text, held)
        if run.words:
            words = text.split()[run.begin : run.begin + run.words]
            assert f" {' '.join(words)} " in f" {' '.join(held[run.text].split())} "


def test_a_run_stays_within_one_text_and_minds_case() -> None:
    held = Collection(["one two three", "four five", "Six seven"])
    found = held.longest(["two three four", "six seven", "three four five six", "nine"])
    assert [run.words for run in found] == [2, 1, 2, 0]
    assert [run.text for run in found] == [0, 2, 1, -1]
    assert Collection([]).longest(["a"]) == [CommonRun(0, 0, -1)]
    assert held.longest([]) == []


def test_what_counts_as_copied() -> None:
    learnt = ["a b c d e f g h", "write to jane@example.org now or call her soon", "x y z"]
    held = Collection(learnt)
    own = ["a b c d e f", "write to jane@example.org now or", "q r", "x y z"]
    other = ["a b c q", "r s t u v", "q", "q"]
    spec = PrivacySpec(verbatim=5)
    found = compared(
        [["1", "2", "3", "4"], ["5", "6", "7", "8"]],
        [own, other],
        [held.longest(own), held.longest(other)],
        ["i", "j", "k"],
        spec,
    )
    assert (found.trained.verbatim.value, found.control.verbatim.value) == (0.5, 0.0)
    assert found.difference.value == 0.5 and found.difference.low < 0.5 < found.difference.high
    assert found.trained.longest == (0, 4.0, 6) and found.control.longest == (0, 0.0, 3)
    assert found.trained.fifty.value == 0.0 and found.trained.written == 4.0
    first, second = found.examples
    assert (first.id, first.words, first.text, first.source) == ("1", 6, "a b c d e f", "i")
    assert second.text == "write to j***@e***.org now or"
    assert Overlap.from_json(json.loads(json.dumps(found.as_json()))) == found
