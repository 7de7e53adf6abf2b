"""How far a preference-tuned model prefers what people chose (Rafailov et al. 2023, DPO).

The reward of an answer is beta times how much more likely it has become than it was before tuning,
in nats; the margin of a pair is the reward of the chosen answer minus that of the rejected one.
Accuracy is the share of pairs with a margin above 0. A margin of exactly 0 counts half, so the
model before tuning has an accuracy of 0.5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .evaluation import Evaluation, SplitEvaluation
from .row_bootstrap import STREAMS, compare_rows, measure_rows
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

VALIDATED = ("accuracy", "margin", "preference_loss")
REWARDS = ("reward_chosen", "reward_rejected")
"""Columns of a table of predictions; empty where a row was cut off before its answer."""


def row_sums(chosen: NDArray[Any], rejected: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    """Return what each pair adds to the figures.

    Parameters
    ----------
    chosen, rejected
        Rewards; shape (pairs,).
    """
    margin = np.asarray(chosen, np.float64) - np.asarray(rejected, np.float64)
    return {
        "right": (np.sign(margin) + 1) / 2,
        "margin": margin,
        "loss": np.logaddexp(0.0, -margin),
        "rows": np.ones(len(margin)),
    }


def figures(sums: Mapping[str, Any]) -> dict[str, float]:
    """Return accuracy, mean margin and mean loss from sums; NaN without pairs."""
    rows = float(sums["rows"]) or float("nan")
    return {
        "accuracy": float(sums["right"]) / rows,
        "margin": float(sums["margin"]) / rows,
        "preference_loss": float(sums["loss"]) / rows,
    }


def measured(chosen: NDArray[Any], rejected: NDArray[Any]) -> dict[str, float]:
    """Return a number for each of `VALIDATED`; rewards of shape (pairs,)."""
    return figures({name: one.sum() for name, one in row_sums(chosen, rejected).items()})


def evaluate(
    predictions: pd.DataFrame, spec: EvaluateSpec, beside: Mapping[str, pd.DataFrame | str]
) -> Evaluation:
    """Measure every split that has rows, baselines beside them, with intervals over rows."""
    out: dict[str, SplitEvaluation] = {}
    for split in sorted(set(spec.splits), key=STREAMS.__getitem__):
        part = (predictions["split"] == split).to_numpy()
        chosen = part & predictions[list(REWARDS)].notna().all(axis=1).to_numpy()
        if not chosen.any():
            continue
        stream = STREAMS[split]
        own = _sums(predictions[chosen])
        others = {
            name: _sums(frame[chosen])
            for name, frame in beside.items()
            if not isinstance(frame, str)
        }
        left_out = int(part.sum() - chosen.sum())
        notes = [f"No figures for {name}: {why}." for name, why in _reasons(beside)]
        if left_out:
            notes.append(f"Rows that were cut off before their answers, left out: {left_out}.")
        out[split] = SplitEvaluation(
            metrics=measure_rows(own, figures, spec, stream, shares=("accuracy",)),
            baselines={
                name: measure_rows(sums, figures, spec, stream) for name, sums in others.items()
            },
            versus_baseline={
                name: compare_rows(own, sums, figures, spec, stream)
                for name, sums in others.items()
            },
            confidence=spec.confidence,
            replicates=spec.replicates,
            seed=spec.seed,
            notes=tuple(notes),
            rows=int(chosen.sum()),
        )
    return Evaluation(out)


def _reasons(beside: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    return [(name, why) for name, why in beside.items() if isinstance(why, str)]


def _sums(frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    return row_sums(*(frame[name].to_numpy(np.float64) for name in REWARDS))
