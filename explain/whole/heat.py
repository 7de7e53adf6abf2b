"""Mean heat maps of a class: what each place of pictures and sounds did for it over all rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..attribution import Attribution
from .mean import mean
from .spots import Spot, spots

Grid = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Mean scores over the places of one column's pictures or sounds.

    Attributes
    ----------
    target
        The class that was explained.
    column, modality
        Where the pictures or sounds stand.
    across
        Edges of the places from left to right, as shares of the width, or of the time;
        shape (columns + 1,).
    down
        Edges from the top, as shares of the height; of sounds in Hz, from the lowest;
        shape (rows + 1,).
    mean, low, high
        Mean score in logits with its 95% interval (Student's t); NaN where nothing is known;
        shape (rows, columns).
    rows
        How many samples it is the mean of.
    """

    target: str
    column: str
    modality: str
    across: tuple[float, ...]
    down: tuple[float, ...]
    mean: Grid
    low: Grid
    high: Grid
    rows: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "target": self.target,
            "column": self.column,
            "modality": self.modality,
            "across": list(self.across),
            "down": list(self.down),
            **{name: _plain(getattr(self, name)) for name in ("mean", "low", "high")},
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> HeatMap:
        """Read what `as_json` wrote."""
        grids = {name: np.array(raw[name], np.float64) for name in ("mean", "low", "high")}
        edges = {name: tuple(raw[name]) for name in ("across", "down")}
        return cls(**{**raw, **grids, **edges})


def heat_maps(attributions: Sequence[Attribution]) -> list[HeatMap]:
    """Average the scores of places, class by class.

    Parameters
    ----------
    attributions
        Explanations of many rows; their words are left out.

    Returns
    -------
    list of HeatMap
        One for each class and column of pictures or sounds.
    """
    scores: dict[tuple[str, str, str], dict[Spot, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for one in attributions:
        own = spots(one)
        for spot, score in zip(own.spots, own.scores(one).tolist(), strict=True):
            if spot.place.box is not None:
                scores[one.target, spot.column, spot.place.modality][spot].append(score)
    return [
        _map(target, column, modality, found)
        for (target, column, modality), found in sorted(scores.items(), key=lambda pair: pair[0])
    ]


def _map(target: str, column: str, modality: str, found: dict[Spot, list[float]]) -> HeatMap:
    boxes = [spot.place.box or (0.0, 0.0, 1.0, 1.0) for spot in found]
    across = tuple(sorted({edge for left, _, right, _ in boxes for edge in (left, right)}))
    down = tuple(sorted({edge for _, top, _, bottom in boxes for edge in (top, bottom)}))
    grids = np.full((3, len(down) - 1, len(across) - 1), np.nan)
    for (left, top, right, bottom), values in zip(boxes, found.values(), strict=True):
        told = mean(np.array(values))
        area = np.s_[down.index(top) : down.index(bottom), across.index(left) : across.index(right)]
        for grid, number in zip(grids, (told.value, told.low, told.high), strict=True):
            grid[area] = np.nan if number is None else number
    most = max(map(len, found.values()))
    return HeatMap(target, column, modality, across, down, grids[0], grids[1], grids[2], most)


def _plain(grid: Grid) -> list[list[float | None]]:
    return [[None if np.isnan(one) else float(one) for one in row] for row in grid]
