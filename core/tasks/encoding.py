"""Encoding the parts of a dataset's rows, whatever their modality, as several tasks do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...multimodal.encode import cut_off, encode, limits
from ...multimodal.spec import ModelSpec
from ..events import Emit, Warning, silent
from ..files import disk_full_named

if TYPE_CHECKING:
    from ..dataset import Dataset

WORTH_TELLING = 0.01
"""Share of samples that are cut off from which a person is told."""


def encoded(
    processor: Any,
    dataset: Dataset,
    model: ModelSpec,
    *,
    emit: Emit = silent,
    cache: Path | None = None,
    check: Callable[[], None] = lambda: None,
) -> Any:
    """Encode every row's parts, and tell where many are cut off.

    Parameters
    ----------
    processor
        As `multimodal.processors.load_processor` returned it for the rows' modalities.
    dataset
        The rows.
    model
        How much is read of each.
    emit
        Listener.
    cache
        Folder that keeps what was encoded as files, to be found again; kept in memory if left out.
    check
        Raises where the job was cancelled.

    Returns
    -------
    Samples, with what was cut off of them (`multimodal.encode`).
    """
    modalities = tuple(dataset.modalities.values())
    with disk_full_named(cache) if cache is not None else contextlib.nullcontext():
        samples = encode(processor, dataset.samples(), modalities, model, cache=cache, check=check)
    tell_cut(samples, modalities, model, emit)
    return samples


def tell_cut(samples: Any, modalities: Sequence[str], model: ModelSpec, emit: Emit) -> None:
    """Tell how many encoded samples are longer than the model reads, where they are many."""
    if len(samples) and (cut := float(cut_off(samples).mean())) > WORTH_TELLING:
        emit(
            Warning(
                text=f"{cut:.1%} of the samples are longer than {limits(modalities, model)}; what "
                "stands behind is not read."
            )
        )
