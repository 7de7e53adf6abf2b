"""How well a language model guesses: nats per token, and perplexity.

The loss is minus the log-likelihood of all target tokens of all rows, divided by their number, so
that every token counts alike, however rows are cut into blocks and batches; perplexity is its
exponential (Jelinek et al. 1977). Intervals resample rows, whose tokens belong together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .evaluation import Evaluation, SplitEvaluation
from .row_bootstrap import STREAMS, compare_rows, measure_rows
from .spec import EvaluateSpec

if TYPE_CHECKING:
    import pandas as pd

VALIDATED = ("loss", "perplexity")
NATS, TOKENS = "nats", "tokens"
"""Columns of a table of predictions: minus the log-likelihood of a row's targets, their number."""


def figures(sums: Mapping[str, Any]) -> dict[str, float]:
    """Return loss and perplexity of summed nats over summed tokens; NaN without tokens."""
    tokens = float(sums[TOKENS])
    loss = float(sums[NATS]) / tokens if tokens > 0 else math.nan
    return {"loss": loss, "perplexity": math.exp(loss) if not loss > 700 else math.inf}


def perplexity(nats: NDArray[Any], tokens: NDArray[Any]) -> dict[str, float]:
    """Return loss and perplexity over all rows; both of shape (rows,)."""
    return figures({NATS: np.sum(nats, dtype=np.float64), TOKENS: np.sum(tokens)})


def evaluate(
    predictions: pd.DataFrame,
    spec: EvaluateSpec,
    beside: Mapping[str, pd.DataFrame | str],
    notes: Sequence[str] = (),
) -> Evaluation:
    """Measure loss and perplexity of every split that has rows, baselines beside them.

    Parameters
    ----------
    predictions
        Columns id, split, `NATS` and `TOKENS`.
    spec
        Which splits, and how the intervals are found.
    beside
        The same of each baseline for the same rows, or the reason why there is none.
    notes
        What a reader should know about these figures.
    """
    out: dict[str, SplitEvaluation] = {}
    for split in sorted(set(spec.splits), key=STREAMS.__getitem__):
        chosen = (predictions["split"] == split).to_numpy()
        if not chosen.any():
            continue
        stream = STREAMS[split]
        own = _sums(predictions[chosen])
        others = {
            name: _sums(frame[chosen])
            for name, frame in beside.items()
            if not isinstance(frame, str)
        }
        reasons = [
            f"No figures for {name}: {why}." for name, why in beside.items() if isinstance(why, str)
        ]
        out[split] = SplitEvaluation(
            metrics=measure_rows(own, figures, spec, stream),
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
            notes=(
                f"{int(own[TOKENS].sum()):,} tokens of {int(chosen.sum()):,} rows were guessed.",
                *notes,
                *reasons,
            ),
            rows=int(chosen.sum()),
        )
    return Evaluation(out)


def _sums(frame: pd.DataFrame) -> dict[str, NDArray[np.float64]]:
    return {name: frame[name].to_numpy(np.float64) for name in (NATS, TOKENS)}
