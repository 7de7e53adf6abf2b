"""The small parts that every page is built of: headers, cards, empty states, flowing chips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QAction, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QMenu,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..frame.icons import icon
from ..frame.style import SPACE, set_look
from ..frame.texts import tr

READABLE = 720
"""Pixels of a line of text that eyes follow without effort."""
EMPTY_WIDTH = 520


def label(text: str, look: str = "", *, wrap: bool = False) -> QLabel:
    """Make a label of plain text, whatever stands in it."""
    out = QLabel(text)
    out.setTextFormat(Qt.TextFormat.PlainText)
    out.setWordWrap(wrap)
    if wrap:
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        out.setSizePolicy(policy)
    if look:
        set_look(out, look)
    return out


class _Area(QScrollArea):
    """An area whose content is as high as its texts need at the width that is there.

    Qt asks besides for the height that they would need at the least width, which leaves an empty
    stretch at the end.
    """

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look anew at what the height follows from, when the content changes."""
        if event.type() == QEvent.Type.LayoutRequest and watched is self.widget():
            self.fit()
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Pass over the least height where the height follows from the width."""
        inside = self.widget()
        if inside is None:
            return
        layout, policy = inside.layout(), inside.sizePolicy()
        kind = QSizePolicy.Policy
        follows = layout is not None and layout.hasHeightForWidth()
        wanted = kind.Ignored if follows else kind.Preferred
        if policy.verticalPolicy() != wanted:
            policy.setVerticalPolicy(wanted)
            inside.setSizePolicy(policy)


def scrolled(widget: QWidget) -> QScrollArea:
    """Put a widget into an area that scrolls up and down."""
    area = _Area()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(widget)
    area.fit()
    return area


def action_button(action: QAction, look: str = "", *, text: str = "") -> QPushButton:
    """Make a button that does what an action does, and is enabled and named as it is.

    Parameters
    ----------
    action
        An action of the registry.
    look
        A look of the style sheet, such as ``primary``.
    text
        A shorter text for the button; the action's own if left out.
    """
    button = QPushButton()
    if look:
        set_look(button, look)

    def follow() -> None:
        button.setText(text or action.text())
        # The icon of a filled button would have the colour of its ground.
        if look != "primary":
            button.setIcon(action.icon())
        button.setToolTip(action.toolTip())
        button.setEnabled(action.isEnabled())
        button.setAccessibleName(text or action.text())

    follow()
    action.changed.connect(follow)
    button.clicked.connect(lambda *_: action.trigger())
    return button


class PageHeader(QWidget):
    """A page's title with one line under it, and room for buttons at the right."""

    def __init__(self, title: str, lead: str = "") -> None:
        super().__init__()
        self.title = label(title, "title")
        self.lead = label(lead, "muted")
        if not lead:  # what is shown before it has a parent would be a window for a moment
            self.lead.hide()
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self.title)
        texts.addWidget(self.lead)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, SPACE)
        self._row.setSpacing(SPACE)
        self._row.addLayout(texts, 1)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right, behind those that are there."""
        self._row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def set_lead(self, text: str) -> None:
        """Change the line under the title."""
        self.lead.setText(text)
        self.lead.setVisible(bool(text))


class Card(QFrame):
    """A framed part of a page: a heading with room for buttons (`header`), and a `body`."""

    def __init__(self, title: str = "") -> None:
        super().__init__()
        set_look(self, "card")
        whole = QVBoxLayout(self)
        whole.setContentsMargins(2 * SPACE, SPACE + 4, 2 * SPACE, 2 * SPACE)
        whole.setSpacing(SPACE)
        self.header = QHBoxLayout()
        self.heading = label(title, "heading")
        if not title:
            self.heading.hide()
        self.header.addWidget(self.heading, 1)
        whole.addLayout(self.header)
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE)
        whole.addLayout(self.body, 1)
        if title:
            self.setAccessibleName(title)


class EmptyState(QWidget):
    """What stands where nothing is yet: what it is for, and buttons that bring something."""

    def __init__(
        self,
        icon_name: str,
        title: str,
        text: str,
        buttons: Sequence[tuple[str, Callable[[], object]]] = (),
    ) -> None:
        super().__init__()
        mark = QToolButton()
        mark.setIcon(icon(icon_name))
        mark.setIconSize(QSize(48, 48))
        mark.setEnabled(False)
        mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        mark.setAccessibleName(title)
        mark.setStyleSheet("border: none; background: transparent;")
        heading = label(title, "heading")
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        said = label(text, "muted", wrap=True)
        said.setAlignment(Qt.AlignmentFlag.AlignCenter)
        said.setFixedWidth(EMPTY_WIDTH)
        # A row with stretches, because an aligned label would get the height of a wider one.
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(said)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(SPACE)
        column.addStretch(2)
        column.addWidget(mark, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(heading)
        column.addLayout(middle)
        if buttons:
            row = QHBoxLayout()
            row.setContentsMargins(0, SPACE, 0, 0)
            row.addStretch(1)
            for number, (text_, does) in enumerate(buttons):
                button = QPushButton(text_)
                if number == 0:
                    set_look(button, "primary")
                button.clicked.connect(lambda *_, does=does: does())
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
        column.addStretch(3)


class ShortCombo(QComboBox):
    """A choice whose name ends in “…” where there is little room, and stands whole in the tip."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.currentTextChanged.connect(self.setToolTip)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it as the style does, with a name that fits."""
        painter = QStylePainter(self)
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = self.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        elide = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), elide, field.width() - 2
        )
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class MoreButton(QToolButton):
    """A button with a menu of what else can be done, made anew each time it opens.

    Parameters
    ----------
    items
        Gives texts with what they do; a text of None is a line between two.
    text
        What the button is called.
    """

    def __init__(
        self,
        items: Callable[[], Sequence[tuple[str | None, Callable[[], object] | None]]],
        text: str = "",
    ) -> None:
        super().__init__()
        self.setIcon(icon("more"))
        self.setToolTip(text or tr("More"))
        self.setAccessibleName(text or tr("More"))
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._items = items
        menu = QMenu(self)
        menu.setAccessibleName(text or tr("More"))
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        for text, does in self._items():
            if text is None:
                menu.addSeparator()
                continue
            action = menu.addAction(text)
            action.setEnabled(does is not None)
            if does is not None:
                action.triggered.connect(lambda *_, does=does: does())


class Flow(QLayout):
    """A layout that breaks into rows like text, for chips."""

    def __init__(self, parent: QWidget | None = None, gap: int = 6) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        """Add an item behind the others."""
        self._items.append(item)

    def count(self) -> int:
        """Return how many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return an item, None beyond the last."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take an item out."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def clear(self) -> None:
        """Remove every item and its widget."""
        while self._items:
            widget = self._items.pop().widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def expandingDirections(self) -> Qt.Orientation:
        """Grow in no direction by itself."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Let the height follow from the width."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height that the rows need."""
        return self._arrange(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, rect: QRect) -> None:
        """Put the items into place."""
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        """Return the size that is wished for."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the size of the largest item."""
        out = QSize()
        for item in self._items:
            out = out.expandedTo(item.minimumSize())
        return out

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        x, y, height = rect.x(), rect.y(), 0
        for item in self._items:
            size = item.sizeHint()
            if x > rect.x() and x + size.width() > rect.right() + 1:
                x, y, height = rect.x(), y + height + self._gap, 0
            if move:
                width = min(size.width(), rect.width())
                item.setGeometry(QRect(QPoint(x, y), QSize(width, size.height())))
            x += size.width() + self._gap
            height = max(height, size.height())
        return y + height - rect.y()
