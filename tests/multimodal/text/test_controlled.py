"""Texts changed by a known amount: which words, how many, and what stays."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.multimodal.text.controlled import LEAST, change

TEXT = (
    "The waiter brought another glass, apologised twice and recommended Splendid desserts; we "
    "stayed until midnight because nobody wanted anything except listening."
)


def tokens(text: str) -> list[str]:
    return text.replace(",", " ,").replace(";", " ;").replace(".", " .").split()


@pytest.mark.parametrize("name", ["typos", "dropped_letters", "case"])
def test_nothing_at_none_and_every_word_at_all(name: str) -> None:
    assert change(TEXT, name, 0.0, 1) == TEXT
    pairs = list(zip(tokens(TEXT), tokens(change(TEXT, name, 1.0, 1)), strict=True))
    for before, after in pairs:
        possible = before.isalpha() and (name == "case" or len(before) >= LEAST)
        assert (before != after) == possible, (before, after)


@pytest.mark.parametrize("seed", range(5))
def test_a_typo_swaps_two_letters_within_a_word(seed: int) -> None:
    for before, after in zip(tokens(TEXT), tokens(change(TEXT, "typos", 0.5, seed)), strict=True):
        if before == after:
            continue
        assert sorted(before) == sorted(after)
        assert (before[0], before[-1]) == (after[0], after[-1])
        places = [at for at in range(len(before)) if before[at] != after[at]]
        assert len(places) == 2 and places[1] == places[0] + 1


def test_a_dropped_letter_is_one_within_a_word() -> None:
    for before, after in zip(
        tokens(TEXT), tokens(change(TEXT, "dropped_letters", 1.0, 2)), strict=True
    ):
        if len(before) >= LEAST:
            left = [before[:at] + before[at + 1 :] for at in range(1, len(before) - 1)]
            assert after in left


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.4])
def test_over_many_texts_the_share_is_as_asked(rate: float) -> None:
    changed = whole = 0
    for seed in range(400):
        pairs = zip(tokens(TEXT), tokens(change(TEXT, "typos", rate, seed)), strict=True)
        for before, after in pairs:
            whole += len(before) >= LEAST and before.isalpha()
            changed += before != after
    assert changed / whole == pytest.approx(rate, abs=3 * np.sqrt(rate / whole))


def test_more_typos_hold_the_fewer_ones() -> None:
    few, many = (
        {
            (at, word)
            for at, word in enumerate(tokens(change(TEXT, "typos", rate, 7)))
            if word != tokens(TEXT)[at]
        }
        for rate in (0.2, 0.6)
    )
    assert few and few < many


def test_texts_without_words_stay() -> None:
    for text in ("", "   ", "?!", "12 34", "a b c"):
        assert change(text, "typos", 1.0, 0) == text
