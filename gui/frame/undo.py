"""Undo and redo of the window: core's command stack, shown by Qt's undo actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

if TYPE_CHECKING:
    from ...core.undo import Command

LIMIT = 200


class Undo(QObject):
    """What was done in this window and can be undone, newest last."""

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(LIMIT)
        self.stack.indexChanged.connect(lambda _: self.changed.emit())

    def do(self, command: Command) -> None:
        """Carry out a command and remember how to undo it."""
        self.stack.push(_Qt(command))


class _Qt(QUndoCommand):
    def __init__(self, command: Command) -> None:
        super().__init__(command.text)
        self._command = command

    def redo(self) -> None:
        self._command.do()

    def undo(self) -> None:
        self._command.undo()
