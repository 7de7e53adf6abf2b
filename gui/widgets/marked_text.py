"""Text with marked passages: tags of words, answers in a context, what a loss is counted on.

Passages carry a line below them and a small word behind them besides their colour, so that colour
is never the only sign.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QTextBrowser

from ...multimodal.escape import visible
from ..frame.texts import tr
from ..frame.theme import Theme

MOST = 20_000
"""Characters that are shown."""
QUIET, TRUE, GIVEN, BOTH, CUT = "quiet", "true", "given", "both", "cut"


@dataclass(frozen=True)
class Piece:
    """A passage.

    Attributes
    ----------
    text
        Its characters.
    look
        ``quiet`` (not counted), ``cut`` (struck out), ``true``, ``given`` or ``both``, a number
        as text for one of the series' colours, or empty for plain text.
    tag
        What stands behind it in small letters.
    """

    text: str
    look: str = ""
    tag: str = ""


class MarkedText(QTextBrowser):
    """Shows passages; as high as its text up to `tallest` pixels, then it scrolls."""

    def __init__(self, theme: Theme, name: str, tallest: int = 320) -> None:
        super().__init__()
        self._theme, self._tallest = theme, tallest
        self.pieces: tuple[Piece, ...] = ()
        self.setOpenLinks(False)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._draw)

    def show_pieces(self, pieces: Sequence[Piece]) -> None:
        """Show passages instead of those before."""
        self.pieces = tuple(pieces)
        told = [f"{one.text.strip()} ({one.tag})" for one in pieces if one.tag]
        self.setAccessibleDescription(tr("Marked: {what}").format(what="; ".join(told[:20])))
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the text needs at this width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        height = math.ceil(self.document().size().height())
        around = self.height() - self.viewport().height()
        self.setFixedHeight(min(max(height + max(around, 0), 44), self._tallest))

    def _draw(self) -> None:
        left, out = MOST, []
        for one in self.pieces:
            if left <= 0:
                out.append(f"<i>{escape(tr('… the rest is not shown'))}</i>")
                break
            out.append(self._html(one, left))
            left -= len(one.text)
        body = "".join(out)
        self.setHtml(f'<div style="line-height: 150%; white-space: pre-wrap;">{body}</div>')
        self._fit()

    def _html(self, one: Piece, most: int) -> str:
        colours = self._theme.palette
        text = escape(visible(one.text, most, lines=True)).replace("\n", "<br>")
        if not one.look:
            return text
        if one.look == QUIET:
            return f'<span style="color: {colours.muted};">{text}</span>'
        if one.look.isdigit():
            ink = colours.series[int(one.look) % len(colours.series)]
        else:
            inks = {TRUE: colours.finding, GIVEN: colours.warning, CUT: colours.muted}
            ink = inks.get(one.look, colours.accent)
        soft = blend(ink, colours.surface, 0.2)
        line = {GIVEN: "none", CUT: "line-through"}.get(one.look, "underline")
        mark = f'<span style="background-color: {soft}; text-decoration: {line};">{text}</span>'
        if not one.tag:
            return mark
        tag = escape(visible(one.tag, 40))
        small = (
            f"color: {colours.text}; background-color: {soft}; font-size: 8pt; font-weight: 600;"
        )
        return f'{mark}<span style="{small}">&nbsp;{tag}&nbsp;</span>'


def blend(ink: str, ground: str, share: float) -> str:
    """Return a colour between a ground (0) and an ink (1)."""
    one, other = QColor(ink), QColor(ground)
    pairs = (
        (one.red(), other.red()),
        (one.green(), other.green()),
        (one.blue(), other.blue()),
    )
    return QColor(*(round(share * front + (1 - share) * back) for front, back in pairs)).name()
