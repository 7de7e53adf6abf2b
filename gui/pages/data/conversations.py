"""A row of a table of chats as a conversation, whatever columns the table writes it in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ....multimodal.text.chat.formats import read, recognise
from ....multimodal.text.chat.messages import Unreadable, as_messages
from ...frame.texts import tr
from ...widgets.conversation import Said, messages_of, said_of

PAIR = ("chosen", "rejected")


def row_conversation(row: Mapping[str, Any]) -> list[Said] | None:
    """Read a row as a conversation; None where it is none.

    Parameters
    ----------
    row
        Its cells by column.
    """
    known = {name.strip().lower(): name for name in row}
    pair = [name for name in PAIR if name in known]
    form = recognise(list(row), row)
    out: list[Said] = []
    if form is not None:
        try:
            found = read(form, row)
        except Unreadable:
            found = None
        if found is None:
            return None
        out = said_of(found.messages)
    elif pair:
        asks = next(
            (known[one] for one in ("prompt", "question", "instruction") if one in known), ""
        )
        out = messages_of(row.get(asks)) or [Said("user", str(row.get(asks) or ""))]
    if not pair:
        return out or None
    remarks = {"chosen": tr("chosen"), "rejected": tr("rejected")}
    for name in pair:
        cell = row[known[name]]
        if cell is not None:
            messages = as_messages(known[name], cell, "assistant")
            out += [Said(one.role, one.text, remarks[name]) for one in said_of(messages[-1:])]
    return out
