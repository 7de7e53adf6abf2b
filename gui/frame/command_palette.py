"""The command palette: type a few letters, press Return."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from .actions import Actions
from .style import SPACE
from .texts import tr

WIDTH, HEIGHT = 560, 420


class CommandPalette(QDialog):
    """Lists the actions that can be done now, best match first; Escape closes it."""

    def __init__(self, window: QWidget, actions: Actions) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self.setAccessibleName(tr("Command palette"))
        self._actions = actions
        self.field = QLineEdit()
        self.field.setPlaceholderText(tr("What do you want to do?"))
        self.field.setAccessibleName(tr("Search commands"))
        self.field.setClearButtonEnabled(False)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Commands"))
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.field.textChanged.connect(self._fill)
        self.field.returnPressed.connect(self._run)
        self.list.itemActivated.connect(lambda _: self._run())
        self.list.itemClicked.connect(lambda _: self._run())
        self.field.installEventFilter(self)

    def open_over(self, window: QWidget) -> None:
        """Open at the upper middle of the window, empty."""
        self.field.clear()
        self._fill("")
        self.resize(min(WIDTH, window.width() - 40), min(HEIGHT, window.height() - 80))
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - self.width()) // 2, corner.y() + 60)
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys move in the list while one types."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            move = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8}.get(
                Qt.Key(event.key())
            )
            if move is not None and self.list.count():
                at = max(0, min(self.list.currentRow() + move, self.list.count() - 1))
                self.list.setCurrentRow(at)
                return True
        return False

    def _fill(self, typed: str) -> None:
        found: list[tuple[int, str, QAction]] = []
        for deed in self._actions.deeds():
            action = self._actions[deed.id]
            rank = match(typed, deed.text)
            if rank is not None and action.isEnabled():
                found.append((rank, deed.text, action))
        self.list.clear()
        for _, text, action in sorted(found, key=lambda one: one[:2]):
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(action.icon(), f"{text}    {keys}" if keys else text)
            item.setData(Qt.ItemDataRole.UserRole, action.objectName())
            item.setToolTip(action.toolTip())
            self.list.addItem(item)
        if self.list.count():
            self.list.setCurrentRow(0)
        else:
            item = QListWidgetItem(tr("Nothing of that name can be done here"))
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addItem(item)

    def _run(self) -> None:
        item = self.list.currentItem()
        name = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        if name is None:
            return
        self.close()
        self._actions[name].trigger()


def match(typed: str, text: str) -> int | None:
    """Rank how well typed letters match a text, 0 best; None where they don't.

    Every typed word must begin a word of the text (0), stand in it (1), or its letters must follow
    one another there (2).
    """
    low = text.lower()
    worst = 0
    for word in typed.lower().split():
        if any(part.startswith(word) for part in low.split()):
            rank = 0
        elif word in low:
            rank = 1
        elif _follows(word, low):
            rank = 2
        else:
            return None
        worst = max(worst, rank)
    return worst


def _follows(letters: str, text: str) -> bool:
    place = -1
    for letter in letters:
        place = text.find(letter, place + 1)
        if place < 0:
            return False
    return True
