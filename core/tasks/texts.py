"""Encoding the text parts of a dataset's rows, as several tasks do."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...multimodal.spec import ModelSpec
from ..events import Emit, Warning, silent
from ..files import disk_full_named

if TYPE_CHECKING:
    from ...multimodal.text.encode import EncodedText
    from ..dataset import Dataset

WORTH_TELLING = 0.01
"""Share of samples that are cut off from which a person is told."""


def encoded(
    tokenizer: Any,
    dataset: Dataset,
    model: ModelSpec,
    *,
    emit: Emit = silent,
    cache: Path | None = None,
) -> EncodedText:
    """Tokenise every row's parts, and tell where many are cut off.

    Parameters
    ----------
    tokenizer
        A fast tokenizer.
    dataset
        The rows.
    model
        How many tokens are read of each.
    emit
        Listener.
    cache
        Folder that keeps tokens as files, to be found again; kept in memory if left out.
    """
    from ...multimodal.text.encode import encode

    with disk_full_named(cache) if cache is not None else contextlib.nullcontext():
        samples = encode(tokenizer, dataset.samples(), model.max_length, cache=cache)
    cut = samples.cut.mean() if len(samples) else 0.0
    if cut > WORTH_TELLING:
        emit(
            Warning(
                text=f"{cut:.1%} of the samples are longer than {model.max_length} tokens; what "
                "stands behind is not read. model.max_length changes that."
            )
        )
    return samples
