"""The most important segments of a whole split, per class: words, places of pictures and sounds.

They are ranked by their mean score less one standard error: what a segment does where it stands,
with a deduction for how few rows tell of it. Ranking by the sum of scores would put “the” and the
full stop first, which say little in each of many rows; ranking by the mean alone would put words
first that were strong by chance in three rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.files import read_json
from ...core.measured import Measured
from ...multimodal.places import Box, Place
from ..attribution import Attribution
from .mean import mean, standard_error
from .spots import Spot, spots


@dataclass(frozen=True)
class Importance:
    """How much a segment speaks for a class, over the rows that hold it.

    Attributes
    ----------
    word
        A word in lower case; of pictures and sounds the place.
    target
        The class.
    mean
        Mean of its score in the rows where it stands and this class was explained, in logits,
        with a 95% interval from Student's t distribution.
    share
        Mean share of a row's absolute scores that falls on it.
    rows
        In how many rows it stands.
    total
        Sum of its scores over these rows, in logits: what it did in all, frequent words more.
    column, modality
        Where it stands, and what it is.
    box
        A place's edges (`multimodal.places.Place`); None of words.
    """

    word: str
    target: str
    mean: Measured
    share: float
    rows: int
    total: float
    column: str = ""
    modality: str = "text"
    box: Box | None = None

    @property
    def spot(self) -> Spot:
        """What it is the importance of."""
        return Spot(self.column, Place(self.word, self.modality, self.box))

    def as_json(self) -> dict[str, Any]:
        """Return a mapping for importance.json."""
        return {
            "word": self.word,
            "mean": self.mean.as_json(),
            "share": self.share,
            "rows": self.rows,
            "total": self.total,
            "column": self.column,
            "modality": self.modality,
            "box": None if self.box is None else list(self.box),
        }

    @classmethod
    def from_json(cls, target: str, raw: dict[str, Any]) -> Importance:
        """Read what `as_json` wrote, also before there were pictures and sounds."""
        left, top, right, bottom = raw.get("box") or (0.0, 0.0, 0.0, 0.0)
        return cls(
            raw["word"],
            target,
            Measured.from_json(raw["mean"]),
            raw["share"],
            raw["rows"],
            raw["total"],
            raw.get("column", ""),
            raw.get("modality", "text"),
            (left, top, right, bottom) if raw.get("box") else None,
        )


def ranked(raw: Mapping[str, Sequence[dict[str, Any]]]) -> dict[str, list[Importance]]:
    """Read the most important segments by target, as `Importance.as_json` wrote each."""
    return {
        target: [Importance.from_json(target, one) for one in found]
        for target, found in raw.items()
    }


def read_importances(path: Path) -> dict[str, dict[str, list[Importance]]]:
    """Read importance.json: by method and target the most important segments."""
    return {method: ranked(targets) for method, targets in read_json(path).items()}


def importance(
    attributions: Sequence[Attribution],
    *,
    least: int = 3,
    most: int = 20,
    whole: bool = False,
) -> dict[str, list[Importance]]:
    """Rank the segments that speak for each class.

    Parameters
    ----------
    attributions
        Explanations of many rows.
    least
        Rows in which a segment must stand to be ranked, at least 2: an interval needs them.
    most
        Segments listed for each class.
    whole
        Bands of sounds over all of their time.

    Returns
    -------
    dict
        For each explained class the segments that speak for it, the most important first. Upper
        and lower case count as one word, and signs and emoji count as words, for a model may lean
        on them. A word that stands several times in a row counts once, with the sum of its scores.
        Segments of pictures and sounds count by the places that they lie in, in parts where they
        lie in several.
    """
    tally = _Tally(whole)
    for one in attributions:
        tally.add(one)
    return tally.ranked(least, most)


def importance_by_group(
    attributions: Sequence[Attribution],
    groups: Mapping[str, Sequence[str | None]],
    *,
    least: int = 3,
    most: int = 20,
    only: Mapping[str, Sequence[Importance]] | None = None,
) -> dict[str, dict[str, dict[str, list[Importance]]]]:
    """Rank the segments that speak for each class among the rows of each group.

    Parameters
    ----------
    attributions, least, most
        As `importance` takes them.
    groups
        By column, the value of each explained row; None where it is missing.
    only
        Segments of each class that are told of every group, whatever their sign and rank there, so
        that groups can be compared.

    Returns
    -------
    dict
        By column, value and class. Groups that differ are not yet told apart by chance: compare
        the intervals.
    """
    wanted = None if only is None else {(one.target, one.spot) for one in chain(*only.values())}
    tallies: dict[str, dict[str, _Tally]] = {column: {} for column in groups}
    for row, one in enumerate(attributions):
        for column, cells in groups.items():
            value = cells[row]
            if value is not None:
                tallies[column].setdefault(value, _Tally()).add(one)
    return {
        column: {value: found[value].ranked(least, most, wanted) for value in sorted(found)}
        for column, found in tallies.items()
    }


class _Tally:
    """Scores of segments by class and spot, row after row."""

    def __init__(self, whole: bool = False) -> None:
        self._whole = whole
        self._scores: dict[tuple[str, Spot], list[float]] = defaultdict(list)
        self._shares: dict[tuple[str, Spot], list[float]] = defaultdict(list)

    def add(self, one: Attribution) -> None:
        """Count a row."""
        total = float(np.abs(one.scores).sum()) or 1.0
        own = spots(one, whole=self._whole)
        for spot, score in zip(own.spots, own.scores(one).tolist(), strict=True):
            self._scores[one.target, spot].append(score)
            self._shares[one.target, spot].append(abs(score) / total)

    def ranked(
        self, least: int, most: int, only: set[tuple[str, Spot]] | None = None
    ) -> dict[str, list[Importance]]:
        """Return the most important spots of each class."""
        found: dict[str, list[tuple[float, Importance]]] = {
            name: [] for name in sorted({target for target, _ in self._scores})
        }
        for (target, spot), scores in self._scores.items():
            values = np.array(scores)
            listed = values.mean() > 0 if only is None else (target, spot) in only
            if len(values) >= max(least, 2) and listed:
                found[target].append(self._told(target, spot, values))
        return {
            target: [
                one
                for _, one in sorted(own, key=lambda pair: (-pair[0], pair[1].word, pair[1].column))
            ][:most]
            for target, own in found.items()
        }

    def _told(
        self, target: str, spot: Spot, values: NDArray[np.float64]
    ) -> tuple[float, Importance]:
        """Return what a spot ranks by, and its importance."""
        place = spot.place
        told = Importance(
            place.name,
            target,
            mean(values),
            float(np.mean(self._shares[target, spot])),
            len(values),
            float(values.sum()),
            spot.column,
            place.modality,
            place.box,
        )
        return float(values.mean()) - standard_error(values), told
