"""What a message holds: a text, or parts of which some are pictures.

A message without pictures holds its text as such. One with pictures holds a list of parts in their
order, ``{"type": "text", "text": …}`` and ``{"type": "image"}``, as transformers' chat templates
take it. Which pictures they are is not said there: the pictures of a conversation stand beside its
messages, in the order in which its parts speak of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Part = dict[str, Any]
Content = str | list[Part]

PLACE = "<image>"
"""Where a picture stands in a text, as LLaVA's data and those made after it write it."""

SHOWN = "[picture]"
"""A picture in a text for people."""

PICTURE: Part = {"type": "image"}

PATHS = ("image", "path", "url", "image_url", "file")
"""Keys of a part under which its picture's file is named."""


class Unusable(ValueError):
    """What is wrong with a message's parts, in words that end a sentence."""


def read(raw: Any) -> tuple[Content, list[str]]:
    """Read a list of parts, as services and transformers write them; parts of text are joined.

    Returns
    -------
    content, files
        The content; the files that its pictures name, where they name any.

    Raises
    ------
    Unusable
        If a part is neither text nor picture.
    """
    parts: list[Part] = []
    files: list[str] = []
    for part in raw:
        kind = part.get("type", "text") if isinstance(part, Mapping) else type(part).__name__
        if kind == "text":
            _add(parts, str(part.get("text", "")))
        elif kind in ("image", "image_url"):
            parts.append(PICTURE)
            files += _named(part)
        else:
            raise Unusable(f"holds a part of type “{kind}”, expected text or image")
    return plain(parts), files


def placed(content: Content) -> Content:
    """Put pictures where a text says `PLACE`."""
    if not isinstance(content, str) or PLACE not in content:
        return content
    first, *others = content.split(PLACE)
    parts: list[Part] = []
    _add(parts, first)
    for text in others:
        parts.append(PICTURE)
        _add(parts, text)
    return parts


def with_pictures(content: Content, count: int) -> Content:
    """Put pictures in front of a content."""
    if not count:
        return content
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [PICTURE] * count + [one for one in parts if one.get("text") != ""]


def plain(parts: Sequence[Part]) -> Content:
    """Return parts as a text where none of them is a picture."""
    if any(one["type"] != "text" for one in parts):
        return list(parts)
    return "".join(one["text"] for one in parts)


def pictures(content: Content) -> int:
    """Count a content's pictures."""
    return 0 if isinstance(content, str) else sum(one["type"] == "image" for one in content)


def shown(content: Content) -> str:
    """Return a content as a text for people."""
    if isinstance(content, str):
        return content.strip()
    parts = [SHOWN if one["type"] == "image" else one["text"].strip(" ") for one in content]
    return " ".join(parts).strip()


def joined(content: Content, picture: str) -> str:
    """Return a content as one text, with another text where a picture stands."""
    if isinstance(content, str):
        return content
    return "".join(one["text"] if one["type"] == "text" else picture for one in content)


def files_of(cell: Any) -> list[str]:
    """Return the files that a cell names: a path, a list of paths, or such a list as JSON.

    Raises
    ------
    Unusable
        If it holds anything else.
    """
    if isinstance(cell, str):
        if not cell.lstrip().startswith("["):
            return [cell.strip()] if cell.strip() else []
        try:
            cell = json.loads(cell)
        except ValueError as error:
            raise Unusable(f"is no list of files in JSON ({error})") from None
    if hasattr(cell, "tolist"):  # Parquet's lists come as arrays
        cell = cell.tolist()
    if not isinstance(cell, list | tuple):
        return []
    found: list[str] = []
    for one in cell:
        name = _first(one) if isinstance(one, Mapping) else one
        if not isinstance(name, str) or not name.strip():
            raise Unusable("holds a picture that is not named by its file")
        found.append(name.strip())
    return found


def _named(part: Mapping[str, Any]) -> list[str]:
    """Return the file that a part names, none where it names none."""
    found = _first(part)
    if isinstance(found, Mapping):
        found = found.get("url")
    if found is None:
        return []
    name = str(found)
    if name.startswith(("http:", "https:", "data:")):
        raise Unusable(
            "holds a picture that is no file but an address or the picture's own bytes; save it as "
            "a file and name that"
        )
    return [name.removeprefix("file://")]


def _first(part: Mapping[str, Any]) -> Any:
    return next((part[key] for key in PATHS if part.get(key) is not None), None)


def _add(parts: list[Part], text: str) -> None:
    if not text:
        return
    if parts and parts[-1]["type"] == "text":
        parts[-1] = {"type": "text", "text": parts[-1]["text"] + text}
    else:
        parts.append({"type": "text", "text": text})
