"""Groups made from text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pellucid.fairness.groups import Grouping, intersections
from pellucid.fairness.terms.grouped import mentions, term_groups
from pellucid.fairness.terms.lists import builtin, read_lists, term_lists
from pellucid.fairness.terms.matching import matcher

TEXTS = [
    "Muslims live here",
    "a christian church",
    "Jews, Hindus and a rabbi",
    "nothing",
    "",
    "christianity's past",
    None,
]


def named(grouping: Grouping) -> list[str]:
    return [grouping.names[code] for code in grouping.codes]


def test_one_column_for_each_category() -> None:
    found = mentions(TEXTS, builtin("religion"))
    assert found.category.column == "mentions: religion"
    assert named(found.category) == [
        "Muslim", "Christian", "several", "none", "none", "Christian", "none",
    ]  # fmt: skip
    assert found.category.names == ("Christian", "Muslim", "several", "none")
    assert named(found.group("Jewish")) == ["no", "no", "yes", "no", "no", "no", "no"]


def test_one_column_for_each_term_unites_its_forms() -> None:
    texts = ["a Jew", "the jews'", "JEW!", "Jewish", "jewel"]
    found = mentions(texts, builtin("religion"))
    assert named(found.term("jew")) == ["yes", "yes", "yes", "no", "no"]
    assert named(found.term("jewish")) == ["no", "no", "no", "yes", "no"]
    assert found.named(least=2) == ("jew",)
    columns = term_groups(texts, [builtin("religion")], least=1).terms
    assert [one.column for one in columns] == ["mentions “jew”", "mentions “jewish”"]
    # They cross with others as columns of a table do.
    assert intersections(columns, 2)[0].names == ("no×no", "no×yes", "yes×no")


@pytest.mark.parametrize(
    ("category", "text", "expected"),
    [
        ("race", "a caucasian man", ["white"]),
        ("race", "caucasians and eurasians", ["white"]),
        ("race", "People of Color", ["people of color"]),
        ("race", "an African-American man", ["Black"]),
        ("race", "Native   Americans", ["Native American"]),
        ("nationality", "Native Americans and Americans", ["American"]),
        ("nationality", "Asian-American actors", []),
        ("race", "my black car", []),
        ("race", "black women", ["Black"]),
        ("disability", "she is hard of hearing", ["deaf"]),
        ("disability", "a blind date", []),
        ("gender", "the theatre was unmanned", []),
        ("gender", "women’s rights", ["female"]),
        ("gender", "@he_man and @she", []),
        ("gender", "#women", ["female"]),
        ("age", "it is 5 years old", []),
        ("religion", "anti-Muslim", ["Muslim"]),
    ],
)
def test_words_are_whole(category: str, text: str, expected: list[str]) -> None:
    assert [one.group for one in matcher(builtin(category)).find(text)] == expected


def test_every_sense_counts_where_it_is_asked_for() -> None:
    texts = ["hug black", "a black car", "hug straight"]
    assert named(mentions(texts, builtin("race")).category) == ["none"] * 3
    every = mentions(texts, builtin("race"), every_sense=True)
    assert named(every.category) == ["Black", "Black", "none"]


def test_many_texts_are_found_as_single_ones_are() -> None:
    """What Arrow passes over holds no term, as a plain look at every word tells."""
    rng = np.random.default_rng(4)
    words = [
        "he",
        "the",
        "He's",
        "shed",
        "her",
        "women",
        "(she)",
        "é",
        "éhe",
        "_he",
        "he_",
        "-man-",
    ]
    texts = [" ".join(rng.choice(words, 4)) for _ in range(2000)]
    found = {row for row, _ in matcher(builtin("gender")).find_all(texts)}
    plain = re.compile(r"(?<![\w@])(he|she|her|women|man)(?!\w)", re.IGNORECASE)
    # “-man-” is “man-made” and the like: never a man.
    expected = {row for row, text in enumerate(texts) if plain.search(text.replace("-man-", ""))}
    assert found == expected


def test_own_terms_count_as_pandas_counts_them() -> None:
    rng = np.random.default_rng(3)
    words = ["nurse", "plumber", "nurses", "nursery", "x", "Plumber's"]
    texts = [" ".join(rng.choice(words, 3)) for _ in range(500)]
    (own,) = read_lists({"jobs": {"care": ["nurse"], "craft": ["plumber"]}})
    found = mentions(texts, own)
    column = pd.Series(texts)
    for term in ("nurse", "plumber"):
        expected = column.str.contains(rf"\b{term}s?\b", case=False, regex=True)
        assert (found.term(term).codes == expected.to_numpy()).all()


def test_templates_name_their_terms(real_data: Callable[[str], Path]) -> None:
    """Each template of the Jigsaw set that has “muslim” is found, and no other."""
    table = pd.read_csv(real_data("jigsaw_templates") / "bias_madlibs_77k.csv")
    found = mentions(table["Text"].tolist(), term_lists(["religion"])[0], every_sense=True)
    for term in ("muslim", "christian", "buddhist"):
        expected = table["Text"].str.contains(rf"\b{term}s?\b", case=False, regex=True)
        assert expected.any()
        assert (found.term(term).codes == expected.to_numpy()).all()
