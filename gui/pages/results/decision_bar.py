"""The decision of a run: the threshold that new tables are answered by, chosen and taken back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from .... import copyable
from ....core.undo import Command
from ....multimodal.escape import visible
from ...frame.style import SPACE, set_look
from ...frame.texts import tr
from ...widgets.basics import MoreButton, label
from .desk import Desk
from .reading import Reading

if TYPE_CHECKING:
    from ....core.decision import Decision


class DecisionBar(QWidget):
    """What is in use, and buttons that change it; every change can be undone.

    Parameters
    ----------
    desk
        The run in front.
    asked
        Gives the class and the threshold that are set now.
    """

    def __init__(self, desk: Desk, asked: Callable[[], tuple[str, float]]) -> None:
        super().__init__()
        self.desk = desk
        self.decision: Decision | None = None
        self._asked = asked
        self._reading: Reading | None = None
        self.said = label("", "muted")
        self.use = QPushButton(tr("Use this threshold"))
        set_look(self.use, "primary")
        self.use.setToolTip(tr("New tables are answered by it; what was measured stays"))
        self.use.clicked.connect(lambda *_: self.decide())
        self.back = QPushButton(tr("Take it back"))
        self.back.setToolTip(tr("Answer the class with the highest score again"))
        self.back.clicked.connect(lambda *_: self._write(None))
        more = MoreButton(lambda: desk.copies(self._action), tr("Copy this decision"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        for widget in (self.said, self.back, self.use, more):
            row.addWidget(widget)

    def show_reading(self, reading: Reading) -> None:
        """Show what is in use in a run."""
        self._reading = reading
        self._show(reading.decision)

    def decide(self) -> None:
        """Let new tables be answered by the threshold that is set."""
        from ....core.decision import Decision

        self._write(Decision(*self._asked()))

    def _write(self, wished: Decision | None) -> None:
        from ....core import decision

        if self._reading is None:
            return
        run, labels, before = self._reading.path, self._reading.labels, self.decision
        context = self.desk.context

        def put(one: Decision | None) -> None:
            if one is None:
                decision.clear(run)
            else:
                decision.write(run, one, labels)
            if self._reading is not None and self._reading.path == run:
                self._show(one)
                self.desk.decided.emit(one)

        text = tr("Take the threshold back") if wished is None else tr("Use this threshold")
        try:
            context.undo.do(Command(text, partial(put, wished), partial(put, before)))
        except OSError as error:
            said = tr("The decision can’t be written ({why}). Is the run’s folder writable?")
            context.notices.show(said.format(why=error.strerror), "error")
            return
        said = tr("New tables are answered by the highest score again.")
        if wished is not None:
            said = tr("New tables are answered “{label}” from a score of {value:.3f} on.").format(
                label=visible(wished.positive, 60), value=wished.threshold
            )
        context.notices.show(said, "done", offers=((tr("Undo"), context.undo.stack.undo),))

    def _show(self, decided: Decision | None) -> None:
        self.decision = decided
        self.back.setEnabled(decided is not None)
        said = tr("In use: the highest score")
        if decided is not None:
            said = tr("In use: “{label}” from {value:.3f} on").format(
                label=visible(decided.positive, 40), value=decided.threshold
            )
        self.said.setText(said)

    def _action(self) -> copyable.Decide:
        return copyable.Decide(self.desk.run, *self._asked())
