"""Predictions: the model's scores for every row, and the table that holds them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from ..device import Device, prepare
from ..multimodal.classifiers import auto_of
from ..multimodal.encode import encode
from ..multimodal.fusion.once import once
from ..multimodal.models import reload
from ..multimodal.processors import reload_processor
from ..multimodal.spec import ModelSpec
from . import processes
from .batches import Rows, Samples, by_length, inputs
from .dataset import Dataset, sample_fingerprints
from .events import Clock, Emit, Progress, silent
from .layout import lay_out
from .memory import in_halves
from .runs import Run
from .spec import DataSpec

CPU_BUDGET = 2048
BUDGET = 32_768
"""Tokens that go through a model at once, padding counted: on a CPU, and elsewhere.

On a CPU batches of 8,192 tokens take 1.4 times as long a token in bf16 as those of 2,048 (1.05
times in float32), because what stands between the layers no longer fits the cache
(all-MiniLM-L6-v2).
"""

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
    budget: int | None = None,
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
        Tokens of one batch, padding counted; what suits the device if left out.

    Returns
    -------
    numpy.ndarray
        One row of logits per sample, in the samples' order; shape (samples, classes).
    """
    if not processes.sharded():
        with torch.inference_mode(False):  # or no gradient could be taken of these weights again
            lay_out(model)
    samples = once(model, samples)
    place = next(model.parameters()).device
    lengths = samples.lengths

    def answer(rows: Rows) -> torch.Tensor:
        batch = inputs(samples.batch(rows))
        found: torch.Tensor = model(
            **{name: _sent(one, place) for name, one in batch.items()}
        ).logits
        return found

    found: list[torch.Tensor] = []
    batches = processes.share(by_length(lengths, budget or tokens_at_once(model)))
    total = sum(int(lengths[rows].sum()) for rows in batches)
    clock, done = Clock(total), 0
    for rows in batches:
        found += [one for _, one in in_halves(answer, rows)]
        done += int(lengths[rows].sum())
        if clock.due() or done == total:
            emit(Progress(step=step, done=done, total=total, remaining=clock.remaining(done)))
        check()
    width = found[0].shape[1] if found else int(model.config.num_labels)  # type: ignore[union-attr, arg-type]
    out = np.zeros((len(lengths), width))
    if found:
        # The device is waited for here alone.
        out[np.concatenate(batches)] = torch.cat(found).float().cpu().numpy()
    return processes.merge(out)


def _sent(tensor: torch.Tensor, place: torch.device) -> torch.Tensor:
    """Send a tensor to the device, which need not be waited for."""
    if place.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(place, non_blocking=True)
    return tensor.to(place)


def tokens_at_once(model: torch.nn.Module) -> int:
    """Return how many tokens should go through a model at once, padding counted."""
    return CPU_BUDGET if next(model.parameters()).device.type == "cpu" else BUDGET


def present(device: Device) -> Device:
    """Return the device if it is here, else the CPU with as many threads as torch takes."""
    here = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if here[device.kind]:
        return device
    threads = torch.get_num_threads()
    return replace(device, kind="cpu", name="CPU", precision="fp32", threads=threads)


def softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn logits into probabilities; shape (samples, classes), rows sum to 1."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    out: NDArray[np.float64] = shifted / shifted.sum(axis=1, keepdims=True)
    return out


def table(
    dataset: Dataset,
    columns: Mapping[str, Sequence[Any] | NDArray[Any]],
    label: Sequence[Any] | NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Put what was found of rows beside what is known of them, as predictions.parquet holds it.

    Parameters
    ----------
    dataset
        The rows that were predicted.
    columns
        What was found of each row, by the column's name.
    label
        What is true; None where it is not known.

    Returns
    -------
    Columns id, split, label, those of `columns`, ``group:<column>`` and fingerprint; split and
    label are left out where no row has one.
    """
    out: dict[str, Any] = {"id": dataset.ids}
    if known(dataset.split) is not None:
        out["split"] = dataset.split
    if label is not None:
        out["label"] = label
    out |= columns
    out |= {GROUP + name: cells for name, cells in dataset.groups.items()}
    out["fingerprint"] = sample_fingerprints(dataset.samples())
    return pd.DataFrame(out)


def known(cells: NDArray[np.object_]) -> NDArray[np.object_] | None:
    """Return cells, or None where all of them are missing."""
    return None if all(cell is None for cell in cells) else cells


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
    device = present(device)
    torch.set_num_threads(device.threads)
    modalities = run.section("data", DataSpec).modalities
    model = reload(auto_of(modalities), run.model).to(device.kind)
    processor = reload_processor(run.model, modalities)
    spec = run.section("model", ModelSpec)

    def score(
        samples: list[tuple[str, ...]],
        *,
        emit: Emit = silent,
        check: Callable[[], None] = lambda: None,
    ) -> NDArray[np.float64]:
        encoded = encode(processor, samples, modalities, spec, check=check)
        return softmax(logits(model, encoded, emit=emit, check=check))

    return score
