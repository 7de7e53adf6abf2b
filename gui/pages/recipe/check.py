"""What is wrong with a recipe's text, and where: the key, the line, the words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ....errors import RecipeError
from ....recipe import Recipe
from .schema import Keys
from .splice import line_of, read

WHERE = "recipe"
"""What errors call the text, so that the place that they name can be read again."""

PLACE = re.compile(rf"^{WHERE}(?:, line (?P<line>\d+)|, key “(?P<key>.+?)”)?: (?P<said>.*)$", re.S)
"""The form of `errors.paragraph` in which recipes complain."""


@dataclass(frozen=True)
class Fault:
    """One complaint.

    Attributes
    ----------
    paragraph
        All of it, for people.
    said
        The problem alone, as it stands under a field.
    keys
        Place of the key; empty where the text as a whole is at fault.
    line
        Line of the text, from 0; None where none can be named.
    """

    paragraph: str
    said: str
    keys: Keys = ()
    line: int | None = None


@dataclass(frozen=True)
class Checked:
    """A text that was checked.

    Attributes
    ----------
    raw
        Its plain data; None if it is no YAML, or no mapping.
    fault
        The first complaint.
    recipe
        The recipe, where there is no complaint.
    """

    raw: dict[str, Any] | None
    fault: Fault | None = None
    recipe: Recipe | None = None


def check(text: str, folder: Path) -> Checked:
    """Check a recipe's text.

    Parameters
    ----------
    text
        YAML.
    folder
        Folder to which its paths are relative.
    """
    try:
        recipe = Recipe.parse(text, where=WHERE, folder=folder)
    except RecipeError as error:
        fault = _fault(str(error), text)
    else:
        return Checked(read(text), None, recipe)
    if fault.line is not None and not fault.keys:
        return Checked(None, fault)
    try:
        raw = read(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        raw = None
    return Checked(raw if isinstance(raw, dict) else None, fault)


def _fault(paragraph: str, text: str) -> Fault:
    found = PLACE.match(paragraph)
    if found is None:
        return Fault(paragraph, paragraph)
    keys = tuple(found["key"].split(".")) if found["key"] else ()
    line = int(found["line"]) - 1 if found["line"] else line_of(text, keys) if keys else None
    return Fault(paragraph[:1].upper() + paragraph[1:], found["said"], keys, line)
