"""Text that acts unseen is shown instead."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.multimodal.escape import visible


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain text", "plain text"),
        ("a\x00b", "a␀b"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\x7fb\x85c", "a␡b⟨U+0085⟩c"),
        ("user\u202etxt.exe", "user⟨U+202E⟩txt.exe"),
        ("\u2066a\u2069", "⟨U+2066⟩a⟨U+2069⟩"),
        ("pay\u200bpal\ufeff", "pay⟨U+200B⟩pal⟨U+FEFF⟩"),
        ("half \ud83d", "half ⟨U+D83D⟩"),
        ("\uffff\ufdd0", "⟨U+FFFF⟩⟨U+FDD0⟩"),
        ("a\r\nb\nc", "a⏎b⏎c"),
        ("a\u2028b", "a⟨U+2028⟩b"),
        ("tab\there", "tab␉here"),
        ("ㅤ", "⟨U+3164⟩"),
    ],
)
def test_what_acts_unseen_is_shown(raw: str, shown: str):
    assert visible(raw) == shown


@pytest.mark.parametrize("text", ["می\u200cخواهم", "👩\u200d💻", "क्\u200dष", "שלום", "日本語", "é"])
def test_real_writing_stays_as_it_is(text: str):
    assert visible(text) == text


def test_joiners_between_latin_letters_are_shown():
    assert visible("pay\u200dpal") == "pay⟨U+200D⟩pal"
    assert visible("\u200cخ") == "⟨U+200C⟩خ"


def test_lines_may_be_kept():
    assert visible("a\r\nb\x00", lines=True) == "a\nb␀"


def test_stacked_marks_are_counted():
    assert visible("a" + "\u0301" * 30 + "b") == "a" + "\u0301" * 8 + "⟨+22 marks⟩b"
    assert visible("a" + "\u0301" * 9) == "a" + "\u0301" * 8 + "⟨+1 marks⟩"


def test_long_text_is_cut_and_counted():
    assert visible("x" * 5000, 10) == "x" * 10 + "… (4,990 more characters)"
    assert visible("x" * 11, 10) == "x" * 10 + "… (1 more character)"
    assert visible("x" * 10, 10) == "x" * 10


@given(st.text(st.characters(exclude_categories=())))
def test_anything_can_be_stored_and_parsed(text: str):
    shown = visible(text)
    shown.encode("utf-8")
    plain = shown.replace("&", "").replace("<", "")
    assert (ElementTree.fromstring(f"<a>{plain}</a>").text or "") == plain
    assert "\n" not in shown
    for char in shown:
        assert unicodedata.bidirectional(char) not in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
        }  # fmt: skip


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_showing_twice_changes_nothing_more(text: str):
    assert visible(visible(text)) == visible(text)
