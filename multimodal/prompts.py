"""Prompts as a model reads them, with the words that an explanation speaks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .text.chat.messages import Conversation
from .text.chat.spoken import SPEAKERS, asked, spoken
from .text.chat.template import Refused, refusal
from .text.encode import longest
from .text.language import ends, prompt_tokens, spaced
from .text.segments import Segment, owners, separators, words

WORD_OF = "word"
"""Name under which the word of each token goes through `vision_language.reader.Pictured`."""


@dataclass(frozen=True, eq=False)
class Prompt:
    """What a model is to answer.

    Attributes
    ----------
    text
        What the model reads, as text.
    tokens
        Token numbers; shape (tokens,).
    owners
        Number of the word that each token belongs to, -1 for none; shape (tokens,).
    words
        Words that the model reads, in their order; `part` is the number of their message.
    between
        What stands behind each of them.
    answer
        Tokens of the answer that was given with it, None where none was.
    beside
        What the model is told of each token, by the input's name; each of shape (tokens,).
    answers
        What it is told of an answer's token.
    files
        The pictures that it is about, in their order.
    pictures
        The place of each among all that were read.
    """

    text: str
    tokens: NDArray[np.int64]
    owners: NDArray[np.int64]
    words: tuple[Segment, ...]
    between: tuple[str, ...]
    answer: NDArray[np.int64] | None = None
    beside: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)
    answers: Mapping[str, int] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    pictures: tuple[int, ...] = ()


def of_chat(
    reader: Any,
    conversation: Conversation,
    files: Sequence[str],
    new_tokens: int,
    *,
    answer: str | None = None,
    speakers: Sequence[str] = SPEAKERS,
    name: str = "",
) -> Prompt:
    """Turn a conversation into a prompt, cut as `conversations.Reader.prompts` cuts it.

    Parameters
    ----------
    reader
        Of `conversations.reader_of`.
    conversation
        What is asked; an answer at its end is left out.
    files
        Its pictures' files.
    new_tokens
        Room for an answer, in tokens.
    answer
        What is answered, in words.
    speakers
        Roles whose words are segments.
    name
        What people call the conversation, for errors.

    Raises
    ------
    DataError
        If the template refuses it, or changes its words.
    """
    template = reader.template
    try:
        text, _ = template.ask(conversation)
        said = spoken(template, asked(conversation), speakers)
    except Refused as error:
        raise refusal(f"row “{name}”", error) from None
    texts = [text] if answer is None else [text, text + answer]
    encoded = list(template.tokens(texts))
    tokens, offsets = encoded[0]
    own = _owners(said, offsets)
    told = None
    if answer is not None:
        whole = encoded[1][0]
        # Pieces of a word may reach over the prompt's end; then the answer stands by itself.
        told = whole[len(tokens) :]
        if not np.array_equal(whole[: len(tokens)], tokens):
            told = np.array(_alone(template.tokenizer, answer), np.int64)
        told = told.astype(np.int64)
    if hasattr(reader, "unfold"):
        found = _pictured(reader, tokens, own, files, new_tokens)
    else:
        found = _plain(reader, tokens, own, new_tokens)
    return _trimmed(replace(found, text=text, answer=told, files=tuple(files)), said)


def of_text(tokenizer: Any, text: str, room: int, *, answer: str | None = None) -> Prompt:
    """Turn a text that a causal language model goes on with into a prompt.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    text
        The text.
    room
        Most tokens that are read of it; its last ones are.
    answer
        What follows it.
    """
    tokens = np.array(prompt_tokens(tokenizer, text, room), np.int64)
    (encoding,) = tokenizer([text], add_special_tokens=False, verbose=False).encodings
    offsets = np.array(encoding.offsets, np.int64).reshape(-1, 2)
    before, _ = ends(tokenizer)
    said = words((text,))
    kept = len(tokens) - len(before)
    own = np.concatenate([np.full(len(before), -1), _owners(said, offsets)[-kept:]])
    own = own if len(offsets) else np.full(len(tokens), -1)
    told = None
    if answer is not None:
        told = np.array(_alone(tokenizer, spaced(text, answer)), np.int64)
    return _trimmed(Prompt(text, tokens, own, (), (), told), said)


def _plain(
    reader: Any, tokens: NDArray[np.int32], own: NDArray[np.int64], new_tokens: int
) -> Prompt:
    tokenizer = reader.template.tokenizer
    room = longest(tokenizer, tokenizer.model_max_length) - new_tokens
    most = max(min(reader.spec.max_length, room), 1)
    if not len(tokens):
        tokens, own = np.array([int(tokenizer.pad_token_id)]), np.array([-1])
    return Prompt("", tokens[-most:].astype(np.int64), own[-most:], (), ())


def _pictured(
    reader: Any,
    tokens: NDArray[np.int32],
    own: NDArray[np.int64],
    files: Sequence[str],
    new_tokens: int,
) -> Prompt:
    tokenizer = reader.template.tokenizer
    room = longest(tokenizer, tokenizer.model_max_length)
    one = reader.unfold(tokens, np.zeros(len(tokens), bool), files)
    mark = int(tokenizer.convert_tokens_to_ids(reader.habits.mark))
    counts = np.ones(len(tokens), np.int64)
    spans = [len(reader.pictures.spans[number].tokens) for number in one.files]
    counts[np.flatnonzero(tokens == mark)] = spans
    own = np.where(one.shown >= 0, -1, np.repeat(own, counts))
    one = replace(one, beside={**one.beside, WORD_OF: own})
    seen = int((one.shown >= 0).sum())
    one = one.ending(min(reader.spec.max_length, room - new_tokens - seen))
    beside = dict(one.beside)
    own = beside.pop(WORD_OF)
    return Prompt(
        "",
        one.tokens.astype(np.int64),
        own,
        (),
        (),
        beside=beside,
        answers=reader.habits.answers,
        pictures=tuple(one.pictures),
    )


def _owners(said: Sequence[Segment], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the word of each token of a text, whatever the parts that words are of."""
    flat = [replace(one, part=0) for one in said]
    return owners(flat, [(0, int(start), int(end)) for start, end in offsets])


def _trimmed(prompt: Prompt, said: Sequence[Segment]) -> Prompt:
    """Leave out words of which the model reads no token, and number the others anew."""
    there = np.unique(prompt.owners[prompt.owners >= 0])
    number = np.full(len(said) + 1, -1)
    number[there] = np.arange(len(there))
    read = tuple(said[at] for at in there)
    most = max((one.part for one in read), default=0) + 1
    between = separators((prompt.text,) * most, read)
    return replace(prompt, owners=number[prompt.owners], words=read, between=between)


def _alone(tokenizer: Any, text: str) -> list[int]:
    found: list[int] = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
    return found
