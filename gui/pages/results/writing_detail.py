"""One written answer closely: its prompt coloured, the table word by word, its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ....multimodal.draw import PICTURED
from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import Card, ShortCombo, label
from ...widgets.drawn_maps import LARGE, Drawing, MapPictures
from ...widgets.heat_table import HeatTable
from ...widgets.word_map import Scale, WordMap, Words
from .desk import Desk
from .exhibit import Exhibit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ....explain.generation.writing import Writing

ANSWER = 400
"""Characters of an answer that are shown."""


class WritingDetail(QWidget):
    """The prompt with its scores for the answer or one word of it, and the table of all words."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        theme = desk.context.theme
        self._run = ""
        self._one: Writing | None = None
        self._setting = False
        self.answer = label("", "lead", wrap=True)
        self.sure = label("", "muted", wrap=True)
        self.shown_for = ShortCombo()
        self.shown_for.setAccessibleName(tr("Part of the answer that the prompt is coloured for"))
        self.shown_for.setMinimumContentsLength(18)
        self.shown_for.currentIndexChanged.connect(lambda *_: self._show_part())
        self.map = WordMap(theme)
        self.map.told.connect(self._told)
        self.pictures = MapPictures(theme, desk.context.pool)
        self.scale = Scale(theme)
        self.said = label("", "muted", wrap=True)
        self.prompt = Card(" ")
        line = QHBoxLayout()
        line.setSpacing(SPACE)
        line.addWidget(label(tr("The prompt, coloured for"), "muted"))
        line.addWidget(self.shown_for)
        line.addStretch(1)
        self.prompt.body.addWidget(self.answer)
        self.prompt.body.addWidget(self.sure)
        self.prompt.body.addLayout(line)
        for widget in (self.pictures, self.map, self.scale, self.said):
            self.prompt.body.addWidget(widget)
        self.heat = HeatTable(theme)
        self.heat.told.connect(self._cell)
        self.heat.column_chosen.connect(self._column)
        self.cell = label("", "muted", wrap=True)
        self.words = Exhibit(desk, tr("The answer word by word"), self.heat, keep_title=True)
        self.words.body.addWidget(self.cell)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * SPACE)
        column.addWidget(self.prompt)
        column.addWidget(self.words)

    def show_writing(self, run: str, one: Writing) -> None:
        """Show an answer of a run."""
        from ....explain.generation.draw import heat

        by_word = one.by_word()
        self._run, self._one = run, by_word
        self.prompt.heading.setText(tr("Row {id}").format(id=visible(one.id, 60)))
        self.prompt.setAccessibleName(self.prompt.heading.text())
        self.answer.setText(_answered(one))
        self.sure.setText(_sure(one))
        self._setting = True
        self.shown_for.clear()
        self.shown_for.addItem(tr("the whole answer"), None)
        for at, token in enumerate(by_word.tokens):
            text = visible(token.strip() or token, 40)
            if by_word.contrastive and by_word.foils[at] != token:
                text = tr("“{token}”, not “{foil}”").format(
                    token=text, foil=visible(by_word.foils[at].strip(), 40)
                )
            self.shown_for.addItem(text, at)
        self._setting = False
        drawn = heat(by_word)
        self.heat.show_heat(drawn)
        self.words.show_named(None, note=drawn.note)
        self.heat.setAccessibleDescription(_alt(by_word))
        self._cell("")
        self._show_part()

    def end(self) -> None:
        """End what is at work."""
        self.pictures.maps.end()

    def _show_part(self) -> None:
        """Colour the prompt for the answer, or for one word of it."""
        one = self._one
        if self._setting or one is None:
            return
        at = self.shown_for.currentData()
        scores = one.whole if at is None else one.scores[at]
        target = one.answer if at is None else one.tokens[at]
        scale = float(abs(scores).max(initial=0.0)) or 1.0
        self.map.show_words(_words(one, scores, scale, visible(target.strip(), 60)))
        self.scale.show_scale(scale)
        self._told("")
        drawn = _drawings(self._run, one, scores, scale, at)
        self.pictures.show_drawings(drawn)
        self.pictures.setVisible(bool(drawn))

    def _column(self, column: int) -> None:
        heat = self.heat.heat
        if heat is not None:
            self.shown_for.setCurrentIndex(self.shown_for.findData(heat.places[column]))

    def _told(self, said: str) -> None:
        usual = tr("The arrow keys go from word to word. Scores are in nats.")
        self.said.setText(said or usual)

    def _cell(self, said: str) -> None:
        usual = tr(
            "Rows: words of the prompt, then with an arrow those of the answer itself. Columns: "
            "words of the answer. The arrow keys go from cell to cell."
        )
        self.cell.setText(said or usual)


def _words(one: Writing, scores: NDArray[np.float64], scale: float, target: str) -> Words:
    """Return the prompt's texts as a map."""
    names: list[str] = []
    between: list[str] = []
    values: list[float] = []
    for part, span in one.spans:
        if part.modality not in PICTURED:
            names += one.segments[span]
            between += one.separators[span]
            values += scores[span].tolist()
    return Words(tuple(names), tuple(between), tuple(values), scale, target)


def _drawings(
    run: str, one: Writing, scores: NDArray[np.float64], scale: float, at: int | None
) -> tuple[Drawing, ...]:
    """Return the prompt's pictures as maps; `at` is the word of the answer that they are for."""
    if not any(part.modality in PICTURED for part, _ in one.spans):
        return ()
    out = []
    for outline, span in one.outlines():
        part = next(part for part, own in one.spans if own == span)
        if part.modality in PICTURED:
            said = tr("The prompt’s picture, coloured by what spoke for the answer")
            name = (run, one.method, one.id, str(at), *part.columns)
            size = LARGE[part.modality]
            out.append(Drawing(name, part.modality, said, outline, scores[span], scale, size))
    return tuple(out)


def _answered(one: Writing) -> str:
    answer = visible(one.answer.strip(), ANSWER)
    if one.contrastive:
        foil = visible("".join(one.foils).strip(), ANSWER)
        return tr("Why “{answer}” and not “{foil}”").format(answer=answer, foil=foil)
    return tr("“{answer}”").format(answer=answer)


def _sure(one: Writing) -> str:
    sure, without = (
        f"{float(part.sum()):.2f}".replace("-", "−") for part in (one.outputs, one.baseline_outputs)
    )
    said = tr("Log-probability {sure} nats, {without} without the prompt’s words and parts.")
    text = said.format(sure=sure, without=without)
    if one.label:
        text += " " + tr("Expected: “{label}”").format(label=visible(one.label, ANSWER))
    return text


def _alt(one: Writing) -> str:
    from ....explain.generation.draw import alt

    return alt(one)
