"""Everything that can be done with a recipe, for menus, shortcuts and the palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...frame.actions import Deed
from ...frame.texts import tr

if TYPE_CHECKING:
    from .page import RecipePage

NEEDS_RECIPE = (
    "start",
    "estimate",
    "save",
    "save_as",
    "find",
    "copy_yaml",
    "copy_command",
    "copy_python",
)
"""Actions that need an open recipe."""


def deeds(page: RecipePage) -> list[Deed]:
    """Return the page's actions."""
    here = "recipe"
    return [
        Deed(
            "recipe.start",
            tr("Start this recipe"),
            page.start,
            menu="run",
            shortcut="Ctrl+Return",
            icon="play",
            tip=tr("Save the recipe, put it into the queue, and let the queue be worked through"),
            page=here,
        ),
        Deed(
            "recipe.estimate",
            tr("Estimate time and memory"),
            page.estimate,
            menu="run",
            shortcut="Ctrl+E",
            icon="clock",
            tip=tr("Time a few steps on this machine"),
            page=here,
        ),
        Deed(
            "recipe.estimate_always",
            tr("Estimate by itself after edits"),
            page.turn_estimating,
            menu="run",
            checkable=True,
            page=here,
        ),
        Deed(
            "recipe.save",
            tr("Save the recipe"),
            page.filing.save,
            menu="file",
            shortcut="Ctrl+S",
            icon="save",
            page=here,
        ),
        Deed(
            "recipe.save_as",
            tr("Save the recipe as …"),
            page.filing.save_as,
            menu="file",
            shortcut="Ctrl+Shift+S",
            icon="save",
            page=here,
        ),
        Deed("recipe.open", tr("Open a recipe …"), page.filing.ask_file, icon="open", page=here),
        Deed(
            "recipe.example",
            tr("Open the example recipe"),
            page.filing.open_example,
            icon="recipe",
            page=here,
        ),
        Deed(
            "recipe.look",
            tr("Look at what is trained on"),
            page.look,
            menu="view",
            icon="words",
            tip=tr("Conversations as the model reads them, and which of their words are learnt"),
            page=here,
            checkable=True,
        ),
        Deed(
            "recipe.find",
            tr("Find a key of the recipe"),
            page.find_key,
            menu="edit",
            shortcut="Ctrl+F",
            icon="search",
            page=here,
        ),
        Deed("recipe.copy_yaml", tr("Copy the YAML"), page.copy_yaml, icon="copy", page=here),
        Deed(
            "recipe.copy_command",
            tr("Copy as command: run this recipe"),
            page.copy_command,
            icon="code",
            page=here,
        ),
        Deed(
            "recipe.copy_python",
            tr("Copy as Python: run this recipe"),
            page.copy_python,
            icon="code",
            page=here,
        ),
    ]
