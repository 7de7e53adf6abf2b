"""Undo and redo of the window: core's stack of commands, with signals for menus and buttons.

Not Qt's own QUndoStack around it: then two stacks would say what can be undone.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ...core.undo import Command, CommandStack


class Undo(QObject):
    """What was done in this window and can be undone; `changed` tells that it is something else."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stack = CommandStack()
        self.stack.changed.append(self.changed.emit)

    def do(self, command: Command) -> None:
        """Carry out a command and remember how to undo it."""
        self.stack.push(command)
