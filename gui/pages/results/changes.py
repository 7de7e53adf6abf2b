"""What would change an answer, drawn: struck and inserted words, pictures without their parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ....multimodal.draw import PICTURED
from ....multimodal.escape import visible
from ....multimodal.marked import marked
from ....multimodal.modality import of
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import label
from ...widgets.drawn_maps import SMALL, Drawing, MapPictures
from ...widgets.marked_text import CUT, TRUE, MarkedText, Piece
from .desk import Desk

if TYPE_CHECKING:
    from ....explain.search.found import Counterfactual

DRAWN = ("remove", "keep", "swap")
"""Kinds of which the change itself is drawn."""
MOST = 1_000
"""Characters of a neighbour's text that are shown."""


class Change(QWidget):
    """One kind of change: a sentence, and the row with what is different in it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        theme, pool = desk.context.theme, desk.context.pool
        self.said = label("", "finding", wrap=True)
        self.text = MarkedText(theme, tr("The changed row"), tallest=220)
        self.pictures = MapPictures(theme, pool)
        self.coloured = label(tr("What is coloured at the right is left out."), "muted", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        for widget in (self.said, self.text, self.pictures, self.coloured):
            column.addWidget(widget)

    def show_change(
        self, run: str, one: Counterfactual, kind: str, files: Mapping[str, str]
    ) -> None:
        """Show what was found of a kind.

        Parameters
        ----------
        run
            Name of the run.
        one
            What was found for a row.
        kind
            One of `DRAWN`, which was found.
        files
            Where the row's pictures and sounds lie, by column.
        """
        said = sentence(one, kind)
        self.said.setText(said)
        words = pieces(one, kind)
        self.text.show_pieces(words)
        self.text.setAccessibleDescription(said)
        self.text.setVisible(bool(words))
        drawn = drawings(run, one, kind, files, said)
        self.pictures.show_drawings(drawn)
        for widget in (self.pictures, self.coloured):
            widget.setVisible(bool(drawn))


class Neighbours(QWidget):
    """The nearest training rows with another label or answer."""

    def __init__(self) -> None:
        super().__init__()
        self.said = label("", "finding", wrap=True)
        self.rows: list[tuple[QLabel, QLabel]] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE // 2)
        self._column.addWidget(self.said)

    def show_rows(self, one: Counterfactual) -> None:
        """Show the rows that were found."""
        self.said.setText(sentence(one, "neighbour"))
        while len(self.rows) < len(one.neighbours):
            pair = (label("", "muted", wrap=True), label("", wrap=True))
            pair[0].setContentsMargins(0, SPACE, 0, 0)
            for part in pair:
                part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._column.addWidget(part)
            self.rows.append(pair)
        for at, (name, cells) in enumerate(self.rows):
            there = at < len(one.neighbours)
            name.setVisible(there)
            cells.setVisible(there)
            if there:
                near = one.neighbours[at]
                told = tr("{id}: labelled “{label}”, answered “{answer}”, similarity {near:.3f}")
                name.setText(
                    told.format(
                        id=visible(near.id, 60),
                        label=visible(near.label, 60),
                        answer=visible(near.answer, 60),
                        near=near.similarity,
                    )
                )
                cells.setText(_cells(near.cells))


def only(one: Counterfactual, kind: str) -> Counterfactual:
    """Return what was found with one kind alone."""
    return replace(
        one,
        remove=one.remove if kind == "remove" else None,
        keep=one.keep if kind == "keep" else None,
        swap=one.swap if kind == "swap" else None,
        neighbours=one.neighbours if kind == "neighbour" else (),
        missing=None,
    )


def sentence(one: Counterfactual, kind: str) -> str:
    """Say in words what was found of a kind; nothing where nothing was."""
    from ....explain.search.section import sentences

    return next(iter(sentences(only(one, kind))), "")


def missing(one: Counterfactual) -> list[str]:
    """Say of what was asked for and not found why."""
    from ....explain.search.section import sentences

    nothing = only(one, "")
    return sentences(replace(nothing, missing=one.missing))


def changes_of(one: Counterfactual, kind: str) -> dict[int, str]:
    """Return what stands in place of segments, by their number; nothing where they are left out."""
    if kind == "swap":
        return {} if one.swap is None else {word.segment: word.new for word in one.swap.words}
    left = one.remove if kind == "remove" else one.keep
    return {} if left is None else dict.fromkeys(left.absent, "")


def pieces(one: Counterfactual, kind: str) -> list[Piece]:
    """Return the row's texts with old words struck and new ones behind them."""
    changes, out, first = changes_of(one, kind), [], 0
    for part in one.drawn:
        if part.modality not in PICTURED:
            names = one.names[first : first + part.count]
            for at, (word, after) in enumerate(
                zip(names, part.outline["between"], strict=True), start=first
            ):
                out.append(Piece(word, CUT if at in changes else ""))
                if changes.get(at):
                    out += [Piece(" "), Piece(changes[at], TRUE)]
                out.append(Piece(after))
        first += part.count
    return out


def drawings(
    run: str, one: Counterfactual, kind: str, files: Mapping[str, str], said: str
) -> tuple[Drawing, ...]:
    """Return the row's pictures and sounds with what is left out coloured."""
    changes, out, first = changes_of(one, kind), [], 0
    for part in one.drawn:
        if part.modality in PICTURED:
            own = [at - first for at in changes if first <= at < first + part.count]
            names = one.names[first : first + part.count]
            cells = tuple(files.get(column, "") for column in part.columns)
            outline = of(part.modality).outline.from_json(part.outline, names, cells)
            name = (run, kind, one.id, part.modality, *cells, *map(str, sorted(own)))
            scores = marked(part.count, own)
            size = SMALL[part.modality]
            out.append(Drawing(name, part.modality, said, outline, scores, 1.0, size))
        first += part.count
    return tuple(out)


def _cells(cells: Mapping[str, str]) -> str:
    """Return a row's inputs, named where there are several."""
    shown = {name: visible(cell, MOST, lines=True) for name, cell in cells.items()}
    if len(shown) == 1:
        return next(iter(shown.values()))
    return "\n".join(f"{visible(name, 60)}: {cell}" for name, cell in shown.items())
