"""Pairs of answers to the same conversation, of which one is preferred.

Tables hold them in three forms: a conversation in any form that `multimodal.text.chat.formats`
knows beside the columns `chosen` and `rejected`; a `prompt` beside them; or `chosen` and `rejected`
alone as two whole conversations, whose common beginning is the prompt. An answer is a text, a
message, or a list of messages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .chat.formats import Format, read, recognise
from .chat.messages import Conversation, Message, Unreadable, as_messages
from .chat.template import Template, shortened
from .encode import longest
from .packing import Sequences

CHOSEN, REJECTED = "chosen", "rejected"


@dataclass(frozen=True)
class Columns:
    """Where a table holds preferences: the prompt's form, None where both answers begin with it."""

    prompt: Format | None
    chosen: str
    rejected: str


def find(columns: Sequence[str], cells: Mapping[str, Any]) -> Columns | None:
    """Find the columns of preferences; None where there are none.

    Parameters
    ----------
    columns
        Names of the columns. Case and white space around them don't matter.
    cells
        The first cell of each column that is not empty.
    """
    known = {name.strip().lower(): name for name in columns}
    if CHOSEN not in known or REJECTED not in known:
        return None
    others = [name for name in columns if name not in (known[CHOSEN], known[REJECTED])]
    form = recognise(others, cells)
    prompt = None if form is None else replace(form, answers=None)
    return Columns(prompt, known[CHOSEN], known[REJECTED])


def read_pair(where: Columns, row: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Read a row: the prompt and either answer, as JSON; None where a cell is empty.

    Raises
    ------
    Unreadable
        If a cell is no conversation, or no answer of the assistant.
    """
    sides = []
    for column in (where.chosen, where.rejected):
        if row.get(column) is None or not str(row[column]).strip():
            return None
        sides.append(as_messages(column, row[column], "assistant"))
    asked: Conversation | None = None
    if where.prompt is not None:
        asked = read(where.prompt, row)
        if asked is None:
            return None
    shared = _shared(*sides)
    if shared:
        # Both answers are whole conversations: a prompt beside them says the same once more.
        tools = () if asked is None else asked.tools
        asked = Conversation(tuple(sides[0][:shared]), tools)
        sides = [side[shared:] for side in sides]
    if asked is None:
        raise Unreadable(
            where.chosen, "there is no prompt: the two answers don't begin with the same messages"
        )
    for column, side in zip((where.chosen, where.rejected), sides, strict=True):
        if not side or any(one["role"] == "user" for one in side):
            raise Unreadable(column, "expected an answer of the assistant behind the prompt")
    chosen, rejected = (json.dumps(side, ensure_ascii=False) for side in sides)
    return asked.as_json(), chosen, rejected


def sequences(
    template: Template,
    pairs: Sequence[tuple[str, str, str]],
    max_length: int,
    *,
    packed: bool = True,
    names: Sequence[str] | None = None,
) -> tuple[Sequences, NDArray[np.int64]]:
    """Turn pairs into token sequences of which the answers are the targets.

    Parameters
    ----------
    template
        The chat template with its tokenizer.
    pairs
        Prompt, chosen and rejected answer of each row, as `read_pair` returns them.
    max_length
        Tokens that are read of prompt and answer, from the beginning; also those of a packed row.
    packed
        Whether batches are packed.
    names
        What people call each row, for errors.

    Returns
    -------
    Sequences
        Two for each row that is kept, the chosen one first; their owner is the row.
    numpy.ndarray
        The rows that are kept: those of which either answer has a token left. Shape (kept,).

    Raises
    ------
    DataError
        If the template refuses a conversation.
    """
    whole, called = [], []
    for number, (prompt, *answers) in enumerate(pairs):
        asked = Conversation.from_json(prompt)
        before = tuple(_unlearnt(one) for one in asked.messages)
        for answer in answers:
            whole.append(Conversation((*before, *json.loads(answer)), asked.tools))
            called.append(str(number + 1) if names is None else str(names[number]))
    found = [
        shortened(one, template.tokenizer, max_length) for one in template.encode(whole, called)
    ]
    kept = [
        row
        for row in range(len(pairs))
        if all(found[2 * row + side][0].learnt[1:].any() for side in (0, 1))
    ]
    chosen = [found[2 * row + side] for row in kept for side in (0, 1)]
    made = Sequences.of(
        [(one.tokens, one.learnt) for one, _ in chosen],
        pad=int(template.tokenizer.pad_token_id),
        capacity=longest(template.tokenizer, max_length),
        packed=packed,
        owner=[row for row in kept for _ in (0, 1)],
        cut=[short for _, short in chosen],
    )
    return made, np.array(kept, dtype=np.int64)


def _unlearnt(message: Message) -> Message:
    """Mark an answer that stands in the prompt: it is there to be read."""
    return {**message, "weight": 0} if message["role"] == "assistant" else message


def _shared(one: Sequence[Message], two: Sequence[Message]) -> int:
    """Count the messages that two conversations begin with alike, where both go on behind them."""
    most = min(len(one), len(two)) - 1
    return next((place for place in range(most) if one[place] != two[place]), max(most, 0))
