"""Lines for hosted services: written from conversations, and faults found in anyone's lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pellucid.multimodal.text.chat.export import as_hosted, check_lines, faults
from pellucid.multimodal.text.chat.messages import Conversation, said

ASKED = {"role": "user", "content": "Add 2 and 2."}
TOLD = {"role": "assistant", "content": "Four."}


def line(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": list(messages), **more}


def test_a_plain_conversation_is_written_as_it_stands() -> None:
    system = {"role": "system", "content": "Be brief."}
    weighed = {**TOLD, "weight": 0}
    one = Conversation((system, ASKED, weighed, ASKED, TOLD))
    assert as_hosted(one) == line(system, ASKED, weighed, ASKED, TOLD)
    assert faults(as_hosted(one)) == []


def test_tool_calls_get_ids_that_match_and_arguments_as_text() -> None:
    raw = [
        {"from": "human", "value": "Add."},
        {"from": "function_call", "value": '{"name": "add", "arguments": {"a": "é"}}'},
        {"from": "observation", "value": "4"},
        {"from": "function_call", "value": '{"name": "add", "arguments": {}}'},
        {"from": "observation", "value": "5"},
        {"from": "gpt", "value": "Done."},
    ]
    tools = ({"type": "function", "function": {"name": "add", "parameters": {}}},)
    written = as_hosted(Conversation(tuple(said("conversations", raw)), tools))
    assert faults(written) == []
    calls = [one["tool_calls"][0] for one in written["messages"] if "tool_calls" in one]
    answers = [one["tool_call_id"] for one in written["messages"] if one["role"] == "tool"]
    assert [call["id"] for call in calls] == answers
    assert len(set(answers)) == 2
    assert json.loads(calls[0]["function"]["arguments"]) == {"a": "é"}
    assert written["tools"] == list(tools)


def test_what_services_do_not_take_is_left_out() -> None:
    thought = {**TOLD, "reasoning_content": "2 + 2", "weight": 1.0}
    written = as_hosted(Conversation((ASKED, thought)))
    assert written["messages"][1] == {**TOLD, "weight": 1}
    assert isinstance(written["messages"][1]["weight"], int)


CALL = {"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ([], "expected an object with “messages”"),
        ({"messages": []}, "“messages” is empty"),
        (line(ASKED), "the last message is of the role “user”"),
        (line(ASKED, TOLD, prompt="x"), "the key “prompt” is not known"),
        (line({"role": "wizard", "content": "a"}, TOLD), "message 1 has the role “wizard”"),
        (line({"role": "user"}, TOLD), "message 1 has no text in “content”"),
        (line(ASKED, {"role": "assistant", "content": ""}), "message 2 is an empty answer"),
        (line({**ASKED, "weight": 1}, TOLD), "message 1 has a “weight”"),
        (line(ASKED, {**TOLD, "weight": 0.5}), "message 2 has a “weight”"),
        (line(ASKED, {**TOLD, "weight": 0}), "no message of the assistant has the weight 1"),
        (line({**ASKED, "name": "a b"}, TOLD), "message 1 has a “name” of other characters"),
        (line({**ASKED, "mood": "glad"}, TOLD), "message 1 has the key “mood”"),
        (line({**ASKED, "tool_calls": [CALL]}, TOLD), "message 1 calls tools"),
        (line({"role": "tool", "content": "4"}, TOLD), "message 1 answers no tool call"),
        (
            line(ASKED, {"role": "assistant", "tool_calls": [{**CALL, "id": None}]}),
            "message 2 has a tool call without “id”",
        ),
        (
            line(
                ASKED,
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c", "function": {"name": "a", "arguments": {}}}],
                },
            ),
            "message 2 has a tool call without function and arguments as a text",
        ),
        (line(ASKED, TOLD, tools=[{"name": "add"}]), "“tools” is no list"),
    ],
)
def test_a_fault_is_named_with_its_message(raw: Any, words: str) -> None:
    found = faults(raw)
    assert any(words in fault for fault in found), found


def test_a_call_and_its_answer_are_taken() -> None:
    whole = line(
        ASKED,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "4", "tool_call_id": "c"},
        TOLD,
        parallel_tool_calls=False,
    )
    assert faults(whole) == []


def test_lines_are_numbered() -> None:
    good = json.dumps(line(ASKED, TOLD))
    found = check_lines([good, "{", "", good, json.dumps(line(ASKED))])
    assert [number for number, _ in found] == [2, 3, 5]
    assert "not JSON" in found[0][1]
