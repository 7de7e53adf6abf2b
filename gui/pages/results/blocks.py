"""Sections of the report on the screen: their texts, tables and figures in the window's widgets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ....multimodal.escape import visible
from ...frame.style import SPACE
from ...frame.texts import tr
from ...widgets.basics import READABLE, label
from ...widgets.heat_grid import HeatGrid
from ...widgets.marked_text import CUT, TRUE, MarkedText, Piece
from ...widgets.plots import LinePlot
from ...widgets.row_plots import IntervalPlot
from .desk import Desk
from .exhibit import Exhibit, show_intervals
from .overview import Findings
from .tree_table import TreeTable

if TYPE_CHECKING:
    from ....core.report.tree import Block, Drawing, Section, Text
    from ....export import Named

PLOT = 260
"""Least pixels of height of the axes of curves."""


class Blocks(QWidget):
    """Blocks of the report below one another; curves and heat maps stand in pairs.

    Parameters
    ----------
    desk
        Saves and copies.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.exhibits: list[Exhibit] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * SPACE)

    def show_blocks(self, blocks: Iterable[Block | Section], names: Mapping[int, Named]) -> None:
        """Show blocks instead of those before.

        Parameters
        ----------
        blocks
            Parts of a section; sections in it stand below their title.
        names
            By the identity of a figure or table, the name by which it is saved.
        """
        self._clear()
        self._fill(blocks, names)

    def _clear(self) -> None:
        self.exhibits = []
        while self._column.count():
            item = self._column.takeAt(0)
            widget = None if item is None else item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _fill(self, blocks: Iterable[Block | Section], names: Mapping[int, Named]) -> None:
        for kind, found in _runs(blocks):
            if kind == "Section":
                for section in found:
                    self._column.addWidget(label(visible(section.title, 200), "heading", wrap=True))
                    if section.lead:
                        self._column.addWidget(_plain(section.lead, "muted"))
                    self._fill(section.blocks, names)
            elif kind == "Text":
                self._texts(found)
            elif kind in _PAIRED:
                self._pairs(kind, found, names)
            elif kind == "Drawing":
                for drawing in found:
                    self._drawing(drawing)
            elif kind == "Gallery":
                for gallery in found:
                    said = "; ".join(one.caption or one.alt for one in gallery.drawings)
                    told = tr("Pictures stand in the report: {what}").format(what=said)
                    self._column.addWidget(_plain(told))
            else:
                for one in found:
                    self._column.addWidget(self._exhibit(kind, one, names))

    def _texts(self, texts: Sequence[Text]) -> None:
        for plain, found in _by_tone(texts):
            if plain:
                for text in found:
                    self._column.addWidget(_plain(text.text))
            else:
                said = Findings()
                said.show_texts(found)
                self._column.addWidget(said)

    def _pairs(self, kind: str, found: Sequence[Any], names: Mapping[int, Named]) -> None:
        if len(found) == 1:
            self._column.addWidget(self._exhibit(kind, found[0], names))
            return
        held = QWidget()
        grid = QGridLayout(held)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(2 * SPACE)
        for at, one in enumerate(found):
            grid.addWidget(self._exhibit(kind, one, names), at // 2, at % 2)
        for at in range(2):
            grid.setColumnStretch(at, 1)
        self._column.addWidget(held)

    def _exhibit(self, kind: str, block: Any, names: Mapping[int, Named]) -> Exhibit:
        theme = self.desk.context.theme
        named = names.get(id(block))
        note = getattr(block, "note", "")
        if kind == "Table":
            table = TreeTable(theme, block.title)
            exhibit = Exhibit(self.desk, " ", table)
            table.show_table(block)
        elif kind == "LineFigure":
            plot = LinePlot(theme)
            plot.plot.setMinimumHeight(PLOT)
            exhibit = Exhibit(self.desk, " ", plot)
            plot.show_figure(block)
        elif kind == "HeatmapFigure":
            grid = HeatGrid(theme)
            exhibit = Exhibit(self.desk, " ", grid)
            grid.show_figure(block)
            note = tr("Rows: {rows}. Columns: {columns}. ◇: few rows. A dash: none.").format(
                rows=visible(block.row_label, 80), columns=visible(block.column_label, 80)
            )
        else:
            exhibit = Exhibit(self.desk, " ", IntervalPlot(theme))
            show_intervals(exhibit, _as_intervals(block))
        exhibit.show_named(named, visible(block.title, 200), note)
        self.exhibits.append(exhibit)
        return exhibit

    def _drawing(self, drawing: Drawing) -> None:
        shown = MarkedText(self.desk.context.theme, visible(drawing.alt, 200))
        shown.show_pieces(list(_pieces(str(drawing.html))))
        if drawing.caption:
            self._column.addWidget(_plain(drawing.caption))
        self._column.addWidget(shown)


_PAIRED = ("LineFigure", "HeatmapFigure")


def _runs(blocks: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield neighbours of one kind together."""
    kind = ""
    found: list[Any] = []
    for block in blocks:
        own = type(block).__name__
        if own != kind and found:
            yield kind, found
            found = []
        kind = own
        found.append(block)
    if found:
        yield kind, found


def _by_tone(texts: Sequence[Text]) -> Iterator[tuple[bool, list[Text]]]:
    found: list[Text] = []
    for text in texts:
        if found and (found[-1].tone == "plain") != (text.tone == "plain"):
            yield found[-1].tone == "plain", found
            found = []
        found.append(text)
    if found:
        yield found[-1].tone == "plain", found


def paragraph(text: str = "", look: str = "") -> tuple[QWidget, QLabel]:
    """Return a paragraph as wide as eyes follow without effort, in its row, and its label."""
    said = label(text, look, wrap=True)
    said.setMaximumWidth(READABLE)
    said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    held = QWidget()
    # A row, because a column would give wrapped lines the height of the whole width.
    row = QHBoxLayout(held)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(said, 100)
    row.addStretch(1)
    return held, said


def _plain(text: str, look: str = "") -> QWidget:
    return paragraph(text, look)[0]


def _as_intervals(block: Any) -> Any:
    """Return bars as values without intervals, and intervals as they are."""
    from ....core.measured import Measured
    from ....core.report.tree import BarFigure, IntervalFigure

    if not isinstance(block, BarFigure):
        return block
    values = tuple(Measured(value) for value in block.values)
    return IntervalFigure(block.title, block.x_label, block.names, values, block.alt, reference=0.0)


def _pieces(html: str) -> Iterator[Piece]:
    """Read struck and inserted words out of what a modality drew of a text."""
    import re

    for part in re.split(r"(<del>.*?</del>|<ins>.*?</ins>)", html, flags=re.DOTALL):
        text = unescape(re.sub(r"<[^>]*>", "", part))
        if not text:
            continue
        look = CUT if part.startswith("<del>") else TRUE if part.startswith("<ins>") else ""
        yield Piece(text, look)
