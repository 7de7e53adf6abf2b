"""Words in many scripts, and which token belongs to which word."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.multimodal.text.segments import owners, plain, read_words, separators, words


def texts(*sample: str) -> list[str]:
    return [one.text for one in words(sample)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It didn't, we’re 2nd!", ["It", "didn't", ",", "we’re", "2nd", "!"]),
        ("rock'n'roll 'tis", ["rock'n'roll", "'", "tis"]),
        ("a  b\t\n\n c", ["a", "b", "c"]),
        ("(well-known) £5.20", ["(", "well", "-", "known", ")", "£", "5", ".", "20"]),
        ("fine 👍🏽👩‍👩‍👧🇩🇪 ❤️", ["fine", "👍🏽", "👩‍👩‍👧", "🇩🇪", "❤️"]),
        ("cafe\u0301 naïve", ["cafe\u0301", "naïve"]),
        ("हिन्दी में लिखा", ["हिन्दी", "में", "लिखा"]),
        ("مُحَمَّد می‌خواهم", ["مُحَمَّد", "می‌خواهم"]),
        ("日本語テスト。abc", ["日", "本", "語", "テ", "ス", "ト", "。", "abc"]),
        ("กิน", ["กิ", "น"]),
        ("co\u00adop\u200b\u200edone", ["co\u00adop", "done"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_several_parts() -> None:
    sample = ("Is it good?", "", "Yes.")
    found = words(sample)
    assert [(one.part, one.text) for one in found] == [
        (0, "Is"), (0, "it"), (0, "good"), (0, "?"), (2, "Yes"), (2, "."),
    ]  # fmt: skip
    assert separators(sample, found) == (" ", " ", "", "\n", "", "")
    assert separators(("",), []) == ()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=3))
def test_words_and_what_stands_between_them_are_the_text(sample: list[str]) -> None:
    parts = tuple(sample)
    found = words(parts)
    for one in found:
        assert parts[one.part][one.start : one.end] == one.text
    between = separators(parts, found)
    built = "".join(one.text + after for one, after in zip(found, between, strict=True))
    expected = []
    for part, text in enumerate(parts):
        inside = [one for one in found if one.part == part]
        if inside:
            expected.append(text[inside[0].start : inside[-1].end])
    assert built == "\n".join(expected)
    # What is left out can't be seen: spaces, and control and format characters.
    left = set(range(sum(map(len, parts))))
    offsets = np.cumsum([0, *map(len, parts)])
    for one in found:
        left -= set(range(offsets[one.part] + one.start, offsets[one.part] + one.end))
    whole = "".join(parts)
    assert all(
        whole[at].isspace() or unicodedata.category(whole[at]) in ("Cc", "Cf") for at in left
    )


def test_pieces_belong_to_the_word_they_stand_in() -> None:
    sample = ("Unkind, isn't",)
    found = words(sample)  # Unkind | , | isn't
    spans = [(-1, 0, 0), (0, 0, 2), (0, 2, 6), (0, 6, 7), (0, 8, 11), (0, 11, 12), (0, 12, 13)]
    assert owners(found, [*spans, (-1, 0, 0)]).tolist() == [-1, 0, 0, 1, 2, 2, 2, -1]


def test_a_token_may_hold_the_space_before_its_word_or_several_words() -> None:
    found = words(("ab cd!?",))
    spans = [(0, 0, 2), (0, 2, 5), (0, 5, 7), (0, 2, 3), (0, 3, 3)]
    assert owners(found, spans).tolist() == [0, 1, 2, -1, -1]


def test_tokens_of_several_parts_and_none() -> None:
    found = words(("one two", "", "three"))
    spans = [(2, 0, 5), (0, 4, 7), (1, 0, 0), (0, 0, 3)]
    assert owners(found, spans).tolist() == [2, 1, -1, 0]
    assert owners([], spans).tolist() == [-1] * 4
    assert owners(found, []).tolist() == []


def test_only_what_lies_between_the_ends_of_each_part_was_read() -> None:
    found = words(("a b c d", "e f g"))
    right = [(-1, 0, 0), (0, 0, 1), (0, 4, 5), (1, 0, 1)]  # b has no token of its own
    assert read_words(found, right).tolist() == [0, 1, 2, 4]
    left = [(0, 4, 5), (0, 6, 7), (1, 2, 3), (1, 4, 5)]
    assert read_words(found, left).tolist() == [2, 3, 5, 6]
    assert read_words(found, [(0, 5, 5), (-1, 0, 0)]).tolist() == []
    one_token = words(("end...",))
    assert read_words(one_token, [(0, 0, 3), (0, 3, 6)]).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "text", ["Don't panic, 日本 ☂ cafe\u0301!", "x" * 30 + "  y\n\nz", "हिन्दी में 👍🏽", ""]
)
def test_every_token_of_a_real_tokenizer_finds_its_word(tiny_model: Any, text: str) -> None:
    from transformers import AutoTokenizer

    from pellucid.multimodal.text.encode import token_spans

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    found = words((text,))
    spans = token_spans(tokenizer, [(text,)], 64)[0]
    offsets = tokenizer(text, return_offsets_mapping=True, truncation=True)["offset_mapping"]
    owner = owners(found, spans)
    assert len(owner) == len(offsets)
    assert {owner[0], owner[-1]} == {-1}
    for number, (start, end) in zip(owner[1:-1], offsets[1:-1], strict=True):
        assert found[number].start <= start < end <= found[number].end


def test_near_duplicates_keep_vowels_that_are_marks() -> None:
    assert plain("The  ROOM, was fine!") == plain("the room was ﬁne") == "the room was fine"
    assert plain("cafe\u0301") == plain("café")
    assert plain("दिन") != plain("दान")
