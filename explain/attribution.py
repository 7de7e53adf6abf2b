"""The record of one attribution, and the Parquet file that holds many."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..core.files import write_with

LEAST_DIFFERENCE = 1e-3
"""Logits below which a difference of outputs is not told from rounding."""


def relative_error(error: float, difference: float) -> float:
    """Return a completeness error as a share of the difference that the scores must add up to.

    Parameters
    ----------
    error
        Sum of the scores minus the difference, in logits.
    difference
        Output on the sample minus output on the baseline; differences below 0.001 count as 0.001,
        so that a sample which equals its baseline is not blamed for the rounding of its output.
    """
    return abs(error) / max(abs(difference), LEAST_DIFFERENCE)


@dataclass(frozen=True, eq=False)
class Attribution:
    """Scores over the segments of one sample, for one answer.

    Attributes
    ----------
    id
        The row's id.
    method
        Name of the method.
    settings
        Everything that decides the scores besides model, sample and target.
    target
        The class that is explained.
    segments
        The words that the model read, in reading order.
    separators
        What stands behind each word.
    scores
        Score of each segment; shape (segments,). Above zero: spoke for the target.
    special
        Sum of the scores of tokens that belong to no word (separators of the model).
    output, baseline_output
        The target's logit on the sample and on the baseline.
    steps
        Steps of integration that were used.
    label, prediction, split
        What is known of the row, for filters.
    """

    id: str
    method: str
    settings: dict[str, Any]
    target: str
    segments: tuple[str, ...]
    separators: tuple[str, ...]
    scores: NDArray[np.float64]
    special: float
    output: float
    baseline_output: float
    steps: int
    label: str
    prediction: str
    split: str

    @property
    def difference(self) -> float:
        """Difference of the outputs that the scores must add up to."""
        return self.output - self.baseline_output

    @property
    def completeness_error(self) -> float:
        """Sum of all scores minus that difference, in logits."""
        return float(self.scores.sum()) + self.special - self.difference

    @property
    def relative_error(self) -> float:
        """Absolute completeness error as a share of the difference."""
        return relative_error(self.completeness_error, self.difference)

    @property
    def converged(self) -> bool:
        """Whether the completeness error is within the tolerance that was asked for."""
        # An error that is no number is above every tolerance.
        return self.relative_error <= float(self.settings["tolerance"])


SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("method", pa.string()),
        ("settings", pa.string()),
        ("target", pa.string()),
        ("segments", pa.list_(pa.string())),
        ("separators", pa.list_(pa.string())),
        ("scores", pa.list_(pa.float64())),
        ("special", pa.float64()),
        ("output", pa.float64()),
        ("baseline_output", pa.float64()),
        ("steps", pa.int64()),
        ("label", pa.string()),
        ("prediction", pa.string()),
        ("split", pa.string()),
        ("completeness_error", pa.float64()),
    ]
)


def write_attributions(path: Path, attributions: Sequence[Attribution]) -> None:
    """Write attributions to Parquet: one row per answer, lists for segments and scores."""
    rows = [
        {
            "id": one.id,
            "method": one.method,
            "settings": json.dumps(one.settings, sort_keys=True),
            "target": one.target,
            "segments": list(one.segments),
            "separators": list(one.separators),
            "scores": one.scores.tolist(),
            "special": one.special,
            "output": one.output,
            "baseline_output": one.baseline_output,
            "steps": one.steps,
            "label": one.label,
            "prediction": one.prediction,
            "split": one.split,
            "completeness_error": one.completeness_error,
        }
        for one in attributions
    ]
    write_with(path, lambda partial: pq.write_table(pa.Table.from_pylist(rows, SCHEMA), partial))


def read_attributions(path: Path) -> list[Attribution]:
    """Read what `write_attributions` wrote."""
    out = []
    for row in pq.read_table(path).to_pylist():
        row.pop("completeness_error", None)
        row["settings"] = json.loads(row["settings"])
        row["segments"], row["separators"] = tuple(row["segments"]), tuple(row["separators"])
        row["scores"] = np.asarray(row["scores"], dtype=np.float64)
        out.append(Attribution(**row))
    return out
