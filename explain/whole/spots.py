"""A row's segments as what they have in common with those of other rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...multimodal.modality import of
from ...multimodal.places import Place, Placed
from ..attribution import Attribution


@dataclass(frozen=True)
class Spot:
    """A word, a place in pictures or a part of sounds, in one column of the dataset."""

    column: str
    place: Place


@dataclass(frozen=True, eq=False)
class Spots:
    """Where a row's segments lie (`multimodal.places.Placed`), all columns one after the other.

    Attributes
    ----------
    spots
        What its segments are.
    placed
        In which of them each segment lies.
    """

    spots: tuple[Spot, ...]
    placed: Placed

    def scores(self, one: Attribution) -> NDArray[np.float64]:
        """Return the scores of the spots; shape (spots,)."""
        return self.placed.summed(one.scores)

    def inside(self, spot: Spot) -> NDArray[np.int64]:
        """Return the row's segments that lie in a spot; none where it is not there."""
        if spot not in self.spots:
            return np.empty(0, np.int64)
        return self.placed.inside(self.spots.index(spot))


def spots(one: Attribution, *, whole: bool = False) -> Spots:
    """Say in which places the segments of a row lie.

    Parameters
    ----------
    one
        What was explained.
    whole
        Bands of sounds over all of their time, rather than each part of it by itself.
    """
    known: dict[Spot, int] = {}
    parts: list[Placed] = []
    for drawn, span in one.spans:
        kind = of(drawn.modality)
        outline = kind.outline.from_json(
            drawn.outline, one.segments[span], tuple("" for _ in drawn.columns)
        )
        placed: Placed = kind.places.placed(outline, whole=whole)
        if len(drawn.columns) == 1:
            for place in placed.places:
                known.setdefault(Spot(drawn.columns[0], place), len(known))
        numbers = [
            known.setdefault(Spot(one.columns[span.start + segment], placed.places[at]), len(known))
            for segment, at in zip(placed.segments.tolist(), placed.numbers.tolist(), strict=True)
        ]
        parts.append(
            Placed(
                (),
                placed.segments + span.start,
                np.array(numbers, np.int64),
                placed.share,
                placed.cover,
            )
        )
    sides = zip(*((one.segments, one.numbers, one.share, one.cover) for one in parts), strict=True)
    segments, numbered, share, cover = (np.concatenate(side) for side in sides)
    found = tuple(known)
    return Spots(found, Placed(tuple(one.place for one in found), segments, numbered, share, cover))
