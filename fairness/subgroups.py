"""Areas under the ROC curve that ask whether a model mistakes a subgroup for a class.

A subgroup is any set of rows, such as the texts that name an identity, and subgroups may overlap.
*Subgroup AUC* ranks its positives against its negatives. *BPSN* (background positive, subgroup
negative) ranks all other positives against the subgroup's negatives: it is low where harmless rows
of the subgroup score too high. *BNSP* (background negative, subgroup positive) ranks the subgroup's
positives against all other negatives: it is low where they score too low. A generalised mean with
the power -5 sums up many subgroups so that the worst of them counts most.

References
----------
Borkan, Dixon, Sorensen, Thain & Vasserman (2019), Nuanced metrics for measuring unintended bias
with real data for text classification. WWW.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .block import Numbers
from .ranked import Ranked, Segments
from .uncertainty import auc_interval

POWER = -5.0

AREAS = ("subgroup_auc", "bpsn_auc", "bnsp_auc")


@dataclass(frozen=True)
class SubgroupAreas:
    """The three areas of one subgroup.

    Attributes
    ----------
    name
        The subgroup.
    positives, negatives
        Its rows with and without the positive label.
    subgroup_auc, bpsn_auc, bnsp_auc
        The areas with Newcombe's score intervals; NaN where one of the two sides has no row.
    """

    name: str
    positives: int
    negatives: int
    subgroup_auc: Measured
    bpsn_auc: Measured
    bnsp_auc: Measured

    def as_json(self) -> dict[str, Any]:
        """Return the subgroup as JSON files hold it."""
        figures = {name: getattr(self, name).as_json() for name in AREAS}
        return {"positives": self.positives, "negatives": self.negatives, **figures}

    @classmethod
    def from_json(cls, name: str, raw: Mapping[str, Any]) -> SubgroupAreas:
        """Read what `as_json` wrote."""
        figures = {area: Measured.from_json(raw[area]) for area in AREAS}
        return cls(name, raw["positives"], raw["negatives"], **figures)


def subgroup_areas(
    positive: NDArray[np.bool_],
    scores: Numbers,
    members: Mapping[str, NDArray[np.bool_]],
    confidence: float = 0.95,
) -> tuple[SubgroupAreas, ...]:
    """Measure the three areas of every subgroup.

    Parameters
    ----------
    positive
        Whether each row's label is the positive class, shape (rows,).
    scores
        Score of that class, shape (rows,), finite; only its order counts.
    members
        Subgroup to whether each row belongs to it, shape (rows,).
    confidence
        Level of the intervals.
    """
    ranked = Ranked.of(np.asarray(positive, np.bool_), np.asarray(scores, np.float64))
    above, below = ranked.above(), ranked.below()
    out = []
    for name, member in members.items():
        inside = np.asarray(member, np.bool_)
        within = ranked.by_group(inside.astype(np.intp), 2)
        found = areas(ranked, inside[ranked.order], above, below)
        out.append(_subgroup(name, within, found, confidence))
    return tuple(out)


def areas(
    ranked: Ranked, inside: NDArray[np.bool_], above: Numbers, below: Numbers
) -> tuple[float, float]:
    """Count pairs of any positive with a negative inside, and of a positive inside with any.

    Parameters
    ----------
    ranked
        All rows.
    inside
        Whether the row at each place belongs to the subgroup, shape (rows,).
    above, below
        As `Ranked.above` and `Ranked.below` count them.
    """
    negative = inside & ~ranked.positive
    return float(above[negative].sum()), float(below[inside & ranked.positive].sum())


def generalised_mean(values: NDArray[np.float64], power: float = POWER) -> float:
    """Return the power mean of areas; those that are not defined are left out.

    Parameters
    ----------
    values
        Areas, shape (subgroups,), in [0, 1].
    power
        Its power; with -5 the lowest areas count most.
    """
    kept = values[~np.isnan(values)]
    if not len(kept):
        return math.nan
    if bool((kept <= 0).any()) and power < 0:
        return 0.0
    return float(np.mean(kept**power) ** (1 / power))


def _subgroup(
    name: str,
    within: Segments,
    found: tuple[float, float],
    confidence: float,
) -> SubgroupAreas:
    outside, inside = (int(count) for count in within.positives)
    others, negatives = (int(count) for count in within.sizes - within.positives)
    pairs = float(within.pairs[1])
    return SubgroupAreas(
        name,
        inside,
        negatives,
        area_of(pairs, inside, negatives, confidence),
        area_of(found[0] - pairs, outside, negatives, confidence),
        area_of(found[1] - pairs, inside, others, confidence),
    )


def area_of(pairs: float, positives: int, negatives: int, confidence: float) -> Measured:
    """Return an area with its interval from the pairs that are ranked rightly."""
    n = positives + negatives
    if not positives or not negatives:
        return Measured(math.nan, n=n)
    area = pairs / (positives * negatives)
    return Measured(area, *auc_interval(area, positives, negatives, confidence), n, "newcombe")
