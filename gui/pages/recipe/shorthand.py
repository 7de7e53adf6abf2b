"""Sections that a recipe may write short: ``adapt: lora`` for ``adapt: {kind: lora}``."""

from __future__ import annotations

from typing import Any

from .schema import Keys, at

SHORT: dict[Keys, str] = {("model", "adapt"): "kind"}
"""Place of a section to the key that stands for all of it."""


def expanded(raw: Any) -> Any:
    """Return plain data in which no section is written short."""
    for place, key in SHORT.items():
        given, value = at(raw, place)
        if given and isinstance(value, str):
            raw = _with(raw, place, {key: value})
    return raw


def as_written(raw: Any, keys: Keys, value: Any) -> tuple[Keys, Any]:
    """Return the place and the value by which an edit of one key is written.

    A section that is written short, or not at all, stays short as long as it can.
    """
    for place, key in SHORT.items():
        if keys[: len(place)] != place or len(keys) != len(place) + 1:
            continue
        given, section = at(raw, place)
        if given and isinstance(section, dict):
            return keys, value
        if keys[-1] == key and isinstance(value, str):
            return place, value
        short = {key: section} if isinstance(section, str) else {}
        return place, {**short, keys[-1]: value}
    return keys, value


def _with(raw: Any, place: Keys, value: Any) -> Any:
    if not place:
        return value
    return {**raw, place[0]: _with(raw[place[0]], place[1:], value)}
