"""The inputs of a run's rows as they are shown: pictures and sounds in place of files' names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtGui import QIcon

from ....multimodal.draw import PICTURED
from ...widgets.parts import Part
from ...widgets.thumbnails import Thumbnails
from .facts import INPUT

FILE = "file:"
"""Beginning of the names of columns that say where a row's file lies."""


def pictured(inputs: Sequence[str], modalities: Mapping[str, str]) -> tuple[str, ...]:
    """Return the inputs that are shown as pictures; they stand right behind a row's name."""
    return tuple(name for name in inputs if modalities.get(name) in PICTURED)


def parts_of(
    raw: Any, inputs: Sequence[str], modalities: Mapping[str, str], row: int
) -> list[Part]:
    """Return a row's parts.

    Parameters
    ----------
    raw
        The rows with their inputs, as ``pellucid export RUN rows`` writes them.
    inputs, modalities
        Which of its columns are inputs, and what each holds.
    row
        Number of the row.
    """
    out = []
    for name in inputs:
        modality = modalities.get(name, "text")
        text = str(raw[f"{INPUT}{name}"][row].as_py() or "")
        out.append(Part(name, modality, text, path_of(raw, name, row)))
    return out


def pictures(
    raw: Any, names: Sequence[str], modalities: Mapping[str, str], thumbnails: Thumbnails
) -> dict[int, Callable[[int], QIcon | None]]:
    """Return what draws the small pictures of a table whose second column is the first of them."""

    def draws(name: str) -> Callable[[int], QIcon | None]:
        def draw(row: int) -> QIcon | None:
            path = path_of(raw, name, row)
            return thumbnails.of(modalities[name], path) if path else None

        return draw

    return {at: draws(name) for at, name in enumerate(names, start=1)}


def files_of(raw: Any, row: int) -> dict[str, str]:
    """Return where a row's files lie, by their columns."""
    names = [name.removeprefix(FILE) for name in raw.column_names if name.startswith(FILE)]
    return {name: path_of(raw, name, row) for name in names}


def path_of(raw: Any, name: str, row: int) -> str:
    """Return where a row's file lies; empty where that isn't known."""
    column = f"{FILE}{name}"
    return str(raw[column][row].as_py() or "") if column in raw.column_names else ""
