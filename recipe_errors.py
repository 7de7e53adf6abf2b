"""What is wrong with a recipe, in one paragraph: the key, what was expected, and the way out."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ValidationError

from .errors import nearest, paragraph

EXPECTED = {
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "string_type": "text",
    "list_type": "a list such as [a, b]",
    "tuple_type": "a list such as [a, b]",
    "dict_type": "a mapping from keys to values",
    "greater_than_equal": "at least {ge}",
    "greater_than": "a number above {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "a number below {lt}",
    "string_too_short": "some text",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
}
"""What to say for pydantic's types of complaints."""


def not_yaml(where: str, error: Exception) -> str:
    """Say on which line a text stops being YAML."""
    mark = getattr(error, "problem_mark", None)
    place = f"{where}, line {mark.line + 1}" if mark is not None else where
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return paragraph(place, f"this is not YAML ({problem})", "Check indentation, colons and quotes")


def explain(
    error: ValidationError, where: str, spec: type[BaseModel], raw: Mapping[str, Any]
) -> str:
    """Turn pydantic's complaints into one paragraph on the first of them.

    Parameters
    ----------
    error
        What pydantic raised.
    where
        The file's name.
    spec
        The model that the recipe should have met.
    raw
        The recipe as it was written.
    """
    # An unknown key is the likeliest cause of a missing one, so it is told first.
    complaints = sorted(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    first = complaints[0]
    keys = _keys(first["loc"], raw)
    more = len({tuple(_keys(one["loc"], raw)) for one in complaints} - {tuple(keys)})
    after = f" (and {more} more such key{'s' if more > 1 else ''})" if more else ""
    place = f"{where}, key “{'.'.join(keys)}”" if keys else where
    if first["type"] == "extra_forbidden":
        known = list(_section(spec, first["loc"][:-1]).model_fields)
        hint = nearest(keys[-1], known)
        return paragraph(
            place, f"there is no such key ({hint}){after}", "Correct or remove the key"
        )
    if first["type"] == "missing":
        what = _describe(spec, first["loc"])
        return paragraph(place, f"it is missing: {what}{after}", "Add it to the recipe")
    return paragraph(place, f"{_problem(first, spec)}{after}", "Correct the value")


def _problem(complaint: Any, spec: type[BaseModel]) -> str:
    """Say what was found and what was expected."""
    kind, given = complaint["type"], complaint["input"]
    if kind == "value_error":
        # The input of a check on a whole section is that section, which is too much to repeat.
        said = str(complaint["ctx"]["error"])
        return said if isinstance(given, dict | BaseModel) else f"found {words(given)}, {said}"
    if kind == "model_type":
        known = ", ".join(_section(spec, complaint["loc"]).model_fields)
        return f"found {words(given)}, expected a mapping with keys of {known}"
    if kind not in EXPECTED:
        return f"found {words(given)}: {complaint['msg'][:1].lower()}{complaint['msg'][1:]}"
    expected = EXPECTED[kind].format(**complaint.get("ctx", {}))
    if kind == "string_type" and given is not None and not isinstance(given, list | dict):
        expected += "; YAML reads some words otherwise, so put it in quotes"
    return f"found {words(given)}, expected {expected}"


def words(given: Any) -> str:
    """Name a value as it stands in a recipe."""
    match given:
        case None:
            return "nothing"
        case bool():
            return f"“{str(given).lower()}”"
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
    return f"“{given}”"


def _keys(loc: Sequence[int | str], raw: Any) -> list[str]:
    """Return the part of a complaint's place that a person wrote.

    pydantic also names the branches of a union, and the items of lists that a check made of one
    value; the key that is missing or unknown is always the last.
    """
    keys: list[str] = []
    value = raw
    for place, part in enumerate(loc):
        inside = (isinstance(value, Mapping) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        last = place == len(loc) - 1 and isinstance(part, str)
        if inside or (last and isinstance(value, Mapping | str)):
            value = value[part] if inside else None
            keys.append(str(part))
    return keys


def _section(spec: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel]:
    """Return the spec at a place, as far as it leads through specs."""
    for key in loc:
        field = spec.model_fields.get(str(key))
        inner = _spec_in(field.annotation) if field is not None else None
        if inner is not None:
            spec = inner
    return spec


def _spec_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if typing.get_origin(annotation) in (list, typing.Union, types.UnionType, Annotated):
        for part in typing.get_args(annotation):
            found = _spec_in(part)
            if found is not None:
                return found
    return None


def _describe(spec: type[BaseModel], loc: Sequence[int | str]) -> str:
    field = _section(spec, loc[:-1]).model_fields.get(str(loc[-1]))
    text = (field.description or "") if field is not None else ""
    if not text[1:2].isupper():  # CSV stays CSV
        text = text[:1].lower() + text[1:]
    return text.rstrip(".") or "a value is expected"
