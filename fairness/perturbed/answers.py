"""A run's answers to rows as they are, and to copies of them that were changed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...core.answering import answering
from ...core.events import Clock, Emit, Progress, silent
from ...multimodal.arrays import in_threads
from ...multimodal.controlled import Kind, changed

if TYPE_CHECKING:
    from ...core.dataset import Dataset
    from ...core.runs import Run

ROWS = 128
"""Rows that are changed and answered at a time; their copies are files of a temporary folder."""

Answers = NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Answered:
    """Answers to the same rows.

    Attributes
    ----------
    unchanged
        By modality: to copies that went the same way through a file, with nothing changed.
    changed
        By kind and strength; shape (rows,) each.
    """

    unchanged: Mapping[str, Answers]
    changed: Mapping[tuple[str, float], Answers]


def answers(
    run: Run,
    rows: Dataset,
    asked: Mapping[Kind, tuple[float, ...]],
    seed: int,
    *,
    emit: Emit = silent,
    check: Callable[[], None] = lambda: None,
) -> Answered:
    """Answer rows unchanged and changed, a part of them at a time.

    Parameters
    ----------
    run
        A run whose training has ended.
    rows
        The rows.
    asked
        Strengths of each kind of change.
    seed
        Of what is drawn by chance.
    emit, check
        Listener, and a function that raises where the job was cancelled.
    """
    answer = answering(run)
    kinds = {one.modality: one for one in asked}
    # A picture's unchanged copy is written as its changed ones are, so that they differ by the
    # change alone; of each modality there is one.
    copies: list[tuple[Kind, float | None]] = [(one, None) for one in kinds.values()]
    copies += [(kind, strength) for kind, some in asked.items() for strength in some]
    total = len(rows) * len(copies)
    clock, done = Clock(total), 0
    found: dict[tuple[str, float | None], list[Answers]] = {}
    for first in range(0, len(rows), ROWS):
        part = rows.take(np.arange(first, min(first + ROWS, len(rows))))
        for kind, strength in copies:
            with tempfile.TemporaryDirectory(prefix="pellucid-") as folder:
                copy = _changed(part, kind, strength, seed, Path(folder))
                told = answer(copy, check=check)["prediction"].to_numpy(object)
            key = (kind.modality if strength is None else kind.name, strength)
            found.setdefault(key, []).append(told)
            done += len(part)
            if clock.due() or done == total:
                left = clock.remaining(done)
                emit(Progress(step="perturb", done=done, total=total, remaining=left))
            check()
    whole = {key: np.concatenate(parts) for key, parts in found.items()}
    return Answered(
        {name: one for (name, strength), one in whole.items() if strength is None},
        {(name, strength): one for (name, strength), one in whole.items() if strength is not None},
    )


def _changed(rows: Dataset, kind: Kind, strength: float | None, seed: int, folder: Path) -> Dataset:
    """Return rows whose parts of one modality are changed; each different part once."""
    inputs: dict[str, Any] = dict(rows.inputs)
    for name, modality in rows.modalities.items():
        if modality != kind.modality:
            continue
        parts = [one for one in dict.fromkeys(inputs[name].tolist()) if one]
        change = partial(_one, kind=kind, strength=strength, seed=seed, folder=folder)
        copies = dict(zip(parts, in_threads(change, parts), strict=True))
        cells = np.empty(len(rows), object)
        cells[:] = [copies.get(one, one) for one in inputs[name].tolist()]
        inputs[name] = cells
    return replace(rows, inputs=inputs)


def _one(part: str, *, kind: Kind, strength: float | None, seed: int, folder: Path) -> str:
    return changed(part, kind, strength, seed, folder)
