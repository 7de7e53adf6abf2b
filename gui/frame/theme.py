"""Light, dark and the system's theme, by palettes of our own.

Qt's own switch (`QStyleHints.setColorScheme`) does nothing offscreen and on some Linux desktops, so
the window sets a `QPalette` and a style sheet made from `multimodal.palette`, the colours that
reports and figures have too.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from ...multimodal.palette import THEMES, Palette
from .style import sheet

Mode = Literal["system", "light", "dark"]
MODES: tuple[Mode, ...] = ("system", "light", "dark")
FAMILY, MONOSPACE = "Inter", "JetBrains Mono"


class Theme(QObject):
    """The theme in use; `changed` is emitted when colours change.

    Attributes
    ----------
    mode
        What the person chose.
    palette
        The colours in use.
    """

    changed = Signal()

    def __init__(self, app: QApplication, mode: Mode = "system") -> None:
        super().__init__(app)
        self._app = app
        self.mode: Mode = mode
        load_fonts()
        app.setStyle("Fusion")
        app.setFont(QFont(FAMILY, 10))
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.palette = self._chosen()
        self._apply()

    def use(self, mode: Mode) -> None:
        """Change the theme."""
        self.mode = mode
        self._system_changed()

    @property
    def dark(self) -> bool:
        """Whether the colours in use are the dark ones."""
        return self.palette.name == "dark"

    def colour(self, role: str) -> QColor:
        """Return a colour by its role in `multimodal.palette.Palette`."""
        return QColor(getattr(self.palette, role))

    def _chosen(self) -> Palette:
        if self.mode != "system":
            return THEMES[self.mode]
        scheme = QGuiApplication.styleHints().colorScheme()
        return THEMES["dark" if scheme == Qt.ColorScheme.Dark else "light"]

    def _system_changed(self) -> None:
        chosen = self._chosen()
        if chosen is not self.palette:
            self.palette = chosen
            self._apply()
            self.changed.emit()

    def _apply(self) -> None:
        self._app.setPalette(qt_palette(self.palette))
        self._app.setStyleSheet(sheet(self.palette))


def load_fonts() -> None:
    """Make the bundled fonts known to Qt; once for a process."""
    if FAMILY in QFontDatabase.families() and MONOSPACE in QFontDatabase.families():
        return
    for file in files("pellucid.assets").joinpath("fonts").iterdir():
        if file.name.endswith((".otf", ".ttf")):
            QFontDatabase.addApplicationFontFromData(file.read_bytes())


def monospace(points: int = 10) -> QFont:
    """Return the font of recipes, commands and logs."""
    font = QFont(MONOSPACE, points)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def qt_palette(colours: Palette) -> QPalette:
    """Return Qt's palette for a theme."""
    out = QPalette()
    roles = {
        QPalette.ColorRole.Window: colours.background,
        QPalette.ColorRole.WindowText: colours.text,
        QPalette.ColorRole.Base: colours.surface,
        QPalette.ColorRole.AlternateBase: colours.background,
        QPalette.ColorRole.ToolTipBase: colours.surface,
        QPalette.ColorRole.ToolTipText: colours.text,
        QPalette.ColorRole.Text: colours.text,
        QPalette.ColorRole.PlaceholderText: colours.muted,
        QPalette.ColorRole.Button: colours.surface,
        QPalette.ColorRole.ButtonText: colours.text,
        QPalette.ColorRole.BrightText: colours.warning,
        QPalette.ColorRole.Link: colours.accent,
        QPalette.ColorRole.LinkVisited: colours.accent,
        QPalette.ColorRole.Highlight: colours.accent,
        QPalette.ColorRole.HighlightedText: colours.inverse,
        QPalette.ColorRole.Mid: colours.border,
        QPalette.ColorRole.Light: colours.surface,
        QPalette.ColorRole.Dark: colours.border,
    }
    for role, colour in roles.items():
        out.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        out.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.muted))
    return out
