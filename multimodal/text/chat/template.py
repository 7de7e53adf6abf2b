"""Conversations as the model reads them, and which of its tokens the assistant wrote.

A chat template is a Jinja program that comes with the tokenizer. Some mark what the assistant wrote
by ``{% generation %}``. For the others it is found by comparing renderings: an answer begins where
the conversation up to it ends, rendered as one that waits for an answer, and ends where the
conversation ends that is cut off behind it. Both must be beginnings of the whole rendering. Where
they are not (some templates leave earlier thoughts out, or begin the last answer differently), the
answer is replaced by another text, and what changes is the answer. Where that fails too, the
template is refused: nobody could say what would be learnt.

White space behind the token that ends an answer is the template's, not the answer's: generation has
stopped there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....errors import DataError, ModelError, paragraph
from ..encode import longest
from . import contents
from .messages import Conversation, Message

CHUNK = 256
"""Conversations that are tokenised at a time."""

MARK = "§answer§"
"""Stands in place of an answer to find it by; a text that nobody writes."""

GENERATION = re.compile(r"\{%-?\s*generation\s*-?%\}")


class Refused(ValueError):
    """A conversation that the template can't render, or of which no answer can be found in it."""


@dataclass(frozen=True)
class Rendered:
    """One conversation as the model reads it.

    Attributes
    ----------
    text
        As the template renders it.
    tokens
        Token numbers; shape (tokens,).
    learnt
        Whether each token is the assistant's; shape (tokens,).
    offsets
        First character of each token, and the one behind its last; shape (tokens, 2).
    """

    text: str
    tokens: NDArray[np.int32]
    learnt: NDArray[np.bool_]
    offsets: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Template:
    """A chat template with the tokenizer that it is for.

    Attributes
    ----------
    tokenizer
        A fast tokenizer.
    text
        The template in Jinja.
    origin
        ``tokenizer``, ``file``, ``chatml`` or ``processor``.
    picture
        What stands for a picture in the text that the model's processor is given; None for models
        that see none.
    behind
        What the processor puts between a picture and a word that follows at once.
    begins
        Tokens that the processor puts in front of every text that doesn't begin with them.
    special
        The tokenizer's special tokens, the longest first.
    parts
        Whether the template wants each message's content as a list of parts, as templates of models
        that see images do.
    sees
        Whether the template writes `picture` for the pictures among a message's parts. Where it
        doesn't, they are written into the message's text.

    Raises
    ------
    ModelError
        If the template does not write what a user says.
    """

    tokenizer: Any
    text: str
    origin: str
    picture: str | None = None
    behind: str = ""
    begins: tuple[int, ...] = ()
    special: tuple[str, ...] = field(init=False)
    parts: bool = field(init=False, default=False)
    sees: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        added = self.tokenizer.added_tokens_decoder.values()
        known = {one.content for one in added if one.special} | {*self.tokenizer.all_special_tokens}
        ordered = sorted((one for one in known if one.strip()), key=len, reverse=True)
        object.__setattr__(self, "special", tuple(ordered))
        if self._silent() is not None:
            object.__setattr__(self, "parts", True)
            problem = self._silent()
            if problem is not None:
                raise ModelError(
                    paragraph(
                        "model.chat_template",
                        f"the chat template does not write what a user says ({problem})",
                        "Set model.chat_template to a Jinja file that writes the messages",
                    )
                )
        if self.picture is not None:
            object.__setattr__(self, "sees", self._shows())

    @property
    def marks(self) -> bool:
        """Whether the template itself says what the assistant wrote."""
        return GENERATION.search(self.text) is not None

    def render(
        self, messages: Sequence[Message], tools: Sequence[Any] = (), *, prompt: bool = False
    ) -> str:
        """Render messages, as ones that wait for the assistant's answer where `prompt` is set.

        Raises
        ------
        Refused
            If the template does not take them.
        """
        try:
            out: str = self.tokenizer.apply_chat_template(
                self._given(messages),
                tools=list(tools) or None,
                chat_template=self.text,
                tokenize=False,
                add_generation_prompt=prompt,
            )
        except Exception as error:  # a template is a program, and may raise anything
            raise Refused(f"the chat template refuses it ({reason(error)})") from None
        if self.behind and self.picture is not None:
            out = re.sub(rf"{re.escape(self.picture)}(?=[^\s<])", self.picture + self.behind, out)
        return out

    def spans(self, conversation: Conversation) -> tuple[str, list[tuple[int, int]]]:
        """Render a conversation; return the text, and the characters that the assistant wrote.

        An answer whose `weight` is 0 is not among them: it is there to be read, not to be learnt.

        Raises
        ------
        Refused
            If the template does not take it, leaves a tool call out, or an answer can't be found in
            what it renders.
        """
        text, found = self._marked(conversation) if self.marks else self._derived(conversation)
        self._check_pictures(text, conversation)
        written = "".join(text[start:end] for start, end in found)
        for place, message in enumerate(conversation.messages, start=1):
            for call in message.get("tool_calls") or () if _learnt(message) else ():
                if call["function"]["name"] not in written:
                    raise Refused(f"the chat template leaves the tool call of message {place} out")
        return text, found

    def _derived(self, conversation: Conversation) -> tuple[str, list[tuple[int, int]]]:
        messages, tools = conversation.messages, conversation.tools
        whole = self.render(messages, tools)
        found = [
            self._trimmed(whole, *self._answer(messages, tools, place, whole))
            for place, message in enumerate(messages)
            if _learnt(message)
        ]
        return whole, found

    def encode(
        self, conversations: Sequence[Conversation], names: Sequence[str] | None = None
    ) -> Iterator[Rendered]:
        """Render and tokenise conversations, whole.

        Parameters
        ----------
        conversations
            The conversations.
        names
            What people call each of them, for errors.

        Raises
        ------
        DataError
            Naming the first conversation that is refused.
        """
        for first in range(0, len(conversations), CHUNK):
            chunk = conversations[first : first + CHUNK]
            rendered = []
            for number, one in enumerate(chunk, start=first):
                try:
                    rendered.append(self.spans(one))
                except Refused as error:
                    name = str(number + 1) if names is None else names[number]
                    raise refusal(f"row “{name}”", error) from None
            texts = [text for text, _ in rendered]
            for (text, spans), (ids, offsets) in zip(rendered, self.tokens(texts), strict=True):
                yield Rendered(text, ids, inside(offsets, spans), offsets)

    def tokens(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int64]]]:
        """Tokenise rendered texts; yield each one's tokens and the characters that they cover."""
        encoded = self.tokenizer(texts, add_special_tokens=False, truncation=False, verbose=False)
        before = np.array(self.begins, np.int32)
        nowhere = np.zeros((len(before), 2), np.int64)
        for one in encoded.encodings:
            ids = np.array(one.ids, dtype=np.int32)
            offsets = np.array(one.offsets, dtype=np.int64).reshape(-1, 2)
            if len(before) and not np.array_equal(ids[: len(before)], before):
                ids = np.concatenate([before, ids])
                offsets = np.concatenate([nowhere, offsets])
            yield ids, offsets

    def ask(self, conversation: Conversation) -> tuple[str, str | None]:
        """Return the text that the last answer follows, and that answer; None where there is none.

        Raises
        ------
        Refused
            If the template does not take it.
        """
        messages, tools = conversation.messages, conversation.tools
        answered = messages[-1]["role"] == "assistant"
        if answered and len(messages) == 1:
            raise Refused("nothing stands in front of the assistant's answer")
        before = messages[:-1] if answered else messages
        asked = self.render(before, tools, prompt=True)
        self._check_pictures(asked, Conversation(tuple(before)))
        if not answered:
            return asked, None
        last = messages[-1]
        if not last.get("tool_calls"):
            return asked, contents.shown(last["content"])
        whole = self.render(messages, tools)
        if not whole.startswith(asked):
            return asked, contents.shown(last["content"])
        return asked, self.plain(whole[len(asked) :])

    def plain(self, text: str) -> str:
        """Leave special tokens and the space around a text out."""
        for special in self.special:
            text = text.replace(special, "")
        return text.strip()

    @property
    def end(self) -> str | None:
        """What stands behind an answer: a special token, else a text; None where that is unknown.

        A text that is white space only ends nothing.
        """
        messages = [{"role": "user", "content": "a"}, {"role": "assistant", "content": MARK}]
        try:
            text = self.render(messages)
        except Refused:
            return None
        tail = text.partition(MARK)[2].strip()
        return next((one for one in self.special if tail.startswith(one)), tail or None)

    def _given(self, messages: Sequence[Message]) -> list[Message]:
        """Return messages as the template wants their content."""
        return [{**one, "content": self._content(one["content"])} for one in messages]

    def _content(self, content: contents.Content) -> contents.Content:
        if not isinstance(content, str) and not self.sees:
            content = contents.joined(content, self.picture or "")
        if isinstance(content, str) and self.parts:
            return [{"type": "text", "text": content}]
        return content

    def _shows(self) -> bool:
        """Whether the template writes a picture that is part of a message."""
        object.__setattr__(self, "sees", True)
        content = contents.with_pictures(MARK, 1)
        try:
            text = self.render([{"role": "user", "content": content}], prompt=True)
        except Refused:
            return False
        return text.count(str(self.picture)) == 1 and MARK in text

    def _check_pictures(self, text: str, conversation: Conversation) -> None:
        """Refuse a conversation of which not every picture is written, or a text that says one."""
        found = 0 if self.picture is None else text.count(self.picture)
        if found == conversation.shows:
            return
        if self.picture is None:
            raise Refused("it is about pictures, and the model sees none")
        raise Refused(
            f"it has {conversation.shows} pictures, and “{self.picture}”, which stands for one, is "
            f"written {found} times"
        )

    def _silent(self) -> str | None:
        """Say why the template does not write what the user says; None where it does."""
        try:
            text = self.render([{"role": "user", "content": MARK}], prompt=True)
        except Refused as error:
            return str(error)
        return None if MARK in text else "its text is left out"

    def _marked(self, conversation: Conversation) -> tuple[str, list[tuple[int, int]]]:
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            result: Any = render_jinja_template(
                conversations=[self._given(conversation.messages)],
                tools=list(conversation.tools) or None,
                chat_template=self.text,
                return_assistant_tokens_mask=True,
                add_generation_prompt=False,
                **self.tokenizer.special_tokens_map,
            )
        except Exception as error:  # as in `render`
            raise Refused(f"the chat template refuses it ({reason(error)})") from None
        (text,), (spans,) = result
        answers = [one for one in conversation.messages if one["role"] == "assistant"]
        kept = [_learnt(one) for one in answers]
        if len(kept) != len(spans):  # a template may mark an answer in several parts
            kept = [True] * len(spans)
        both = zip(spans, kept, strict=True)
        return text, [(int(start), int(end)) for (start, end), learnt in both if learnt]

    def _answer(
        self, messages: Sequence[Message], tools: Sequence[Any], place: int, whole: str
    ) -> tuple[int, int]:
        """Find one answer in the whole rendering: its first character, and the one behind it."""
        last = place == len(messages) - 1
        begun = self._prefix(whole, messages[:place], tools, prompt=True) if place else None
        ended = len(whole) if last else self._prefix(whole, messages[: place + 1], tools)
        if begun is not None and ended is not None and begun <= ended:
            return begun, ended
        replaced = {**messages[place], "content": MARK}
        try:
            other = self.render([*messages[:place], replaced, *messages[place + 1 :]], tools)
        except Refused:
            other = ""
        head, _, tail = other.partition(MARK)
        first, behind = len(head), len(whole) - len(tail)
        stable = other.count(MARK) == 1 and whole.startswith(head) and whole.endswith(tail)
        if not stable or first > behind or (ended is None and "tool_calls" in replaced):
            raise Refused(
                f"what the chat template writes around message {place + 1} changes with the "
                "messages behind it, so nobody can say which tokens are the assistant's"
            )
        start = begun if begun is not None and begun <= first else first
        if ended is not None and ended >= behind:
            return start, ended
        # The token that ends the answer is the answer's too, with what stands in front of it.
        rest = tail.lstrip()
        ending = next((one for one in self.special if rest.startswith(one)), None)
        return start, behind + (0 if ending is None else len(tail) - len(rest) + len(ending))

    def _prefix(
        self, whole: str, messages: Sequence[Message], tools: Sequence[Any], *, prompt: bool = False
    ) -> int | None:
        """Return where the first messages end in the whole text; None if it begins otherwise."""
        try:
            begin = self.render(messages, tools, prompt=prompt)
        except Refused:
            return None
        return len(begin) if whole.startswith(begin) else None

    def _trimmed(self, whole: str, start: int, end: int) -> tuple[int, int]:
        """Leave out white space behind the token that ends an answer."""
        kept = whole[start:end].rstrip()
        return start, start + len(kept) if kept.endswith(self.special) else end


def inside(offsets: NDArray[np.int64], spans: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    """Say which tokens hold a character of a span; shape (tokens,)."""
    out = np.zeros(len(offsets), bool)
    for start, end in spans:
        out |= (offsets[:, 0] < end) & (offsets[:, 1] > start)
    return out & (offsets[:, 1] > offsets[:, 0])


def refusal(where: str, error: Refused) -> DataError:
    """Turn a refusal into an error that says what to do."""
    return DataError(
        paragraph(
            where,
            str(error),
            "Change the conversation, or set model.chat_template to a Jinja file that takes it and "
            "marks the answers with {% generation %} and {% endgeneration %}",
        )
    )


def shortened(rendered: Rendered, tokenizer: Any, max_length: int) -> tuple[Rendered, bool]:
    """Cut a conversation off at its end; say whether something was cut."""
    limit = longest(tokenizer, max_length)
    if len(rendered.tokens) <= limit:
        return rendered, False
    kept = (rendered.tokens[:limit], rendered.learnt[:limit], rendered.offsets[:limit])
    return Rendered(rendered.text, *kept), True


def _learnt(message: Message) -> bool:
    return bool(message["role"] == "assistant" and message.get("weight", 1) != 0)


def reason(error: BaseException) -> str:
    """Return the first line of what an error says, its name where it says nothing."""
    return str(error).strip().split("\n")[0] or type(error).__name__
