"""The forms in which tables hold conversations, and one form for all of them.

Four are known by their columns: `messages` (a list of ``{"role", "content"}``, as transformers,
trl and hosted services write it), ShareGPT (`conversations`, a list of ``{"from", "value"}``),
Alpaca (`instruction`, `input`, `output`), and `prompt` with `completion`, each a text or a list of
messages. A conversation may be about pictures, whose files stand in a column of their own
(`images`), or in the messages' parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from . import contents
from .contents import Unusable
from .messages import (
    FILES,
    Conversation,
    Message,
    Unreadable,
    as_messages,
    kind,
    parsed,
    said,
)

LISTS = ("messages", "conversations", "conversation", "dialog", "dialogue")
ASKED = {
    "instruction": ("output", "response"),
    "prompt": ("completion", "response", "answer", "output"),
}
"""A column that asks, and the columns that may hold the answer to it."""

PICTURES = ("images", "image", "image_path", "pictures", "picture")
"""Columns that name a conversation's pictures."""


@dataclass(frozen=True)
class Format:
    """How a table holds conversations.

    Attributes
    ----------
    kind
        ``messages``, ``sharegpt``, ``alpaca`` or ``prompt_completion``.
    asks
        Columns whose texts make the first message, or the one column that holds all messages.
    answers
        Column with the answer to it, where there is one.
    system, tools, history
        Columns with the system's message, the tools, and earlier turns, where there are any.
    pictures
        Columns that name pictures: several files in one cell, or one in each of several.
    """

    kind: str
    asks: tuple[str, ...]
    answers: str | None = None
    system: str | None = None
    tools: str | None = None
    history: str | None = None
    pictures: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read."""
        others = (self.answers, self.system, self.tools, self.history)
        named = (name for name in others if name is not None)
        return (*self.asks, *named, *self.pictures)


def recognise(columns: Sequence[str], cells: Mapping[str, Any]) -> Format | None:
    """Recognise the form of a table; None where it is none of those known here.

    Parameters
    ----------
    columns
        Names of the columns. Case and white space around them don't matter.
    cells
        The first cell of each column that is not empty.
    """
    known = {name.strip().lower(): name for name in columns}
    more: dict[str, Any] = {name: known.get(name) for name in ("system", "tools", "history")}
    more["pictures"] = tuple(known[name] for name in PICTURES if name in known)[:1]
    for name in LISTS:
        if name in known:
            kind = kind_of(cells.get(known[name]))
            return Format(kind, (known[name],), **(more | {"history": None}))
    for asks, answers in ASKED.items():
        if asks not in known:
            continue
        answer = next((known[name] for name in answers if name in known), None)
        if asks == "instruction":
            given = (known["input"],) if "input" in known else ()
            return Format("alpaca", (known[asks], *given), answer, **more)
        return Format("prompt_completion", (known[asks],), answer, **more)
    return None


def kind_of(cell: Any) -> str:
    """Tell ShareGPT's lists from the others, by a cell that holds one."""
    try:
        found = parsed(cell)
    except ValueError:
        return "messages"
    first = found[0] if isinstance(found, list) and found else {}
    return "sharegpt" if isinstance(first, Mapping) and "from" in first else "messages"


def read(form: Format, row: Mapping[str, Any]) -> Conversation | None:
    """Read a row's conversation; None where a cell that it needs is empty.

    Parameters
    ----------
    form
        How the table holds conversations.
    row
        Cells by column: texts, lists, or lists as JSON.

    Raises
    ------
    Unreadable
        If a cell holds no conversation, a role is unknown, or an answer is empty.
    """
    first = row.get(form.columns[0])
    needed = [first] if form.answers is None else [first, row.get(form.answers)]
    if form.kind == "alpaca":  # what is asked is about these pictures
        needed += [row.get(name) for name in form.pictures]
    if any(_blank(cell) for cell in needed):
        return None
    messages: list[Message] = []
    if form.system is not None and not _blank(row.get(form.system)):
        messages.append({"role": "system", "content": str(row[form.system])})
    if form.history is not None and not _blank(row.get(form.history)):
        messages += _history(form.history, row[form.history])
    if form.kind in ("messages", "sharegpt"):
        messages += said(form.asks[0], first)
    else:
        messages += _asked(form, row)
    if form.answers is not None:
        messages += as_messages(form.answers, row[form.answers], "assistant")
    tools = _beside(first) if form.kind in ("messages", "sharegpt") else []
    if form.tools is not None and not _blank(row.get(form.tools)):
        tools = _tools(form.tools, row[form.tools])
    messages, pictures = _illustrated(form, row, messages)
    return Conversation(tuple(messages), tuple(tools), tuple(pictures))


def _illustrated(
    form: Format, row: Mapping[str, Any], messages: Sequence[Message]
) -> tuple[list[Message], list[str]]:
    """Put a conversation's pictures where its messages say, else in front of what is asked.

    Returns
    -------
    messages, files
        The messages, and the files of the pictures that they speak of.
    """
    inside = [name for one in messages for name in one.get(FILES, ())]
    messages = [{key: one[key] for key in one if key != FILES} for one in messages]
    files, column = inside, form.columns[0]
    for name in form.pictures if not inside else ():
        column = name
        try:
            files += contents.files_of(row.get(name))
        except Unusable as error:
            raise Unreadable(name, f"the cell {error}") from None
    if files:
        messages = [one | {"content": contents.placed(one["content"])} for one in messages]
    shows = sum(contents.pictures(one["content"]) for one in messages)
    if files and not shows:
        asks = next((n for n, one in enumerate(messages) if one["role"] == "user"), 0)
        content = contents.with_pictures(messages[asks]["content"], len(files))
        messages[asks] = messages[asks] | {"content": content}
    elif shows != len(files):
        raise Unreadable(
            column,
            f"the messages speak of {shows} pictures, and {len(files)} files are named for them",
        )
    return messages, files


def _asked(form: Format, row: Mapping[str, Any]) -> list[Message]:
    """Read what is asked: texts below one another, or messages."""
    if len(form.asks) == 1 and not form.pictures:
        return as_messages(form.asks[0], row[form.asks[0]], "user")
    given = [str(row[name]) for name in form.asks if not _blank(row.get(name))]
    return [{"role": "user", "content": "\n".join(given)}]


def _history(column: str, cell: Any) -> list[Message]:
    """Read earlier turns, as Alpaca's kin write them: pairs of a question and an answer."""
    try:
        found = parsed(cell)
    except ValueError:
        found = None
    pairs = isinstance(found, list) and all(
        isinstance(one, list | tuple) and len(one) == 2 for one in found
    )
    if not pairs or not isinstance(found, list):
        raise Unreadable(column, "expected a list of pairs, each a question and its answer")
    return [
        {"role": role, "content": str(text)}
        for one in found
        for role, text in zip(("user", "assistant"), one, strict=True)
    ]


def _beside(cell: Any) -> list[Any]:
    """Return the tools of a cell that holds messages and tools, as `Conversation.as_json` does."""
    found = parsed(cell)
    return list(found.get("tools") or ()) if isinstance(found, Mapping) else []


def _tools(column: str, cell: Any) -> list[Any]:
    try:
        found = parsed(cell)
    except ValueError as error:
        raise Unreadable(column, f"the tools are not JSON ({error})") from None
    tools = found if isinstance(found, list) else [found]
    for one in tools:
        if not isinstance(one, Mapping):
            raise Unreadable(column, f"a tool is {kind(one)}, expected a mapping")
    return [
        one if "function" in one or "name" not in one else {"type": "function", "function": one}
        for one in tools
    ]


def _blank(cell: Any) -> bool:
    missing = cell is None or (isinstance(cell, float) and math.isnan(cell))
    return missing or (isinstance(cell, str) and not cell.strip())
