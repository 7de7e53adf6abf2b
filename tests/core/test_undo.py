"""The command stack against a list of every state that there was."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid.core.undo import Command, CommandStack


class Board:
    """Keys with values, and commands that set one of them."""

    def __init__(self) -> None:
        self.state: dict[str, int] = {}

    def setting(self, key: str, value: int, *, merge: bool = False) -> Command:
        before = dict(self.state)
        after = {**before, key: value}

        def put(state: dict[str, int]) -> None:
            self.state = dict(state)

        return Command(
            f"{key}={value}", lambda: put(after), lambda: put(before), key if merge else None
        )


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from("abc"), st.integers(0, 9)),
        st.tuples(st.sampled_from(["undo", "redo", "clean"])),
    ),
    max_size=60,
)


@given(ACTIONS, st.integers(1, 8))
def test_every_history_equals_a_list_of_states(actions: list[Any], limit: int) -> None:
    board, stack = Board(), CommandStack(limit)
    states: list[dict[str, int]] = [{}]  # oracle: the states that can be reached, and where we are
    at, clean = 0, {"mark": 0}
    for action in actions:
        match action:
            case ("push", key, value):
                stack.push(board.setting(key, value))
                if clean["mark"] is not None and clean["mark"] > at:
                    clean["mark"] = None
                states = [*states[: at + 1], {**states[at], key: value}]
                at += 1
                if at > limit:
                    states, at = states[1:], at - 1
                    if clean["mark"] is not None:
                        clean["mark"] = clean["mark"] - 1 if clean["mark"] else None
            case ("undo",):
                assert stack.undo() == (at > 0)
                at = max(at - 1, 0)
            case ("redo",):
                assert stack.redo() == (at + 1 < len(states))
                at = min(at + 1, len(states) - 1)
            case ("clean",):
                stack.set_clean()
                clean["mark"] = at
        assert board.state == states[at]
        assert (stack.can_undo, stack.can_redo) == (at > 0, at + 1 < len(states))
        assert stack.is_clean == (clean["mark"] == at)
        assert len(stack) == len(states) - 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), max_size=30))
def test_commands_of_one_key_become_one(edits: list[tuple[str, int]]) -> None:
    board, stack = Board(), CommandStack()
    firsts: list[dict[str, int]] = []  # the state before each stretch of one key
    keys: list[str] = []
    for key, value in edits:
        # A new stack is clean, but the first command has nothing before it to grow into.
        if not keys or keys[-1] != key:
            firsts.append(dict(board.state))
            keys.append(key)
        stack.push(board.setting(key, value, merge=True))
    last = dict(board.state)
    assert len(stack) == len(firsts)
    for before in reversed(firsts):
        assert stack.undo()
        assert board.state == before
    while stack.redo():
        pass
    assert board.state == last


def test_nothing_grows_into_what_was_saved() -> None:
    board, stack = Board(), CommandStack()
    stack.push(board.setting("a", 1, merge=True))
    stack.set_clean()
    stack.push(board.setting("a", 2, merge=True))
    assert not stack.is_clean and len(stack) == 2
    stack.undo()
    assert stack.is_clean and board.state == {"a": 1}
    stack.push(board.setting("a", 3, merge=True))
    stack.undo()
    assert stack.is_clean and board.state == {"a": 1}


def test_commands_without_a_key_stay_apart() -> None:
    board, stack = Board(), CommandStack()
    stack.push(board.setting("a", 1))
    stack.push(board.setting("a", 2))
    assert len(stack) == 2


def fail() -> None:
    raise OSError("no")


def test_an_exception_leaves_the_stack_as_it_was() -> None:
    board, stack = Board(), CommandStack()
    stack.push(board.setting("a", 1))
    stack.push(Command("later fails", lambda: None, fail))
    heard: list[int] = []
    stack.changed.append(lambda: heard.append(1))
    with pytest.raises(OSError, match="no"):
        stack.undo()
    assert stack.undo_text == "later fails" and not heard
    stack = CommandStack()
    stack.push(board.setting("b", 1))
    stack.undo()
    with pytest.raises(OSError, match="no"):
        stack.push(Command("fails", fail, fail))
    assert not stack.can_undo and stack.redo_text == "b=1" and stack.is_clean
    assert stack.redo()  # and it still works


def test_texts_and_listeners() -> None:
    board, stack = Board(), CommandStack()
    heard: list[tuple[str, str]] = []
    stack.changed.append(lambda: heard.append((stack.undo_text, stack.redo_text)))
    stack.push(board.setting("a", 1))
    stack.push(board.setting("b", 2))
    stack.undo()
    stack.redo()
    stack.clear()
    assert heard == [("a=1", ""), ("b=2", ""), ("a=1", "b=2"), ("b=2", ""), ("", "")]


def test_a_command_can_t_undo_others() -> None:
    stack = CommandStack()
    stack.push(Command("one", lambda: None, lambda: None))
    with pytest.raises(RuntimeError, match="at work"):
        stack.push(Command("two", stack.undo, lambda: None))
    assert stack.undo_text == "one"
    assert stack.undo()
    with pytest.raises(ValueError, match="at least 1"):
        CommandStack(0)
