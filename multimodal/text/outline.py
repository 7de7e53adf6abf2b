"""A sample's words as they are drawn with scores, without the model that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..palette import LIGHT, Palette
from .changed import changed_words
from .draw import word_map, word_map_png


@dataclass(frozen=True)
class Outline:
    """Words and what stands between them (`multimodal.modality.Outline`).

    Attributes
    ----------
    names
        The words that the model read.
    between
        What stands behind each of them.
    """

    names: tuple[str, ...]
    between: tuple[str, ...]

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the words by their scores for a page."""
        return word_map(self.names, scores, separators=self.between, scale=scale)

    def png(
        self,
        scores: NDArray[np.float64],
        scale: float | None = None,
        palette: Palette = LIGHT,
        size: int | None = None,
    ) -> bytes:
        """Colour the words by their scores as a PNG file, which is light always."""
        return word_map_png(self.names, scores, separators=self.between, scale=scale)

    def changed(self, changes: Mapping[int, str]) -> Markup:
        """Strike words, and insert what stands in their place, for a page."""
        return changed_words(self.names, changes, separators=self.between)

    def as_json(self) -> dict[str, Any]:
        """Return all but the words themselves as plain data."""
        return {"between": list(self.between)}


def from_json(raw: dict[str, Any], names: tuple[str, ...], cells: tuple[str, ...]) -> Outline:
    """Read what `as_json` returned.

    Parameters
    ----------
    raw
        What was returned.
    names
        The words.
    cells
        The sample's texts, which are not needed.
    """
    return Outline(names, tuple(raw["between"]))
