"""How explanations of the same rows differ: before and after fine-tuning, or between two runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ...multimodal.places import Box
from ..attribution import Attribution
from .mean import mean
from .spots import Spot, spots

LEAST = 3
"""Rows in which a segment must stand to be listed."""

LISTED = 20
"""Segments that are listed as gaining, and as losing."""


@dataclass(frozen=True)
class Changed:
    """A segment whose part in the explanations differs.

    Attributes
    ----------
    name, column, modality, box
        What it is (`importance.Importance`).
    target
        The class that was explained.
    before, after
        Its mean share of a row's absolute scores; above zero it spoke for the class.
    change
        Mean of the difference over the rows that hold it, with a 95% interval (Student's t on
        pairs, not adjusted for the number of segments).
    """

    name: str
    column: str
    modality: str
    box: Box | None
    target: str
    before: float
    after: float
    change: Measured

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        box = None if self.box is None else list(self.box)
        return {**vars(self), "box": box, "change": self.change.as_json()}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Changed:
        """Read what `as_json` wrote."""
        box = None if raw["box"] is None else tuple(raw["box"])
        return cls(**{**raw, "box": box, "change": Measured.from_json(raw["change"])})


@dataclass(frozen=True, eq=False)
class RowChange:
    """How one row's explanation differs.

    Attributes
    ----------
    id, target
        The row and the class.
    correlation
        Spearman's rank correlation of both sets of scores; NaN where all scores of one are alike.
    changes
        Difference of each segment's share, after less before; shape (segments,).
    """

    id: str
    target: str
    correlation: float
    changes: NDArray[np.float64]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        known = np.isfinite(self.correlation)
        return {
            "id": self.id,
            "target": self.target,
            "correlation": self.correlation if known else None,
            "changes": self.changes.tolist(),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> RowChange:
        """Read what `as_json` wrote."""
        found = raw["correlation"]
        changes = np.array(raw["changes"], np.float64)
        known = float("nan") if found is None else float(found)
        return cls(raw["id"], raw["target"], known, changes)


@dataclass(frozen=True)
class Difference:
    """How two sets of explanations differ.

    Attributes
    ----------
    rows
        The rows that are in both, cut into the same segments and explained for the same class, in
        the order of those after.
    unmatched
        Rows that are in one set alone, or whose segments or class differ.
    correlation
        Mean rank correlation of both explanations over the rows (Student's t, 95%).
    gained, lost
        Segments that speak more, or less, for their class; those of the largest certain change
        first.
    """

    rows: tuple[RowChange, ...]
    unmatched: int
    correlation: Measured
    gained: tuple[Changed, ...]
    lost: tuple[Changed, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        lists = {
            name: [one.as_json() for one in getattr(self, name)]
            for name in ("rows", "gained", "lost")
        }
        return {
            **lists,
            "unmatched": self.unmatched,
            "correlation": self.correlation.as_json(),
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Difference:
        """Read what `as_json` wrote."""
        return cls(
            tuple(RowChange.from_json(one) for one in raw["rows"]),
            raw["unmatched"],
            Measured.from_json(raw["correlation"]),
            tuple(Changed.from_json(one) for one in raw["gained"]),
            tuple(Changed.from_json(one) for one in raw["lost"]),
        )


def difference(
    before: Sequence[Attribution],
    after: Sequence[Attribution],
    prints: tuple[Mapping[str, str], Mapping[str, str]] | None = None,
) -> Difference:
    """Compare two sets of explanations of the same rows.

    Scores are compared as shares of a row's absolute scores, for two models' logits have different
    units.

    Parameters
    ----------
    before, after
        By the same method; of the same class, as `explain.target` set to its name makes sure.
    prints
        Fingerprint of each row by its id, in either set (`predictions.parquet` has them): rows are
        matched by these where they are given, by their ids otherwise.
    """
    known = prints or ({}, {})
    first, second = (
        {(own.get(one.id, one.id), one.target, one.about): one for one in side}
        for own, side in zip(known, (before, after), strict=True)
    )
    shared = [name for name in second if name in first and _alike(first[name], second[name])]
    rows, found = [], defaultdict[tuple[str, Spot], list[tuple[float, float]]](list)
    for name in shared:
        one, other = first[name], second[name]
        sides = [side.scores / (np.abs(side.scores).sum() or 1.0) for side in (one, other)]
        rows.append(RowChange(other.id, other.target, _correlation(*sides), sides[1] - sides[0]))
        own = spots(other)
        summed = (own.placed.summed(side).tolist() for side in sides)
        for spot, *pair in zip(own.spots, *summed, strict=True):
            found[other.target, spot].append((pair[0], pair[1]))
    changed = [
        _changed(target, spot, np.array(pairs))
        for (target, spot), pairs in found.items()
        if len(pairs) >= LEAST
    ]
    # What is certain of a change: from zero to the nearer end of its interval.
    changed.sort(key=lambda one: (-_certain(one.change), -abs(one.change.value), one.name))
    told = np.array([one.correlation for one in rows if np.isfinite(one.correlation)])
    return Difference(
        tuple(rows),
        len(first) + len(second) - 2 * len(shared),
        mean(told) if len(told) else Measured(float("nan"), n=0),
        tuple(one for one in changed if one.change.value > 0)[:LISTED],
        tuple(one for one in changed if one.change.value < 0)[:LISTED],
    )


def _alike(one: Attribution, other: Attribution) -> bool:
    """Say whether two explanations are of the same segments."""
    return one.segments == other.segments and one.columns == other.columns


def _changed(target: str, spot: Spot, pairs: NDArray[np.float64]) -> Changed:
    place = spot.place
    before, after = pairs.mean(axis=0).tolist()
    told = mean(pairs[:, 1] - pairs[:, 0])
    return Changed(place.name, spot.column, place.modality, place.box, target, before, after, told)


def _certain(change: Measured) -> float:
    if not change.excludes_zero or change.low is None or change.high is None:
        return 0.0
    return min(abs(change.low), abs(change.high))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    from scipy.stats import rankdata

    ranks = [rankdata(side) - (len(side) + 1) / 2 for side in (one, other)]
    lengths = float(np.sqrt((ranks[0] ** 2).sum() * (ranks[1] ** 2).sum()))
    return float(ranks[0] @ ranks[1]) / lengths if lengths else float("nan")
