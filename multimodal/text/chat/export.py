"""The JSONL from which hosted chat models are fine-tuned, written and checked.

One object a line, as OpenAI's service takes it and others after it: `messages`, the last one the
assistant's, each with a role and a text; optionally `tools`, and of the assistant's messages a
`weight` of 0 or 1, which says whether it is learnt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .messages import ROLES, Conversation

NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
KEYS = {"messages", "tools", "parallel_tool_calls"}
MESSAGE_KEYS = {"role", "content", "name", "weight", "tool_calls", "tool_call_id", "refusal"}
FEWEST = 10
"""Fewer lines than these are turned down by services."""


def as_hosted(conversation: Conversation) -> dict[str, Any]:
    """Write a conversation as one line's object.

    Arguments of tool calls become JSON texts, and calls and their answers get matching ids where
    they have none. What a service does not take (`reasoning_content`) is left out.
    """
    messages: list[dict[str, Any]] = []
    waiting: list[str] = []
    count = 0
    for raw in conversation.messages:
        message = {key: value for key, value in raw.items() if key in MESSAGE_KEYS}
        if raw.get("tool_calls"):
            calls: list[dict[str, Any]] = []
            waiting = []
            for call in raw["tool_calls"]:
                count += 1
                name = call.get("id") or f"call_{count}"
                given = call["function"]["arguments"]
                text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
                function = {"name": call["function"]["name"], "arguments": text}
                calls.append({"id": name, "type": "function", "function": function})
                waiting.append(name)
            message["tool_calls"] = calls
            if not message["content"]:
                del message["content"]
        elif raw["role"] == "tool" and "tool_call_id" not in message and waiting:
            message["tool_call_id"] = waiting[0]
        if raw["role"] == "tool" and message.get("tool_call_id") in waiting:
            waiting.remove(message["tool_call_id"])
        if isinstance(message.get("weight"), float) and message["weight"].is_integer():
            message["weight"] = int(message["weight"])
        messages.append(message)
    tools = {"tools": list(conversation.tools)} if conversation.tools else {}
    return {"messages": messages, **tools}


def faults(line: Any) -> list[str]:
    """Say what is wrong with one line's object; nothing where a service would take it."""
    if not isinstance(line, Mapping) or not isinstance(line.get("messages"), list):
        return ["expected an object with “messages”, a list"]
    out = [f"the key “{key}” is not known; expected {', '.join(KEYS)}" for key in {*line} - KEYS]
    messages = line["messages"]
    if not messages:
        return [*out, "“messages” is empty"]
    open_calls: set[str] = set()
    learnt = False
    for number, message in enumerate(messages, start=1):
        where = f"message {number}"
        if not isinstance(message, Mapping):
            out.append(f"{where} is no object")
            continue
        out += [f"{where} {fault}" for fault in _message(message, open_calls)]
        if message.get("role") == "assistant":
            learnt = learnt or message.get("weight", 1) == 1
            calls = message.get("tool_calls") or []
            open_calls |= {str(one.get("id")) for one in calls if isinstance(one, Mapping)}
    last = messages[-1]
    role = last.get("role") if isinstance(last, Mapping) else None
    if role != "assistant":
        out.append(f"the last message is of the role “{role}”, expected “assistant”")
    elif not learnt:
        out.append("no message of the assistant has the weight 1, so nothing is learnt")
    tools = line.get("tools", [])
    if not isinstance(tools, list) or not all(_is_tool(one) for one in tools):
        out.append("“tools” is no list of {“type”: “function”, “function”: {“name”: …}}")
    return out


def check_lines(lines: Iterable[str]) -> list[tuple[int, str]]:
    """Return the number of each line that is at fault, from 1, with what is wrong with it."""
    out = []
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            out.append((number, "the line is empty"))
            continue
        try:
            line = json.loads(text)
        except ValueError as error:
            out.append((number, f"this is not JSON ({error})"))
            continue
        out += [(number, fault) for fault in faults(line)]
    return out


def _message(message: Mapping[str, Any], open_calls: set[str]) -> list[str]:
    role, content = message.get("role"), message.get("content")
    if role not in ROLES:
        return [f"has the role “{role}”, expected one of {', '.join(ROLES)}"]
    out = [f"has the key “{key}”, which is not known" for key in {*message} - MESSAGE_KEYS]
    calls = message.get("tool_calls")
    if calls is not None and role != "assistant":
        out.append("calls tools, which only the assistant may")
    out += [fault for call in calls or [] for fault in _call(call)]
    if not isinstance(content, str) and not (content is None and calls):
        out.append("has no text in “content”")
    elif role == "assistant" and not calls and not (content or "").strip():
        out.append("is an empty answer")
    if role == "tool" and message.get("tool_call_id") not in open_calls:
        out.append("answers no tool call in front of it (“tool_call_id”)")
    if "weight" in message and (role != "assistant" or message["weight"] not in (0, 1)):
        out.append("has a “weight” that is not 0 or 1, or is not the assistant's")
    if "name" in message and not NAME.fullmatch(str(message["name"])):
        out.append("has a “name” of other characters than letters, digits, _ and -")
    return out


def _call(call: Any) -> list[str]:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("arguments"), str):
        return ["has a tool call without function and arguments as a text"]
    out = [] if call.get("id") else ["has a tool call without “id”"]
    if not NAME.fullmatch(str(function.get("name"))):
        out.append("calls a tool with other characters in its name than letters, digits, _ and -")
    try:
        json.loads(function["arguments"])
    except ValueError:
        out.append("calls a tool with arguments that are not JSON")
    return out


def _is_tool(raw: Any) -> bool:
    if not isinstance(raw, Mapping) or raw.get("type") != "function":
        return False
    function = raw.get("function")
    return isinstance(function, Mapping) and bool(NAME.fullmatch(str(function.get("name"))))
