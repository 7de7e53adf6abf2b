"""A picture's segments as they are drawn with scores, without the model that saw them."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from ..marked import marked
from ..media import shown
from ..palette import LIGHT, Palette
from .placement import Placement
from .read import read
from .score_map import score_map, score_map_png
from .segments import Labels, count, middles, single

SIZE = 420
"""Points of a picture's longest side for slides and papers."""


@dataclass(frozen=True, eq=False)
class Outline:
    """Segments of a picture (`multimodal.modality.Outline`).

    Attributes
    ----------
    file
        The picture's file.
    labels
        Label map; shape (height, width) of the picture as the model sees it.
    place
        Where that lies in the file's; None where they are drawn as one.
    """

    file: str
    labels: Labels
    place: Placement | None

    @property
    def names(self) -> tuple[str, ...]:
        """Where the middle of each segment is, in pixels of the file from its left and top."""
        y, x = middles(self.labels).T
        if self.place is not None:
            x = self.place.left + x * self.place.across
            y = self.place.top + y * self.place.down
        return tuple(f"{across:.0f}, {down:.0f}" for across, down in zip(x, y, strict=True))

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the segments by their scores for a page."""
        return score_map(
            read(self.file), self.labels, scores, place=self.place, scale=scale,
            name=shown(self.file),
        )  # fmt: skip

    def png(
        self,
        scores: NDArray[np.float64],
        scale: float | None = None,
        palette: Palette = LIGHT,
        size: int | None = None,
    ) -> bytes:
        """Colour the segments by their scores as a PNG file."""
        return score_map_png(
            read(self.file),
            self.labels,
            scores,
            place=self.place,
            scale=scale,
            palette=palette,
            size=size or SIZE,
        )

    def changed(self, changes: Mapping[int, str]) -> Markup:
        """Colour the segments that are left out, for a page."""
        return self.html(marked(len(self.names), changes), 1.0)

    def as_json(self) -> dict[str, Any]:
        """Return all but the file as plain data; the label map is a 16-bit PNG in base64."""
        height, width = self.labels.shape
        out: dict[str, Any] = {"place": None if self.place is None else asdict(self.place)}
        if count(self.labels) == height * width:
            return {**out, "pixels": [height, width]}
        raw = io.BytesIO()
        Image.fromarray(self.labels.astype(np.uint16)).save(raw, "PNG")
        return {**out, "labels": base64.b64encode(raw.getvalue()).decode("ascii")}


def from_json(raw: dict[str, Any], names: tuple[str, ...], cells: tuple[str, ...]) -> Outline:
    """Read what `as_json` returned.

    Parameters
    ----------
    raw
        What was returned.
    names
        Of the segments, which are not needed.
    cells
        The picture's file.
    """
    place = None if raw["place"] is None else Placement(**raw["place"])
    if "pixels" in raw:
        return Outline(cells[0], single(*raw["pixels"]), place)
    labels = Image.open(io.BytesIO(base64.b64decode(raw["labels"])))
    return Outline(cells[0], np.asarray(labels).astype(np.int32), place)
