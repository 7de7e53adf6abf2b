"""Personal data in tables: published check digits, what is found, and what is passed over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pellucid.fairness.privacy.kinds import card, iban, luhn, social_security
from pellucid.fairness.privacy.masking import masked
from pellucid.fairness.privacy.personal import Personal, find_personal, suggests

# Examples that the registry of ISO 13616 publishes.
IBANS = [
    "GB82 WEST 1234 5698 7654 32",
    "DE89370400440532013000",
    "FR14 2004 1010 0505 0001 3M02 606",
    "NO9386011117947",
    "CH93 0076 2011 6238 5295 7",
    "MT84MALT011000012345MTLCAST001S",
    "NL91ABNA0417164300",
]
# Numbers that card issuers publish for tests.
CARDS = [
    "4111111111111111",
    "5555 5555 5555 4444",
    "3782-822463-10005",
    "6011111111111117",
    "30569309025904",
    "3530111333300000",
    "2223003122003222",
]


@pytest.mark.parametrize("number", IBANS)
def test_published_ibans(number: str) -> None:
    assert iban(number)
    digits = [at for at, one in enumerate(number) if one.isdecimal()]
    for at in digits[2:]:
        other = str((int(number[at]) + 1) % 10)
        assert not iban(number[:at] + other + number[at + 1 :])
    assert not iban(number + "0")
    found = find_personal({"a": [f"pay to {number}, soon"]})
    assert ("iban", 1) in {(one.kind, one.rows) for one in found.found}


@pytest.mark.parametrize("number", CARDS)
def test_published_card_numbers(number: str) -> None:
    assert luhn(number) and card(number)
    last = str((int(number[-1]) + 1) % 10)
    assert not luhn(number[:-1] + last)
    (one,) = find_personal({"a": [f"card {number} of mine", f"card {number[:-1] + last}"]}).found
    assert (one.kind, one.rows) == ("card", 1)


def test_luhn_finds_every_wrong_digit_and_most_swaps() -> None:
    """The formula finds all single errors, and all swaps but that of 0 and 9."""
    assert luhn("79927398713") and not luhn("79927398710")
    rng = np.random.default_rng(3)
    assert np.mean([luhn(f"{one:012d}") for one in rng.integers(10**12, size=4000)]) < 0.13
    assert not luhn("79297398713")


@pytest.mark.parametrize(
    ("number", "given"),
    [
        ("219-09-9999", True),
        ("000-12-3456", False),
        ("666-12-3456", False),
        ("900-12-3456", False),
        ("219-00-9999", False),
        ("219-09-0000", False),
    ],
)
def test_social_security_numbers_that_can_be(number: str, given: bool) -> None:
    assert social_security(number) == given


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("email", "write to jane.doe@example.org today", "j***@e***.org"),
        ("email", "müller+x@post.uni-köln.de", "m***@p***.de"),
        ("phone", "call +49 30 901820", "+4* ** ******"),
        ("phone", "call (030) 901820", "(0**) ******"),
        ("phone", "call 555-123-4567", "5**-***-****"),
        ("ip", "from 93.184.216.34 it came", "9*.***.***.**"),
        ("ip", "from 2001:4860:4860::8888", "2***:****:****::****"),
        ("handle", "thanks @jane_d!", "@j***_*"),
        ("profile", "see https://github.com/torvalds", None),
        ("profile", "ftp https://jane:secret@example.org/x", None),
        ("birth", "born on 12 March 1984 in Ulm", None),
        ("birth", "DOB: 1984-03-12", None),
        ("national_insurance", "number AB 12 34 56 C", "A* ** ** ** *"),
        ("registration", "numéro 2 55 08 14 168 025 38", "2 ** ** ** *** *** **"),
        ("coordinates", "at 48.85837, 2.29448", "4*.*****, *.*****"),
    ],
)
def test_each_kind_is_found_and_masked(kind: str, text: str, shown: str | None) -> None:
    found = {one.kind: one for one in find_personal({"note": ["nothing", text]}).found}
    assert kind in found
    one = found[kind]
    assert (one.column, one.rows, one.examples[0][0]) == ("note", 1, 2)
    if shown is not None:
        assert one.examples[0][1] == shown
    letters = [char for char in one.examples[0][1] if char.isalnum()]
    assert len(letters) <= (5 if kind == "email" else 1)


@pytest.mark.parametrize(
    "text",
    [
        "the price is 1,234,567.89 and pi is 3.14159265358979",
        "on 2020-01-01 at 12:30:45",
        "from 2004-2005 and 10-20-30",
        "ISBN 978-3-16-148410-0",
        "a ratio of 12:30:45 and 0.0.0.0 and 127.0.0.1",
        "mail me @ home, or at work.",
        "range 91.12345, 200.12345",
        "part number 4111111111111112",
        "DE89370400440532013001",
        "he was born in 1984",
        "1 85 05 78 006 084 92",
    ],
)
def test_what_only_looks_like_it_is_passed_over(text: str) -> None:
    assert find_personal({"a": [text]}).found == ()


def test_every_date_in_a_column_of_births_is_one() -> None:
    table = pd.DataFrame({"birth_date": ["1984-03-12", None], "seen": ["2020-01-01", "x"]})
    found = find_personal(table)
    assert [(one.kind, one.column, one.rows) for one in found.found] == [("birth", "birth_date", 1)]


@pytest.mark.parametrize(
    ("column", "title"),
    [
        ("userName", "names"),
        ("E-Mail", "e-mail addresses"),
        ("date_of_birth", "dates of birth"),
        ("ssn", "numbers of social security or identity"),
        ("zip_code", "postal addresses"),
        ("lat", "places"),
    ],
)
def test_names_of_columns_suggest_it(column: str, title: str) -> None:
    assert title in {one.title for one in suggests(column)}


@pytest.mark.parametrize("column", ["text", "platform", "label", "emailed", "shipped", "latest"])
def test_other_names_of_columns_suggest_nothing(column: str) -> None:
    assert list(suggests(column)) == []


def test_names_of_a_list_are_found_as_whole_words() -> None:
    table = {"a": ["Ann met Anna", "Annabel", "a.b", "axb", "Jean-Luc (Picard)"]}
    (one,) = find_personal(table, names=["Ann", "a.b", "Jean-Luc (P"]).found
    assert (one.kind, one.rows) == ("name", 2)


def test_rows_are_counted_once_and_places_every_time() -> None:
    table = pd.DataFrame(
        {
            "a": ["x@y.org and z@y.org", "plain", None, "call +49 30 901820"],
            "b": ["x@y.org", 4, 2.5, None],
        }
    )
    found = find_personal(table)
    mails = {one.column: (one.rows, one.count) for one in found.found if one.kind == "email"}
    assert mails == {"a": (1, 2), "b": (1, 1)}
    assert (found.rows, found.touched) == (4, 2)
    assert Personal.from_json(found.as_json()) == found


def test_texts_that_no_file_can_hold() -> None:
    found = find_personal({"a": ["half \ud800 of a pair x@y.org", "\x00"]})
    assert [one.kind for one in found.found] == ["email"]


def test_masks_show_one_character() -> None:
    assert masked("jane.doe@example.co.uk") == "j***@e***.uk"
    assert masked("") == "" and masked("--") == "--"
    assert len(masked("a" * 500)) == 40
