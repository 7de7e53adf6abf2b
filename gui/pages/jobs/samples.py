"""What the model answers while it is trained: the newest answers, beside those that were meant."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QComboBox, QVBoxLayout

from ....core import events
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Card, label
from ...widgets.conversation import Conversation, Said, messages_of

TAIL = 2_000_000
"""Bytes of the events that are read when a job is opened, from the end."""
MOST = 4
"""Answers that are shown of one step."""


class Samples(Card):
    """Answers by the step at which they were written; hidden where there are none."""

    def __init__(self) -> None:
        super().__init__(tr("Answers while it learns"))
        self._file: Path | None = None
        self._offset = 0
        self._known: dict[int, list[events.Sample]] = {}
        self.step = QComboBox()
        self.step.setAccessibleName(tr("Step at which the answers were written"))
        self.step.setMinimumWidth(150)
        self.step.currentIndexChanged.connect(lambda *_: self._show())
        self.header.addWidget(self.step)
        self.body.addWidget(
            label(
                tr("Validation rows, answered with the weights of that step."), "muted", wrap=True
            )
        )
        self._column = QVBoxLayout()
        self._column.setSpacing(2 * SPACE)
        self.body.addLayout(self._column)
        self.shown: list[Conversation] = []
        self.hide()

    def follow(self, run: Path | None) -> None:
        """Show the answers of a run from now on."""
        file = run / "events.jsonl" if run is not None else None
        if file == self._file:
            return
        self._file, self._offset, self._known = file, 0, {}
        if file is not None and file.exists():
            self._offset = max(file.stat().st_size - TAIL, 0)
        self.step.clear()
        self.catch_up()

    def catch_up(self) -> None:
        """Add what was told since; the newest answers come to the front unless others are read."""
        if self._file is None:
            return
        told, self._offset = events.tail(self._file, self._offset)
        newest = self.step.currentIndex() <= 0
        came = False
        for event in told:
            if not isinstance(event, events.Sample):
                continue
            came = True
            # A resumed run tells some steps twice: what it told last counts.
            if event.at < max(self._known, default=0):
                self._known = {at: kept for at, kept in self._known.items() if at < event.at}
            kept = [one for one in self._known.get(event.at, ()) if one.prompt != event.prompt]
            self._known[event.at] = [*kept, event]
        if came:
            self._list(newest)
        self.setVisible(bool(self._known))

    def _list(self, newest: bool) -> None:
        kept = self.step.currentData()
        self.step.blockSignals(True)
        self.step.clear()
        for at in sorted(self._known, reverse=True):
            self.step.addItem(tr("step {n}").format(n=f"{at:,}"), at)
        self.step.setCurrentIndex(0 if newest else max(self.step.findData(kept), 0))
        self.step.blockSignals(False)
        self._show()

    def _show(self) -> None:
        found = self._known.get(self.step.currentData() or -1, [])[-MOST:]
        while len(self.shown) < len(found):
            talk = Conversation(tr("An answer while it learns"))
            self.shown.append(talk)
            self._column.addWidget(talk)
        for at, talk in enumerate(self.shown):
            talk.setVisible(at < len(found))
            if at < len(found):
                talk.show_messages(_messages(found[at]))


def _messages(one: events.Sample) -> list[Said]:
    out = messages_of(one.prompt) or [Said("user", one.prompt)]
    out.append(Said("assistant", one.text, tr("generated at step {n}").format(n=f"{one.at:,}")))
    if one.reference is not None:
        out.append(Said("assistant", one.reference, tr("reference")))
    return out
