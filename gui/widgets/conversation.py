"""A conversation as people know it from chats: who said what, one below the other."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ...multimodal.escape import visible
from ..frame.style import SPACE, set_look
from ..frame.texts import tr
from .basics import label

MOST, MOST_MESSAGES = 8000, 60


@dataclass(frozen=True)
class Said:
    """A message: who said it, what, and a remark such as “generated”."""

    role: str
    text: str
    remark: str = ""


def role_name(role: str) -> str:
    """Return who speaks, in words."""
    known = {
        "system": tr("System"),
        "user": tr("User"),
        "assistant": tr("Assistant"),
        "tool": tr("Tool"),
    }
    return known.get(role, role[:1].upper() + role[1:])


def messages_of(cell: Any) -> list[Said] | None:
    """Read a cell that holds a list of messages, or one message; None where it holds none."""
    from ...multimodal.text.chat.messages import Unreadable, said

    if isinstance(cell, str):
        if not cell.lstrip().startswith(("[", "{")):
            return None
        try:
            cell = json.loads(cell)
        except ValueError:
            return None
    if isinstance(cell, Mapping) and "messages" not in cell:
        cell = [cell]
    try:
        return said_of(said("", cell))
    except Unreadable:
        return None


def said_of(messages: Sequence[Mapping[str, Any]]) -> list[Said]:
    """Return messages as they are shown: pictures by a word, calls of tools as JSON."""
    from ...multimodal.text.chat.contents import shown

    out = []
    for one in messages:
        calls = one.get("tool_calls")
        parts = [shown(one.get("content") or "")]
        if calls:
            parts.append(json.dumps(calls, ensure_ascii=False, indent=1))
        remark = tr("calls a tool") if calls else ""
        out.append(Said(str(one["role"]), "\n".join(part for part in parts if part), remark))
    return out


class Conversation(QWidget):
    """Messages below one another; the user's are set in from the left, all others stand there."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.messages: tuple[Said, ...] = ()
        self.setAccessibleName(name)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)

    def show_messages(self, messages: Sequence[Said]) -> None:
        """Show messages instead of those before."""
        self.messages = tuple(messages)
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for one in messages[:MOST_MESSAGES]:
            self._column.addWidget(_bubble(one))
        if len(messages) > MOST_MESSAGES:
            more = tr("and {n} more messages").format(n=len(messages) - MOST_MESSAGES)
            self._column.addWidget(label(more, "muted"))


def _bubble(one: Said) -> QWidget:
    frame = QFrame()
    set_look(frame, "said-user" if one.role == "user" else "said")
    frame.setAccessibleName(f"{role_name(one.role)}: {one.text[:200]}")
    who = role_name(one.role)
    head = label(f"{who} · {one.remark}" if one.remark else who, "speaker")
    text = label(visible(one.text, MOST, lines=True) or tr("(nothing)"), wrap=True)
    flags = Qt.TextInteractionFlag
    text.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
    column = QVBoxLayout(frame)
    column.setContentsMargins(SPACE + 4, SPACE - 2, SPACE + 4, SPACE)
    column.setSpacing(2)
    column.addWidget(head)
    column.addWidget(text)
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(4 * SPACE if one.role == "user" else 0, 0, 0, 0)
    line.addWidget(frame, 1)
    if one.role != "user":
        line.addSpacing(4 * SPACE)
    return row
