"""The menu that opens under a column's chip."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from ....core.look import Column
from ....multimodal.escape import visible
from ...frame.icons import icon
from ...frame.texts import tr
from .role_words import role_words

if TYPE_CHECKING:
    from ....core.guess import Role


def role_menu(parent: QWidget, column: Column, now: Role, choose: Callable[[Role], None]) -> QMenu:
    """Return a menu of all roles, the one of now named so, with the reason of the look on top."""
    menu = QMenu(parent)
    menu.setAccessibleName(tr("Role of {column}").format(column=visible(column.name, 60)))
    menu.aboutToHide.connect(menu.deleteLater)
    words = role_words()
    said = tr("{role}: {reason}").format(
        role=words[column.role].name, reason=visible(column.reason, 80)
    )
    menu.addAction(icon("info"), said).setEnabled(False)
    menu.addSeparator()
    group = QActionGroup(menu)
    for role, word in words.items():
        # The icon stands where the tick of a menu would.
        text = tr("{role} (now)").format(role=word.meaning) if role == now else word.meaning
        action = menu.addAction(icon(word.icon), text)
        font = action.font()
        font.setBold(role == now)
        action.setFont(font)
        action.setCheckable(True)
        action.setChecked(role == now)
        group.addAction(action)
        action.triggered.connect(partial(_chosen, choose, role))
    return menu


def _chosen(choose: Callable[[Role], None], role: Role, *_: object) -> None:
    choose(role)
