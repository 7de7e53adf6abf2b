"""The page's menus: under a column's chip, at a cell, and under the button of three dots."""

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
from .filter_bar import Condition
from .role_words import role_words

if TYPE_CHECKING:
    from ....core.guess import Role
    from .page import DataPage

ENCODINGS = ("utf-8", "cp1252", "latin-1")
Items = list[tuple[str | None, Callable[[], object] | None]]


def role_menu(parent: QWidget, column: Column, now: Role, choose: Callable[[Role], None]) -> QMenu:
    """Return a menu of all roles, the one of now named so, with the reason of the look on top."""
    menu = QMenu(parent)
    menu.setAccessibleName(tr("Role of {column}").format(column=visible(column.name, 60)))
    menu.aboutToHide.connect(menu.deleteLater)
    words = role_words(column.modality)
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
        action.triggered.connect(lambda *_, role=role: choose(role))
    return menu


def cell_items(page: DataPage, row: int, column: int) -> Items:
    """Return what a cell's menu offers on this page, for a row of the table and a column."""
    model = page.area.view.columns
    if model is None:
        return []
    name, text = model.names[column], (model.text(row, column) or "").strip()
    said = f"“{visible(text, 40)}”" if text else tr("missing")
    return [
        (
            tr("Only rows with {value}").format(value=said),
            partial(page.area.bar.turn, Condition((name,), text or None)),
        ),
        (
            tr("Change the role of “{column}” …").format(column=visible(name, 30)),
            partial(page.open_roles, column, page.area.header.menu_place(column)),
        ),
    ]


def more_items(page: DataPage) -> Items:
    """Return what the button of three dots offers."""
    asked = page.asked
    here = asked is not None
    out: Items = [
        (tr("Copy as command: look"), page.copy_look if here else None),
        (tr("Copy as command: new recipe"), page.copy_recipe if here else None),
        (None, None),
        (tr("Look again"), page.look_again if here else None),
    ]
    encoded = asked is not None and asked.path.suffix.lower() != ".parquet"
    if asked is not None and encoded and not asked.path.is_dir():
        out += [
            (tr("Read as {encoding}").format(encoding=one), partial(page.read_as, one))
            for one in ENCODINGS
            if one != asked.encoding
        ]
    others = [path for path in page.recent() if asked is None or path != asked.path]
    if others:
        out.append((None, None))
        out += [(visible(path.name, 60), partial(page.bring, path)) for path in others]
    return out
