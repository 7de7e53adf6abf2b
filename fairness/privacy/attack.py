"""How well scores tell members from others: the figures of a membership attack.

An attack gives each row a score, high where it takes the row for one that was trained on. The area
under its ROC curve is the probability that a member gets a higher score than another row (Hanley
and McNeil 1982). Since an attack that is sure of a few rows is worse than one that is a little
right about all, the share of members caught at a very low false alarm rate counts too (Carlini et
al., "Membership Inference Attacks From First Principles", 2022).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.measured import Measured
from ..proportions import proportion
from ..uncertainty import auc_interval

Floats = NDArray[np.float64]

ALARMS = (0.01, 0.001)
"""False alarm rates at which the share of members that are caught is told."""


@dataclass(frozen=True)
class Attack:
    """What an attack came to.

    Attributes
    ----------
    auc
        Probability that a member's score is above another row's, ties counted half; 0.5 is chance.
    caught
        By false alarm rate the share of members above the lowest threshold that raises no more
        false alarms than that. Left out where there are too few other rows to tell.
    advantage
        Largest difference of both rates over all thresholds (Yeom et al. 2018), in [0, 1].
    chance
        What the advantage stays below in 95 of 100 draws where scores tell nothing, by the
        one-sided Kolmogorov-Smirnov bound. The largest of many differences is never zero.
    members, others
        Rows on either side.
    """

    auc: Measured
    caught: tuple[tuple[float, Measured], ...]
    advantage: float
    chance: float
    members: int
    others: int

    def as_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "auc": self.auc.as_json(),
            "caught": [
                {"false_alarms": rate, "share": share.as_json()} for rate, share in self.caught
            ],
            "advantage": self.advantage,
            "chance": self.chance,
            "members": self.members,
            "others": self.others,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Attack:
        """Read what `as_json` wrote."""
        return cls(
            Measured.from_json(raw["auc"]),
            tuple((one["false_alarms"], Measured.from_json(one["share"])) for one in raw["caught"]),
            raw["advantage"],
            raw["chance"],
            raw["members"],
            raw["others"],
        )


def attack(
    members: Floats,
    others: Floats,
    *,
    alarms: Sequence[float] = ALARMS,
    confidence: float = 0.95,
) -> Attack:
    """Measure how well scores tell members from other rows.

    Parameters
    ----------
    members, others
        Scores of rows that were trained on, and of rows that were not; shape (rows,), at least one
        of each. The higher, the more a row is taken for a member.
    alarms
        False alarm rates to tell the share of caught members at.
    confidence
        Level of the intervals.
    """
    m, n = len(members), len(others)
    inside, outside = np.sort(members), np.sort(others)
    # Of each member, how many others lie below it and how many level with it.
    below = np.searchsorted(outside, inside, "left")
    level = np.searchsorted(outside, inside, "right") - below
    area = float((below + level / 2).mean() / n)
    thresholds = np.unique(np.concatenate([inside, outside]))
    hits = 1 - np.searchsorted(inside, thresholds, "left") / m
    wrong = 1 - np.searchsorted(outside, thresholds, "left") / n
    return Attack(
        Measured(area, *auc_interval(area, m, n, confidence), m + n, "score"),
        tuple(
            (rate, _caught(inside, outside, rate, confidence)) for rate in alarms if n * rate >= 1
        ),
        max(float((hits - wrong).max()), 0.0),
        min(math.sqrt(-math.log(0.05) / 2 * (m + n) / (m * n)), 1.0),
        m,
        n,
    )


def _caught(inside: Floats, outside: Floats, rate: float, confidence: float) -> Measured:
    """Return the share of members above the threshold that a false alarm rate allows."""
    m, n = len(inside), len(outside)
    allowed = math.floor(n * rate + 1e-9)
    # Strictly above the first score that is one false alarm too many.
    bar = outside[n - 1 - allowed]
    hits = m - int(np.searchsorted(inside, bar, "right"))
    return proportion(hits, m, confidence)
