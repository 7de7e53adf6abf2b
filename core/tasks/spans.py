"""Answers as pieces of texts: the scores of their ends, what they cost, and the best of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from ...multimodal.text.windows import Windows, best_spans, probabilities
from .. import processes
from ..batches import Batch, Rows, by_length, inputs
from ..events import Clock, Emit, Progress, silent
from ..predict import tokens_at_once

if TYPE_CHECKING:
    from ..dataset import Dataset


def scores(model: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Score every token for being the first and the last one of the answer.

    Returns
    -------
    Two tensors of shape (samples, tokens), float32; padding scores minus infinity.
    """
    given = inputs(batch)
    found = model(**given)
    padding = given["attention_mask"] == 0
    return tuple(
        each.float().masked_fill(padding, float("-inf"))
        for each in (found.start_logits, found.end_logits)
    )


def answer(
    model: torch.nn.Module,
    windows: Windows,
    dataset: Dataset,
    *,
    batch: Callable[[Rows], Batch] | None = None,
    step: str = "predict",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Answer a dataset's rows with a model in evaluation mode.

    `batch` makes batches of some windows where the model is given something else than their tokens.

    Returns
    -------
    pandas.DataFrame
        Columns prediction, score, start and end, a row for each of the dataset's.
    numpy.ndarray
        Loss of each window; shape (windows,).
    """
    found, wrong = scored(model, windows, batch=batch, step=step, emit=emit, check=check)
    contexts = list(dataset.inputs.values())[1]
    parts = np.searchsorted(windows.owner, np.arange(len(dataset) + 1))
    out = []
    for row, context in enumerate(contexts):
        own = range(parts[row], parts[row + 1])
        spans, nothing = best_spans(
            [found[one][0] for one in own],
            [found[one][1] for one in own],
            [windows.of(one) for one in own],
        )
        shares = probabilities(spans, nothing)
        if not spans or nothing > spans[0].score:
            out.append(("", float(shares[-1]), -1, -1))
        else:
            best = spans[0]
            out.append((context[best.start : best.end], float(shares[0]), best.start, best.end))
    return pd.DataFrame(out, columns=["prediction", "score", "start", "end"]), wrong


def scored(
    model: torch.nn.Module,
    windows: Windows,
    *,
    batch: Callable[[Rows], Batch] | None = None,
    step: str = "predict",
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> tuple[list[NDArray[np.float32]], NDArray[np.float64]]:
    """Score every token of every window with a model in evaluation mode.

    Returns
    -------
    list of numpy.ndarray
        For each window the scores for being the first and the last token; shape (2, tokens).
    numpy.ndarray
        Loss of each window; shape (windows,).
    """
    place = next(model.parameters()).device
    lengths = windows.lengths
    batches = processes.share(by_length(lengths, tokens_at_once(model)))
    total, done = sum(int(lengths[rows].sum()) for rows in batches), 0
    clock = Clock(total)
    made = windows.batch if batch is None else batch
    found: list[Any] = [None] * len(windows)
    wrong = np.zeros(len(windows))
    with torch.inference_mode():
        for rows in batches:
            given = {name: tensor.to(place) for name, tensor in made(rows).items()}
            start, end = scores(model, given)
            wrong[rows] = losses(start, end, given["target"]).double().cpu().numpy()
            both = torch.stack([start, end], dim=1).cpu().numpy()
            for row, shift, each in zip(rows, windows.shift(rows), both, strict=True):
                found[row] = each[:, shift : shift + lengths[row]].copy()
            done += int(lengths[rows].sum())
            if clock.due() or done == total:
                emit(Progress(step=step, done=done, total=total, remaining=clock.remaining(done)))
            check()
    found = processes.merge_lists(found, lambda one: one is None)
    wrong = processes.merge(wrong)
    return found, wrong


def losses(start: torch.Tensor, end: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of first and last token.

    Parameters
    ----------
    start, end
        Scores of shape (samples, tokens).
    target
        First and last token of the answers; shape (samples, 2).

    Returns
    -------
    Shape (samples,), float32.
    """
    first = cross_entropy(start, target[:, 0], reduction="none")
    last = cross_entropy(end, target[:, 1], reduction="none")
    return (first + last) / 2
