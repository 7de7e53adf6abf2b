"""Lists that people bring."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pellucid.errors import DataError
from pellucid.fairness.terms.lists import read_lists, term_lists
from pellucid.fairness.terms.matching import matcher
from pellucid.fairness.terms.swap import swap

PLAIN = {"jobs": {"care": ["nurse", "child minder"], "craft": ["plumber", "brick layer"]}}


@pytest.mark.parametrize("ending", ["yaml", "json", "csv"])
def test_each_form_says_the_same(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"own.{ending}"
    if ending == "csv":
        lines = [f"jobs,{group},{word}" for group, words in PLAIN["jobs"].items() for word in words]
        path.write_text("\n".join(["category,group,word", *lines]))
    else:
        path.write_text(json.dumps(PLAIN))
    (found,) = read_lists(path)
    assert (found.category, found.groups) == ("jobs", ("care", "craft"))
    done = swap("The nurses and a brick-layer met.", found, "care", "craft")
    assert done is not None and done.text == "The plumbers and a child minder met."
    assert found.slots == read_lists(PLAIN)[0].slots


def test_a_table_like_those_that_come_along(tmp_path: Path) -> None:
    path = tmp_path / "region.csv"
    path.write_text("kind,north,south\nadjective,=Northern,=Southern\nnoun,Yankee,Southerner\n")
    (found,) = read_lists(path)
    done = swap("A Yankee with a Northern accent, in northern light", found)
    assert done is not None
    assert done.text == "A Southerner with a Southern accent, in northern light"


def test_word_pairs(tmp_path: Path) -> None:
    path = tmp_path / "drinks.txt"
    path.write_text("tea\tcoffee \ncoffee\ttea\nmug \t glass\n")
    (found,) = read_lists(path)
    assert found.groups == ("first", "second")
    done = swap("Tea in a mug", found)
    assert done is not None and done.text == "Coffee in a glass"
    back = swap("Coffee in a glass", found)
    assert back is not None and back.text == "Tea in a glass"  # no pair leads back from “glass”


def test_winobias_swaps(real_data: Callable[[str], Path]) -> None:
    (found,) = read_lists(real_data("winobias") / "generalized_swaps.txt")
    assert found.groups == ("male", "female")
    for text, expected in (
        ("His aunt is an actress.", "Her uncle is an actor."),
        ("The car is hers.", "The car is his."),
        ("I told her about her chairman.", "I told him about his chairwoman."),
    ):
        done = swap(text, found)
        assert done is not None and done.text == expected


def test_an_own_list_stands_for_the_one_of_its_name() -> None:
    found = term_lists(["gender", "race"], {"gender": {"a": ["fox"], "b": ["vixen"]}})
    assert [one.category for one in found] == ["race", "gender"]
    assert found[1].groups == ("a", "b")


def test_a_word_that_only_some_groups_have_is_not_swapped_for_the_others() -> None:
    (found,) = read_lists({"x": {"a": ["one", "two"], "b": ["uno"], "c": ["un", "deux"]}})
    assert swap("two", found, "a", "b") is None
    done = swap("two", found, "a", "c")
    assert done is not None and done.text == "deux"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", "jobs: [nurse]", "“jobs”: it holds no groups"),
        ("a.yaml", "jobs: {care: nurse}", "“jobs”, “care”: it holds no list"),
        ("a.yaml", "jobs: {care: [nurse, 7]}", "word 2: found 7, expected a word"),
        ("a.yaml", "jobs: {none: [nurse]}", "stands for texts that mention no group"),
        ("a.yaml", "jobs: {a: [", "it can't be read"),
        ("a.yaml", "- nurse", "it holds no categories"),
        ("a.csv", "word,other\nnurse,plumber\n", "its columns are word, other"),
        ("a.csv", "category,group,word\njobs,,nurse\n", "row 2: its group is empty"),
        ("a.csv", "kind,a,b\nnoun,fox\n", "row 2: it has 1 cells for 2 groups"),
        ("a.csv", "kind,a,b\nnuon,fox,vixen\n", "found the kind “nuon”"),
        ("a.txt", "one\ttwo\nthree\n", "line 2: it has 1 words"),
    ],
)
def test_what_is_wrong_is_named(name: str, content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError) as error:
        read_lists(path)
    assert said in str(error.value) and str(path) in str(error.value)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gendr.*gender"):
        term_lists(["gendr"])
    with pytest.raises(DataError, match="no list is named"):
        term_lists()
    with pytest.raises(DataError, match="can't be read"):
        term_lists([], tmp_path / "nowhere.yaml")


def test_letters_of_any_alphabet_bound_words() -> None:
    (found,) = read_lists({"x": {"a": ["né"], "b": ["été"]}})
    assert [(one.start, one.end) for one in matcher(found).find("né, néon, Renée né_ NÉ")] == [
        (0, 2),
        (20, 22),
    ]
