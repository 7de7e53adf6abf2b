"""One explained row closely: what would change its answer, and what is answered if it is edited."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label
from .desk import Desk
from .edit_row import EditRow
from .other_answer import OtherAnswer
from .reading import Reading


class ThisRow(QWidget):
    """Both cards, for the row that is chosen among the maps."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.title = label("", "heading", wrap=True)
        self.other = OtherAnswer(desk)
        self.edit = EditRow(desk)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, 2 * SPACE, SPACE, 2 * SPACE)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.title)
        column.addWidget(self.other)
        column.addWidget(self.edit)
        column.addStretch(1)

    def show_row(self, reading: Reading, id_: str) -> None:
        """Show a row by its id; none if empty."""
        named = tr("Row {id}").format(id=visible(id_, 60))
        self.title.setText(named if id_ else tr("Choose a map at the left: this is about its row."))
        for card in (self.other, self.edit):
            card.setVisible(bool(id_))
            card.show_row(reading, id_)

    def end(self) -> None:
        """End what is at work."""
        self.other.end()
        self.edit.end()
