"""One row closely: what was answered, by which words, with which scores, and of which groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from .... import copyable
from ....core.measured import Measured
from ....multimodal.escape import visible
from ....steps import offered
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Card, Flow, MoreButton, label, scrolled
from ...widgets.drawn_maps import SMALL, MapPictures
from ...widgets.parts import Parts
from ...widgets.word_map import Scale, WordMap
from .bars import Bar, IntervalBars
from .desk import Desk, Item
from .maps import as_words, drawings
from .reading import Reading
from .samples import parts_of

if TYPE_CHECKING:
    from ....explain.attribution import Attribution

MOST = 20_000


class RowDetail(QWidget):
    """What is known of one row."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.id = ""
        self._one: Attribution | None = None
        self.title = label("", "heading", wrap=True)
        self.answer = label("", "note", wrap=True)
        self.map = WordMap(desk.context.theme)
        self.map.told.connect(self._told)
        self.pictures = MapPictures(desk.context.theme, desk.context.pool)
        self.scale = Scale(desk.context.theme)
        self.said = label("", "muted", wrap=True)
        self.parts = Parts(desk.context.theme, desk.context.pool)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("The row’s text"))
        self.text.setMinimumHeight(110)
        self.scores = IntervalBars(desk.context.theme, tr("Score of each class"))
        self.scores_title = label(tr("Scores"), "muted")
        self.groups_title = label(tr("Groups"), "muted")
        chips = QWidget()
        self.chips = Flow(chips)
        self.explain = QPushButton(tr("Explain this row too"))
        self.explain.setToolTip(
            tr("Explains the rows that are explained now and this one, as a job")
        )
        self.explain.clicked.connect(lambda *_: self._explain())
        self.more = MoreButton(self._items, tr("Save or copy the word map"))
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.more, 0, Qt.AlignmentFlag.AlignTop)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2, 0, SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(top)
        first: tuple[QWidget, ...] = (
            self.answer,
            self.parts,
            self.pictures,
            self.map,
            self.scale,
            self.said,
            self.text,
        )
        for widget in first:
            column.addWidget(widget)
        column.addWidget(self.explain, 0, Qt.AlignmentFlag.AlignLeft)
        for widget in (self.scores_title, self.scores, self.groups_title, chips):
            column.addWidget(widget)
        column.addStretch(1)
        card = Card()
        card.body.addWidget(scrolled(inside))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACE, 0, 0, 0)
        whole.addWidget(card)
        self.setMinimumWidth(330)
        self._shown = (
            self.answer,
            self.parts,
            self.pictures,
            self.map,
            self.scale,
            self.said,
            self.text,
            self.explain,
            self.scores_title,
            self.scores,
            self.groups_title,
            self.more,
        )

    def show_row(self, reading: Reading, source: int | None) -> None:
        """Show a row by its number in the predictions; None: none."""
        facts = reading.facts
        self.chips.clear()
        for part in self._shown:
            part.setVisible(source is not None)
        if source is None or facts is None:
            self.id, self._one = "", None
            self.parts.show_parts([])
            self.title.setText(tr("Choose a row to look at it closely."))
            return
        self.id = str(facts.raw["id"][source].as_py())
        self.title.setText(tr("Row {id}").format(id=visible(self.id, 60)))
        true, predicted = int(facts.true[source]), int(facts.predicted[source])
        answer = facts.labels[predicted] if predicted >= 0 else str(facts.raw["prediction"][source])
        if true == predicted:
            said = tr("✓ Answered “{answer}”, which is right.").format(answer=answer)
        elif true >= 0:
            said = tr("✗ Answered “{answer}”, labelled “{label}”.").format(
                answer=answer, label=facts.labels[true]
            )
        else:
            said = tr("Answered “{answer}”; it has no label.").format(answer=answer)
        margin = tr("Margin to the next class: {margin:.3f}.")
        self.answer.setText(f"{said} {margin.format(margin=float(facts.margin[source]))}")
        self._show_text(reading, source)
        self.scores.show_bars(
            [
                Bar(name, Measured(float(score)))
                for name, score in zip(facts.labels, facts.scores[source], strict=True)
            ]
        )
        self.groups_title.setVisible(bool(facts.groups))
        for column, (codes, names) in facts.groups.items():
            chip = label(f"{visible(column, 40)}: {visible(names[int(codes[source])], 60)}", "chip")
            self.chips.addWidget(chip)

    def _show_text(self, reading: Reading, source: int) -> None:
        facts = reading.facts
        found = [
            (one, method)
            for method, all_ in reading.explained.items()
            for one in all_
            if one.id == self.id
        ]
        self._one = found[0][0] if found else None
        explained = self._one is not None
        for part in (self.pictures, self.map, self.scale, self.said, self.more):
            part.setVisible(explained)
        seen = facts is not None and bool(facts.pictured)
        self.parts.setVisible(seen)
        self.text.setVisible(not explained and not seen)
        known = "explain" in offered(reading.task, reading.modalities.values() or ["text"])
        if facts is not None and seen:
            parts = parts_of(facts.raw, facts.inputs, reading.modalities, source)
            self.parts.show_parts(parts)
        test = facts is not None and bool(facts.in_split("test")[source])
        self.explain.setVisible(known and not explained and test and "model" in reading.made)
        if self._one is not None:
            from ....explain.drawn import shared_scale

            one, method = found[0]
            scale = shared_scale(reading.explained[method])
            words = as_words(one, scale)
            drawn = drawings(one, reading, scale, SMALL)
            self.map.show_words(words)
            self.map.setVisible(bool(words.words))
            self.said.setVisible(bool(words.words))
            self.pictures.show_drawings(drawn)
            self.pictures.setVisible(bool(drawn))
            self.scale.show_scale(scale)
            self.scale.setVisible(bool(words.words))
            self._told("")
            return
        text = "" if facts is None else facts.text(source)
        missing = tr("What the model read stands in the run’s table, which was not read yet.")
        self.text.setPlainText(visible(text, MOST, lines=True) if text else missing)

    def _told(self, said: str) -> None:
        usual = tr("The arrow keys go from word to word.")
        self.said.setText(said or usual)

    def _explain(self) -> None:
        reading = self.desk.reading
        if reading is None or not self.id:
            return
        known = {one.id for found in reading.explained.values() for one in found}
        ids = [*dict.fromkeys([*sorted(known), self.id])]
        self.desk.start(
            copyable.Explain(reading.path, rows=",".join(ids)),
            tr("{n} rows are being explained.").format(n=f"{len(ids):,}"),
        )

    def _items(self) -> list[Item]:
        desk, name = self.desk, f"map:{self.id}"
        return [
            (tr("Save the word map as PNG …"), lambda: desk.ask_and_save(name, ".png")),
            (tr("Save its scores as CSV …"), lambda: desk.ask_and_save(name, ".csv")),
            *desk.copies_of_export(name, ".png"),
        ]
