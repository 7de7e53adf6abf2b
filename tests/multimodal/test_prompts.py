"""Prompts with the words that people wrote in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid.benchmarks.learning.random_writers import PARTS, tokenizer
from pellucid.errors import DataError
from pellucid.multimodal.conversations import Words
from pellucid.multimodal.prompts import Prompt, of_chat, of_text
from pellucid.multimodal.spec import ModelSpec
from pellucid.multimodal.text.chat.messages import Conversation
from pellucid.multimodal.text.chat.template import Template

ASKED = Conversation(
    (
        {"role": "user", "content": "user"},
        {"role": "assistant", "content": "user?"},
        {"role": "user", "content": "  the user, again\n"},
        {"role": "assistant", "content": "well"},
    )
)


def reader(template: str = PARTS, **settings: Any) -> Words:
    words = tokenizer(model_max_length=200)
    return Words(Template(words, template, "file"), ModelSpec(name="none", **settings))


def texts(prompt: Prompt, words: Any) -> list[str]:
    """Return what the tokens of each word say."""
    numbers = range(len(prompt.words))
    return [words.decode(prompt.tokens[prompt.owners == number]) for number in numbers]


def test_words_are_found_where_their_message_stands() -> None:
    """The template and the answers say “user” too."""
    own = reader()
    found = of_chat(own, ASKED, (), 8)
    assert found.text.startswith("<s>user: user</s><s>assistant: user?</s>")
    assert [(one.part, one.text) for one in found.words] == [
        (0, "user"), (2, "the"), (2, "user"), (2, ","), (2, "again"),
    ]  # fmt: skip
    assert found.words[0].start == len("<s>user: ")
    assert texts(found, own.template.tokenizer) == ["user", "the", "user", ",", "again"]
    assert found.between == ("\n", " ", "", " ", "")


def test_what_is_cut_off_at_the_front_has_no_words() -> None:
    own = reader(max_length=30)
    found = of_chat(own, ASKED, (), 8)
    assert len(found.tokens) == 30
    assert [one.text for one in found.words] == ["the", "user", ",", "again"]
    first, *others = texts(found, own.template.tokenizer)
    assert first in ("e", "he", "the")
    assert others == ["user", ",", "again"]
    expected = own.prompts([found.text], [()], 8).tokens[0]
    assert found.tokens.tolist() == list(expected)


def test_an_answer_begins_where_the_prompt_ends() -> None:
    own = reader()
    found = of_chat(own, ASKED, (), 8, answer="so it is")
    assert found.answer is not None
    assert own.template.tokenizer.decode(found.answer) == "so it is"


def test_a_template_that_changes_words_is_refused() -> None:
    shouting = PARTS.replace("{{ message.content }}", "{{ message.content | upper }}")
    shouting = shouting.replace("{% if message.content", "{%- if message.content")
    own = reader()
    changed = Template.__new__(Template)
    for name, value in vars(own.template).items():
        object.__setattr__(changed, name, value)
    object.__setattr__(changed, "text", shouting)
    with pytest.raises(DataError, match="changes what message 1 says"):
        of_chat(Words(changed, own.spec), ASKED, (), 8)


def test_a_text_is_all_words() -> None:
    words = tokenizer(model_max_length=200)
    found = of_text(words, "one two, three", 100, answer="four")
    assert [one.text for one in found.words] == ["one", "two", ",", "three"]
    assert found.tokens[0] == words.bos_token_id
    assert found.owners[0] == -1
    assert texts(found, words) == ["one", "two", ",", "three"]
    assert found.answer is not None
    assert words.decode(found.answer) == " four"
    short = of_text(words, "one two, three", 6)
    assert [one.text for one in short.words] == ["three"]
    assert np.array_equal(short.tokens[1:], found.tokens[-5:])
    assert of_text(words, "", 6).words == ()
