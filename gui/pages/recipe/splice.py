"""Changing one value in YAML text and leaving every other character as the person wrote it.

The place is found by the marks of PyYAML's nodes. What comes out is read again and compared with
what was meant; where the text is too unusual for a splice (aliases, tabs), it is written anew,
which loses comments but no value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import yaml

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def put(text: str, keys: Sequence[str], value: Any) -> str:
    """Return the text with one value set.

    Parameters
    ----------
    text
        YAML of a mapping, or nothing.
    keys
        Place of the value; mappings on the way are made where they are missing.
    value
        Plain data; None leaves the key empty.

    Raises
    ------
    yaml.YAMLError
        If the text is no YAML.
    """
    before = read(text)
    wanted = _with(before if isinstance(before, dict) else {}, keys, value)
    if _same(wanted, before):
        return text
    try:
        out = _splice(text, list(keys), value)
        if _same(read(out), wanted):
            return out
    except (yaml.YAMLError, IndexError, ValueError):
        pass
    plain = _json(wanted).isprintable()
    return yaml.safe_dump(wanted, sort_keys=False, allow_unicode=plain, width=100)


def read(text: str) -> Any:
    """Read YAML as plain data."""
    return yaml.load(text, Loader=Loader)


def line_of(text: str, keys: Sequence[str]) -> int | None:
    """Return the line, from 0, of a key, or of the nearest one above it; None if there is none."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    line: int | None = None
    for key in keys:
        if isinstance(node, yaml.SequenceNode) and key.isdecimal() and int(key) < len(node.value):
            node = node.value[int(key)]
            line = node.start_mark.line
            continue
        pair = _pair(node, key)
        if pair is None:
            break
        line, node = pair[0].start_mark.line, pair[1]
    return line


def flow(value: Any) -> str:
    """Write a value on one line, in YAML's flow style; nothing for None."""
    if value is None:
        return ""
    text: str = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=math.inf
    )
    text = text.removesuffix("...\n").strip()
    # PyYAML writes some characters as they are that it then reads as a space, or refuses.
    return text if text.isprintable() and _json(value).isprintable() else _quoted(value)


def _quoted(value: Any) -> str:
    """Write a value as JSON, with escapes that YAML knows for what can't be seen."""
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in _json(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _splice(text: str, keys: list[str], value: Any) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    if node is None:
        head = text if not text or text.endswith("\n") else text + "\n"
        return head + _block(keys, value, 0)
    for depth, key in enumerate(keys):
        pair = _pair(node, key)
        if pair is None:
            return _insert(text, node, keys[depth:], value)
        if depth + 1 < len(keys) and not isinstance(pair[1], yaml.MappingNode):
            return _replace(text, node, pair, _nested(keys[depth + 1 :], value))
        if depth + 1 == len(keys):
            return _replace(text, node, pair, value)
        node = pair[1]
    return text


def _replace(text: str, mapping: Any, pair: tuple[Any, Any], value: Any) -> str:
    """Put a value in the place of the one that a key has."""
    key, old = pair
    start, end = old.start_mark.index, _end(old)
    block = not mapping.flow_style
    new = flow(value)
    if not new and not block:
        new = "null"
    head, tail = text[:start], text[end:]
    listed = isinstance(old, yaml.SequenceNode) and not old.flow_style and block
    if listed and isinstance(value, list) and value:
        gap = " " * old.start_mark.column
        return head + f"\n{gap}".join(f"- {flow(one) or 'null'}" for one in value) + tail
    if isinstance(old, yaml.CollectionNode) and not old.flow_style and block:
        # The block began on a line of its own: the new value stands behind the key.
        head = text[: key.end_mark.index] + ":"
    elif start == end and _empty(old):  # `key:` with nothing behind it
        colon = text.index(":", key.end_mark.index)
        head, tail = text[: colon + 1], text[colon + 1 :]
    if not new:
        return head.rstrip(" ") + tail
    space = "" if head.endswith((" ", "\n")) else " "
    return head + space + new + tail


def _insert(text: str, node: Any, keys: list[str], value: Any) -> str:
    """Add keys to a mapping that lacks the first of them."""
    if not isinstance(node, yaml.MappingNode):
        raise ValueError("there is no mapping here")
    if node.flow_style:
        brace = node.end_mark.index - 1
        written = f"{flow(keys[0])}: {flow(_nested(keys[1:], value)) or 'null'}"
        if not node.value:
            return text[:brace] + written + text[brace:]
        last = _end(node.value[-1][1])
        comma = "" if "," in text[last:brace] else ","
        return text[:last] + f"{comma} {written}" + text[last:]
    column = node.value[0][0].start_mark.column
    last = _end(node.value[-1][1])
    stop = text.find("\n", last)
    written = _block(keys, value, column)
    if stop < 0:
        return text + "\n" + written
    gap = "\n" if column == 0 and len(keys) > 1 else ""
    return text[: stop + 1] + gap + written + text[stop + 1 :]


def _block(keys: list[str], value: Any, column: int) -> str:
    """Write a key on a line of its own; a section's first key below it."""
    gap = " " * column
    if column == 0 and len(keys) > 1:
        inner = _nested(keys[2:], value)
        return f"{flow(keys[0])}:\n  {flow(keys[1])}: {flow(inner)}".rstrip() + "\n"
    return f"{gap}{flow(keys[0])}: {flow(_nested(keys[1:], value))}".rstrip() + "\n"


def _end(node: Any) -> int:
    """Return where a node's last character stands; a block's end mark lies beyond its comments."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        inner = last[1] if isinstance(last, tuple) else last
        if isinstance(last, tuple) and _empty(inner):
            return int(last[0].end_mark.index) + 1
        return _end(inner)
    return int(node.end_mark.index)


def _empty(node: Any) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None


def _pair(node: Any, key: str) -> tuple[Any, Any] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    found = (pair for pair in node.value if getattr(pair[0], "value", None) == key)
    return next(found, None)


def _nested(keys: Sequence[str], value: Any) -> Any:
    for key in reversed(keys):
        value = {key: value}
    return value


def _with(raw: dict[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any]:
    out: dict[str, Any] = _copy(raw)
    place: Any = out
    for key in keys[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[keys[-1]] = value
    return out


def _copy(raw: Any) -> Any:
    """Copy plain data; what an alias shares becomes two things."""
    if isinstance(raw, dict):
        return {key: _copy(value) for key, value in raw.items()}
    return [_copy(one) for one in raw] if isinstance(raw, list) else raw


def _same(one: Any, other: Any) -> bool:
    """Whether plain data is equal, types counted: 1 is neither true nor 1.0."""
    return repr(one) == repr(other)
