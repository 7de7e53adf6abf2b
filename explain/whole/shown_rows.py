"""Rows of a dataset in a report: their cells in a table, their parts drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from ...core.report.tree import Drawing
from ...multimodal.draw import has_pictures, html_of
from ...multimodal.escape import visible
from ...multimodal.media import shown
from ..section import Cells

CELL = 160
"""Characters of a cell that are shown in a table."""


@dataclass(frozen=True)
class ShownRows:
    """What is shown of rows.

    Attributes
    ----------
    cells
        The cells of a row by column, by the row's id; files as `multimodal.media.File`.
    modalities
        Modality of each column.
    """

    cells: Cells = lambda row: {}
    modalities: Mapping[str, str] = field(default_factory=dict)

    @property
    def pictured(self) -> bool:
        """Whether parts of the rows are pictures or sounds, which a table can't hold."""
        return has_pictures(self.modalities.values())

    def columns(self, row: str) -> tuple[str, ...]:
        """Return the columns that a table of rows such as this one has."""
        return tuple(self.cells(row))

    def line(self, row: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Return a row's cells for a table, long texts cut; of files their names."""
        cells = self.cells(row)
        return tuple(_short(shown(cells.get(name) or "")) for name in columns)

    def drawing(self, row: str, caption: str) -> Drawing:
        """Draw all parts of a row, one below the other."""
        parts = [
            html_of(self.modalities.get(name, "text"), cell)
            for name, cell in self.cells(row).items()
            if cell
        ]
        return Drawing(Markup("").join(parts), f"Row {visible(row, 60)}", caption)


def _short(text: str) -> str:
    return text if len(text) <= CELL else f"{text[:CELL].rstrip()}…"
