"""What a method returns for one row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of a row's segments.

    Attributes
    ----------
    scores
        Shape (segments,).
    rest
        Sum of the scores of what belongs to no segment (tokens that frame a text).
    output, baseline_output
        The target's number on the sample and on its baseline.
    evaluations
        Copies of the sample that the model answered.
    settings
        What a method chose by itself, such as the layer.
    """

    scores: NDArray[np.float64]
    rest: float
    output: float
    baseline_output: float
    evaluations: int
    settings: dict[str, Any] = field(default_factory=dict)
