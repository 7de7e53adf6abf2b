"""Predictions: the model's scores for every row, and the table that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ..device import Device, prepare
from ..multimodal.models import reload_classifier, reload_tokenizer
from ..multimodal.spec import ModelSpec
from ..multimodal.text.encode import encode
from .batches import Samples, by_length
from .dataset import Dataset, sample_fingerprints
from .events import Clock, Emit, Progress, silent
from .runs import Run

BUDGET = 16_384
"""Tokens of one prediction batch, padding counted."""

SCORE = "score:"
GROUP = "group:"


@torch.inference_mode()
def logits(
    model: torch.nn.Module,
    samples: Samples,
    *,
    step: str = "predict",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
    budget: int = BUDGET,
) -> NDArray[np.float64]:
    """Run samples through a model.

    Parameters
    ----------
    model
        In evaluation mode, on its device.
    samples
        What to predict.
    step
        Name of the step in the progress events.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    budget
        Tokens of one batch, padding counted.

    Returns
    -------
    numpy.ndarray
        One row of logits per sample, in the samples' order; shape (samples, classes).
    """
    place = next(model.parameters()).device
    found: list[torch.Tensor] = []
    batches = by_length(samples.lengths, budget)
    clock, done = Clock(int(samples.lengths.sum())), 0
    for rows in batches:
        batch = {name: tensor.to(place) for name, tensor in samples.batch(rows).items()}
        found.append(model(**batch).logits.float())
        done += int(samples.lengths[rows].sum())
        if clock.due():
            total = int(samples.lengths.sum())
            remaining = clock.remaining(done)
            emit(Progress(step=step, done=done, total=total, remaining=remaining))
        check()
    order = np.concatenate(batches)
    out = np.empty((len(order), found[0].shape[1]))
    out[order] = torch.cat(found).cpu().numpy()
    return out


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits into probabilities; shape (samples, classes), rows sum to 1."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    out: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return out


def table(dataset: Dataset, scores: NDArray[np.float64]) -> pd.DataFrame:
    """Put scores beside ids, splits, labels and groups, as predictions.parquet holds them.

    Parameters
    ----------
    dataset
        The rows that were predicted.
    scores
        Probabilities; shape (rows, classes).
    """
    return frame(
        dataset.ids,
        dataset.labels,
        scores,
        dataset.samples(),
        dataset.groups,
        dataset.split,
        dataset.label,
    )


def frame(
    ids: Sequence[str] | NDArray[np.object_],
    labels: Sequence[str],
    scores: NDArray[np.float64],
    samples: list[tuple[str, ...]],
    groups: object = None,
    split: NDArray[np.object_] | None = None,
    label: NDArray[np.object_] | None = None,
) -> pd.DataFrame:
    """Build a table of predictions; columns without content are left out."""
    columns: dict[str, object] = {"id": ids}
    if split is not None:
        columns["split"] = split
    if label is not None:
        columns["label"] = label
    columns["prediction"] = np.array(labels, dtype=object)[scores.argmax(axis=1)]
    columns |= {SCORE + name: scores[:, code] for code, name in enumerate(labels)}
    if isinstance(groups, dict):
        columns |= {GROUP + name: cells for name, cells in groups.items()}
    columns["fingerprint"] = sample_fingerprints(samples)
    return pd.DataFrame(columns)


class Predictor(Protocol):
    """``predictor(samples) -> probabilities`` of shape (samples, classes)."""

    def __call__(
        self,
        samples: list[tuple[str, ...]],
        *,
        emit: Emit = silent,
        check: Callable[[], None] = ...,
    ) -> NDArray[np.float64]:
        """Score samples."""
        ...


def predictor(run: Run, device: Device) -> Predictor:
    """Load a run's model once, to score samples with it in float32.

    Parameters
    ----------
    run
        A run whose training has ended.
    device
        Where to compute; the CPU is used where it is not there.
    """
    prepare()
    kind = device.kind if device.kind != "cuda" or torch.cuda.is_available() else "cpu"
    torch.set_num_threads(device.threads)
    model = reload_classifier(run.model).to(kind)
    tokenizer = reload_tokenizer(run.model)
    limit = run.section("model", ModelSpec).max_length

    def score(
        samples: list[tuple[str, ...]],
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> NDArray[np.float64]:
        return softmax(logits(model, encode(tokenizer, samples, limit), emit=emit, check=check))

    return score
