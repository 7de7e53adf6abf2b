"""What a recipe begins with: a table that was looked at, an example; and where it is kept."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from ....core.runs import folder_name
from ....new_recipe import compose
from ....recipe import Recipe
from .splice import put, read

USUAL = "chosen when the table was looked at"
"""Reason for a column's role where none is passed on."""


def from_table(new: Mapping[str, Any], folder: Path) -> str:
    """Write a commented recipe for a table that was looked at.

    Parameters
    ----------
    new
        ``source`` (the file), ``inputs`` (column to modality), ``label``, ``labels``, ``groups``,
        ``id``, ``split``, ``weight``, ``encoding``; and, where they are known, ``reasons`` (column
        to why), ``missing`` (whether a label or an input is empty somewhere), ``unused`` columns,
        ``task`` with ``task_reason``, ``separator``, and ``own_columns`` (whether the task finds
        its columns by itself).
    folder
        Where the recipe will stand.
    """
    from ....core.guess import Guess, Role

    table = Path(str(new["source"]))
    reasons = dict(new.get("reasons") or {})
    named: list[tuple[str, Role]] = [(name, "input") for name in new.get("inputs") or {}]
    single: tuple[tuple[str, Role], ...] = (
        ("label", "label"),
        ("id", "id"),
        ("weight", "weight"),
        ("split", "split"),
    )
    named += [(str(new[key]), role) for key, role in single if new.get(key)]
    named += [(name, "labels") for name in new.get("labels") or ()]
    named += [(name, "group") for name in new.get("groups") or ()]
    named += [(name, "none") for name in new.get("unused") or ()]
    held = dict(new.get("inputs") or {})
    guesses = [
        Guess(column, role, reasons.get(column, USUAL), held.get(column, "text"))
        for column, role in named
    ]
    text = compose(
        table,
        folder / f"{table.stem}.recipe.yaml",
        guesses,
        str(new.get("encoding") or "utf-8"),
        task=str(new.get("task") or "classification"),
        why=str(new.get("task_reason") or ""),
        separator=str(new.get("separator") or ""),
        own_columns=bool(new.get("own_columns")),
    )
    return put(text, ("data", "clean"), ["drop_missing"]) if new.get("missing") else text


def from_example(kind: str = "text") -> str:
    """Return the recipe of a demo with its comments; its table is named by its whole path.

    Raises
    ------
    RecipeError
        If there is no such demo.
    """
    recipe = Recipe.demo(kind)
    text = files("pellucid.assets").joinpath("recipes", f"{kind}.yaml").read_text(encoding="utf-8")
    paths = [source.path for source in recipe.data.source]
    return put(text, ("data", "source"), paths[0] if len(paths) == 1 else paths)


def free_path(name: str, folder: Path) -> Path:
    """Return a path for a recipe that was never saved, at which nothing stands yet."""
    stem = folder_name(name)
    path = folder / f"{stem}.recipe.yaml"
    number = 2
    while path.exists():
        path = folder / f"{stem}-{number}.recipe.yaml"
        number += 1
    return path


def moved(text: str, old: Path, new: Path) -> str:
    """Return a recipe's text for another folder: relative paths name the same files from there."""
    raw = read(text)
    if old == new or not isinstance(raw, dict):
        return text
    data, model = raw.get("data"), raw.get("model")
    if isinstance(data, dict) and data.get("source") is not None:
        source = data["source"]
        many = [_one_moved(one, old, new) for one in source] if isinstance(source, list) else None
        text = put(text, ("data", "source"), many or _one_moved(source, old, new))
    if isinstance(data, dict) and isinstance(data.get("folder"), str):
        text = put(text, ("data", "folder"), _seen_from(data["folder"], old, new))
    name = model.get("name") if isinstance(model, dict) else None
    if isinstance(name, str) and not name.startswith("bundled/") and (old / name).is_dir():
        text = put(text, ("model", "name"), _seen_from(name, old, new))
    return text


def _one_moved(source: Any, old: Path, new: Path) -> Any:
    if isinstance(source, str):
        return _seen_from(source, old, new)
    if isinstance(source, dict) and isinstance(source.get("path"), str):
        return {**source, "path": _seen_from(source["path"], old, new)}
    return source


def _seen_from(path: str, old: Path, new: Path) -> str:
    if Path(path).expanduser().is_absolute():
        return path
    try:
        return Path(os.path.relpath(old / path, new)).as_posix()
    except ValueError:  # on another drive of Windows
        return str((old / path).resolve())
