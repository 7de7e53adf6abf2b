"""A conversation for a page: who said what, one below the other."""

from __future__ import annotations

import json
from collections.abc import Iterable

from markupsafe import Markup

from ...escape import visible
from .contents import shown
from .messages import Conversation, Message

MOST = 1_200
"""Characters of a message in a page."""

MOST_MESSAGES = 12
"""Messages of a conversation, the newest, in a page."""

ROLES = {
    "system": "System",
    "developer": "Developer",
    "user": "User",
    "assistant": "Assistant",
    "tool": "Tool",
}


def asked_html(conversation: Conversation, answers: Iterable[tuple[str, str]]) -> Markup:
    """Return what the last answer follows, and answers to it, for a page; all of it is escaped.

    Parameters
    ----------
    conversation
        The messages; where the assistant's is the last one, it is left out.
    answers
        Answers that are shown in its place, with a remark on each such as “generated”.
    """
    messages = list(conversation.messages)
    if messages and messages[-1]["role"] == "assistant":
        del messages[-1]
    left = max(len(messages) - MOST_MESSAGES, 0)
    said = [_bubble(str(one["role"]), _text(one)) for one in messages[left:]]
    said += [_bubble("assistant", text, remark) for text, remark in answers]
    if left:
        noun = "message" if left == 1 else "messages"
        said.insert(0, Markup('<p class="left-out">{}</p>').format(f"{left:,} {noun} before"))
    return Markup('<div class="talk">{}</div>').format(Markup("").join(said))


def _text(message: Message) -> str:
    calls = message.get("tool_calls")
    parts = [shown(message.get("content") or "")]
    if calls:
        parts.append(json.dumps(calls, ensure_ascii=False, indent=1))
    return "\n".join(part for part in parts if part)


def _bubble(role: str, text: str, remark: str = "") -> Markup:
    who = ROLES.get(role, visible(role, 40))
    kind = " of-user" if role == "user" else ""
    return Markup(
        '<div class="turn{}"><span class="speaker">{}</span><p class="part" dir="auto">{}</p></div>'
    ).format(
        kind,
        f"{who} · {remark}" if remark else who,
        visible(text, MOST, lines=True) or "(nothing)",
    )
