"""Tables of conversations: four forms, read into the same messages."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pellucid.multimodal.text.chat.formats import Format, read, recognise
from pellucid.multimodal.text.chat.messages import Conversation, Unreadable, said

ASKED = {"role": "user", "content": "Two and two?"}
TOLD = {"role": "assistant", "content": "Four."}
CALL = '{"name": "add", "arguments": {"a": 2, "b": 2}}'

FORMS = {
    "messages": {"messages": [ASKED, TOLD]},
    "sharegpt": {
        "conversations": [
            {"from": "human", "value": "Two and two?"},
            {"from": "gpt", "value": "Four."},
        ]
    },
    "alpaca": {"instruction": "Two and two?", "input": "", "output": "Four."},
    "prompt_completion": {"prompt": "Two and two?", "completion": "Four."},
}


def reads(row: dict[str, object]) -> Conversation:
    form = recognise(list(row), row)
    assert form is not None
    found = read(form, row)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", list(FORMS))
def test_every_form_is_recognised_and_read_alike(kind: str) -> None:
    row = FORMS[kind]
    form = recognise(list(row), row)
    assert form is not None
    assert form.kind == kind
    assert reads(row).messages == (ASKED, TOLD)
    as_text = {
        name: cell if isinstance(cell, str) else json.dumps(cell) for name, cell in row.items()
    }
    assert reads(as_text).messages == (ASKED, TOLD)


def test_prompt_and_completion_may_be_lists_of_messages() -> None:
    system = {"role": "system", "content": "Be brief."}
    row = {"prompt": [system, ASKED], "completion": [TOLD]}
    assert reads(row).messages == (system, ASKED, TOLD)


def test_an_answer_in_json_is_a_text() -> None:
    answer = '[{"role": "admin", "name": "Ada"}]'
    assert reads({"prompt": "Who?", "completion": answer}).messages[1]["content"] == answer


def test_instruction_input_system_and_history_make_one_conversation() -> None:
    row = {
        "instruction": "Translate.",
        "input": "Haus",
        "output": "house",
        "system": "You translate.",
        "history": [["Hello", "Hi."]],
    }
    assert [(one["role"], one["content"]) for one in reads(row).messages] == [
        ("system", "You translate."),
        ("user", "Hello"),
        ("assistant", "Hi."),
        ("user", "Translate.\nHaus"),
        ("assistant", "house"),
    ]


def test_calls_and_answers_of_tools_are_read_from_sharegpt() -> None:
    row = {
        "conversations": [
            {"from": "human", "value": "Add."},
            {"from": "function_call", "value": CALL},
            {"from": "observation", "value": '{"sum": 4}'},
            {"from": "gpt", "value": "Four."},
        ],
        "tools": '[{"name": "add", "parameters": {"type": "object"}}]',
    }
    found = reads(row)
    assert [one["role"] for one in found.messages] == ["user", "assistant", "tool", "assistant"]
    (call,) = found.messages[1]["tool_calls"]
    assert call["function"] == {"name": "add", "arguments": {"a": 2, "b": 2}}
    assert found.messages[2]["content"] == '{"sum": 4}'
    assert found.tools[0]["function"]["name"] == "add"
    assert Conversation.from_json(found.as_json()) == found
    again = read(Format("messages", ("messages",)), {"messages": found.as_json()})
    assert again == found


def test_arguments_written_as_text_become_a_mapping() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 2}'}}
    found = said("messages", [ASKED, {"role": "assistant", "content": None, "tool_calls": [call]}])
    assert found[1]["content"] == ""
    assert found[1]["tool_calls"][0]["function"]["arguments"] == {"a": 2}
    assert found[1]["tool_calls"][0]["id"] == "c1"


def test_parts_of_text_are_joined_and_other_parts_refused() -> None:
    parts = [{"type": "text", "text": "Two and "}, {"type": "text", "text": "two?"}]
    assert said("messages", [{"role": "user", "content": parts}])[0] == ASKED
    sound = [{"type": "input_audio", "input_audio": "x.wav"}]
    with pytest.raises(Unreadable, match="“input_audio”, expected text or image"):
        said("messages", [{"role": "user", "content": sound}])


def test_lists_from_parquet_are_read() -> None:
    cell = np.array([ASKED, TOLD], dtype=object)
    assert reads({"messages": cell}).messages == (ASKED, TOLD)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("Two and two?", "no list of messages in JSON"),
        ("[{", "no list of messages in JSON"),
        ('{"role": "user"}', "found a mapping, expected a list of messages"),
        ("[]", "the list of messages is empty"),
        ('["hello"]', "message 1 is a text"),
        ('[{"content": "hello"}]', "message 1 has neither “role” nor “from”"),
        ('[{"role": "wizard", "content": "x"}]', "message 1 has the role “wizard”"),
        (json.dumps([ASKED, {"role": "assistant", "content": " "}]), "message 2 is an empty"),
        ('[{"role": "user"}]', "message 1 has neither “content” nor “value”"),
        ('[{"from": "function_call", "value": "add(2, 2)"}]', "of message 1 is not JSON"),
        ('[{"from": "function_call", "value": "{}"}]', "names no function"),
    ],
)
def test_a_cell_that_is_no_conversation_says_why(cell: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words) as found:
        said("chats", cell)
    assert found.value.column == "chats"


def test_a_row_with_an_empty_cell_has_no_conversation() -> None:
    form = recognise(["prompt", "completion"], {})
    assert form is not None
    assert read(form, {"prompt": "Hello", "completion": " "}) is None
    assert read(form, {"prompt": None, "completion": "Hi."}) is None


def test_other_tables_are_not_recognised() -> None:
    assert recognise(["text", "label"], {"text": "a", "label": "b"}) is None


def test_a_question_without_answers_column_is_recognised_to_be_answered() -> None:
    form = recognise(["Instruction", "Input"], {"Instruction": "Go.", "Input": ""})
    assert form is not None
    found = read(form, {"Instruction": "Go.", "Input": None})
    assert found is not None
    assert found.messages == ({"role": "user", "content": "Go."},)
    assert not found.answered
