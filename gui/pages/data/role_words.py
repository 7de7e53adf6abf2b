"""What each role is called, its icon, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...frame.texts import tr

if TYPE_CHECKING:
    from ....core.guess import Role


@dataclass(frozen=True)
class RoleWords:
    """How a role is shown."""

    name: str
    icon: str
    meaning: str


def role_words(modality: str | None = None) -> dict[Role, RoleWords]:
    """Return every role's words in the person's language, in the order of menus.

    Parameters
    ----------
    modality
        What the column holds, where that is known.
    """
    name, sign, meaning = input_words().get(modality or "text", input_words()["text"])
    return {
        "input": RoleWords(name, sign, meaning),
        "label": RoleWords(tr("label"), "tag", tr("Label: the model learns to answer it")),
        "labels": RoleWords(
            tr("one of the labels"), "tag", tr("One of several labels: a column of 0 and 1")
        ),
        "group": RoleWords(tr("group"), "groups", tr("Group: people to compare in the audit")),
        "split": RoleWords(tr("split"), "split", tr("Split: says which rows train and test")),
        "id": RoleWords(tr("id"), "key", tr("Id: names each row")),
        "weight": RoleWords(tr("weight"), "weight", tr("Weight: how much each row counts")),
        "none": RoleWords(tr("unused"), "minus", tr("Unused")),
    }


def input_words() -> dict[str, tuple[str, str, str]]:
    """Return what an input of each modality is called, its icon, and what it means."""
    return {
        "text": (tr("input · text"), "words", tr("Input: the model reads it")),
        "image": (tr("input · picture"), "image", tr("Input: the model sees these pictures")),
        "audio": (tr("input · sound"), "sound", tr("Input: the model hears these sounds")),
    }
