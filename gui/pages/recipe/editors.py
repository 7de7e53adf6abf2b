"""Which editor a key of the recipe gets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QWidget

from ...frame.context import Context
from . import inputs, lists
from .model_field import ModelField
from .schema import Item
from .steps import StepsField

SPECIAL: dict[str, type[ModelField]] = {"model.name": ModelField}
"""Keys whose editor does more than their kind asks for."""

SUGGESTED = frozenset({"train.early_stopping.metric"})
"""Texts for which the form suggests values (`Fitting.suggestions`)."""

ONE: dict[str, Callable[[Item], QWidget]] = {
    "whole": inputs.NumberField,
    "number": inputs.NumberField,
    "switch": inputs.SwitchField,
    "choice": inputs.ChoiceField,
    "choices": inputs.ChoicesField,
    "texts": inputs.TextsField,
    "text": inputs.TextField,
    "mapping": lists.MappingField,
    "weights": lists.WeightsField,
    "free": inputs.FreeField,
}
"""Editors of kinds that need nothing else."""


def editor(item: Item, context: Context, folder: Callable[[], Path]) -> QWidget:
    """Make the editor that fits a key's kind.

    Parameters
    ----------
    item
        The key.
    context
        The frame.
    folder
        Gives the folder to which the recipe's paths are relative.
    """
    special = SPECIAL.get(item.name)
    if special is not None:
        return special(item, context, folder)
    if item.name in SUGGESTED:
        return inputs.SuggestedField(item)
    make = partial(editor, context=context, folder=folder)
    if item.kind == "records":
        return lists.RecordsField(item, make, folder)
    if item.kind == "steps":
        return StepsField(item, make)
    return ONE[item.kind](item)
