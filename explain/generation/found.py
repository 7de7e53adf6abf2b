"""What a method returns for one answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Found:
    """Scores of a prompt's segments for each token of its answer.

    Attributes
    ----------
    scores
        Shape (tokens, segments), in nats.
    rest
        Sum of the scores of what belongs to no segment; shape (tokens,).
    outputs, baselines
        Log-probability of each token on the prompt, and on its baseline; shape (tokens,).
    evaluations
        Copies that the model looked at.
    settings
        What the method chose by itself.
    """

    scores: Numbers
    rest: Numbers
    outputs: Numbers
    baselines: Numbers
    evaluations: int
    settings: dict[str, Any] = field(default_factory=dict)
