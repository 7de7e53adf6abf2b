"""What was done and can be undone: a stack of commands that knows no screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Command:
    """One thing that a person does and may take back.

    Attributes
    ----------
    text
        What it is called in a menu, such as “Change the label”.
    do, undo
        Carry it out, and bring back what was before.
    merge_key
        Commands with the same key, one right behind the other, become one: typing a word is undone
        at once. Such a command must *set* something, so that its `do` leads to the same state
        whatever stood there before.
    """

    text: str
    do: Callable[[], object]
    undo: Callable[[], object]
    merge_key: str | None = None


class CommandStack:
    """The commands that were carried out, oldest first, and how many of them hold now.

    Parameters
    ----------
    limit
        Commands to remember, at least 1; the oldest are forgotten.

    Attributes
    ----------
    changed
        Functions to call after every change of the stack or of its clean mark.
    """

    def __init__(self, limit: int = 200) -> None:
        if limit < 1:
            raise ValueError(f"limit is {limit}, expected at least 1")
        self.changed: list[Callable[[], object]] = []
        self._limit = limit
        self._commands: list[Command] = []
        self._index = 0
        self._clean: int | None = 0  # None: the clean state can't be reached any more
        self._busy = False

    def __len__(self) -> int:
        return len(self._commands)

    def push(self, command: Command) -> None:
        """Carry out a command and remember it; what could be redone is forgotten.

        An exception of the command's `do` leaves the stack as it was.
        """
        self._call(command.do)
        del self._commands[self._index :]
        if self._clean is not None and self._clean > self._index:
            self._clean = None
        before = self._commands[-1] if self._commands else None
        # What was saved must stay reachable, so nothing grows into the command before the mark.
        if before and command.merge_key == before.merge_key is not None and not self.is_clean:
            self._commands[-1] = replace(command, undo=before.undo)
        else:
            self._commands.append(command)
            self._index += 1
            self._forget()
        self._tell()

    def undo(self) -> bool:
        """Take back the last command that holds; return whether there was one."""
        if not self.can_undo:
            return False
        self._call(self._commands[self._index - 1].undo)
        self._index -= 1
        self._tell()
        return True

    def redo(self) -> bool:
        """Carry out again what was taken back last; return whether there was something."""
        if not self.can_redo:
            return False
        self._call(self._commands[self._index].do)
        self._index += 1
        self._tell()
        return True

    @property
    def can_undo(self) -> bool:
        """Whether a command holds that can be taken back."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back and nothing else done since."""
        return self._index < len(self._commands)

    @property
    def undo_text(self) -> str:
        """Name of the command that `undo` would take back; empty if there is none."""
        return self._commands[self._index - 1].text if self.can_undo else ""

    @property
    def redo_text(self) -> str:
        """Name of the command that `redo` would carry out; empty if there is none."""
        return self._commands[self._index].text if self.can_redo else ""

    @property
    def is_clean(self) -> bool:
        """Whether the state is the one that was marked, by way of undo and redo too."""
        return self._clean == self._index

    def set_clean(self) -> None:
        """Mark the state of now, such as the one that was just saved."""
        self._clean = self._index
        self._tell()

    def clear(self) -> None:
        """Forget every command; the state of now is the clean one."""
        self._commands.clear()
        self._index = self._clean = 0
        self._tell()

    def _forget(self) -> None:
        while len(self._commands) > self._limit:
            del self._commands[0]
            self._index -= 1
            if self._clean is not None:
                self._clean = self._clean - 1 if self._clean > 0 else None

    def _call(self, work: Callable[[], object]) -> None:
        if self._busy:
            raise RuntimeError("a command can't push, undo or redo while another one is at work")
        self._busy = True
        try:
            work()
        finally:
            self._busy = False

    def _tell(self) -> None:
        for listener in tuple(self.changed):
            listener()
