"""Changing one value of YAML text, against PyYAML's own reading and the lines that differ."""

from __future__ import annotations

import difflib
from copy import deepcopy
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pellucid.gui.pages.recipe.splice import line_of, put
from pellucid.recipe import Recipe

TEXT = """\
# what this is for
name: demo   # said here

data:
  source: reviews.csv   # the table
  inputs: {text: text}
  # people
  groups:
    - gender
    - region   # where they live
  label: sentiment
model: {name: bundled/minilm}
train: {epochs: 3, batch_size: 32}
evaluate:
audit:
  positive:
  # how many are crossed
  depth: 2
# the end
"""


def changed(before: str, after: str) -> list[str]:
    """Return the lines that went and came."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def with_value(raw: Any, keys: tuple[str, ...], value: Any) -> Any:
    out = deepcopy(raw) or {}
    place = out
    for key in keys[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[keys[-1]] = value
    return out


@pytest.mark.parametrize(
    ("keys", "value", "lines"),
    [
        (("name",), "x: y", ["-name: demo   # said here", "+name: 'x: y'   # said here"]),
        (
            ("train", "epochs"),
            5,
            [
                "-train: {epochs: 3, batch_size: 32}",
                "+train: {epochs: 5, batch_size: 32}",
            ],
        ),
        (
            ("train", "learning_rate"),
            5e-5,
            [
                "-train: {epochs: 3, batch_size: 32}",
                "+train: {epochs: 3, batch_size: 32, learning_rate: 5.0e-05}",
            ],
        ),
        (("audit", "positive"), "yes", ["-  positive:", "+  positive: 'yes'"]),
        (("audit", "depth"), None, ["-  depth: 2", "+  depth:"]),
        (("audit", "small"), 9, ["+  small: 9"]),
        (("evaluate", "seed"), 1, ["-evaluate:", "+evaluate: {seed: 1}"]),
        (("explain", "rows"), "10:20", ["+", "+explain:", "+  rows: '10:20'"]),
        (("data", "groups"), ["gender", "age"], ["-    - region   # where they live"]),
        (("data", "split", "column"), "part", ["+  split: {column: part}"]),
    ],
)
def test_only_what_is_meant_changes(keys: tuple[str, ...], value: Any, lines: list[str]) -> None:
    out = put(TEXT, keys, value)
    assert yaml.safe_load(out) == with_value(yaml.safe_load(TEXT), keys, value)
    found = changed(TEXT, out)
    if keys == ("data", "groups"):
        assert found == [*lines, "+    - age   # where they live"]
    else:
        assert found == lines


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.lists(st.text(max_size=6), max_size=3),
    st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=3),
)
PLACES = st.sampled_from(
    [
        ("name",),
        ("data", "source"),
        ("data", "inputs"),
        ("data", "groups"),
        ("data", "label"),
        ("data", "split", "column"),
        ("data", "split", "train"),
        ("model", "name"),
        ("train", "epochs"),
        ("train", "early_stopping", "patience"),
        ("evaluate", "splits"),
        ("audit", "positive"),
        ("report", "title"),
    ]
)


@settings(max_examples=60, deadline=None)
@example([(("name",), "\x85")], TEXT)
@example([(("data", "inputs"), {"\x7f": "text"})], TEXT)
@given(st.lists(st.tuples(PLACES, VALUES), max_size=6), st.sampled_from([TEXT, "", "# only this"]))
def test_any_edits_leave_what_was_meant(edits: list[Any], text: str) -> None:
    wanted = yaml.safe_load(text) or {}
    comments = [line for line in text.splitlines() if line.startswith("#")]
    for keys, value in edits:
        text = put(text, keys, value)
        wanted = with_value(wanted, keys, value)
        assert yaml.safe_load(text) == wanted
    assert all(comment in text for comment in comments)


def test_text_that_is_too_unusual_is_written_anew() -> None:
    text = "a: &one {x: 1}\nb: *one\n"
    assert yaml.safe_load(put(text, ("b", "x"), 2)) == {"a": {"x": 1}, "b": {"x": 2}}


def test_the_same_value_changes_nothing() -> None:
    assert put(TEXT, ("train", "epochs"), 3) is TEXT
    assert put(TEXT, ("train", "epochs"), 3.0) != TEXT


def test_lines_of_keys() -> None:
    lines = TEXT.splitlines()
    for keys in (("name",), ("data", "groups"), ("audit", "depth")):
        line = line_of(TEXT, keys)
        assert line is not None
        assert keys[-1] in lines[line]
    assert line_of(TEXT, ("data", "groups", "1")) == lines.index("    - region   # where they live")
    assert line_of(TEXT, ("train", "epochz")) == line_of(TEXT, ("train",))
    assert line_of(TEXT, ("nowhere",)) is None


def test_a_whole_recipe_can_be_walked_through() -> None:
    text = Recipe.demo().dump()
    raw = yaml.safe_load(text)
    for section, keys in raw.items():
        for key, value in keys.items() if isinstance(keys, dict) else ():
            assert put(text, (section, key), value) is text
