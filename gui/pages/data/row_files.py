"""The pictures and sounds that a table's cells name, found in the table's folder.

A cell names one file, or several as a list; the first of them is its small picture.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from PySide6.QtGui import QIcon

from ....core.folders import home
from ....core.look import Look
from ....core.look_files import files_in
from ....multimodal.draw import PICTURED
from ....multimodal.media import Unreadable, resolve
from ...widgets.parts import Part
from ...widgets.thumbnails import Thumbnails

KNOWN = 20_000
"""Names of which it is kept where their files lie."""


class RowFiles:
    """Which columns of a table name files, and where those lie; true where there are any."""

    def __init__(self, thumbnails: Thumbnails) -> None:
        self._thumbnails = thumbnails
        self._table: Any = None
        self._columns: dict[int, tuple[str, str]] = {}
        self._folder = Path()
        self._path = lru_cache(KNOWN)(self._found)

    def __bool__(self) -> bool:
        return bool(self._columns)

    def show(self, table: Any, look: Look) -> None:
        """Take another table."""
        self._table = table
        self._columns = {}
        self._folder = home(Path(look.source.path))
        self._path.cache_clear()
        self.learn(look)

    def learn(self, look: Look) -> bool:
        """Take over which columns name files; whether those are others than before.

        A column that is no input any more goes on to be shown as it was.
        """
        found = {
            at: (one.name, one.modality)
            for at, one in enumerate(look.columns)
            if one.modality in PICTURED
        }
        new = {**self._columns, **found}
        changed, self._columns = new != self._columns, new
        return changed

    def pictures(self) -> dict[int, Callable[[int], QIcon | None]]:
        """Return what draws the small pictures of each such column."""

        def draws(at: int, modality: str) -> Callable[[int], QIcon | None]:
            def draw(row: int) -> QIcon | None:
                names = self._names(at, row)
                path = self._path(names[0]) if names else ""
                return self._thumbnails.of(modality, path) if path else None

            return draw

        return {at: draws(at, modality) for at, (_, modality) in self._columns.items()}

    def parts(self, row: int) -> Sequence[Part]:
        """Return a row's pictures and sounds."""
        return [
            Part(column, kind, name, self._path(name))
            for at, (column, kind) in self._columns.items()
            for name in self._names(at, row)
        ]

    def _names(self, at: int, row: int) -> list[str]:
        return files_in(self._table.columns[at][row].as_py())

    def _found(self, name: str) -> str:
        """Return where a file lies; empty where it isn't in the table's folder."""
        try:
            return str(resolve(name, self._folder))
        except Unreadable:
            return ""
