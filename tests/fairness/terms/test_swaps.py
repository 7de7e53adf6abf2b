"""Sentences whose swapped form was written by hand."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest

from pellucid.fairness.terms.forms import article, plural
from pellucid.fairness.terms.lists import builtin, known, term_lists
from pellucid.fairness.terms.swap import swap, swaps

with (Path(__file__).parent / "swaps.csv").open(encoding="utf-8", newline="") as file:
    SENTENCES = list(csv.DictReader(file))


def test_there_are_two_hundred() -> None:
    assert len(SENTENCES) >= 200
    assert len({(one["text"], one["from"], one["to"]) for one in SENTENCES}) == len(SENTENCES)


@pytest.mark.parametrize("one", SENTENCES, ids=lambda one: one["text"][:40])
def test_sentence(one: dict[str, str]) -> None:
    found = swap(one["text"], one["category"], one["from"], one["to"])
    assert ("" if found is None else found.text) == one["expected"]


@pytest.mark.parametrize("one", SENTENCES, ids=lambda one: one["text"][:40])
def test_changes_make_the_new_text(one: dict[str, str]) -> None:
    for found in swaps(one["text"], one["category"]):
        text = found.original
        for change in reversed(found.changes):
            assert text[change.start : change.end] == change.old
            text = text[: change.start] + change.new + text[change.end :]
        assert text == found.text != found.original


def test_no_article_is_wrong() -> None:
    """Whatever group “an Asian man” and “an Asian” are swapped for."""
    for category, text in (
        ("race", "An Asian man met an Asian."),
        ("nationality", "An Italian man met an Italian."),
        ("religion", "An atheist man met an atheist."),
        ("sexual_orientation", "An asexual man met a gay man."),
    ):
        found = swaps(text, category)
        assert found
        for one in found:
            words = one.text.rstrip(".").split()
            for before, word in pairwise(words):
                if before.lower() in ("a", "an"):
                    assert before.lower() == ("an" if word[0] in "AEIOUaeiou" else "a"), one.text


def test_every_other_group_is_named_once() -> None:
    found = swaps("A Muslim man and a Jewish man.", "religion")
    pairs = [(one.source, one.target) for one in found]
    assert len(set(pairs)) == len(pairs)
    both = [one for one in found if one.exchanged]
    assert [one.pair for one in both] == ["Muslim ↔ Jewish"]
    assert both[0].text == "A Jewish man and a Muslim man."
    assert ("Jewish", "Muslim") not in pairs
    assert [one.text for one in found if one.target == "atheist"] == [
        "An atheist man and a Jewish man.",
        "A Muslim man and an atheist man.",
    ]


def test_swapped_twice_it_is_the_same() -> None:
    for text in (
        "He told her that his sister lost hers.",
        "The actress loves her husband.",
        "Mary's brother is an heir.",
    ):
        there = swap(text, "gender")
        assert there is not None
        back = swap(there.text, "gender")
        assert back is not None and back.text == text


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("hour", "an"), ("university", "a"), ("European", "a"), ("MBA", "an"), ("FBI agent", "an"),
        ("UFO", "a"), ("honest man", "an"), ("umbrella", "an"), ("one", "a"),
        ("NASA engineer", "a"),
        ("uninformed voter", "an"), ("user", "a"), ("heir", "an"), ("herb", "an"), ("house", "a"),
        ("X-ray", "an"), ("U.S. senator", "a"), ("Ukrainian", "a"), ("élite", "an"), ("PhD", "a"),
    ],
)  # fmt: skip
def test_articles(word: str, expected: str) -> None:
    assert article(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("woman", "women"), ("German", "Germans"), ("church", "churches"), ("lady", "ladies"),
     ("boy", "boys"), ("person of note", "person of notes"), ("wife", "wives"),
     ("Buddhist", "Buddhists"), ("waitress", "waitresses"), ("deaf person", "deaf people")],
)  # fmt: skip
def test_plurals(word: str, expected: str) -> None:
    assert plural(word) == expected


def test_lists_that_come_along_are_whole() -> None:
    assert set(known()) >= {
        "gender", "race", "religion", "nationality", "age", "disability", "sexual_orientation",
    }  # fmt: skip
    for one in term_lists(known()):
        assert len(one.groups) >= 2
        named = {group for slot in one.slots for group in slot.words}
        assert named == set(one.groups)
        for slot in one.slots:
            assert len(slot.words) >= 2, (one.category, slot)
    pronouns = [slot for slot in builtin("gender").slots if slot.kind == "pronoun"]
    assert len(pronouns) == 5
