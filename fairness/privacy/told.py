"""How well a model knows each row: the loss of its true answer, and a reference's beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core.events import Emit
from ...errors import DataError, paragraph
from .attack import Floats

if TYPE_CHECKING:
    import pandas as pd

    from ...core.dataset import Dataset
    from .trained import Trained

TASKS = ("classification", "multilabel", "regression", "masked_lm", "causal_lm", "chat")
"""Tasks of which every row has a loss of its own."""

WRITTEN = ("masked_lm", "causal_lm", "chat")

_FEWEST = 10  # rows that a reference model is asked to learn from at least
_TINY = 1e-300


UNITS = {
    "regression": "the label’s own unit",
    "masked_lm": "nats for each hidden token",
    "causal_lm": "nats for each token",
    "chat": "nats for each token of the answers",
}
"""Units of the loss by task; nats for the others."""


@dataclass(frozen=True, eq=False)
class Told:
    """What the model says of rows.

    Attributes
    ----------
    score
        High where the row is known well; rises as the loss falls. Shape (rows,).
    loss
        Of the true answer; same shape.
    """

    score: Floats
    loss: Floats

    def take(self, rows: NDArray[np.int64]) -> Told:
        """Return some of the rows."""
        return Told(self.score[rows], self.loss[rows])


def drawn(dataset: Dataset, most: int, seed: int) -> tuple[Dataset, NDArray[np.bool_], int]:
    """Draw training rows and as many test rows, none of which stands in both.

    Parameters
    ----------
    dataset
        The run's rows.
    most
        Rows of either split at most.
    seed
        Seed of the draw.

    Returns
    -------
    rows, members, repeated
        The rows; whether each is a training row, of shape (rows,); and test rows left out because
        the same (byte for byte) stands among the training rows.

    Raises
    ------
    DataError
        If no test row is left.
    """
    from ...core.dataset import sample_fingerprints

    inside, outside = dataset.rows("train"), dataset.rows("test")
    known = set(sample_fingerprints(dataset.take(inside).samples()))
    prints = sample_fingerprints(dataset.take(outside).samples())
    own = np.array([one not in known for one in prints], dtype=bool)
    repeated = int(len(own) - own.sum())
    outside = outside[own]
    if not len(outside):
        raise DataError(
            paragraph(
                "membership",
                "every test row stands among the training rows too, so none can stand for rows "
                "that were not trained on",
                "Drop duplicates before splitting (data.clean: [drop_duplicates])",
            )
        )
    generator = np.random.default_rng(seed)
    chosen = [
        np.sort(generator.permutation(rows)[:most]).astype(np.int64) for rows in (inside, outside)
    ]
    members = np.repeat([True, False], [len(one) for one in chosen])
    return dataset.take(np.concatenate(chosen)), members, repeated


def told(predictions: pd.DataFrame, rows: Dataset, task: str) -> Told:
    """Read the loss of every row's true answer from a table of predictions.

    Parameters
    ----------
    predictions
        Of the same rows in the same order, as predictions.parquet holds them.
    rows
        The rows.
    task
        Which of `TASKS`. Of classes the score is the log-odds of the true one, whose order is
        that of the loss and which doesn't round to the same for rows that are sure.
    """
    if task in WRITTEN:
        tokens = predictions["tokens"].to_numpy(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            loss = np.where(tokens > 0, predictions["nats"].to_numpy(np.float64) / tokens, np.nan)
        return Told(-loss, loss)
    if task == "regression":
        off = predictions["prediction"].astype(float) - predictions["label"].astype(float)
        loss = np.abs(off.to_numpy(np.float64))
        return Told(-loss, loss)
    scores = predictions[[f"score:{label}" for label in rows.labels]].to_numpy(np.float64)
    if task == "multilabel":
        from ...core.tasks.label_sets import membership as has

        there = has(rows.label, rows.labels)
        loss = -np.log(np.maximum(np.where(there, scores, 1 - scores), _TINY)).sum(axis=1)
        return Told(-loss, loss)
    return of_classes(scores, rows.codes)


def of_classes(scores: Floats, codes: NDArray[np.int64]) -> Told:
    """Return log-odds and loss of the true class; NaN where scores are."""
    own = scores[np.arange(len(codes)), codes]
    rest = scores.copy()
    rest[np.arange(len(codes)), codes] = 0
    odds = np.log(np.maximum(own, _TINY)) - np.log(np.maximum(rest.sum(axis=1), _TINY))
    return Told(odds, -np.log(np.maximum(own, _TINY)))


def reference(
    trained: Trained,
    rows: Dataset,
    seed: int,
    emit: Emit,
    check: Callable[[], None],
) -> tuple[Told | None, str]:
    """Return what a model says of the rows that saw none of them, and what it is in words."""
    task = trained.run.task
    if task in WRITTEN:
        return told(trained.before(rows, emit, check), rows, task), "the model before training"
    if task != "classification" or len(rows) < _FEWEST:
        return None, ""
    from ...multimodal.held_out import held_out_scores

    modalities = tuple(rows.modalities.values())
    scores = held_out_scores(rows.samples(), modalities, rows.codes, len(rows.labels), seed=seed)
    check()
    return of_classes(scores, rows.codes), "a linear model on simple features of other rows"
