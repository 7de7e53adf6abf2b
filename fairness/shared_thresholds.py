"""What every threshold would do in each group, how scores are spread, and whether they hold.

Scores are counted in a hundred steps, the same for all groups, so that a vertical line through the
figures is one threshold for everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core.measured import Measured
from .block import Numbers
from .groups import Grouping
from .proportions import proportions
from .scored import BANDS, STEPS, Scored

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class GroupScores:
    """The scores of one group.

    Attributes
    ----------
    column, group, label
        Grouping, group, and the class that the scores speak about.
    low, high
        Ends of the steps.
    counts
        Rows by outcome (0: not of the class, 1: of it) and step, shape (2, steps).
    bands, sums
        Rows and sum of scores by outcome and band, shape (2, bands); empty where scores are no
        probabilities.
    """

    column: str
    group: str
    label: str
    low: float
    high: float
    counts: NDArray[np.int64]
    bands: NDArray[np.int64]
    sums: Numbers

    @property
    def thresholds(self) -> Numbers:
        """The edges of the steps, rising, shape (steps + 1,)."""
        return np.linspace(self.low, self.high, STEPS + 1)

    def reached(self, outcome: int | None = None) -> Numbers:
        """Return the share of rows whose score reaches each threshold, shape (steps + 1,).

        The last threshold stands for one beyond every score, which no row reaches.

        Parameters
        ----------
        outcome
            1 for rows of the class (true positive rate), 0 for others (false positive rate), None
            for all (selection rate).
        """
        counted = self.counts.sum(axis=0) if outcome is None else self.counts[outcome]
        above = np.concatenate([np.cumsum(counted[::-1])[::-1], [0]])
        if not above[0]:
            return np.full(STEPS + 1, np.nan)
        return np.asarray(above / above[0], np.float64)

    def density(self, bands: int = 20) -> Numbers:
        """Return the share of the group's rows in each band of scores, shape (bands,)."""
        counted = self.counts.sum(axis=0).reshape(bands, -1).sum(axis=1)
        return np.asarray(counted / max(int(counted.sum()), 1), np.float64)

    def calibration(self, confidence: float) -> tuple[Numbers, tuple[Measured, ...]]:
        """Return mean score and share of the class in every band of scores that has rows."""
        if not self.bands.size:
            return np.empty(0), ()
        rows, there = self.bands.sum(axis=0), self.bands[1]
        kept = rows > 0
        figures = proportions(there[kept], rows[kept], confidence)
        return self.sums.sum(axis=0)[kept] / rows[kept], figures


def group_scores(scored: Scored, grouping: Grouping) -> tuple[GroupScores, ...]:
    """Return the scores of every group of a grouping."""
    counts = scored.histogram.by(grouping)
    groups = len(grouping.names)
    nothing = np.empty((groups, 0))
    known = scored.are_probabilities
    bands = scored.band_counts.by(grouping).reshape(groups, 2, BANDS) if known else nothing
    sums = scored.bands.by(grouping).reshape(groups, 2, BANDS) if known else nothing
    return tuple(
        GroupScores(grouping.column, name, scored.label, *scored.ends, counts[i], bands[i], sums[i])
        for i, name in enumerate(grouping.names)
    )


def scores_table(scores: Sequence[GroupScores]) -> pd.DataFrame:
    """Return scores as a table: one row per group, counts as lists."""
    import pandas as pd

    return pd.DataFrame(
        {
            "column": [one.column for one in scores],
            "group": [one.group for one in scores],
            "label": [one.label for one in scores],
            "low": [one.low for one in scores],
            "high": [one.high for one in scores],
            "negatives": [one.counts[0].tolist() for one in scores],
            "positives": [one.counts[1].tolist() for one in scores],
            "bands": [one.bands.ravel().tolist() for one in scores],
            "sums": [one.sums.ravel().tolist() for one in scores],
        }
    )


def read_scores(table: pd.DataFrame) -> tuple[GroupScores, ...]:
    """Read what `scores_table` returned."""
    out = []
    rows: Iterable[Any] = table.itertuples(index=False)
    for row in rows:
        bands = np.array(row.bands, np.int64)
        shape = (2, len(bands) // 2) if len(bands) else (0,)
        out.append(
            GroupScores(
                str(row.column),
                str(row.group),
                str(row.label),
                float(row.low),
                float(row.high),
                np.array([row.negatives, row.positives], np.int64),
                bands.reshape(shape),
                np.array(row.sums, np.float64).reshape(shape),
            )
        )
    return tuple(out)
