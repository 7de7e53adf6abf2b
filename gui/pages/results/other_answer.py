"""“What would change this answer”: counterfactuals of one row, searched for when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QPushButton, QWidget

from .... import copyable
from ....multimodal.escape import visible
from ...frame.style import set_look
from ...frame.texts import tr
from ...widgets.basics import Card, Flow, label
from .asking import Asking
from .changes import DRAWN, Change, Neighbours, missing
from .desk import Desk, Item
from .reading import Reading

if TYPE_CHECKING:
    from ....explain.search.found import Counterfactual

NEIGHBOUR = "neighbour"


def kinds() -> dict[str, tuple[str, str]]:
    """Return what each kind of change is called, and what it means."""
    return {
        "remove": (
            tr("Left out"),
            tr("The fewest words or parts without which the answer is another one"),
        ),
        "keep": (tr("Kept alone"), tr("The fewest words or parts that alone keep the answer")),
        "swap": (
            tr("Other words"),
            tr("The fewest words in place of which others lead to another answer"),
        ),
        NEIGHBOUR: (
            tr("Nearest rows"),
            tr("The nearest training rows with another label or answer; looks at all of them"),
        ),
    }


class OtherAnswer(Card):
    """What would change the answer to one row."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(tr("What would change this answer"))
        self.desk = desk
        self.id = ""
        self._reading: Reading | None = None
        self._found: dict[str, Counterfactual] = {}
        self.nothing = label(
            tr(
                "A search looks for the smallest change of this row after which the model answers "
                "something else. It takes seconds to minutes."
            ),
            "muted",
            wrap=True,
        )
        chips = QWidget()
        flow = Flow(chips)
        self.chips: dict[str, QPushButton] = {}
        for name, (text, meaning) in kinds().items():
            chip = QPushButton(text)
            set_look(chip, "chip")
            chip.setCheckable(True)
            chip.setChecked(name != NEIGHBOUR)
            chip.setToolTip(meaning)
            chip.setAccessibleName(tr("Search for: {what}").format(what=text))
            chip.setAccessibleDescription(meaning)
            self.chips[name] = chip
            flow.addWidget(chip)
        self.asking = Asking(
            tr("Search"),
            tr("The model is loaded and asked about changed copies of the row …"),
            self.search,
            self._items,
        )
        self.asking.answered.connect(self._arrived)
        self.changes = {kind: Change(desk) for kind in DRAWN}
        self.near = Neighbours()
        self.missing = label("", "note", wrap=True)
        self.body.addWidget(self.nothing)
        self.body.addWidget(chips)
        self.body.addWidget(self.asking)
        for widget in (*self.changes.values(), self.near, self.missing):
            self.body.addWidget(widget)

    def show_row(self, reading: Reading, id_: str) -> None:
        """Show what is known of a row."""
        before = self._reading
        if before is None or before.path != reading.path:
            self.asking.end()
            self._found.clear()
        if id_ != self.id and not self.asking.running:
            self.asking.say("")
        self._reading, self.id = reading, id_
        self.chips["swap"].setVisible("text" in reading.modalities.values())
        self.asking.button.setEnabled(bool(id_) and "model" in reading.made)
        self._show()

    def search(self) -> None:
        """Search for what would change the answer."""
        action = self._action()
        if not action.kinds:
            self.asking.say(tr("Choose at least one kind of change above."), "complaint")
        elif self.id:
            self.asking.ask(action.words())

    def end(self) -> None:
        """End what is at work."""
        self.asking.end()
        for one in self.changes.values():
            one.pictures.maps.end()

    def _action(self) -> copyable.Counterfactual:
        # Digits alone would be a number of rows.
        rows = f"{self.id},{self.id}" if self.id.isdecimal() else self.id
        chosen = [
            name for name, chip in self.chips.items() if chip.isChecked() and not chip.isHidden()
        ]
        return copyable.Counterfactual(self.desk.run, rows, tuple(chosen))

    def _arrived(self, answer: Any) -> None:
        from ....explain.search.found import Counterfactual

        for raw in answer["rows"]:
            one = Counterfactual.from_json(raw)
            self._found[one.id] = one
            if one.id != self.id:
                said = tr("Row {id} was searched; choose it to see what was found.")
                self.asking.say(said.format(id=visible(one.id, 40)))
        self._show()

    def _show(self) -> None:
        reading = self._reading
        if reading is None:
            return
        one = self._found.get(self.id) or reading.counterfactuals.get(self.id)
        self.nothing.setVisible(one is None)
        self.asking.button.setText(tr("Search") if one is None else tr("Search again"))
        for kind, change in self.changes.items():
            there = one is not None and getattr(one, kind) is not None
            change.setVisible(there)
            if there and one is not None:
                change.show_change(reading.name, one, kind, reading.files(self.id))
        near = one is not None and bool(one.neighbours)
        self.near.setVisible(near)
        if near and one is not None:
            self.near.show_rows(one)
        told = [] if one is None else missing(one)
        self.missing.setText("\n".join(told))
        self.missing.setVisible(bool(told))

    def _items(self) -> list[Item]:
        return self.desk.copies(self._action) if self.id else []
