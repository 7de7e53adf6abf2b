"""The style sheet of the window, made from a palette.

Widgets ask for a look by the dynamic property ``look`` (`set_look`): ``title``, ``heading``,
``lead``, ``muted``, ``primary``, ``quiet``, ``danger``, ``card``, ``chip``, ``finding``,
``warning``, ``note``, ``number``, ``complaint``, ``said``, ``said-user``, ``speaker``.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from PySide6.QtWidgets import QWidget

from ...multimodal.palette import Palette

SPACE = 8
"""Pixels between neighbours; larger gaps are multiples of it."""


def set_look(widget: QWidget, look: str) -> None:
    """Give a widget one of the looks of the style sheet."""
    widget.setProperty("look", look)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)


def sheet(c: Palette) -> str:
    """Return the style sheet for a palette."""
    return f"""
QMainWindow, QDialog {{ background: {c.background}; }}
QWidget {{ color: {c.text}; }}
QLabel {{ background: transparent; }}
QLabel[look="title"] {{ font-size: 20pt; font-weight: 600; }}
QLabel[look="heading"] {{ font-size: 12pt; font-weight: 600; }}
QLabel[look="lead"] {{ font-size: 11pt; color: {c.muted}; }}
QLabel[look="muted"] {{ color: {c.muted}; }}
QLabel[look="complaint"] {{ color: {c.warning}; }}
QLabel[look="number"] {{ font-size: 19pt; font-weight: 600; }}
QLabel[look="finding"], QLabel[look="warning"], QLabel[look="note"], QLabel[look="error"] {{
    padding: 8px 12px; border-radius: 6px;
}}
QLabel[look="finding"] {{ color: {c.finding}; background: {c.finding_soft}; }}
QLabel[look="warning"], QLabel[look="error"] {{
    color: {c.warning}; background: {c.warning_soft};
}}
QLabel[look="note"] {{ color: {c.note}; background: {c.note_soft}; }}
QLabel[look="chip"], QPushButton[look="chip"], QToolButton[look="chip"] {{
    color: {c.note}; background: {c.note_soft}; border: 1px solid {c.border};
    border-radius: 10px; padding: 2px 9px; font-size: 9pt;
}}
QPushButton[look="chip"]:checked, QToolButton[look="chip"]:checked {{
    color: {c.inverse}; background: {c.accent}; border-color: {c.accent};
}}
QFrame[look="card"] {{
    background: {c.surface}; border: 1px solid {c.border}; border-radius: 10px;
}}
QFrame[look="said"] {{
    background: {c.note_soft}; border: 1px solid {c.border}; border-radius: 10px;
}}
QFrame[look="said-user"] {{
    background: {c.finding_soft}; border: 1px solid {c.border}; border-radius: 10px;
}}
QLabel[look="speaker"] {{ color: {c.muted}; font-size: 9pt; font-weight: 600; }}
QFrame[look="bar"] {{ background: {c.surface}; border: none; border-bottom: 1px solid {c.border}; }}
QFrame[look="line"] {{ background: {c.border}; border: none; }}
QPushButton {{
    background: {c.surface}; border: 1px solid {c.border}; border-radius: 6px;
    padding: 6px 14px; min-height: 18px;
}}
QPushButton:hover, QToolButton:hover {{ background: {c.note_soft}; }}
QPushButton:pressed, QToolButton:pressed {{ background: {c.grid}; }}
QPushButton:disabled, QToolButton:disabled {{ color: {c.muted}; }}
QPushButton:focus, QToolButton:focus, QLineEdit:focus, QPlainTextEdit:focus, QComboBox:focus,
QAbstractSpinBox:focus, QTableView:focus, QListView:focus, QTreeView:focus,
QTextBrowser:focus {{ border: 2px solid {c.accent}; }}
QPushButton[look="primary"] {{
    background: {c.accent}; color: {c.inverse}; border: 1px solid {c.accent}; font-weight: 600;
}}
QPushButton[look="primary"]:hover {{ border: 1px solid {c.text}; }}
QPushButton[look="primary"]:focus {{ border: 2px solid {c.text}; }}
QPushButton[look="primary"]:disabled {{
    background: {c.note_soft}; color: {c.muted}; border-color: {c.border};
}}
QPushButton[look="danger"] {{ color: {c.warning}; border-color: {c.warning}; }}
QPushButton[look="quiet"], QToolButton {{
    background: transparent; border: 1px solid transparent; border-radius: 6px; padding: 5px 8px;
}}
QPushButton:focus {{ padding: 5px 13px; }}
QToolButton:focus {{ padding: 4px 7px; }}
QPushButton[look="quiet"]:focus {{ border: 2px solid {c.accent}; padding: 4px 7px; }}
QPushButton[look="chip"]:focus, QToolButton[look="chip"]:focus {{ padding: 1px 8px; }}
QToolButton::menu-indicator {{ image: none; }}
QLineEdit, QPlainTextEdit, QTextEdit, QTextBrowser, QComboBox, QAbstractSpinBox {{
    background: {c.surface}; border: 1px solid {c.border}; border-radius: 6px; padding: 5px 8px;
    selection-background-color: {c.accent}; selection-color: {c.inverse};
}}
QLineEdit:focus, QPlainTextEdit:focus, QTextBrowser:focus, QComboBox:focus,
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"], QComboBox[wrong="true"] {{
    padding: 4px 7px;
}}
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit, QComboBox QLineEdit {{
    border: none; padding: 0 6px; background: transparent;
}}
QSpinBox QLineEdit:focus, QDoubleSpinBox QLineEdit:focus, QComboBox QLineEdit:focus {{
    border-width: 0; padding: 0 6px;
}}
QLineEdit[wrong="true"], QPlainTextEdit[wrong="true"], QComboBox[wrong="true"],
QAbstractSpinBox[wrong="true"], QCheckBox[wrong="true"] {{ border: 2px solid {c.warning}; }}
QAbstractSpinBox {{ padding-right: 22px; }}
QComboBox::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow {{ image: url({_picture("arrow-down")}); width: 12px; height: 12px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    border: none; background: transparent; width: 20px; subcontrol-origin: border;
}}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin: 2px 2px 0 0; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 2px 2px 0; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
    background: {c.grid}; border-radius: 3px;
}}
QAbstractSpinBox::up-arrow {{ image: url({_picture("arrow-up")}); width: 10px; height: 10px; }}
QAbstractSpinBox::down-arrow {{
    image: url({_picture("arrow-down")}); width: 10px; height: 10px;
}}
QComboBox QAbstractItemView {{
    background: {c.surface}; border: 1px solid {c.border};
    selection-background-color: {c.accent}; selection-color: {c.inverse};
}}
QListView, QTreeView, QTableView {{
    background: {c.surface}; border: 1px solid {c.border}; border-radius: 8px;
    alternate-background-color: {c.background}; gridline-color: {c.grid};
    selection-background-color: {c.accent}; selection-color: {c.inverse}; outline: none;
}}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{
    background: transparent; color: {c.muted}; border: none; font-weight: 500;
    border-bottom: 1px solid {c.border}; padding: 6px 8px;
}}
QTableCornerButton::section {{ background: transparent; border: none; }}
QFrame[look="navigation"] {{
    background: {c.surface}; border: none; border-right: 1px solid {c.border};
}}
QToolButton[look="place"] {{
    text-align: left; padding: 8px 12px; border-radius: 8px; font-size: 10.5pt;
}}
QToolButton[look="place"]:checked {{
    background: {c.finding_soft}; color: {c.accent}; font-weight: 600;
}}
QToolButton[look="place"]:focus {{ border: 2px solid {c.accent}; padding: 7px 11px; }}
QStatusBar {{
    background: {c.surface}; border-top: 1px solid {c.border}; color: {c.muted};
}}
QStatusBar::item {{ border: none; }}
QMenuBar {{ background: {c.surface}; border-bottom: 1px solid {c.border}; }}
QMenuBar::item {{ padding: 5px 10px; background: transparent; }}
QMenuBar::item:selected {{ background: {c.note_soft}; border-radius: 4px; }}
QMenu {{ background: {c.surface}; border: 1px solid {c.border}; padding: 4px; }}
QMenu::item {{ padding: 6px 28px 6px 12px; border-radius: 4px; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::item:selected {{ background: {c.accent}; color: {c.inverse}; }}
QMenu::item:disabled {{ color: {c.muted}; }}
QMenu::separator {{ height: 1px; background: {c.border}; margin: 4px 8px; }}
QToolTip {{
    background: {c.surface}; color: {c.text}; border: 1px solid {c.border}; padding: 6px;
}}
QTabBar::tab {{
    padding: 8px 14px; color: {c.muted}; border: none; border-bottom: 2px solid transparent;
}}
QTabBar::tab:selected {{ color: {c.accent}; border-bottom: 2px solid {c.accent}; }}
QTabBar::tab:focus {{ color: {c.text}; border-bottom: 2px solid {c.text}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {c.border}; }}
QProgressBar {{
    background: {c.grid}; border: none; border-radius: 4px; max-height: 8px; text-align: center;
}}
QProgressBar::chunk {{ background: {c.accent}; border-radius: 4px; }}
QAbstractScrollArea::corner {{ background: transparent; border: none; }}
QScrollArea {{ border: none; background: transparent; }}
QScrollArea > QWidget > QWidget {{ background: transparent; }}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {c.border}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:hover {{ background: {c.muted}; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {c.border}; }}
QSplitter::handle:horizontal {{ width: 1px; }}
QSplitter::handle:vertical {{ height: 1px; }}
QDockWidget {{ titlebar-close-icon: none; }}
QCheckBox, QRadioButton {{ spacing: 8px; background: transparent; }}
QCheckBox::indicator {{
    width: 14px; height: 14px; border: 1px solid {c.muted}; border-radius: 4px;
    background: {c.surface};
}}
QCheckBox::indicator:checked {{
    background: {c.accent}; color: {c.inverse}; border-color: {c.accent};
    image: url({_picture(f"ticked-{c.name}")});
}}
QCheckBox::indicator:focus {{ border: 2px solid {c.accent}; }}
QCheckBox::indicator:disabled {{ background: {c.grid}; border-color: {c.border}; }}
QCheckBox:disabled {{ color: {c.muted}; }}
QCheckBox:focus, QRadioButton:focus {{ color: {c.accent}; }}
QSlider::groove:horizontal {{ background: {c.grid}; height: 4px; border-radius: 2px; }}
QSlider::handle:horizontal {{
    background: {c.accent}; width: 16px; height: 16px; margin: -6px 0; border-radius: 8px;
}}
QSlider::handle:horizontal:focus {{ border: 2px solid {c.text}; }}
QFrame[look="notice"] {{
    background: {c.surface}; border: 1px solid {c.border}; border-radius: 10px;
}}
"""


def _picture(name: str) -> str:
    """Return the path of a picture as style sheets take it; theirs have a colour of their own."""
    return Path(str(files("pellucid.assets").joinpath("icons", f"{name}.svg"))).as_posix()
