"""Words coloured by what they did for an answer: `multimodal.text.draw` for the window.

Orange words spoke for the answer and blue ones against it; the strongest are underlined, solid and
dotted, so that a map can be read without colour. A text that reads from right to left is laid out
so. `lay_out` and `paint` serve lists of maps; `WordMap` is one map to look at, and to walk through
word by word with the arrow keys.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ...multimodal.escape import visible
from ...multimodal.palette import LEVELS, Palette, level
from ..frame.texts import tr
from ..frame.theme import FAMILY, Theme

POINTS, LINE, INSET = 11, 28, 4
WIDE_SCALE = 420
STRONG = 7
"""Levels of the colour scale from this one on are underlined, as in reports."""
LONGEST_WORD, MOST_WORDS = 80, 600


@dataclass(frozen=True)
class Words:
    """What a map shows.

    Attributes
    ----------
    words, separators, scores
        Words in their order, what stands behind each, and the signed score of each.
    scale
        Absolute score that gets the strongest colour.
    target
        The answer that the scores are about.
    """

    words: tuple[str, ...]
    separators: tuple[str, ...]
    scores: tuple[float, ...]
    scale: float
    target: str

    def said(self, at: int) -> str:
        """Say in words what one word did."""
        score = self.scores[at]
        template = tr("“{word}” {score}: no score")
        if math.isfinite(score):
            template = (
                tr("“{word}” {score}: spoke for “{target}”")
                if score >= 0
                else tr("“{word}” {score}: spoke against “{target}”")
            )
        return template.format(
            word=visible(self.words[at], LONGEST_WORD), score=signed(score), target=self.target
        )


@dataclass(frozen=True)
class Placed:
    """A word with its place; `at` is its number among the words."""

    at: int
    text: str
    box: QRectF
    step: int


@dataclass(frozen=True)
class LaidOut:
    """A map laid out for a width."""

    placed: tuple[Placed, ...]
    height: float
    left_out: int

    def under(self, place: QPointF) -> int | None:
        """Return the number of the word at a place."""
        return next((one.at for one in self.placed if one.box.contains(place)), None)


def signed(score: float) -> str:
    """Write a score with its sign."""
    return f"{score:+.2f}".replace("-", "−") if math.isfinite(score) else "–"


def font() -> QFont:
    """Return the font of words."""
    return QFont(FAMILY, POINTS)


def lay_out(words: Words, width: float, advance: Callable[[str], float] | None = None) -> LaidOut:
    """Break words into lines of a width; from right to left where the text reads so.

    Parameters
    ----------
    words
        The map.
    width
        Pixels of a line.
    advance
        Pixels that a text takes; in `font` if left out.
    """
    measure = advance or _advance
    placed: list[Placed] = []
    x, y = 0.0, 0.0
    backwards = reads_backwards(words.words)
    for at, word in enumerate(words.words[:MOST_WORDS]):
        text = visible(word, LONGEST_WORD)
        wide = measure(text)
        if x and x + wide + sum(map(measure, _marks_behind(words, at))) > width:
            x, y = 0.0, y + LINE
        box = QRectF(x, y, min(wide, width), LINE)
        if backwards:
            box.moveLeft(width - x - box.width())
        placed.append(Placed(at, text, box, level(words.scores[at], words.scale)))
        after = words.separators[at] if at < len(words.separators) else " "
        gap = visible(after.replace("\n", ""), 40)
        x += wide + (measure(gap) if gap else 0.0)
        if "\n" in after:
            x, y = 0.0, y + LINE
    left_out = max(len(words.words) - MOST_WORDS, 0)
    return LaidOut(tuple(placed), y + LINE + (LINE if left_out else 0), left_out)


def _marks_behind(words: Words, at: int) -> Iterator[str]:
    """Return the marks that follow a word without a space: no line begins with them."""
    for place in range(at, min(len(words.words), len(words.separators)) - 1):
        mark = words.words[place + 1]
        if words.separators[place] or any(letter.isalnum() for letter in mark):
            return
        yield visible(mark, LONGEST_WORD)


def paint(
    painter: QPainter, laid: LaidOut, colours: Palette, origin: QPointF, chosen: int | None = None
) -> None:
    """Draw a map that was laid out, its first word at `origin`.

    Parameters
    ----------
    painter
        Where to draw.
    laid
        The map.
    colours
        Colours of the theme.
    origin
        Upper left corner.
    chosen
        Word with a frame around it.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font())
    for one in laid.placed:
        box = one.box.translated(origin)
        ground = box.adjusted(-2, 2, 2, -3)
        if one.step:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.diverging[LEVELS + one.step]))
            painter.drawRoundedRect(ground, INSET, INSET)
        painter.setPen(QColor(colours.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, one.text)
        if abs(one.step) >= STRONG:
            style = Qt.PenStyle.SolidLine if one.step > 0 else Qt.PenStyle.DotLine
            painter.setPen(QPen(QColor(colours.text), 1.5, style))
            low = box.bottom() - 5
            painter.drawLine(QPointF(box.left(), low), QPointF(box.right(), low))
        if one.at == chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(colours.accent), 2))
            painter.drawRoundedRect(ground, INSET, INSET)
    if laid.left_out:
        painter.setPen(QColor(colours.muted))
        said = tr("… {n} words not shown").format(n=f"{laid.left_out:,}")
        at = QRectF(origin.x(), origin.y() + laid.height - LINE, 400, LINE)
        painter.drawText(at, Qt.AlignmentFlag.AlignVCenter, said)


def reads_backwards(words: Sequence[str]) -> bool:
    """Whether the first letter that has a direction is one of a script from right to left."""
    for word in words:
        for char in word:
            direction = unicodedata.bidirectional(char)
            if direction in ("R", "AL"):
                return True
            if direction == "L":
                return False
    return False


@lru_cache(maxsize=1)
def _metrics() -> QFontMetricsF:
    return QFontMetricsF(font())


@lru_cache(maxsize=20_000)
def _advance(text: str) -> float:
    return float(_metrics().horizontalAdvance(text))


class Scale(QWidget):
    """What the colours of maps mean."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._scale = 0.0
        self.setFixedHeight(22)
        self.setMinimumWidth(260)
        self.setAccessibleName(tr("Scale of the colours"))
        theme.changed.connect(self.update)

    def show_scale(self, scale: float) -> None:
        """Show the ends of the scale."""
        self._scale = scale
        self.setAccessibleDescription(
            tr("From {low}, against the answer, to {high}, for it").format(
                low=signed(-scale), high=signed(scale)
            )
        )
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the scale between its ends."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = self._theme.palette
        painter.setFont(QFont(FAMILY, 9))
        metrics = QFontMetricsF(painter.font())
        wide = self.width() >= WIDE_SCALE
        low = tr("against the answer {score}") if wide else tr("against {score}")
        high = tr("{score} for the answer") if wide else tr("{score} for")
        low, high = low.format(score=signed(-self._scale)), high.format(score=signed(self._scale))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(colours.muted))
        x = metrics.horizontalAdvance(low)
        painter.drawText(QRectF(0, 0, x, self.height()), middle, low)
        x += 8
        painter.setPen(Qt.PenStyle.NoPen)
        for colour in colours.diverging[::2]:
            painter.setBrush(QColor(colour))
            painter.drawRect(QRectF(x, 4, 11, self.height() - 8))
            x += 11
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(x + 8, 0, 240, self.height()), middle, high)


class WordMap(QWidget):
    """One map; the arrow keys go from word to word, and `told` says what the chosen one did."""

    told = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.words: Words | None = None
        self.chosen: int | None = None
        self._theme = theme
        self._laid: LaidOut | None = None
        self._width = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Word map"))
        theme.changed.connect(self.update)

    def show_words(self, words: Words | None) -> None:
        """Show a map, or nothing."""
        self.words, self.chosen, self._width = words, None, -1
        text = "" if words is None else " ".join(visible(word) for word in words.words)
        self.setAccessibleDescription(text)
        self.updateGeometry()
        self.update()

    def choose(self, at: int) -> None:
        """Choose a word."""
        if self.words is None or not self.words.words:
            return
        self.chosen = max(0, min(at, min(len(self.words.words), MOST_WORDS) - 1))
        said = self.words.said(self.chosen)
        self.setAccessibleDescription(said)
        self.told.emit(said)
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Let the height follow from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the words need."""
        return LINE if self.words is None else int(lay_out(self.words, width - 8).height) + 8

    def sizeHint(self) -> QSize:
        """Return the size that is wished for."""
        return QSize(420, self.heightForWidth(max(self.width(), 420)))

    def minimumSizeHint(self) -> QSize:
        """Return the least size."""
        return QSize(160, LINE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the words."""
        laid = self._layout()
        if laid is not None:
            painter = QPainter(self)
            shown = self.chosen if self.hasFocus() or self.underMouse() else None
            paint(painter, laid, self._theme.palette, QPointF(4, 4), shown)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go from word to word."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: MOST_WORDS}
        key = Qt.Key(event.key())
        if key in steps:
            self.choose(0 if self.chosen is None else self.chosen + steps[key])
        elif key in ends:
            self.choose(ends[key])
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Choose the first word where none is."""
        super().focusInEvent(event)
        if self.chosen is None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self.choose(0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the word under the mouse."""
        laid = self._layout()
        at = None if laid is None else laid.under(event.position() - QPointF(4, 4))
        if at is not None:
            self.choose(at)

    def event(self, event: QEvent) -> bool:
        """Say in a tooltip what a word did."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            laid = self._layout()
            at = None if laid is None else laid.under(QPointF(event.pos()) - QPointF(4, 4))
            if at is not None and self.words is not None:
                QToolTip.showText(event.globalPos(), self.words.said(at), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _layout(self) -> LaidOut | None:
        if self.words is not None and (self._laid is None or self._width != self.width()):
            self._laid, self._width = lay_out(self.words, self.width() - 8), self.width()
        return None if self.words is None else self._laid
