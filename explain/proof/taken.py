"""How methods are measured, and what was measured of rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .measures import Scale
from .order import SHARES, Ints
from .shaken import RADIUS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Measuring:
    """How methods are measured.

    Attributes
    ----------
    scale
        Curves in the target's probability or in its logit.
    points
        Most steps of a curve.
    shares
        Shares of the segments for comprehensiveness and sufficiency; None: every number of them.
    subsets
        Copies of each row by which infidelity is measured.
    shakes
        Draws of noise for max-sensitivity, each of which runs every method once more; 0: none.
    shaken_rows
        Rows that this is measured on, at most.
    radius
        Largest noise as a share of the standard deviation of a sample's numbers.
    untrained
        Whether methods are run on a model that learnt nothing too.
    replicates, confidence
        Of the bootstrap intervals.
    seed
        Of all that is drawn.
    """

    scale: Scale = "probability"
    points: int = 32
    shares: tuple[float, ...] | None = SHARES
    subsets: int = 64
    shakes: int = 3
    shaken_rows: int = 32
    radius: float = RADIUS
    untrained: bool = True
    replicates: int = 1000
    confidence: float = 0.95
    seed: int = 0


@dataclass(eq=False)
class Taken:
    """What was measured of rows; every array's first axis is the rows.

    Attributes
    ----------
    scale
        Of the curves.
    segments
        How many each row has.
    figures
        By method or control, then measure; NaN where a row doesn't define one.
    deletion, insertion
        Curves on `curves.GRID` by method or control; shape (rows, points).
    pairs
        Rank correlation and overlap of two methods; shape (rows, 2).
    seconds, evaluations
        Of each method.
    failed
        Methods that can't serve this model, with the reason.
    """

    scale: Scale
    segments: Ints
    figures: dict[str, dict[str, Floats]] = field(default_factory=dict)
    deletion: dict[str, Floats] = field(default_factory=dict)
    insertion: dict[str, Floats] = field(default_factory=dict)
    pairs: dict[tuple[str, str], Floats] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    evaluations: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
