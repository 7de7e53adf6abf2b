"""Conversations: messages of known roles, read from the forms in which people write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import contents
from .contents import Content, Unusable

Message = dict[str, Any]

ROLES = ("system", "developer", "user", "assistant", "tool")
SPEAKERS = {
    "human": "user",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bard": "assistant",
    "bing": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "function": "tool",
    "observation": "tool",
    "tool_response": "tool",
    "function_response": "tool",
}
"""Other names that roles go by."""
CALLS = ("function_call", "tool_call")
"""Names in place of a role that say: the assistant calls a tool, and the text is the call."""

FILES = "\0files"
"""Key of a message that was just read, with the files of the pictures in it."""


class Unreadable(ValueError):
    """A cell that is no conversation: its column, and what is wrong with it."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column = column
        self.problem = problem


@dataclass(frozen=True)
class Conversation:
    """Messages in their order, and the tools that the assistant may call.

    Attributes
    ----------
    messages
        Each with `role` (one of `ROLES`) and `content` (`chat.contents`); an assistant's may have
        `tool_calls`, a tool's `name` and `tool_call_id`, and any of them `weight`, as hosted
        services take it.
    tools
        JSON schemas of the tools, as transformers' chat templates take them.
    pictures
        Files of the pictures that the messages speak of, in their order. They are not part of the
        cell: they stand in columns of their own.
    """

    messages: tuple[Message, ...]
    tools: tuple[Any, ...] = ()
    pictures: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Write as one cell: a list of messages, or a mapping with `messages` and `tools`."""
        messages = list(self.messages)
        whole = {"messages": messages, "tools": list(self.tools)} if self.tools else messages
        return json.dumps(whole, ensure_ascii=False)

    @classmethod
    def from_json(cls, cell: str) -> Conversation:
        """Read what `as_json` wrote."""
        raw = json.loads(cell)
        if isinstance(raw, dict):
            return cls(tuple(raw["messages"]), tuple(raw["tools"]))
        return cls(tuple(raw))

    @property
    def answered(self) -> bool:
        """Whether the assistant says anything."""
        return any(message["role"] == "assistant" for message in self.messages)

    @property
    def shows(self) -> int:
        """How many pictures the messages speak of."""
        return sum(contents.pictures(message["content"]) for message in self.messages)


def as_messages(column: str, cell: Any, role: str) -> list[Message]:
    """Read a cell that holds one text, one message or a list of messages."""
    try:
        found = parsed(cell)
    except ValueError:
        return [{"role": role, "content": str(cell)}]
    listed = [found] if isinstance(found, Mapping) else found
    # An answer may be JSON itself; it is taken for messages only where each says who speaks.
    if listed and all(isinstance(one, Mapping) and _speaks(one) for one in listed):
        return said(column, listed)
    return [{"role": role, "content": str(cell)}]


def said(column: str, cell: Any) -> list[Message]:
    """Read a cell that holds a list of messages.

    Raises
    ------
    Unreadable
        If it holds anything else.
    """
    try:
        found = parsed(cell)
    except ValueError as error:
        raise Unreadable(column, f"the cell is no list of messages in JSON ({error})") from None
    if isinstance(found, Mapping) and isinstance(found.get("messages"), list):
        found = found["messages"]
    if not isinstance(found, list):
        raise Unreadable(column, f"found {kind(found)}, expected a list of messages")
    if not found:
        raise Unreadable(column, "the list of messages is empty")
    return [_message(column, number, one) for number, one in enumerate(found, start=1)]


def _speaks(raw: Mapping[str, Any]) -> bool:
    return {"role", "content"} <= set(raw) or {"from", "value"} <= set(raw)


def _message(column: str, number: int, raw: Any) -> Message:
    """Bring one message into the form that all others have."""
    where = f"message {number}"
    if not isinstance(raw, Mapping):
        raise Unreadable(column, f"{where} is {kind(raw)}, expected a mapping with role and text")
    named = next((raw[key] for key in ("role", "from") if key in raw), None)
    if named is None:
        raise Unreadable(column, f"{where} has neither “role” nor “from”")
    role = str(named).strip().lower()
    text = next((raw[key] for key in ("content", "value", "text") if key in raw), None)
    content, files = _content(column, where, text)
    if role in CALLS:
        return {"role": "assistant", "content": "", "tool_calls": _calls(column, where, content)}
    role = SPEAKERS.get(role, role)
    if role not in ROLES:
        known = ", ".join((*ROLES, *SPEAKERS, *CALLS))
        raise Unreadable(column, f"{where} has the role “{named}”; known here: {known}")
    out: Message = {"role": role, "content": content or ""}
    calls = raw.get("tool_calls")
    if role == "assistant" and calls:
        out["tool_calls"] = _calls(column, where, calls)
    if files:
        out[FILES] = files
    empty = not contents.joined(out["content"], "").strip()
    if role == "assistant" and empty and "tool_calls" not in out:
        raise Unreadable(column, f"{where} is an empty answer of the assistant")
    if content is None and role != "assistant":
        raise Unreadable(column, f"{where} has neither “content” nor “value”")
    kept = ("name", "tool_call_id", "weight", "reasoning_content")
    return out | {key: raw[key] for key in kept if raw.get(key) is not None}


def _content(column: str, where: str, raw: Any) -> tuple[Content | None, list[str]]:
    """Return a message's content, and the files of the pictures in it."""
    if raw is None or isinstance(raw, str):
        return raw, []
    if isinstance(raw, Mapping):
        return json.dumps(raw, ensure_ascii=False), []
    if not isinstance(raw, list):
        return str(raw), []
    try:
        return contents.read(raw)
    except Unusable as error:
        raise Unreadable(column, f"{where} {error}") from None


def _calls(column: str, where: str, raw: Any) -> list[Message]:
    """Bring tool calls into transformers' form, their arguments as mappings."""
    try:
        found = parsed(raw)
    except ValueError as error:
        raise Unreadable(column, f"the tool call of {where} is not JSON ({error})") from None
    out = []
    for one in found if isinstance(found, list) else [found]:
        call = one.get("function", one) if isinstance(one, Mapping) else None
        if not isinstance(call, Mapping) or "name" not in call:
            raise Unreadable(column, f"a tool call of {where} names no function")
        given = call.get("arguments", call.get("parameters", {}))
        try:
            arguments = parsed(given) if given not in ("", None) else {}
        except ValueError:
            arguments = given
        kept = {"id": one["id"]} if one.get("id") is not None else {}
        function = {"name": str(call["name"]), "arguments": arguments}
        out.append({**kept, "type": "function", "function": function})
    return out


def parsed(cell: Any) -> Any:
    """Return what a cell holds as lists and mappings, JSON read; ValueError where it is none."""
    if hasattr(cell, "tolist"):  # Parquet's lists come as arrays
        cell = cell.tolist()
    if isinstance(cell, list | tuple):
        return [one.tolist() if hasattr(one, "tolist") else one for one in cell]
    if isinstance(cell, Mapping):
        return cell
    text = str(cell).strip()
    if text[:1] not in ("[", "{"):
        raise ValueError(f"it begins with “{text[:20]}”")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def kind(value: Any) -> str:
    """Say what a value is, in words."""
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value), f"a value of type {type(value).__name__}")
