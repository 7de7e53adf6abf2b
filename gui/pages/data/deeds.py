"""What can be done on this page, as the registry of actions takes it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ...frame.actions import Deed
from ...frame.context import Context
from ...frame.texts import tr

if TYPE_CHECKING:
    from .page import DataPage


def register(page: DataPage, context: Context) -> None:
    """Put the page's actions into the registry."""
    deeds = (
        Deed("data.bring", tr("Bring a table …"), page.ask_file, menu="file", icon="open"),
        Deed(
            "data.folder",
            tr("Open a folder of pictures or sounds …"),
            page.ask_folder,
            menu="file",
            icon="image",
            tip=tr("Each file is a row; folders inside name its label"),
        ),
        Deed(
            "data.recipe",
            tr("Make a recipe"),
            page.make_recipe,
            menu="run",
            shortcut="Ctrl+R",
            icon="recipe",
            tip=tr("Go on to a recipe for this table; it needs an input and a label"),
        ),
        Deed(
            "data.again",
            tr("Look at the table again"),
            page.look_again,
            menu="view",
            shortcut="F5",
            icon="redo",
        ),
        Deed(
            "data.stop",
            tr("Stop looking at the table"),
            page.stop_looking,
            icon="stop",
            tip=tr("What is shown now stays"),
        ),
        Deed(
            "data.find",
            tr("Find in the table"),
            page.find_text,
            menu="edit",
            shortcut="Ctrl+F",
            icon="search",
        ),
        Deed(
            "data.clear",
            tr("Show every row"),
            page.show_every_row,
            menu="edit",
            shortcut="Ctrl+Shift+F",
            icon="close",
            tip=tr("Take back every condition on rows"),
        ),
        Deed(
            "data.role",
            tr("Change the column’s role …"),
            page.open_current_role,
            menu="edit",
            shortcut="Ctrl+Shift+R",
            icon="tag",
        ),
        Deed(
            "data.side",
            tr("What was seen of the table"),
            page.turn_side,
            menu="view",
            shortcut="Ctrl+B",
            tip=tr("Show or hide the pane beside the table"),
            checkable=True,
        ),
        Deed("data.copy_look", tr("Copy as command: look"), page.copy_look, icon="code"),
        Deed("data.copy_recipe", tr("Copy as command: new recipe"), page.copy_recipe, icon="code"),
    )
    for deed in deeds:
        context.actions.add(replace(deed, page="data"))
    context.actions.enable("data.stop", False)
