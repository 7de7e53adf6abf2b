"""A sound's segments as they are drawn with scores, without the model that heard them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..marked import marked
from ..media import once_more, shown
from ..palette import LIGHT, Palette
from .read import Sound, read
from .score_map import score_map, score_map_png
from .segments import Cells, Spans

SIZE = 640
"""Points of a map's width for slides and papers."""


@dataclass(frozen=True, eq=False)
class Outline:
    """Segments of a sound (`multimodal.modality.Outline`).

    Attributes
    ----------
    file
        The sound's file.
    segments
        Spans of time, or cells of time and frequency.
    """

    file: str
    segments: Spans | Cells

    @property
    def names(self) -> tuple[str, ...]:
        """The seconds of each segment, and of cells their frequencies, which name bands alone."""
        seconds = self.segments.seconds
        times = [f"{first:.2f}–{last:.2f} s" for first, last in pairwise(seconds)]
        if isinstance(self.segments, Spans):
            return tuple(times)
        hertz = self.segments.hertz
        pitches = [f"{low:.0f}–{high:.0f} Hz" for low, high in pairwise(hertz)]
        if len(times) == 1:
            return tuple(pitches)
        return tuple(f"{time}, {pitch}" for pitch in pitches for time in times)

    @property
    def sound(self) -> Sound:
        """What the model heard of the file."""
        one = self.segments
        samples = one.samples if isinstance(one, Cells) else int(one.edges[-1])
        # Half a sample more, which rounding takes away again.
        found: Sound = once_more(read, self.file, one.rate, (samples + 0.5) / one.rate)
        return Sound(found.samples[:samples], found.rate)

    def html(self, scores: NDArray[np.float64], scale: float | None = None) -> Markup:
        """Colour the segments by their scores for a page."""
        return score_map(self.sound, self.segments, scores, scale=scale, name=shown(self.file))

    def png(
        self,
        scores: NDArray[np.float64],
        scale: float | None = None,
        palette: Palette = LIGHT,
        size: int | None = None,
    ) -> bytes:
        """Colour the segments by their scores as a PNG file."""
        return score_map_png(
            self.sound, self.segments, scores, scale=scale, palette=palette, size=size or SIZE
        )

    def changed(self, changes: Mapping[int, str]) -> Markup:
        """Colour the segments that are left out, for a page."""
        return self.html(marked(len(self.names), changes), 1.0)

    def as_json(self) -> dict[str, Any]:
        """Return all but the file as plain data."""
        one = self.segments
        if isinstance(one, Spans):
            return {"edges": one.edges.tolist(), "rate": one.rate}
        return {
            "frames": one.frames.tolist(),
            "bins": one.bins.tolist(),
            "samples": one.samples,
            "rate": one.rate,
            "points": one.points,
        }


def from_json(raw: dict[str, Any], names: tuple[str, ...], cells: tuple[str, ...]) -> Outline:
    """Read what `as_json` returned.

    Parameters
    ----------
    raw
        What was returned.
    names
        Of the segments, which are not needed.
    cells
        The sound's file.
    """
    edges = {name: np.asarray(value) for name, value in raw.items() if isinstance(value, list)}
    return Outline(cells[0], (Spans if "edges" in raw else Cells)(**{**raw, **edges}))
