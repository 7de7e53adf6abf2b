"""The words that people wrote in a prompt, and where they stand in what the model reads of it."""

from __future__ import annotations

from collections.abc import Sequence

from ..segments import WORD, Segment
from .contents import Content
from .messages import Conversation, Message
from .template import MARK, Refused, Template

SPEAKERS = ("user",)
"""Whose words are segments; those of others and the template's own belong to none."""


def asked(conversation: Conversation) -> Conversation:
    """Return a conversation without its last answer, as `Template.ask` renders it."""
    messages = conversation.messages
    if messages[-1]["role"] == "assistant":
        messages = messages[:-1]
    return Conversation(messages, conversation.tools, conversation.pictures)


def spoken(
    template: Template, conversation: Conversation, speakers: Sequence[str] = SPEAKERS
) -> list[Segment]:
    """Find the words of messages in the prompt that a template renders of them.

    Parameters
    ----------
    template
        The chat template.
    conversation
        What is asked, without an answer behind it.
    speakers
        Roles whose words are looked for.

    Returns
    -------
    list of Segment
        In the prompt's order; `part` is the number of the message, and the places are those in the
        rendered prompt.

    Raises
    ------
    Refused
        If the template changes what a message says, so that its words can't be found.
    """
    messages, tools = conversation.messages, conversation.tools
    whole = template.render(messages, tools, prompt=True)
    found: list[Segment] = []
    for number, message in enumerate(messages):
        if message["role"] not in speakers:
            continue
        for place, text in enumerate(_texts(message["content"])):
            if not text.strip():
                continue
            marked = {**message, "content": _replaced(message["content"], place)}
            head = _head(template, [*messages[:number], marked, *messages[number + 1 :]], tools)
            said = text.strip()
            rest = "" if head is None or not whole.startswith(head) else whole[len(head) :]
            if not rest.lstrip().startswith(said):
                raise Refused(
                    f"the chat template changes what message {number + 1} says, so its words can't "
                    "be found in what the model reads"
                )
            start = len(whole) - len(rest.lstrip())
            found += [
                Segment(number, one.group(), start + one.start(), start + one.end())
                for one in WORD.finditer(said)
            ]
    return found


def _texts(content: Content) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [one.get("text", "") for one in content]


def _replaced(content: Content, place: int) -> Content:
    if isinstance(content, str):
        return MARK
    return [
        {"type": "text", "text": MARK} if at == place else one for at, one in enumerate(content)
    ]


def _head(template: Template, messages: Sequence[Message], tools: Sequence[object]) -> str | None:
    """Return what stands in front of the text that was replaced; None where that fails."""
    try:
        text = template.render(messages, tools, prompt=True)
    except Refused:
        return None
    head, mark, _ = text.partition(MARK)
    return head if mark else None
