"""The recipe's YAML: an editor with line numbers, quiet colours and one marked line."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from ...frame.texts import tr
from ...frame.theme import Theme, monospace

UNDO = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
TOKENS = re.compile(
    r"""(?P<comment>(?:^|(?<=\s))\#.*$)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')
      | (?P<key>(?:(?<=^)|(?<=[\s{,\[]))[^\s{}\[\],:\#'"&*!|>%@-][^\s{}\[\],:\#]*
                (?=\s*:(?:\s|$)))
      | (?P<value>(?<![\w.])(?:[-+]?\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|true|false|null|~)(?![\w.]))
    """,
    re.X,
)


class Highlighter(QSyntaxHighlighter):
    """Colours keys, texts, numbers and comments in those of the theme."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        self._formats: dict[str, QTextCharFormat] = {}
        self.recolour()

    def recolour(self) -> None:
        """Take the colours of the theme in use."""
        roles = {"comment": "muted", "string": "finding", "key": "accent", "value": "warning"}
        for name, role in roles.items():
            form = QTextCharFormat()
            form.setForeground(self._theme.colour(role))
            form.setFontItalic(name == "comment")
            if name == "key":
                form.setFontWeight(QFont.Weight.Medium)
            self._formats[name] = form
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour one line."""
        for found in TOKENS.finditer(text):
            kind = found.lastgroup or ""
            self.setFormat(found.start(), found.end() - found.start(), self._formats[kind])


class YamlEditor(QPlainTextEdit):
    """Edits the text; `typed` carries it after every change by the person."""

    typed = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._line: int | None = None
        self._showing = False
        self.setFont(monospace(10))
        self.setAccessibleName(tr("The recipe as YAML"))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self._margin = _Margin(self)
        self._colours = Highlighter(self.document(), theme)
        self.blockCountChanged.connect(lambda _: self._widen())
        self.updateRequest.connect(self._scrolled)
        self.cursorPositionChanged.connect(self._margin.update)
        self.textChanged.connect(self._changed)
        theme.changed.connect(self._recolour)
        self._widen()

    @property
    def text(self) -> str:
        """The text; Qt's own `toPlainText` would turn spaces that don't break into others."""
        return self.document().toRawText().replace("\u2029", "\n")

    def show_text(self, text: str) -> None:
        """Show a text; only what differs is changed, so that cursor and view stay."""
        old = self.text
        if old == text:
            return
        start = _common(old, text)
        end = min(_common(old[start:][::-1], text[start:][::-1]), len(old) - start)
        self._showing = True
        cursor = QTextCursor(self.document())
        cursor.setPosition(_units(old[:start]))
        cursor.setPosition(_units(old[: len(old) - end]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text[start : len(text) - end])
        self._showing = False
        if not self.hasFocus() and old:
            self.setTextCursor(cursor)

    def mark_line(self, line: int | None) -> None:
        """Mark a line, counted from 0, as the one at fault; None: none is."""
        self._line = line
        marks = []
        if line is not None and line < self.blockCount():
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.document().findBlockByNumber(line))
            form = QTextCharFormat()
            form.setBackground(self._theme.colour("warning_soft"))
            form.setProperty(QTextFormat.Property.FullWidthSelection, True)
            mark.format = form
            marks.append(mark)
        self.setExtraSelections(marks)
        self._margin.update()

    @property
    def marked(self) -> int | None:
        """The line that is marked."""
        return self._line

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the window's stack."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and any(map(event.matches, UNDO)):
            event.ignore()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Begin a new line as far in as the one before."""
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            before = self.textCursor().block().text()[: self.textCursor().positionInBlock()]
            gap = before[: len(before) - len(before.lstrip(" "))]
            self.textCursor().insertText("\n" + gap)
            self.ensureCursorVisible()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let the margin follow."""
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._margin.setGeometry(
            QRect(inside.left(), inside.top(), self.margin_width(), inside.height())
        )

    def margin_width(self) -> int:
        """Return the pixels that line numbers need."""
        digits = max(2, len(str(self.blockCount())))
        return 30 + self.fontMetrics().horizontalAdvance("9") * digits

    def paint_margin(self, event: QPaintEvent) -> None:
        """Draw the line numbers, and a sign beside the line at fault."""
        painter = QPainter(self._margin)
        painter.fillRect(event.rect(), self._theme.colour("surface"))
        painter.setFont(self.font())
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        here = self.textCursor().blockNumber()
        while block.isValid() and top <= event.rect().bottom():
            height = self.blockBoundingRect(block).height()
            number = block.blockNumber()
            wrong = number == self._line
            role = "warning" if wrong else "text" if number == here else "muted"
            painter.setPen(QColor(self._theme.colour(role)))
            place = QRect(0, int(top), self._margin.width() - 10, int(height))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, str(number + 1))
            if wrong:
                painter.drawText(place.adjusted(4, 0, 0, 0), Qt.AlignmentFlag.AlignLeft, "⚠")
            top += height
            block = block.next()
        painter.end()

    def _widen(self) -> None:
        self.setViewportMargins(self.margin_width(), 0, 0, 0)

    def _scrolled(self, rect: QRect, by: int) -> None:
        if by:
            self._margin.scroll(0, by)
        else:
            self._margin.update(0, rect.y(), self._margin.width(), rect.height())

    def _changed(self) -> None:
        if not self._showing:
            self.typed.emit(self.text)

    def _recolour(self) -> None:
        self._showing = True
        self._colours.recolour()
        self._showing = False
        self.mark_line(self._line)


class _Margin(QWidget):
    def __init__(self, editor: YamlEditor) -> None:
        super().__init__(editor)
        self._editor = editor

    def sizeHint(self) -> QSize:
        return QSize(self._editor.margin_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._editor.paint_margin(event)


def _common(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _units(text: str) -> int:
    """Return a text's length as Qt counts it, in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
